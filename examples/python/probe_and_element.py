"""An application in the style of deepstream-ssd-parser, with elements in the place of its two probes.

    eval "$(make -s env)"
    /usr/bin/python3 examples/python/probe_and_element.py .deps/media/vtest.h264 out/probe-and-element.mp4
"""

import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402


def make(pipeline, factory, **properties):
    """A new element in the pipeline. Underscores in names of properties stand for hyphens."""
    element = Gst.ElementFactory.make(factory)
    if element is None:
        sys.exit(f"there is no element {factory}: is its plugin on GST_PLUGIN_PATH?")
    for name, value in properties.items():
        Gst.util_set_object_arg(element, name.replace("_", "-"), str(value))
    pipeline.add(element)
    return element


def main():
    if len(sys.argv) != 3:
        sys.exit(f"usage: {sys.argv[0]} FILM.h264 OUTPUT.mp4")
    Gst.init(None)
    pipeline = Gst.Pipeline()
    source = make(pipeline, "filesrc", location=sys.argv[1])
    parse = make(pipeline, "h264parse")
    decoder = make(pipeline, "nvv4l2decoder")
    mux = make(pipeline, "nvstreammux", width=768, height=576, batch_size=1, batched_push_timeout=33000)
    infer = make(pipeline, "nvinferserver", config_file_path="pipelines/config/nvinferserver.txt")
    # Was: pgie_src_pad_buffer_probe, which walks pyds.gst_buffer_get_nvds_batch_meta and parses in Python.
    parser = make(pipeline, "rsssdparser", labels_file="pipelines/config/labels.txt", score_threshold=0.5)
    convert = make(pipeline, "nvvideoconvert")
    # Was: osd_sink_pad_buffer_probe, which fills NvDsDisplayMeta.
    annotate = make(pipeline, "rsosdannotate", frame_text="Frame={frame} Persons={count:person}")
    osd = make(pipeline, "nvdsosd")
    queue = make(pipeline, "queue")
    to_system = make(pipeline, "nvvideoconvert")
    caps = make(pipeline, "capsfilter", caps="video/x-raw,format=I420")
    encoder = make(pipeline, "x264enc", bitrate=2000, speed_preset="superfast")
    parse_out = make(pipeline, "h264parse")
    container = make(pipeline, "qtmux")
    sink = make(pipeline, "filesink", location=sys.argv[2], sync=False, **{"async": False})

    for before, after in [(source, parse), (parse, decoder)]:
        before.link(after)
    decoder.get_static_pad("src").link(mux.request_pad_simple("sink_0"))
    chain = [mux, infer, parser, convert, annotate, osd, queue, to_system, caps, encoder, parse_out, container, sink]
    for before, after in zip(chain, chain[1:]):
        if not before.link(after):
            sys.exit(f"{before.get_name()} and {after.get_name()} cannot be linked")

    loop = GLib.MainLoop()
    failures = []

    def on_message(_bus, message):
        if message.type == Gst.MessageType.EOS:
            loop.quit()
        elif message.type == Gst.MessageType.WARNING:
            print("warning:", message.parse_warning()[0].message, file=sys.stderr)
        elif message.type == Gst.MessageType.ERROR:
            failures.append(message.parse_error()[0].message)
            loop.quit()

    bus = pipeline.get_bus()
    bus.add_signal_watch()
    bus.connect("message", on_message)
    pipeline.set_state(Gst.State.PLAYING)
    loop.run()
    objects = parser.get_property("stats").get_value("objects")
    pipeline.set_state(Gst.State.NULL)
    if failures:
        sys.exit(f"error: {failures[0]}")
    print(f"{objects} objects, film in {sys.argv[2]}")


if __name__ == "__main__":
    main()
