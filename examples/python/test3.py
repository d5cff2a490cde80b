"""Several films in one picture: the sample deepstream-test3 without pyds.

    scripts/app.sh /usr/bin/python3 examples/python/test3.py pgie.txt file:///films/a.mp4 file:///films/b.mp4

Each film comes through uridecodebin, all in one batch through the detector, side by side out of nvmultistreamtiler.
"""

import math
import sys

from probe import Gst, link, make, play


def on_pad(_decoder, pad, to):
    """A film's decoder has a pad: its video goes to the mux's pad."""
    caps = pad.get_current_caps() or pad.query_caps()
    if caps.get_structure(0).get_name().startswith("video/") and not to.is_linked():
        if pad.link(to) != Gst.PadLinkReturn.OK:
            print(f"error: {pad.get_name()} cannot be linked to the mux", file=sys.stderr)


def main():
    if len(sys.argv) < 3:
        sys.exit(f"usage: {sys.argv[0]} PGIE_CONFIG URI...")
    Gst.init(None)
    config, uris = sys.argv[1], sys.argv[2:]
    rows = math.isqrt(len(uris))
    columns = math.ceil(len(uris) / rows)
    pipeline = Gst.Pipeline()
    mux = make(pipeline, "nvstreammux", batch_size=len(uris), width=768, height=576, batched_push_timeout=40000)
    for number, uri in enumerate(uris):
        film = make(pipeline, "uridecodebin", uri=uri)
        film.connect("pad-added", on_pad, mux.request_pad_simple(f"sink_{number}"))
    detector = make(pipeline, "nvinfer", config_file_path=config, batch_size=len(uris))
    # Before the tiler: behind it there is one frame, that of all sources.
    annotate = make(pipeline, "rsosdannotate", frame_text="{objects} objects", post_messages=True)
    tiler = make(pipeline, "nvmultistreamtiler", rows=rows, columns=columns, width=1280, height=720)
    convert = make(pipeline, "nvvideoconvert")
    osd = make(pipeline, "nvdsosd")
    sink = make(pipeline, "nveglglessink", sync=False)
    link(mux, detector, annotate, tiler, convert, osd, sink)
    play(pipeline)


if __name__ == "__main__":
    main()
