"""Counts who crosses a line in a film, in each direction, and writes the film with boxes, ids, traces and the line.

    make setup build
    eval "$(make -s env)"
    /usr/bin/python3 examples/python/count_line.py film.mp4 out/counted.mp4 50%,30% 50%,100%

in the project's folder. The last two arguments are the line's ends, as pixels or percentages of the picture, which has the
film's size. "In" counts who crosses to the right-hand side of someone walking from the first point to the second. Any
film that GStreamer plays will do.
"""

import os
import re
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstPbutils", "1.0")
from gi.repository import GLib, Gst, GstPbutils  # noqa: E402

PIPELINE = """
uridecodebin name=film caps=video/x-raw(ANY) expose-all-streams=false ! nvvideoconvert ! video/x-raw(memory:NVMM),format=NV12 ! mux.sink_0
nvstreammux name=mux batch-size=1 batched-push-timeout=33000
! nvinferserver config-file-path=pipelines/config/nvinferserver.txt
! rsssdparser labels-file=pipelines/config/labels.txt score-threshold=0.4
! nvtracker ll-lib-file=/opt/nvidia/deepstream/deepstream/lib/libnvds_nvmultiobjecttracker.so
! nvvideoconvert
! rsosdannotate name=annotate post-messages=true
! nvdsosd ! queue ! nvvideoconvert ! video/x-raw,format=I420
! x264enc bitrate=4000 speed-preset=superfast ! h264parse ! qtmux ! filesink name=output sync=false async=false
"""

STYLE = """
frame.text = ["{{line:gate:in}} in, {{line:gate:out}} out"]
default.palette = "track"
default.label = "{{id}}"
default.trace = true

[line.gate]
a = [{a}]
b = [{b}]
classes = ["person"]
"""


def point(text):
    """Two lengths of a style, from `10,50%`."""
    lengths = text.split(",")
    if len(lengths) != 2 or not all(re.fullmatch(r"\d+(\.\d+)?%?", length) for length in lengths):
        sys.exit(f"expected a point as x,y in pixels or percent, found {text!r}")
    return ", ".join(f'"{length}"' if length.endswith("%") else length for length in lengths)


def size(uri):
    """Width and height of a film."""
    try:
        videos = GstPbutils.Discoverer.new(30 * Gst.SECOND).discover_uri(uri).get_video_streams()
    except GLib.Error as error:
        sys.exit(f"error: {uri}: {error.message}")
    if not videos:
        sys.exit(f"error: {uri} holds no video")
    return videos[0].get_width() // 2 * 2, videos[0].get_height() // 2 * 2


def run(pipeline):
    """Plays to the end: the last frame's text, and what went wrong if something did."""
    kinds = Gst.MessageType.ELEMENT | Gst.MessageType.EOS | Gst.MessageType.ERROR | Gst.MessageType.WARNING
    text = "no frame"
    pipeline.set_state(Gst.State.PLAYING)
    while True:
        message = pipeline.get_bus().timed_pop_filtered(Gst.CLOCK_TIME_NONE, kinds)
        if message.type == Gst.MessageType.WARNING:
            print("warning:", message.parse_warning()[0].message, file=sys.stderr)
        elif message.type == Gst.MessageType.ERROR:
            return text, message.parse_error()[0].message
        elif message.type == Gst.MessageType.EOS:
            return text, None
        elif message.has_name("rsosdannotate"):
            text = message.get_structure().get_string("text")


def main():
    if len(sys.argv) != 5:
        sys.exit(f"usage: {sys.argv[0]} FILM OUTPUT.mp4 AX,AY BX,BY")
    film, output, a, b = sys.argv[1:]
    style = STYLE.format(a=point(a), b=point(b))
    Gst.init(None)
    uri = Gst.filename_to_uri(os.path.abspath(film))
    width, height = size(uri)
    pipeline = Gst.parse_launch(PIPELINE)
    pipeline.get_by_name("film").set_property("uri", uri)
    pipeline.get_by_name("mux").set_property("width", width)
    pipeline.get_by_name("mux").set_property("height", height)
    pipeline.get_by_name("output").set_property("location", output)
    pipeline.get_by_name("annotate").set_property("style", style)
    text, error = run(pipeline)
    # Before leaving: a pipeline must not be dropped while it runs.
    pipeline.set_state(Gst.State.NULL)
    if error:
        sys.exit(f"error: {error}")
    print(text)


if __name__ == "__main__":
    main()
