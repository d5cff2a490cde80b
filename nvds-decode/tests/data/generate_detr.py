#!/usr/bin/env python3
"""Makes the reference data of DETRs, as generate.py does that of SSDs, whose random objects and files it uses.

    python3 generate_detr.py     (needs numpy; the same numbers every time)
"""

import json
import os

import numpy as np

from generate import FRAME, HERE, NETWORK, NUMPY, PARAMS, TYPES, Borderline, apart, layer, objects


def postprocess(entries, top):
    """entries: class, score, normalised corners. The best of them, then threshold, frame pixels, clipping, least
    size, top-k; nothing is suppressed."""
    entries = sorted(entries, key=lambda entry: -entry[1])
    boxes = []
    for (one, two) in zip(entries[: top + 1], entries[1:]):
        if one[1] > PARAMS["score_threshold"] - 1e-3:
            apart(one[1], two[1], 1e-6)
    for label, score, corners in entries[:top]:
        if apart(score, PARAMS["score_threshold"], 1e-5) < PARAMS["score_threshold"]:
            continue
        x0, y0, x1, y1 = corners
        x0, x1 = np.clip(np.array([x0, x1]) * FRAME[0], 0, FRAME[0])
        y0, y1 = np.clip(np.array([y0, y1]) * FRAME[1], 0, FRAME[1])
        if apart(x1 - x0, PARAMS["min_width"], 0.01) > PARAMS["min_width"]:
            if apart(y1 - y0, PARAMS["min_height"], 0.01) > PARAMS["min_height"]:
                boxes.append(dict(class_id=int(label), confidence=float(score), rect=[x0, y0, x1 - x0, y1 - y0]))
    return boxes[: PARAMS["top_k"]]


def centred(corners):
    x0, y0, x1, y1 = np.moveaxis(corners, -1, 0)
    return np.stack([(x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0], axis=-1)


def corners_of(boxes):
    x, y, w, h = np.moveaxis(boxes.astype(np.float64), -1, 0)
    return np.stack([x - w / 2, y - h / 2, x + w / 2, y + h / 2], axis=-1)


def queries(rng, count, columns, free, kind, softmax, low=(-7, -2), frequent=0):
    """Logits and boxes of all queries: objects, and noise below the threshold. `free` is the column for no object.
    With `frequent` predictions over the threshold there are more pairs than queries."""
    classes = columns - (free is not None)
    place = [c for c in range(columns) if c != free]
    logits = rng.uniform(*low, (count, columns))
    boxes = centred(np.sort(rng.uniform(0, 1, (count, 2, 2)), axis=1).reshape(count, 4))
    if softmax:
        logits[:, free] = rng.uniform(7, 9, count)
    elif free is not None:
        # What says that there is nothing is most likely everywhere, and no class.
        logits[:, free] = rng.uniform(2, 4, count)
    for (label, score, box), at in zip(objects(rng, min(40, count), classes), rng.permutation(count)):
        boxes[at] = centred(box)
        if softmax:
            logits[at, free] = rng.uniform(-1, 2)
            logits[at, place[label]] = rng.uniform(2, 6)
        else:
            logits[at, place[label]] = np.log(score / (1 - score))
            if rng.random() < 0.3:  # a query of two classes
                logits[at, place[(label + 1) % classes]] = rng.uniform(-0.5, 2)
    for at in rng.permutation(count * columns)[:frequent]:
        logits[at // columns, at % columns] = rng.uniform(0.1, 4)
    logits, boxes = logits.astype(TYPES[kind]), boxes.astype(TYPES[kind])
    wide, corners = logits.astype(np.float64), corners_of(boxes)
    if softmax:
        powers = np.exp(wide - wide.max(axis=1, keepdims=True))
        scores = powers / powers.sum(axis=1, keepdims=True)
        best = scores[:, place].argmax(axis=1)
        entries = [(place[best[q]], scores[q, place[best[q]]], corners[q]) for q in range(count)]
    else:
        scores = 1 / (1 + np.exp(-wide))
        entries = [(c, scores[q, c], corners[q]) for q in range(count) for c in place]
    return dict(scores=logits, boxes=boxes), entries


def listed(rng, count, scale):
    """Labels, boxes in pixels and scores."""
    found = objects(rng, count, 8)
    scores = np.array([r[1] for r in found]).astype("<f4")
    labels = np.array([r[0] for r in found]).astype("<i8")
    boxes = (np.array([r[2] for r in found]) * np.array([*scale, *scale])).astype("<f4")
    wide = boxes.astype(np.float64) / np.array([*scale, *scale])
    entries = [(labels[i], float(scores[i]), wide[i]) for i in range(count)]
    return dict(scores=scores, classes=labels, boxes=boxes), entries


def rows_of_six(rng, count, kind="FLOAT"):
    found = objects(rng, count, 8)
    rows = np.array([(*centred(r[2]), r[1], r[0]) for r in found]).astype(TYPES[kind])
    wide = rows.astype(np.float64)
    entries = [(wide[i, 5], wide[i, 4], corners_of(wide[i, :4])) for i in range(count)]
    return dict(detections=rows), entries


def rows_of_scores(rng, count, classes, kind="FLOAT"):
    rows = np.zeros((count, 4 + classes))
    for i, (label, score, box) in enumerate(objects(rng, count, classes)):
        rows[i, :4] = centred(box)
        rows[i, 4:] = rng.uniform(0, 0.15, classes)
        rows[i, 4 + label] = score
    rows = rows.astype(TYPES[kind])
    wide = rows.astype(np.float64)
    best = wide[:, 4:].argmax(axis=1)
    entries = [(best[i], wide[i, 4 + best[i]], corners_of(wide[i, :4])) for i in range(count)]
    return dict(detections=rows), entries


def case(folder, name, rng, frames, make, layers, roles, layout):
    tensors, expected = b"", []
    while len(expected) < frames:
        try:
            found, entries = make(rng)
            top = len(found["boxes"]) if "boxes" in found else len(entries)
            detections = postprocess(entries, top)
        except Borderline:
            continue
        for role, spec in zip(roles, layers):
            data = np.ascontiguousarray(found[role])
            assert data.size == int(np.prod(spec["dims"])), (folder, role)
            assert data.dtype == np.dtype(TYPES[spec["type"]]), (folder, role)
            tensors += data.tobytes()
        expected.append(detections)
    assert sum(map(len, expected)) > frames, "hardly anything was found"
    os.makedirs(os.path.join(HERE, folder), exist_ok=True)
    with open(os.path.join(HERE, folder, f"tensors-{name}.bin"), "wb") as f:
        f.write(tensors)
    with open(os.path.join(HERE, folder, f"expected-{name}.json"), "w") as f:
        json.dump(dict(numpy=expected), f)
        f.write("\n")
    return dict(tensors=f"tensors-{name}.bin", expected=f"expected-{name}.json", layers=layers, layout=layout)


def manifest(folder, source, cases):
    text = dict(
        source=f"{source} Made by generate_detr.py, which decodes them too.",
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
    rng = np.random.default_rng(30)

    def logits(folder, name, names, count, columns, free=None, kind="FLOAT", softmax=False, layout=None, **options):
        layers = [layer(names[0], kind, [1, count, columns]), layer(names[1], kind, [1, count, 4])]
        make = lambda rng: queries(rng, count, columns, free, kind, softmax, **options)
        return case(folder, name, rng, 3, make, layers, ["scores", "boxes"], layout or {})

    official, hugging, own = ("pred_logits", "pred_boxes"), ("logits", "pred_boxes"), ("out_a", "out_b")
    manifest(
        "rtdetr",
        "Random queries with a sigmoid for each class.",
        [
            logits("rtdetr", "official", official, 100, 9, layout=dict(labels=9)),
            logits("rtdetr", "half", hugging, 60, 20, kind="HALF", layout=dict(labels=20)),
            logits("rtdetr", "crowded", own, 20, 6, frequent=60, layout=dict(labels=6)),
            logits("rtdetr", "one-class", hugging, 30, 1),
            logits("rtdetr", "tao", official, 50, 7, free=0, layout=dict(format="rtdetr", background=0)),
        ],
    )
    names = [("labels", "INT64", [1, 40]), ("boxes", "FLOAT", [1, 40, 4]), ("scores", "FLOAT", [1, 40])]
    layers, roles = [layer(*spec) for spec in names], ["classes", "boxes", "scores"]
    manifest(
        "rtdetr-official",
        "Random detections as RT-DETR's own export puts them out.",
        [
            case("rtdetr-official", "pixels", rng, 4, lambda rng: listed(rng, 40, NETWORK), layers, roles, {}),
            case(
                "rtdetr-official",
                "ones",
                rng,
                4,
                lambda rng: listed(rng, 40, (1, 1)),
                layers,
                roles,
                dict(box_units="normalised"),
            ),
        ],
    )
    last = dict(softmax=True, low=(-2, 2))
    manifest(
        "detr",
        "Random queries with a softmax over all classes and one for no object.",
        [
            logits("detr", "plain", hugging, 100, 10, free=9, layout=dict(labels=9), **last),
            logits("detr", "half", official, 50, 21, free=20, kind="HALF", layout=dict(activation="softmax"), **last),
            logits("detr", "first", own, 50, 6, free=0, layout=dict(format="detr", background=0), **last),
        ],
    )
    roboflow = ("labels", "dets")
    manifest(
        "rfdetr",
        "Random queries as RF-DETR puts them out.",
        [
            logits("rfdetr", "fine-tuned", roboflow, 100, 5, free=4, layout=dict(labels=4)),
            logits("rfdetr", "unknown-labels", roboflow, 100, 5, free=4, kind="HALF"),
            logits("rfdetr", "coco", roboflow, 30, 91, layout=dict(labels=90)),
            logits("rfdetr", "legacy", roboflow, 60, 4, free=0, layout=dict(background=0)),
        ],
    )
    rows = lambda columns, kind="FLOAT": [layer("output0", kind, [1, 40, columns])]
    six = lambda kind: lambda rng: rows_of_six(rng, 40, kind)
    manifest(
        "rtdetr-ultralytics",
        "Random rows of box, score and class.",
        [
            case("rtdetr-ultralytics", "plain", rng, 4, six("FLOAT"), rows(6), ["detections"], dict(labels=8)),
            case(
                "rtdetr-ultralytics",
                "half",
                rng,
                4,
                six("HALF"),
                rows(6, "HALF"),
                ["detections"],
                dict(format="rtdetr-ultralytics"),
            ),
        ],
    )
    scores = lambda kind, classes: lambda rng: rows_of_scores(rng, 40, classes, kind)
    manifest(
        "rtdetr-ultralytics-old",
        "Random rows of a box and a score for each class.",
        [
            case("rtdetr-ultralytics-old", "plain", rng, 4, scores("FLOAT", 5), rows(9), ["detections"], {}),
            case(
                "rtdetr-ultralytics-old",
                "half",
                rng,
                4,
                scores("HALF", 11),
                rows(15, "HALF"),
                ["detections"],
                dict(labels=11),
            ),
            case(
                "rtdetr-ultralytics-old",
                "two",
                rng,
                4,
                scores("FLOAT", 2),
                rows(6),
                ["detections"],
                dict(format="rtdetr-ultralytics-old", labels=2),
            ),
        ],
    )


if __name__ == "__main__":
    main()
