"""One film, a detector, boxes and a text drawn: the sample deepstream-test1 without pyds.

    scripts/app.sh /usr/bin/python3 examples/python/test1.py film.h264 pgie.txt

The sample reads objects and adds the text in a probe; here rsosdannotate does both, and tells the counts on the bus.
"""

import sys

from probe import Gst, link, make, play


def main():
    if len(sys.argv) != 3:
        sys.exit(f"usage: {sys.argv[0]} FILM.h264 PGIE_CONFIG")
    Gst.init(None)
    pipeline = Gst.Pipeline()
    source = make(pipeline, "filesrc", location=sys.argv[1])
    parser = make(pipeline, "h264parse")
    decoder = make(pipeline, "nvv4l2decoder")
    mux = make(pipeline, "nvstreammux", batch_size=1, width=768, height=576, batched_push_timeout=40000)
    detector = make(pipeline, "nvinfer", config_file_path=sys.argv[2])
    convert = make(pipeline, "nvvideoconvert")
    annotate = make(pipeline, "rsosdannotate", frame_text="{objects} objects", post_messages=True)
    osd = make(pipeline, "nvdsosd")
    sink = make(pipeline, "nveglglessink", sync=False)
    link(source, parser, decoder)
    decoder.get_static_pad("src").link(mux.request_pad_simple("sink_0"))
    link(mux, detector, convert, annotate, osd, sink)
    play(pipeline)


if __name__ == "__main__":
    main()
