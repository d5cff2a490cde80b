#!/usr/bin/env python3
"""Writes pipelines/config/logo.png, the picture that pipelines/logo.txt lays over a film: a detector's corners around a
play sign, half transparent outside them."""

import math
import struct
import sys
import zlib

SIZE = 96
# Each pixel is the mean of this many by this many points.
POINTS = 4
SIGN, CORNERS, GROUND = (255, 209, 102, 255), (255, 255, 255, 255), (0, 0, 0, 110)


def colour(x, y):
    """Red, green, blue and opacity of a point of 0..1."""
    u, v = abs(x - 0.5), abs(y - 0.5)
    # A square with round corners; nothing outside it.
    if math.hypot(max(u - 0.36, 0), max(v - 0.36, 0)) > 0.14:
        return (0, 0, 0, 0)
    if 0.34 < max(u, v) < 0.4 and min(u, v) > 0.2:
        return CORNERS
    if 0.36 < x < 0.72 and v < (0.72 - x) / 0.36 * 0.2:
        return SIGN
    return GROUND


def pixel(column, row):
    """The mean of a pixel's points, in which a transparent one has no colour."""
    places = [(i + 0.5) / POINTS for i in range(POINTS)]
    points = [colour((column + a) / SIZE, (row + b) / SIZE) for a in places for b in places]
    opacity = sum(point[3] for point in points)
    mixed = [round(sum(point[i] * point[3] for point in points) / opacity) if opacity else 0 for i in range(3)]
    return bytes([*mixed, round(opacity / len(points))])


def chunk(name, data):
    """A chunk of a PNG file."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def main():
    path = sys.argv[1] if len(sys.argv) > 1 else "pipelines/config/logo.png"
    rows = b"".join(b"\0" + b"".join(pixel(column, row) for column in range(SIZE)) for row in range(SIZE))
    header = struct.pack(">IIBBBBB", SIZE, SIZE, 8, 6, 0, 0, 0)
    with open(path, "wb") as f:
        f.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header))
        f.write(chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b""))


if __name__ == "__main__":
    main()
