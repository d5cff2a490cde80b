"""Makes of rstensorrecord's files what fits into the repository.

Wall-clock times are set to zero. With --raw, of box encodings and class predictions only the rows of those anchors are
kept that some frame of the recording gives a class a score above 0.2, as HALF, and `anchors.npy` gets these anchors:
centre y, centre x, height, width, in 0..1.
"""

import argparse
import json
import math
import os
import struct
import sys

SCORE = 0.2
BOXES = "raw_outputs/box_encodings"
CLASSES = "raw_outputs/class_predictions"


class Tensor:
    """A tensor of a file: type, shape, bytes."""

    def __init__(self, dtype, shape, data):
        self.dtype, self.shape, self.data = dtype, shape, data

    def rows(self):
        """The rows of a table of floats."""
        _, columns = self.shape
        return list(struct.iter_unpack(f"<{columns}f", self.data))


def read(path):
    """The metadata and the tensors by name, in the order of the file."""
    with open(path, "rb") as f:
        (length,) = struct.unpack("<Q", f.read(8))
        header = json.loads(f.read(length))
        data = f.read()
    metadata = header.pop("__metadata__")
    tensors = {
        name: Tensor(entry["dtype"], entry["shape"], data[slice(*entry["data_offsets"])])
        for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"])
    }
    return metadata, tensors


def write(path, metadata, tensors):
    """The counterpart of read."""
    header, end = {"__metadata__": metadata}, 0
    for name, tensor in tensors.items():
        offsets = [end, end := end + len(tensor.data)]
        header[name] = {"dtype": tensor.dtype, "shape": tensor.shape, "data_offsets": offsets}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text)
        f.writelines(tensor.data for tensor in tensors.values())


def no_clock(metadata):
    """The metadata without the time of the recording."""
    info = json.loads(metadata["nvds"])
    for frame in info["frames"]:
        frame["ntp_timestamp"] = 0
    return {**metadata, "nvds": json.dumps(info, separators=(",", ":"))}


def anchors():
    """The anchors of SSD MobileNet v2 for 300x300, as TensorFlow's object detection API makes them."""
    grids = [19, 10, 5, 3, 2, 1]
    scales = [0.2 + (0.95 - 0.2) * i / (len(grids) - 1) for i in range(len(grids))] + [1.0]
    for i, grid in enumerate(grids):
        if i == 0:
            shapes = [(0.1, 1.0), (scales[0], 2.0), (scales[0], 0.5)]
        else:
            shapes = [(scales[i], ratio) for ratio in (1.0, 2.0, 0.5, 3.0, 0.3333)]
            shapes.append((math.sqrt(scales[i] * scales[i + 1]), 1.0))
        for y in range(grid):
            for x in range(grid):
                for scale, ratio in shapes:
                    root = math.sqrt(ratio)
                    yield (y + 0.5) / grid, (x + 0.5) / grid, scale / root, scale * root


def write_npy(path, rows):
    """A table of floats as NumPy's save writes it."""
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({len(rows)}, {len(rows[0])}), }}"
    header = header.ljust(-(len(header) + 11) % 64 + len(header)) + "\n"
    with open(path, "wb") as f:
        f.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode())
        f.writelines(struct.pack(f"<{len(row)}f", *row) for row in rows)


def layer(tensors, name):
    """The one tensor of a layer, with its key."""
    ((key, tensor),) = [(key, tensor) for key, tensor in tensors.items() if key.endswith("." + name)]
    return key, tensor


def rows_of_interest(files):
    """The numbers of the rows with a score above SCORE in any file. Column 0 is the background."""
    least = math.log(SCORE / (1 - SCORE))
    found = set()
    for _, tensors in files:
        rows = layer(tensors, CLASSES)[1].rows()
        found.update(i for i, row in enumerate(rows) if max(row[1:]) > least)
    return sorted(found)


def trim(tensors, kept):
    """Only some rows of the tables, in half precision."""
    for name in (BOXES, CLASSES):
        key, tensor = layer(tensors, name)
        rows, columns = tensor.rows(), tensor.shape[1]
        data = b"".join(struct.pack(f"<{columns}e", *rows[i]) for i in kept)
        tensors[key] = Tensor("F16", [len(kept), columns], data)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recording", required=True, help="folder of what was recorded")
    parser.add_argument("--output", required=True, help="folder for what is kept")
    parser.add_argument("--frames", required=True, type=int, help="how many files, from the first")
    parser.add_argument("--raw", action="store_true", help="the tensors are box encodings and class predictions")
    args = parser.parse_args()
    names = [f"{i:06}.safetensors" for i in range(args.frames)]
    os.makedirs(args.output, exist_ok=True)
    files = [read(os.path.join(args.recording, name)) for name in names]
    if args.raw:
        kept = rows_of_interest(files)
        table = list(anchors())
        (count,) = {layer(tensors, BOXES)[1].shape[0] for _, tensors in files}
        if count != len(table):
            sys.exit(f"trim-recording: error: expected {len(table)} rows of {BOXES}, found {count}")
        for _, tensors in files:
            trim(tensors, kept)
        write_npy(os.path.join(args.output, "anchors.npy"), [table[i] for i in kept])
        print(f"trim-recording: kept {len(kept)} rows of {count}")
    for name, (metadata, tensors) in zip(names, files):
        write(os.path.join(args.output, name), no_clock(metadata), tensors)


if __name__ == "__main__":
    main()
