#!/usr/bin/env python3
"""Writes pipelines/recordings/segmentation.safetensors: what a network of three classes gives for a made-up picture.

    scripts/make-segmentation-recording.py [FILE]

The upper half of 40x40 cells is sky, class 0; a road, class 1, widens towards the lower edge; the rest is grass, class 2.
"""

import json
import struct
import sys

FILE = "pipelines/recordings/segmentation.safetensors"
CELLS = 40


def label(x, y):
    if y < CELLS // 2:
        return 0
    return 1 if abs(x + 0.5 - CELLS / 2) < (y - CELLS // 2) / 2 + 1 else 2


def layers():
    places = [(x, y) for y in range(CELLS) for x in range(CELLS)]
    numbers = [0.8 if label(x, y) == which else 0.1 for which in range(3) for x, y in places]
    return [("output", [3, CELLS, CELLS], numbers)]


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
