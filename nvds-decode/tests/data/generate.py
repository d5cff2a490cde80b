#!/usr/bin/env python3
"""Makes the reference data of all decoders but tf-od: tensors from objects drawn at random, and the detections that
a plain NumPy implementation in double precision finds in them. It shares no code and no arithmetic with the crate.

    python3 generate.py     (needs numpy; the same numbers every time)

Cases in which rounding could decide (a score at the threshold, an overlap at the limit, a box of the least size) are
not written but drawn again.
"""

import json
import os

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
NETWORK = (300, 300)
FRAME = (1920, 1080)
PARAMS = dict(score_threshold=0.5, nms_iou_threshold=0.3, top_k=20, min_width=16, min_height=16, num_classes=0)
NUMPY = dict(tolerance=0.02, truncated=False, score_tolerance=2e-6)
TYPES = {"FLOAT": "<f4", "HALF": "<f2", "INT32": "<i4", "INT64": "<i8", "UINT8": "u1"}


class Borderline(Exception):
    """Rounding could decide here."""


def apart(value, limit, margin):
    if abs(value - limit) < margin:
        raise Borderline
    return value


# --- What is in a frame ------------------------------------------------------------------------------------------


def objects(rng, count, classes):
    """Class, score and normalised x0 y0 x1 y1; some cross the edge, some overlap, some are below the threshold."""
    rows = []
    while len(rows) < count:
        w, h = rng.uniform(0.06, 0.35, 2)
        x, y = rng.uniform(-0.05, 0.95, 2)
        c = int(rng.integers(0, classes))
        for _ in range(int(rng.integers(1, 4))):
            jitter = rng.normal(0, 0.012, 4)
            box = np.array([x, y, x + w, y + h]) + jitter
            rows.append((c if rng.random() < 0.9 else int(rng.integers(0, classes)), rng.uniform(0.2, 0.99), box))
    rows = rows[:count]
    rows.sort(key=lambda r: -r[1])
    return rows


# --- From what a network says to detections ----------------------------------------------------------------------


def overlap(a, b):
    w = min(a[2], b[2]) - max(a[0], b[0])
    h = min(a[3], b[3]) - max(a[1], b[1])
    if w <= 0 or h <= 0:
        return 0.0
    both = w * h
    return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both)


def postprocess(entries):
    """entries: class, score, normalised corners. Threshold, frame pixels, clipping, least size, suppression, top-k."""
    boxes = []
    for label, score, corners in entries:
        if apart(score, PARAMS["score_threshold"], 1e-5) < PARAMS["score_threshold"]:
            continue
        x0, x1 = np.clip(np.array([corners[0], corners[2]]) * FRAME[0], 0, FRAME[0])
        y0, y1 = np.clip(np.array([corners[1], corners[3]]) * FRAME[1], 0, FRAME[1])
        if apart(x1 - x0, PARAMS["min_width"], 0.01) > PARAMS["min_width"]:
            if apart(y1 - y0, PARAMS["min_height"], 0.01) > PARAMS["min_height"]:
                boxes.append((label, score, (x0, y0, x1, y1)))
    boxes.sort(key=lambda b: -b[1])
    for one, two in zip(boxes, boxes[1:]):
        apart(one[1], two[1], 1e-7)
    kept = []
    for box in boxes:
        rivals = [k for k in kept if k[0] == box[0]]
        limit = PARAMS["nms_iou_threshold"]
        if all(apart(overlap(k[2], box[2]), limit, 1e-4) <= limit for k in rivals):
            kept.append(box)
    return [
        dict(class_id=int(c), confidence=float(s), rect=[float(v) for v in (b[0], b[1], b[2] - b[0], b[3] - b[1])])
        for c, s, b in kept[: PARAMS["top_k"]]
    ]


# --- The layouts -------------------------------------------------------------------------------------------------


def pad(rows, room, width):
    out = np.zeros((room, width))
    if rows:
        out[: len(rows)] = np.array(rows).reshape(len(rows), width)
    return out


def four(rng, types, room=100, order="xyxy", scale=(1.0, 1.0), classes=8, padded=False):
    """count, scores, classes and boxes, and the entries as the types rounded them. Entries past the count are zeros if
    `padded`, else what must not be read."""
    count = int(rng.integers(10, room - 20))
    found = objects(rng, count, classes)
    scores = pad([r[1] for r in found], room, 1)[:, 0].astype(TYPES[types["scores"]])
    labels = pad([r[0] for r in found], room, 1)[:, 0].astype(TYPES[types["classes"]])
    corners = pad([r[2] for r in found], room, 4) * np.array([*scale, *scale])
    swapped = corners[:, [1, 0, 3, 2]] if order == "yxyx" else corners
    if types["boxes"].startswith("INT"):
        swapped = np.round(swapped)
    boxes = swapped.astype(TYPES[types["boxes"]])
    if not padded:
        scores[count:], labels[count:] = 0.99, 1
    back = boxes.astype(np.float64)[:, [1, 0, 3, 2]] if order == "yxyx" else boxes.astype(np.float64)
    entries = [(int(labels[i]), float(scores[i]), back[i] / np.array([*scale, *scale])) for i in range(count)]
    layers = dict(count=np.array([count]).astype(TYPES[types["count"]]), scores=scores, classes=labels, boxes=boxes)
    return layers, entries


def tf_od_eight(rng):
    layers, entries = four(rng, dict.fromkeys(("count", "scores", "classes", "boxes"), "FLOAT"), order="yxyx")
    for name, size in (("0", 100), ("3", 900), ("6", 200), ("7", 450)):
        layers[name] = rng.uniform(0, 1, size).astype("<f4")
    return layers, entries


def rows_of_seven(rng, terminated, room=100):
    """TensorRT: integer bits in a FLOAT count. Caffe: the rows end with image -1."""
    count = int(rng.integers(10, room - 20))
    found = objects(rng, count, 8)
    table = np.zeros((1, room, 7), "<f4")
    table[0, :, 1:3] = (1, 0.99)
    table[0, :, 0] = 0
    for i, (label, score, box) in enumerate(found):
        table[0, i] = (0, label, score, *box)
    layers = dict(detections=table)
    if terminated:
        table[0, count, 0] = -1
    else:
        layers["count"] = np.array([[[count]]], "<i4").view("<f4")
    entries = [(int(r[1]), float(r[2]), r[3:].astype(np.float64)) for r in table[0, :count]]
    return layers, entries


def tf_anchors(maps=(19, 10, 5, 3, 2, 1), low=0.2, high=0.95, ratios=(1.0, 2.0, 0.5, 3.0, 0.3333)):
    """Centre y, centre x, height, width."""
    scales = np.append(np.linspace(low, high, len(maps)), 1.0)
    out = []
    for k, side in enumerate(maps):
        if k == 0:
            shapes = [(0.1, 1.0), (scales[0], 2.0), (scales[0], 0.5)]
        else:
            shapes = [(scales[k], r) for r in ratios] + [(np.sqrt(scales[k] * scales[k + 1]), 1.0)]
        centres = (np.arange(side) + 0.5) / side
        for cy in centres:
            for cx in centres:
                out += [(cy, cx, s / np.sqrt(r), s * np.sqrt(r)) for s, r in shapes]
    return np.array(out)


def raw(rng, anchors, y_first, classes, activation, background, kind, variances):
    """Encodings of objects on the anchors that lie nearest to them, the rest noise that stays below the threshold."""
    cyxhw = anchors if y_first else anchors[:, [1, 0, 3, 2]]
    count = len(anchors)
    low, high = ((-6, -2) if activation == "sigmoid" else (-2, 2))
    logits = rng.uniform(low, high, (count, classes))
    if activation == "softmax":
        logits[:, background] = rng.uniform(6, 9, count)
    encodings = rng.normal(0, 1.5, (count, 4))
    for label, score, (x0, y0, x1, y1) in objects(rng, 40, classes):
        target = np.array([(y0 + y1) / 2, (x0 + x1) / 2, y1 - y0, x1 - x0])
        near = np.abs(cyxhw - target).sum(axis=1)
        at = int(np.argsort(near)[int(rng.integers(0, 3))])
        label = label if label != background else classes - 1
        if activation == "sigmoid":
            logits[at, label] = np.log(score / (1 - score))
        else:
            logits[at, background] = rng.uniform(0, 1)
            logits[at, label] = rng.uniform(2, 7)
        a = cyxhw[at]
        e = np.concatenate([(target[:2] - a[:2]) / a[2:], np.log(target[2:] / a[2:])]) * np.array(variances)
        encodings[at] = e if y_first else e[[1, 0, 3, 2]]
    logits, encodings = logits.astype(TYPES[kind]), encodings.astype(TYPES[kind])

    wide = logits.astype(np.float64)
    if activation == "sigmoid":
        scores = 1 / (1 + np.exp(-wide))
    else:
        powers = np.exp(wide - wide.max(axis=1, keepdims=True))
        scores = powers / powers.sum(axis=1, keepdims=True)
    e = encodings.astype(np.float64)
    e = (e if y_first else e[:, [1, 0, 3, 2]]) / np.array(variances)
    centre = cyxhw[:, :2] + e[:, :2] * cyxhw[:, 2:]
    half = cyxhw[:, 2:] * np.exp(e[:, 2:]) / 2
    corners = np.concatenate([centre - half, centre + half], axis=1)[:, [1, 0, 3, 2]]
    entries = [
        (label, scores[at, label], corners[at])
        for at in range(count)
        for label in range(classes)
        if label != background and scores[at, label] > PARAMS["score_threshold"] - 1e-3
    ]
    return dict(boxes=encodings, scores=logits), entries


def listed_rows(rng, room=100):
    """Boxes in network pixels with their score, best first, the rest zeros; labels beside them."""
    count = int(rng.integers(10, room - 20))
    found = objects(rng, count, 8)
    dets = np.zeros((room, 5), "<f4")
    labels = np.zeros(room, "<i8")
    for i, (label, score, box) in enumerate(found):
        dets[i, :4], dets[i, 4], labels[i] = box * np.array([*NETWORK, *NETWORK]), score, label
    wide = dets.astype(np.float64)
    entries = [(int(labels[i]), wide[i, 4], wide[i, :4] / np.array([*NETWORK, *NETWORK])) for i in range(count)]
    return dict(detections=dets, classes=labels), entries


def class_scores(rng, rows, classes, background, scale=(1.0, 1.0), kind="FLOAT"):
    """Decoded boxes with a softmax over the classes: noise that is background, and objects."""
    logits = rng.uniform(-2, 2, (rows, classes))
    logits[:, background] = rng.uniform(6, 9, rows)
    boxes = np.sort(rng.uniform(0, 1, (rows, 2, 2)), axis=1).reshape(rows, 4)
    for (label, _, box), at in zip(objects(rng, 40, classes), rng.permutation(rows)):
        logits[at, background] = rng.uniform(0, 1)
        logits[at, label if label != background else classes - 1] = rng.uniform(2, 7)
        boxes[at] = box
    powers = np.exp(logits)
    scores = (powers / powers.sum(axis=1, keepdims=True)).astype(TYPES[kind])
    boxes = (boxes * np.array([*scale, *scale])).astype(TYPES[kind])
    wide, back = scores.astype(np.float64), boxes.astype(np.float64) / np.array([*scale, *scale])
    entries = [
        (label, wide[at, label], back[at])
        for at in range(rows)
        for label in range(classes)
        if label != background and wide[at, label] > PARAMS["score_threshold"] - 1e-3
    ]
    return dict(boxes=boxes, scores=scores), entries


def selected(rng, turned, filler, rows=300, classes=8, room=60):
    """Every box's scores, and which pairs of class and box were selected of them."""
    scores = rng.uniform(0, 0.9, (rows, classes)).astype("<f4")
    boxes = (np.sort(rng.uniform(0, 1, (rows, 2, 2)), axis=1).reshape(rows, 4) * 300).astype("<f4")
    count = int(rng.integers(10, room - 20))
    triples = np.full((room, 3), -1)
    at = rng.permutation(rows)[:count]
    entries = []
    for i, (label, score, box) in enumerate(objects(rng, count, classes)):
        scores[at[i], label], boxes[at[i]] = score, box * 300
        triples[i] = (0, label, at[i])
        entries.append((label, float(scores[at[i], label]), boxes[at[i]].astype(np.float64) / 300))
    if filler == "last":
        triples[count:] = triples[count - 1]
    layers = dict(detections=triples, boxes=boxes, scores=scores.T if turned else scores)
    layers["detections"] = triples.astype("<i4" if filler == "last" else "<i8")
    return layers, entries


# --- Files -------------------------------------------------------------------------------------------------------


def layer(name, kind, dims):
    return dict(name=name, type=kind, dims=dims)


def case(folder, name, rng, frames, make, layers, roles, layout=None):
    tensors, expected = b"", []
    while len(expected) < frames:
        try:
            found, entries = make(rng)
            detections = postprocess(entries)
        except Borderline:
            continue
        for role, spec in zip(roles, layers):
            data = np.ascontiguousarray(found[role])
            size = np.dtype(TYPES[spec["type"]]).itemsize
            assert data.size == int(np.prod(spec["dims"])) and data.itemsize == size, (folder, role)
            tensors += data.tobytes()
        expected.append(detections)
    assert sum(map(len, expected)) > frames, "hardly anything was found"
    with open(os.path.join(HERE, folder, f"tensors-{name}.bin"), "wb") as f:
        f.write(tensors)
    with open(os.path.join(HERE, folder, f"expected-{name}.json"), "w") as f:
        json.dump(dict(numpy=expected), f)
        f.write("\n")
    entry = dict(tensors=f"tensors-{name}.bin", expected=f"expected-{name}.json", layers=layers)
    if layout:
        entry["layout"] = layout
    return entry


def manifest(folder, source, cases):
    text = dict(
        source=f"{source} Made by generate.py, which decodes them too.",
        network=NETWORK,
        frame=FRAME,
        padding="stretch",
        params=PARAMS,
        references=dict(numpy=NUMPY),
        cases=cases,
    )
    with open(os.path.join(HERE, folder, "reference.json"), "w") as f:
        json.dump(text, f, indent=2)
        f.write("\n")


def main():
    rng = np.random.default_rng(20)
    # For what was added later, so that it leaves the rest as it is.
    more = np.random.default_rng(21)
    roles = ["count", "scores", "classes", "boxes"]

    def specs(names, types, dims):
        return [layer(n, types[r], d) for n, r, d in zip(names, roles, dims)]

    plain = [[1], [100], [100], [100, 4]]
    apart = [[1], [100, 1], [100, 1], [100, 1, 4]]
    batch = [[1, 1], [1, 100], [1, 100], [1, 100, 4]]

    def floats(**others):
        return {**dict.fromkeys(roles, "FLOAT"), **others}

    def of_four(folder, name, names, types, dims, frames=8, layout=None, rng=rng, without=(), **options):
        make = lambda rng: four(rng, types, **options)
        layers = [(role, spec) for role, spec in zip(roles, specs(names, types, dims)) if role not in without]
        return case(folder, name, rng, frames, make, [spec for _, spec in layers], [role for role, _ in layers], layout)

    ints = floats(count="INT32", classes="INT32")
    longs = floats(count="INT64", classes="INT64")
    half = dict(ints, scores="HALF", boxes="HALF")
    od = ["num_detections", "detection_scores", "detection_classes", "detection_boxes"]
    pred = ["num_detections", "pred_scores", "pred_classes", "pred_boxes"]
    det = ["num_dets", "det_scores", "det_classes", "det_boxes"]
    pixels = dict(scale=NETWORK)
    manifest(
        "efficient-nms",
        "Random detections in the layout of TensorRT's EfficientNMS plugin.",
        [
            of_four("efficient-nms", "pixels", od, ints, plain, **pixels),
            of_four("efficient-nms", "half", det, half, batch, **pixels),
            of_four("efficient-nms", "int64", det, longs, plain, rng=more, **pixels),
            of_four("efficient-nms", "floats", pred, floats(), apart, rng=more, **pixels),
            of_four("efficient-nms", "int-boxes", od, dict(ints, boxes="INT32"), plain, **pixels),
            of_four(
                "efficient-nms",
                "yxyx-normalised",
                od,
                ints,
                plain,
                order="yxyx",
                layout=dict(box_order="yxyx", box_units="normalised"),
            ),
        ],
    )
    nmsed = ["num_detections", "nmsed_scores", "nmsed_classes", "nmsed_boxes"]
    tao = ["BatchedNMS", "BatchedNMS_2", "BatchedNMS_3", "BatchedNMS_1"]
    count = floats(count="INT32")
    manifest(
        "batched-nms",
        "Random detections in the layout of TensorRT's BatchedNMS plugin.",
        [
            of_four("batched-nms", "plugin", nmsed, count, plain),
            of_four("batched-nms", "tao", tao, count, batch),
            of_four("batched-nms", "pixels", nmsed, count, plain, layout=dict(box_units="pixels"), **pixels),
        ],
    )
    lite = [f"TFLite_Detection_PostProcess{i}" for i in (":3", ":2", ":1", "")]
    dims = [[1], [1, 100], [1, 100], [1, 100, 4]]
    manifest(
        "tflite",
        "Random detections in the layout of TFLite's detection post-processing.",
        [
            of_four("tflite", "float", lite, floats(), dims, order="yxyx"),
            of_four("tflite", "uint8", lite, floats(count="UINT8", classes="UINT8"), dims, order="yxyx"),
        ],
    )
    lines = ["StatefulPartitionedCall", *(f"StatefulPartitionedCall_{i}" for i in (1, 2, 3))]
    identity = lambda count: ["Identity", *(f"Identity_{i}" for i in range(1, count))]
    call = [f"StatefulPartitionedCall:{i}" for i in range(4)]
    manifest(
        "tflite-v2",
        "Random detections in the two orders of TFLite models from TensorFlow 2.",
        [
            of_four("tflite-v2", "count-first", call, floats(), dims, order="yxyx"),
            of_four("tflite-v2", "boxes-first", call[::-1], floats(classes="INT64"), dims, order="yxyx"),
            of_four("tflite-v2", "underscores", lines[::-1], floats(), dims, rng=more, order="yxyx"),
            of_four("tflite-v2", "identity", identity(4), floats(), dims, rng=more, order="yxyx"),
        ],
    )
    # In the order of the names that the layers lost.
    eight = [5, 4, 2, 1, 0, 3, 6, 7]

    def nameless(name, names):
        make = lambda rng: tf_od_eight(rng)
        shapes = [[1], [1, 100], [1, 100], [1, 100, 4], [1, 100], [1, 100, 9], [1, 50, 4], [1, 50, 9]]
        layers = [layer(names[at], "FLOAT", shape) for at, shape in zip(eight, shapes)]
        return case("tf-od-v2", name, more, 4, make, layers, [*roles, *"0367"])

    manifest(
        "tf-od-v2",
        "Random detections in the eight outputs of TensorFlow 2's object detection models, without their names.",
        [
            nameless("identity", identity(8)),
            nameless("call", [f"model/StatefulPartitionedCall:{i}" for i in range(8)]),
        ],
    )
    listed = ["num_dets", "scores", "labels", "boxes"]
    bboxes = ["num_dets", "scores", "labels", "bboxes"]
    long = floats(classes="INT64")
    manifest(
        "torchvision",
        "Random detections as torchvision's detectors put them out.",
        [
            of_four("torchvision", "plain", listed, long, plain, rng=more, without=["count"], padded=True, **pixels),
            of_four("torchvision", "count", listed, dict(long, count="INT64"), apart, rng=more, **pixels),
            of_four(
                "torchvision",
                "normalised",
                listed,
                ints,
                batch,
                rng=more,
                without=["count"],
                padded=True,
                layout=dict(box_units="normalised"),
            ),
        ],
    )
    manifest(
        "onnx-ssd",
        "Random detections as the SSD of the ONNX model zoo puts them out.",
        [of_four("onnx-ssd", "plain", bboxes, long, batch, rng=more, without=["count"], padded=True)],
    )
    manifest(
        "mmdet",
        "Random detections as mmdetection's exports put them out.",
        [
            case(
                "mmdet",
                "plain",
                more,
                8,
                listed_rows,
                [layer("dets", "FLOAT", [1, 100, 5]), layer("labels", "INT64", [1, 100])],
                ["detections", "classes"],
            )
        ],
    )

    def by_class(name, kind, prefix="", layout=None, background=0, **options):
        layers = [layer(f"{prefix}boxes", kind, [1, 600, 4]), layer(f"{prefix}scores", kind, [1, 600, 7])]
        make = lambda rng: class_scores(rng, 600, 7, background, kind=kind, **options)
        return case("pytorch-ssd", name, more, 2, make, layers, ["boxes", "scores"], layout)

    manifest(
        "pytorch-ssd",
        "Random decoded boxes with a score for each class, as jetson-inference exports pytorch-ssd.",
        [
            by_class("plain", "FLOAT"),
            by_class("half", "HALF"),
            by_class(
                "stated",
                "FLOAT",
                prefix="out_",
                background=6,
                scale=NETWORK,
                layout=dict(format="pytorch-ssd", box_units="pixels", background=6),
            ),
        ],
    )

    def triples(name, kind, turned, filler):
        shape = [1, 8, 300] if turned else [300, 8]
        layers = [
            layer("selected_indices", kind, [60, 3]),
            layer("boxes", "FLOAT", [1, 300, 4]),
            layer("scores", "FLOAT", shape),
        ]
        make = lambda rng: selected(rng, turned, filler)
        return case("onnx-nms", name, more, 4, make, layers, ["detections", "boxes", "scores"])

    manifest(
        "onnx-nms",
        "Random detections selected by indices.",
        [triples("onnx", "INT64", True, "minus"), triples("tensorrt", "INT32", False, "last")],
    )
    manifest(
        "nms-plugin",
        "Random detections in rows of seven.",
        [
            case(
                "nms-plugin",
                "tensorrt",
                rng,
                8,
                lambda rng: rows_of_seven(rng, False),
                [layer("NMS", "FLOAT", [1, 100, 7]), layer("NMS_1", "FLOAT", [1, 1, 1])],
                ["detections", "count"],
            ),
            case(
                "nms-plugin",
                "detection-out",
                rng,
                8,
                lambda rng: rows_of_seven(rng, True),
                [layer("detection_out", "FLOAT", [1, 1, 100, 7])],
                ["detections"],
            ),
        ],
    )
    torch = np.load(os.path.join(HERE, "raw", "anchors-torchvision-ssdlite320.npy")).astype(np.float64)
    arrays = dict(anchors=torch[::50].astype("<f4"), other=np.zeros(3))
    np.savez(os.path.join(HERE, "raw", "anchors-stored.npz"), **arrays)
    np.savez_compressed(os.path.join(HERE, "raw", "anchors-compressed.npz"), **arrays)
    usual, other = (10, 10, 5, 5), (8, 8, 4, 4)
    manifest(
        "raw",
        "Box encodings of random objects on a TensorFlow SSD's and on torchvision's anchors.",
        [
            case(
                "raw",
                "tf-sigmoid",
                rng,
                1,
                lambda rng: raw(rng, tf_anchors(), True, 24, "sigmoid", None, "FLOAT", usual),
                [
                    layer("raw_outputs/box_encodings", "FLOAT", [1, 1917, 4]),
                    layer("raw_outputs/class_predictions", "FLOAT", [1, 1917, 24]),
                ],
                ["boxes", "scores"],
                dict(anchors="tf-ssd"),
            ),
            case(
                "raw",
                "tf-half",
                rng,
                1,
                lambda rng: raw(rng, tf_anchors(), True, 7, "sigmoid", 0, "HALF", other),
                [layer("Squeeze", "HALF", [1917, 1, 4]), layer("concat_1", "HALF", [1917, 7])],
                ["boxes", "scores"],
                dict(anchors="tf-ssd", background=0, variances=other),
            ),
            case(
                "raw",
                "torchvision-softmax",
                rng,
                1,
                lambda rng: raw(rng, torch, False, 9, "softmax", 0, "FLOAT", usual),
                [layer("bbox_regression", "FLOAT", [3234, 4]), layer("cls_logits", "FLOAT", [3234, 9])],
                ["boxes", "scores"],
                dict(anchors="torchvision-ssdlite320", activation="softmax", background=0),
            ),
            case(
                "raw",
                "file-softmax",
                rng,
                1,
                lambda rng: raw(rng, torch, False, 5, "softmax", 4, "HALF", usual),
                [layer("loc", "HALF", [1, 3234, 4]), layer("conf", "HALF", [1, 3234, 5])],
                ["boxes", "scores"],
                dict(
                    format="raw",
                    anchors="anchors-torchvision-ssdlite320.npy",
                    form="xywh",
                    activation="softmax",
                    background=4,
                    layers=dict(boxes="loc", scores="conf"),
                ),
            ),
        ],
    )


if __name__ == "__main__":
    main()
