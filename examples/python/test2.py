"""One film, a detector, a tracker and a network that looks at each object: the sample deepstream-test2 without pyds.

    scripts/app.sh /usr/bin/python3 examples/python/test2.py film.h264 pgie.txt sgie.txt out/objects.jsonl

Ids and classes of each object are in the last file, one line of JSON a frame, which rsmetajson writes.
"""

import sys

from probe import Gst, link, link_pads, make, play


def main():
    if len(sys.argv) != 5:
        sys.exit(f"usage: {sys.argv[0]} FILM.h264 PGIE_CONFIG SGIE_CONFIG OUTPUT.jsonl")
    Gst.init(None)
    pipeline = Gst.Pipeline()
    source = make(pipeline, "filesrc", location=sys.argv[1])
    parser = make(pipeline, "h264parse")
    decoder = make(pipeline, "nvv4l2decoder")
    mux = make(pipeline, "nvstreammux", batch_size=1, width=640, height=480, batched_push_timeout=40000)
    detector = make(pipeline, "nvinfer", config_file_path=sys.argv[2])
    library = "/opt/nvidia/deepstream/deepstream/lib/libnvds_nvmultiobjecttracker.so"
    tracker = make(pipeline, "nvtracker", tracker_width=640, tracker_height=384, ll_lib_file=library)
    classifier = make(pipeline, "nvinfer", config_file_path=sys.argv[3])
    write = make(pipeline, "rsmetajson", location=sys.argv[4])
    convert = make(pipeline, "nvvideoconvert")
    annotate = make(pipeline, "rsosdannotate", frame_text="{objects} objects", post_messages=True)
    osd = make(pipeline, "nvdsosd")
    sink = make(pipeline, "nveglglessink", "picture", sync=False)
    link(source, parser, decoder)
    link_pads(decoder, "src", mux, "sink_0")
    link(mux, detector, tracker, classifier, write, convert, annotate, osd, sink)
    play(pipeline)


if __name__ == "__main__":
    main()
