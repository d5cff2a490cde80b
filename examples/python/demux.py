"""Several films in one batch through the detector, each in its own window again: deepstream-demux-multi-in-multi-out without pyds.

    scripts/app.sh /usr/bin/python3 examples/python/demux.py pgie.txt file:///films/a.mp4 file:///films/b.mp4

A source that fails is named, and the others go on.
"""

import sys

from probe import Gst, link, link_pads, make, make_source, play_sources


def add_branch(pipeline, demux, number):
    """What shows the frames of one source, behind a queue."""
    queue = make(pipeline, "queue")
    convert = make(pipeline, "nvvideoconvert")
    osd = make(pipeline, "nvdsosd")
    sink = make(pipeline, "nveglglessink", f"picture_{number}", sync=False)
    link_pads(demux, f"src_{number}", queue, "sink")
    link(queue, convert, osd, sink)


def main():
    if len(sys.argv) < 3:
        sys.exit(f"usage: {sys.argv[0]} PGIE_CONFIG URI...")
    Gst.init(None)
    config, uris = sys.argv[1], sys.argv[2:]
    pipeline = Gst.Pipeline()
    mux = make(pipeline, "nvstreammux", batch_size=len(uris), width=640, height=480, batched_push_timeout=40000)
    detector = make(pipeline, "nvinfer", config_file_path=config, batch_size=len(uris))
    annotate = make(pipeline, "rsosdannotate", frame_text="{objects} objects", post_messages=True)
    demux = make(pipeline, "nvstreamdemux")
    link(mux, detector, annotate, demux)
    sources = {}
    for number, uri in enumerate(uris):
        sources[number] = make_source(pipeline, mux, number, uri)
        add_branch(pipeline, demux, number)
    play_sources(pipeline, mux, sources)


if __name__ == "__main__":
    main()
