"""Counts who crosses a line in a film, in each direction, and writes the film with boxes, ids, traces and the line.

    eval "$(make -s env)"
    python3 examples/python/count_line.py film.mp4 out/counted.mp4 50%,30% 50%,100%

The last two arguments are the line's ends, as pixels or percentages of the picture: who walks with the first end behind
and the second end ahead has "in" on the right. Any film that GStreamer plays will do.
"""

import os
import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402

PIPELINE = """
uridecodebin name=film caps=video/x-raw(ANY) expose-all-streams=false ! nvvideoconvert ! video/x-raw(memory:NVMM),format=NV12 ! mux.sink_0
nvstreammux name=mux width=1280 height=720 batch-size=1 batched-push-timeout=33000
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
    x, comma, y = text.partition(",")
    if not comma:
        sys.exit(f"expected a point as x,y in pixels or percent, found {text!r}")
    return ", ".join(f'"{length}"' if length.endswith("%") else length for length in (x, y))


def main():
    if len(sys.argv) != 5:
        sys.exit(f"usage: {sys.argv[0]} FILM OUTPUT.mp4 AX,AY BX,BY")
    film, output, a, b = sys.argv[1:]
    Gst.init(None)
    pipeline = Gst.parse_launch(PIPELINE)
    pipeline.get_by_name("film").set_property("uri", Gst.filename_to_uri(os.path.abspath(film)))
    pipeline.get_by_name("output").set_property("location", output)
    pipeline.get_by_name("annotate").set_property("style", STYLE.format(a=point(a), b=point(b)))
    pipeline.set_state(Gst.State.PLAYING)
    kinds = Gst.MessageType.ELEMENT | Gst.MessageType.EOS | Gst.MessageType.ERROR | Gst.MessageType.WARNING
    text = "no frame"
    while True:
        message = pipeline.get_bus().timed_pop_filtered(Gst.CLOCK_TIME_NONE, kinds)
        if message.type == Gst.MessageType.WARNING:
            print("warning:", message.parse_warning()[0].message, file=sys.stderr)
        elif message.type == Gst.MessageType.ERROR:
            sys.exit(f"error: {message.parse_error()[0].message}")
        elif message.type == Gst.MessageType.EOS:
            break
        elif message.has_name("rsosdannotate"):
            text = message.get_structure().get_string("text")
    pipeline.set_state(Gst.State.NULL)
    print(text)


if __name__ == "__main__":
    main()
