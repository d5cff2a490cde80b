#!/usr/bin/env python3
"""Writes pipelines/recordings/masks.safetensors: what a network of masks gives end to end for a made-up picture.

    scripts/make-masks-recording.py [FILE]

A car, a truck and a bus, all of them ellipses, in 160x160 pixels. Rows are corners, score, class, and the coefficients of
eight prototypes, which are the powers of x and y up to the second: so each mask is an ellipse by its formula. Rows of
score 0 are room that the network has left.
"""

import json
import struct
import sys

FILE = "pipelines/recordings/masks.safetensors"
ROOM = 8
SIDE, CELLS = 160, 40
CAR, TRUCK, BUS = range(3)


def row(left, top, right, bottom, score, label):
    # 0 on the ellipse that fills the box, 1 to -1 between the middle and the corners, times 8.
    x, y, a, b = (left + right) / 2, (top + bottom) / 2, (right - left) / 2, (bottom - top) / 2
    x, y, a, b = (number / SIDE for number in (x, y, a, b))
    one = 1 - (x / a) ** 2 - (y / b) ** 2
    factors = [one, 2 * x / a**2, 2 * y / b**2, -1 / a**2, -1 / b**2, 0, 0, 0]
    return [left, top, right, bottom, score, label] + [8 * factor for factor in factors]


def layers():
    rows = [row(10, 20, 70, 60, 0.9, CAR), row(85, 30, 150, 100, 0.85, TRUCK), row(20, 90, 75, 150, 0.8, BUS)]
    rows += [[0] * 14] * (ROOM - len(rows))
    places = [((at % CELLS + 0.5) / CELLS, (at // CELLS + 0.5) / CELLS) for at in range(CELLS * CELLS)]
    powers = [lambda x, y: 1, lambda x, y: x, lambda x, y: y, lambda x, y: x * x, lambda x, y: y * y]
    powers += [lambda x, y: 0] * 3
    prototypes = [power(x, y) for power in powers for x, y in places]
    return [
        ("output0", [ROOM, 14], [number for row in rows for number in row]),
        ("output1", [8, CELLS, CELLS], prototypes),
    ]



def write(path, layers):
    """Layers: names, dimensions and numbers."""
    data, header = b"", {}
    for name, dims, numbers in layers:
        start = len(data)
        data += struct.pack(f"<{len(numbers)}f", *numbers)
        header[f"f0.u1.{name}"] = {"dtype": "F32", "shape": dims, "data_offsets": [start, len(data)]}
    text = json.dumps(header, separators=(",", ":")).encode()
    # The tensors begin at a multiple of eight bytes.
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + data)


if __name__ == "__main__":
    write(sys.argv[1] if len(sys.argv) > 1 else FILE, layers())
