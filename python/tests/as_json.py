"""What the package reads of a frame, in the form of rsmetajson's lines."""

import json
import math
import struct


def parse(text):
    """A line of rsmetajson, its numbers as 32-bit floats."""
    return json.loads(text, parse_float=lambda digits: struct.unpack("f", struct.pack("f", float(digits)))[0])


def _string(text):
    """A string with bytes that are no UTF-8 as rsmetajson writes them."""
    if text is None:
        return None
    written = []
    for character in text:
        number = ord(character)
        if 0xDC80 <= number <= 0xDCFF:
            written.append(chr(0x10FC00 + number - 0xDC00))
        elif 0x10FC80 <= number <= 0x10FCFF:
            written += [chr(0x10FC00 + byte) for byte in character.encode()]
        else:
            written.append(character)
    return "".join(written)


def _float(number):
    return number if math.isfinite(number) else None


def _floats(numbers):
    return [_float(number) for number in numbers]


def _color(color):
    def byte(component):
        return 0 if math.isnan(component) else int(min(max(component * 255, 0), 255))

    return None if color is None else "#" + "".join(f"{byte(component):02x}" for component in color)


def _number(number):
    """A part of a number of COCO's runs, with more parts behind it."""
    text = ""
    while True:
        part, number = number & 0x1F, number >> 5
        last = number == (-1 if part & 0x10 else 0)
        text += chr(48 + part + (0 if last else 0x20))
        if last:
            return text


def _runs(mask):
    """The text of a mask: runs of cells down the columns."""
    runs, inside = [0], False
    for column in range(mask.width):
        for row in range(mask.height):
            if (mask.values[row * mask.width + column] > mask.threshold) != inside:
                runs.append(0)
                inside = not inside
            runs[-1] += 1
    return "".join(_number(run - runs[i - 2] if i > 2 else run) for i, run in enumerate(runs))


def _segmentations(element):
    found = []
    for segmentation in element.segmentations():
        counts, without = [], 0
        for row in segmentation.class_map().tolist():
            for number in row:
                if 0 <= number < 65536:
                    counts += [0] * (number + 1 - len(counts))
                    counts[number] += 1
                else:
                    without += 1
        size = [segmentation.height, segmentation.width]
        found.append({"unique_id": segmentation.unique_id, "size": size, "pixels": counts, "without": without})
    return found


def _embeddings(element):
    return [
        {"unique_component_id": e.unique_component_id, "norm": _float(e.norm), "values": _floats(e.values)}
        for e in element.embeddings()
    ]


def _with(members, **optional):
    members.update({name: value for name, value in optional.items() if value})
    return members


def _object(obj, objects):
    parent = obj.parent
    line = {
        "class_id": obj.class_id,
        "label": _string(obj.label),
        "confidence": _float(obj.confidence),
        "object_id": obj.object_id,
        "unique_component_id": obj.unique_component_id,
        "rect": _floats(obj.rect),
        "detector_rect": _floats(obj.detector_rect),
        "border": {"width": obj.style.border_width, "color": _color(obj.style.border_color)},
        "text": _string(obj.text.text),
        "text_at": [obj.text.x, obj.text.y],
        "parent": objects.index(parent) if parent in objects else None,
        "classifiers": [
            {
                "unique_component_id": c.unique_component_id,
                **({} if c.type is None else {"type": _string(c.type)}),
                "labels": [
                    {"label": _string(n.label), "class_id": n.class_id, "probability": _float(n.probability)} for n in c.labels
                ],
            }
            for c in obj.classifiers()
        ],
    }
    corners, mask = obj.corners(), obj.mask()
    if obj.rotation or corners:
        line["rotation"] = _float(obj.rotation)
    if mask and mask.width * mask.height == len(mask.values):
        line["mask"] = {"size": [mask.height, mask.width], "counts": _runs(mask)}
    return _with(
        line,
        corners=[_floats(corner) for corner in corners or ()],
        segmentations=_segmentations(obj),
        key_points=[_floats(point) for point in obj.key_points()],
        embeddings=_embeddings(obj),
    )


def _display(display):
    return {
        "texts": [{"text": _string(t.text), "at": [t.x, t.y]} for t in display.texts()],
        "rects": [
            {
                "rect": _floats(b.rect),
                "width": b.style.border_width,
                "color": _color(b.style.border_color),
                "fill": _color(b.style.fill),
            }
            for b in display.rects()
        ],
        "lines": [{"from": [*n.start], "to": [*n.end], "width": n.width, "color": _color(n.color)} for n in display.lines()],
        "arrows": [
            {"from": [*a.start], "to": [*a.end], "width": a.width, "head": a.head, "color": _color(a.color)}
            for a in display.arrows()
        ],
        "circles": [
            {"center": [*c.center], "radius": c.radius, "width": c.width, "color": _color(c.color), "fill": _color(c.fill)}
            for c in display.circles()
        ],
    }


def _tensors(tensors):
    layers = tensors.layers
    if layers is not None:
        layers = [
            {"name": _string(n.name), "dims": None if n.dims is None else [*n.dims], "type": n.type} for n in layers
        ]
    return {"unique_id": tensors.unique_id, "layers": layers}


def line(frame, number):
    """All of a frame but its size, which surfaces tell."""
    objects = frame.objects()
    return _with(
        {
            "buffer": number,
            "pad_index": frame.pad_index,
            "source_id": frame.source_id,
            "frame_num": frame.frame_num,
            "batch_id": frame.batch_id,
            "pts": frame.pts,
            "ntp": frame.ntp_timestamp,
            "infer_done": frame.infer_done,
            "objects": [_object(obj, objects) for obj in objects],
            "displays": [_display(display) for display in frame.displays()],
            "tensors": [_tensors(tensors) for tensors in frame.tensors()],
            "user_metas": [meta.type for meta in frame.user_metas()],
        },
        segmentations=_segmentations(frame),
        embeddings=_embeddings(frame),
    )
