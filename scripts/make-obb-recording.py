#!/usr/bin/env python3
"""Writes pipelines/recordings/obb.safetensors: what a network of turned boxes gives end to end for a made-up picture.

    scripts/make-obb-recording.py [FILE]

Eight cars drive around a roundabout in the middle of 640x640 pixels, and a truck and a bus wait at its sides. Rows are
centre x, centre y, width, height, score, class, angle: pixels and radians, clockwise on the screen. Rows of score 0 are
room that the network has left.
"""

import json
import math
import struct
import sys

FILE = "pipelines/recordings/obb.safetensors"
SIDE = 640
ROOM = 16
CAR, TRUCK, BUS = range(3)


def cars():
    """The cars, each along the circle's tangent."""
    for number in range(8):
        around = 2 * math.pi * number / 8
        x = SIDE / 2 + 170 * math.cos(around)
        y = SIDE / 2 + 170 * math.sin(around)
        # A quarter of a turn ahead of the radius; a box is the same after half a turn.
        yield x, y, 74, 34, 0.95 - 0.05 * number, CAR, (around + math.pi / 2) % math.pi


def main():
    rows = [*cars(), (96, 130, 150, 46, 0.9, TRUCK, math.radians(30)), (540, 520, 190, 52, 0.85, BUS, math.radians(120))]
    rows.sort(key=lambda row: -row[4])
    rows += [(0,) * 7] * (ROOM - len(rows))
    data = b"".join(struct.pack("<7f", *row) for row in rows)
    header = {"f0.u1.output0": {"dtype": "F32", "shape": [ROOM, 7], "data_offsets": [0, len(data)]}}
    text = json.dumps(header, separators=(",", ":")).encode()
    # The tensors begin at a multiple of eight bytes.
    text += b" " * (-len(text) % 8)
    with open(sys.argv[1] if len(sys.argv) > 1 else FILE, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + data)


if __name__ == "__main__":
    main()
