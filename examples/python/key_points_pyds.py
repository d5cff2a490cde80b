"""Reads key points, such as the joints of a person, with pyds from the metadata, or without it from rsmetajson's lines.

    eval "$(make -s env)"
    /usr/bin/python3 examples/python/key_points_pyds.py json pipelines/pose.txt
    /usr/bin/python3 examples/python/key_points_pyds.py pyds pipelines/pose.txt

in the project's folder. Takes any launch text with one rsmetajson behind elements that find key points: both ways print the same
lines, one for each object that has some. With pyds, the program's user metas are those of include/rsnvds.h.
"""

import ctypes
import json
import os
import sys
import tempfile

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402

# As include/rsnvds.h has them.
TYPE = "rsnvds.key-points"
MOST_KEY_POINTS = 4096


class KeyPoint(ctypes.Structure):
    """RsNvdsKeyPoint."""

    _fields_ = [("x", ctypes.c_float), ("y", ctypes.c_float), ("confidence", ctypes.c_float)]


def line(source, frame, label, points):
    """What is printed of an object: its points in whole pixels, with the confidence in hundredths."""
    numbers = " ".join(f"{x:.0f},{y:.0f},{confidence:.2f}" for x, y, confidence in points)
    return f"source {source} frame {frame} {label}: {numbers}"


def elements(node, kind):
    """Goes through a list of metas."""
    while node is not None:
        yield kind.cast(node.data)
        node = node.next


def key_points(pyds, user_meta):
    """The points of a user meta: a number of them, and then as many RsNvdsKeyPoint."""
    address = pyds.get_ptr(user_meta.user_meta_data)
    count = ctypes.c_uint32.from_address(address).value
    if count > MOST_KEY_POINTS:
        return []
    points = (KeyPoint * count).from_address(address + ctypes.sizeof(ctypes.c_uint32))
    return [(point.x, point.y, point.confidence) for point in points]


def probe(_pad, info, pyds, found):
    """Looks at each object's user metas, while the batch is locked by nobody else: elements behind wait for this."""
    batch = pyds.gst_buffer_get_nvds_batch_meta(hash(info.get_buffer()))
    if batch is None:
        return Gst.PadProbeReturn.OK
    kind = pyds.nvds_get_user_meta_type(TYPE)
    for frame in elements(batch.frame_meta_list, pyds.NvDsFrameMeta):
        # The list begins with what was attached last; rsmetajson's with what was attached first.
        for item in reversed(list(elements(frame.obj_meta_list, pyds.NvDsObjectMeta))):
            for meta in elements(item.obj_user_meta_list, pyds.NvDsUserMeta):
                if int(meta.base_meta.meta_type) == int(kind):
                    points = key_points(pyds, meta)
                    found.append(line(frame.source_id, frame.frame_num, item.obj_label, points))
    return Gst.PadProbeReturn.OK


def from_json(path):
    """The same lines from what rsmetajson wrote."""
    with open(path, encoding="utf-8") as file:
        for frame in map(json.loads, file):
            for item in frame["objects"]:
                if "key_points" in item:
                    yield line(frame["source_id"], frame["frame_num"], item["label"], item["key_points"])


def find(pipeline, factory):
    """The one element of a kind."""
    for element in pipeline.children:
        if element.get_factory() and element.get_factory().get_name() == factory:
            return element
    sys.exit(f"error: the pipeline has no {factory}")


def play(pipeline):
    pipeline.set_state(Gst.State.PLAYING)
    kinds = Gst.MessageType.EOS | Gst.MessageType.ERROR
    message = pipeline.get_bus().timed_pop_filtered(Gst.CLOCK_TIME_NONE, kinds)
    error = message.parse_error()[0].message if message.type == Gst.MessageType.ERROR else None
    # Before leaving: a pipeline must not be dropped while it runs.
    pipeline.set_state(Gst.State.NULL)
    if error:
        sys.exit(f"error: {error}")


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in ("json", "pyds"):
        sys.exit(f"usage: {sys.argv[0]} json|pyds PIPELINE.txt")
    Gst.init(None)
    with open(sys.argv[2], encoding="utf-8") as file:
        pipeline = Gst.parse_launch(file.read())
    writer = find(pipeline, "rsmetajson")
    if sys.argv[1] == "json":
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "frames.jsonl")
            writer.set_property("location", path)
            Gst.util_set_object_arg(writer, "fields", "objects+key-points")
            play(pipeline)
            found = list(from_json(path))
    else:
        try:
            import pyds
        except ImportError as error:
            sys.exit(f"error: there is no pyds for this Python: {error}")
        found = []
        writer.set_property("location", os.devnull)
        writer.get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, probe, pyds, found)
        play(pipeline)
    print("\n".join(found))


if __name__ == "__main__":
    main()
