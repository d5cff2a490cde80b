#!/usr/bin/env python3
"""Writes pose.safetensors and movenet.safetensors: what networks of poses give for made-up pictures.

    scripts/make-pose-recording.py [FOLDER]

Two people stand in 640x640 pixels, of which one waves. Rows are corners, score, class, then x, y and confidence of 17
points in the order of COCO. Rows of score 0 are room that the network has left. MoveNet sees the one who waves alone: y, x of
0 to 1 and confidence.
"""

import json
import struct
import sys

FOLDER = "pipelines/recordings"
ROOM = 8
# From the middle of the hips, of a person 400 pixels high: nose, eyes, ears, shoulders, elbows, wrists, hips, knees, ankles.
STANDING = [
    (0, -185), (12, -195), (-12, -195), (24, -188), (-24, -188), (52, -130), (-52, -130), (66, -65), (-66, -65),
    (70, 0), (-70, 0), (32, 0), (-32, 0), (36, 90), (-36, 90), (40, 180), (-40, 180),
]
WAVING = {8: (-100, -170), 10: (-80, -235)}


def person(x, y, scale, score, moved):
    points = [moved.get(number, point) for number, point in enumerate(STANDING)]
    points = [(x + scale * a, y + scale * b) for a, b in points]
    across, down = zip(*points)
    margin = 20 * scale
    row = [min(across) - margin, min(down) - margin, max(across) + margin, max(down) + margin, score, 0]
    for number, (a, b) in enumerate(points):
        # An ankle is hidden.
        row += [a, b, 0.2 if number == 15 and moved else 0.9]
    return row


def layers():
    rows = [person(200, 340, 1.0, 0.94, {}), person(460, 360, 0.9, 0.9, WAVING)]
    rows += [[0] * 57] * (ROOM - len(rows))
    return [("output0", [ROOM, 57], [number for row in rows for number in row])]


def movenet():
    row = person(320, 360, 1.2, 0.9, WAVING)[6:]
    points = [(row[at + 1] / 640, row[at] / 640, row[at + 2]) for at in range(0, len(row), 3)]
    return [("output_0", [1, 17, 3], [number for point in points for number in point])]


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
    folder = sys.argv[1] if len(sys.argv) > 1 else FOLDER
    write(f"{folder}/pose.safetensors", layers())
    write(f"{folder}/movenet.safetensors", movenet())
