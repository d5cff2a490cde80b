#!/usr/bin/env python3
"""Makes the cases of this folder: layers of Mask R-CNNs with made-up objects, and what a plain NumPy reading of the
layouts, in double precision, finds in them. It shares no code with the crate.

    python3 generate.py     (needs numpy; the same numbers every time)

The layouts are those of TAO (`generate_detections`: y1, x1, y2, x2 in network pixels, class, score; a mask of the box for
each class, logits or probabilities) and of torchvision (`boxes` x1, y1, x2, y2, `labels`, `scores`, `masks` of the box, or
of the whole input). The frame was stretched into the network's input.

`expected` has rows x1, y1, x2, y2 in frame pixels, cut to the frame, score, class, best first. `expected_mask_N` is the mask
of the N-th over its cut box: as many values as there are cells of the network's mask in it, each read in its middle, between
the middles of the cells. `expected_inside` is told in another way, which knows nothing of that: the pixels of the frame in
whose middle the whole mask, laid over the whole box, is above one half, as lengths of runs, the first one outside.
"""

import json
import math
import os

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
NETWORK = np.array([96, 64])
FRAME = np.array([192, 160])
THRESHOLD = 0.4
CELLS = 28
TYPES = {"<f4": "F32", "<f2": "F16", "<i8": "I64"}


def write(path, tensors):
    header, data = {}, b""
    for name, array in tensors.items():
        raw = array.tobytes()
        kind = TYPES[array.dtype.str]
        header[name] = dict(dtype=kind, shape=list(array.shape), data_offsets=[len(data), len(data) + len(raw)])
        data += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text + data)


# --- What is in a frame ------------------------------------------------------------------------------------------


def objects(rng, room, classes):
    """Class from 1, score and x1 y1 x2 y2 in network pixels. The first are across the frame's edges."""
    places = [(-9.3, -6.1, 40.2, 30.9), (60.4, 35.2, 110.8, 75.1), (-20.5, 20.3, 130.6, 44.8)]
    while len(places) < room:
        width, height = rng.uniform(9, 40, 2)
        x, y = rng.uniform(1, 96 - width - 1), rng.uniform(1, 64 - height - 1)
        places.append((x, y, x + width, y + height))
    scores = np.sort(rng.uniform(0.2, 0.98, room))[::-1]
    # The class that the mask is of, and a score near no other's and not near the threshold.
    assert np.min(-np.diff(scores)) > 1e-3 and np.min(np.abs(scores - THRESHOLD)) > 1e-2
    return [(int(rng.integers(1, classes)), s, np.array(p)) for s, p in zip(scores, places)]


def blob(rng, width, height):
    """Smooth logits: an ellipse and waves."""
    x, y = np.meshgrid((np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height)
    a, b, c, d = rng.uniform(0.3, 0.7, 4)
    waves = np.sin(7 * c * x + 9 * y) + np.cos(11 * d * y - 5 * x)
    return 3 * (1 - ((x - a) / 0.4) ** 2 - ((y - b) / 0.35) ** 2) + 0.8 * waves


# --- From layers to what is expected -----------------------------------------------------------------------------


def logistic(x):
    return 1 / (1 + np.exp(-x))


def read(mask, xs, ys):
    """The mask at places in cells, between the middles of the cells; beyond the outer middles as there."""

    def between(places, count):
        places = np.clip(places - 0.5, 0, count - 1)
        low = np.minimum(np.floor(places).astype(int), max(count - 2, 0))
        return low, np.minimum(low + 1, count - 1), places - low

    left, right, across = between(xs, mask.shape[1])
    up, down, below = between(ys, mask.shape[0])
    rows = mask[up] * (1 - below)[:, None] + mask[down] * below[:, None]
    return rows[:, left] * (1 - across) + rows[:, right] * across


def span(low, high, start, end, cells):
    """The middles of the parts of low to high, in cells of a mask that lies from start to end."""
    first, last = (np.array([low, high]) - start) / (end - start) * cells
    count = last - first
    whole = round(count)
    assert abs(count - whole) < 1e-6 or abs(count - whole) > 0.02, "rounding could decide how many cells there are"
    count = whole if abs(count - whole) < 1e-6 else math.ceil(count)
    return first + (np.arange(count) + 0.5) * (last - first) / count


def runs(bits):
    lengths, last = [0], False
    for bit in bits:
        if bit != last:
            lengths.append(0)
            last = bit
        lengths[-1] += 1
    return lengths


def expect(entries):
    """entries: class, score, corners in network pixels, the mask, what it lies over in network pixels, whether of logits."""
    scale = FRAME / NETWORK
    found, masks, inside = [], {}, []
    for label, score, corners, mask, over, logits in sorted(entries, key=lambda entry: -entry[1]):
        if score <= THRESHOLD:
            continue
        mask = np.asarray(mask, np.float64)
        x1, x2 = np.clip(corners[[0, 2]] * scale[0], 0, FRAME[0])
        y1, y2 = np.clip(corners[[1, 3]] * scale[1], 0, FRAME[1])
        left, top, right, bottom = np.array(over) * np.array([*scale, *scale])
        xs = span(x1, x2, left, right, mask.shape[1])
        ys = span(y1, y2, top, bottom, mask.shape[0])
        values = read(mask, xs, ys)
        masks[f"expected_mask_{len(found)}"] = (logistic(values) if logits else values).astype("<f4")
        # The other way: pixel by pixel of the frame.
        px, py = np.arange(FRAME[0]) + 0.5, np.arange(FRAME[1]) + 0.5
        whole = read(mask, (px - left) / (right - left) * mask.shape[1], (py - top) / (bottom - top) * mask.shape[0])
        in_box = ((px > x1) & (px < x2))[None, :] & ((py > y1) & (py < y2))[:, None]
        inside.append(runs((in_box & (whole > (0 if logits else 0.5))).reshape(-1)))
        found.append([float(v) for v in (x1, y1, x2, y2, score, label)])
    return found, masks, inside


def save(name, layout, classes, layers, entries):
    found, masks, inside = expect(entries)
    write(os.path.join(HERE, name + ".safetensors"), layers | masks)
    case = dict(
        layout=layout,
        network=NETWORK.tolist(),
        frame=FRAME.tolist(),
        classes=classes,
        params=dict(score_threshold=THRESHOLD),
        oracle="by definition, NumPy",
        expected=found,
        expected_inside=inside,
    )
    with open(os.path.join(HERE, name + ".json"), "w") as file:
        file.write(json.dumps(case) + "\n")


# --- The layouts -------------------------------------------------------------------------------------------------


def tao(name, seed, masks_layer, kind, logits, classes):
    rng = np.random.default_rng(seed)
    found = objects(rng, 6, classes)
    room = len(found) + 2  # the last rows are empty
    rows = np.zeros((room, 6))
    for row, (label, score, (x1, y1, x2, y2)) in zip(rows, found):
        row[:] = y1, x1, y2, x2, label, score
    rows = rows.astype("<f4")
    masks = np.array([[blob(rng, CELLS, CELLS) for _ in range(classes)] for _ in range(room)])
    masks = (masks if logits else logistic(masks)).astype(kind)
    read_back = rows.astype(np.float64)
    entries = [
        (int(row[4]), row[5], row[[1, 0, 3, 2]], mask[int(row[4])], row[[1, 0, 3, 2]], logits)
        for row, mask in zip(read_back, masks)
    ]
    layers = {"generate_detections": rows[None], masks_layer: masks[None]}
    layout = "TAO: rows y1, x1, y2, x2, class, score; a mask of the box for each class"
    save(name, layout, classes, layers, entries)


def torchvision(name, seed, kind, whole):
    rng = np.random.default_rng(seed)
    found = objects(rng, 5, 4)
    boxes = np.array([corners for _, _, corners in found]).astype("<f4")
    if whole:
        # As torchvision cuts boxes to the picture.
        boxes = np.clip(boxes, 0, [96, 64, 96, 64]).astype("<f4")
    labels = np.array([label for label, _, _ in found], "<i8")
    scores = np.array([score for _, score, _ in found], "<f4")
    width, height = NETWORK if whole else (CELLS, CELLS)
    masks = np.array([logistic(blob(rng, width, height)) for _ in found]).astype(kind)
    places = boxes.astype(np.float64)
    over = [np.array([0, 0, *NETWORK])] * len(found) if whole else places
    entries = list(zip(labels.tolist(), scores.astype(np.float64), places, masks, over, [False] * len(found)))
    layers = dict(boxes=boxes, labels=labels, scores=scores, masks=masks[:, None])
    what = "of the whole input" if whole else "of the box"
    save(name, f"torchvision: boxes x1, y1, x2, y2, labels, scores, masks {what}", 4, layers, entries)


if __name__ == "__main__":
    tao("tao_logits", 1, "mask_fcn_logits/BiasAdd", "<f4", True, 3)
    tao("tao_sigmoid_half", 2, "mask_fcn_logits/sigmoid", "<f2", False, 4)
    torchvision("torchvision_boxes", 3, "<f4", False)
    torchvision("torchvision_whole_half", 4, "<f2", True)
