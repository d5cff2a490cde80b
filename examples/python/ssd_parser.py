"""One film through an SSD, whose tensors become objects: the sample deepstream-ssd-parser without pyds.

    scripts/app.sh /usr/bin/python3 examples/python/ssd_parser.py film.h264 server.txt labels.txt

The sample parses the tensors in a probe, and fills display metas in another; here rsssdparser and rsosdannotate do that.
"""

import sys

from probe import Gst, link, link_pads, make, play


def main():
    if len(sys.argv) != 4:
        sys.exit(f"usage: {sys.argv[0]} FILM.h264 NVINFERSERVER_CONFIG LABELS")
    Gst.init(None)
    pipeline = Gst.Pipeline()
    source = make(pipeline, "filesrc", location=sys.argv[1])
    parser = make(pipeline, "h264parse")
    decoder = make(pipeline, "nvv4l2decoder")
    mux = make(pipeline, "nvstreammux", batch_size=1, width=640, height=480, batched_push_timeout=40000)
    network = make(pipeline, "nvinferserver", config_file_path=sys.argv[2])
    objects = make(pipeline, "rsssdparser", labels_file=sys.argv[3], score_threshold=0.5)
    convert = make(pipeline, "nvvideoconvert")
    annotate = make(pipeline, "rsosdannotate", frame_text="{objects} objects", post_messages=True)
    osd = make(pipeline, "nvdsosd")
    sink = make(pipeline, "nveglglessink", "picture", sync=False)
    link(source, parser, decoder)
    link_pads(decoder, "src", mux, "sink_0")
    link(mux, network, objects, convert, annotate, osd, sink)
    play(pipeline)


if __name__ == "__main__":
    main()
