"""Reads key points in Python, without pyds: from rsmetajson's messages, or from the metadata itself by the package rsnvds.

    eval "$(make -s env)"
    /usr/bin/python3 examples/python/key_points.py pipelines/pose.txt
    PYTHONPATH=python /usr/bin/python3 examples/python/key_points.py --package pipelines/pose.txt

Takes any launch text with one rsmetajson, and prints a line for each object with key points. Both ways print the same.
"""

import json
import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402


def writer(pipeline):
    """The one rsmetajson."""
    iterator = pipeline.iterate_recurse()
    while True:
        result, found = iterator.next()
        if result != Gst.IteratorResult.OK:
            sys.exit("the pipeline has no rsmetajson")
        if found.get_factory() and found.get_factory().get_name() == "rsmetajson":
            return found


def show(source, frame, label, points):
    """Prints the points of an object, in pixels, those that the network is sure of."""
    sure = [f"{index}:{x:.0f},{y:.0f}" for index, (x, y, confidence) in enumerate(points) if confidence > 0.5]
    print(f"source {source} frame {frame}: {label} {' '.join(sure)}")


def show_lines(text):
    """From the text of a message: one line of JSON for each frame of the buffer."""
    for line in text.splitlines():
        frame = json.loads(line)
        for obj in frame["objects"]:
            if "key_points" in obj:
                show(frame["source_id"], frame["frame_num"], obj["label"], obj["key_points"])


def show_metadata(_pad, info):
    """From the metadata, in a pad probe."""
    import rsnvds

    with rsnvds.batch(info.get_buffer()) as batch:
        for frame in batch.frames():
            for obj in frame.objects():
                if obj.key_points():
                    show(frame.source_id, frame.frame_num, obj.label, obj.key_points())
    return Gst.PadProbeReturn.OK


def main():
    arguments = sys.argv[1:]
    by_package = "--package" in arguments
    paths = [argument for argument in arguments if argument != "--package"]
    if len(paths) != 1:
        sys.exit(f"usage: {sys.argv[0]} [--package] PIPELINE.txt")
    Gst.init(None)
    with open(paths[0], encoding="utf-8") as file:
        pipeline = Gst.parse_launch(file.read())
    element = writer(pipeline)
    element.set_property("location", "")  # to no file
    if by_package:
        element.get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, show_metadata)
    Gst.util_set_object_arg(element, "emit", "message")
    pipeline.set_state(Gst.State.PLAYING)
    kinds = Gst.MessageType.ELEMENT | Gst.MessageType.EOS | Gst.MessageType.ERROR | Gst.MessageType.WARNING
    error = None
    while True:
        message = pipeline.get_bus().timed_pop_filtered(Gst.CLOCK_TIME_NONE, kinds)
        if message.type == Gst.MessageType.EOS:
            break
        if message.type == Gst.MessageType.ERROR:
            error = message.parse_error()[0].message
            break
        if message.type == Gst.MessageType.WARNING:
            print("warning:", message.parse_warning()[0].message, file=sys.stderr)
        elif message.has_name("rsmetajson") and not by_package:
            show_lines(message.get_structure().get_string("json"))
    # Before leaving: a pipeline must not be dropped while it runs.
    pipeline.set_state(Gst.State.NULL)
    if error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
