"""Cameras in, one RTSP stream of each out, with boxes: the sample deepstream-rtsp-in-rtsp-out without pyds, and not tiled.

    scripts/app.sh /usr/bin/python3 examples/python/rtsp.py pgie.txt 8554 rtsp://camera-a/stream rtsp://camera-b/stream
    gst-launch-1.0 playbin uri=rtsp://127.0.0.1:8554/0

Port 0 takes one that is free; each stream's address is printed. Needs GstRtspServer (Debian: gir1.2-gst-rtsp-server-1.0). A camera
that fails or hangs up is named, and the others go on. SIGINT or SIGTERM ends the program.
"""

import signal
import sys

import gi

from probe import Gst, failed_source, link, link_pads, make, make_source, print_frame, remove_source

gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, GstRtspServer  # noqa: E402

# What a client's stream is made of: the program's own encoded frames.
STREAM = "( appsrc name=frames is-live=true do-timestamp=true format=time ! h264parse ! rtph264pay name=pay0 pt=96 config-interval=-1 )"


class Output:
    """The frames of one source, encoded, for all who ask for them."""

    def __init__(self, pipeline, demux, server, number):
        queue = make(pipeline, "queue")
        convert = make(pipeline, "nvvideoconvert")
        osd = make(pipeline, "nvdsosd")
        # A client that comes later waits for a key frame.
        encoder = make(pipeline, "nvv4l2h264enc", bitrate=4000000, iframeinterval=10, insert_sps_pps=1)
        sink = make(pipeline, "appsink", emit_signals=True, sync=False, **{"async": False})
        link_pads(demux, f"src_{number}", queue, "sink")
        link(queue, convert, osd, encoder, sink)
        # What feeds each stream, and whether it has had a key frame.
        self.clients = {}
        sink.connect("new-sample", self.on_sample)
        sink.connect("eos", self.on_end)
        factory = GstRtspServer.RTSPMediaFactory(launch=STREAM, shared=True)
        factory.connect("media-configure", self.on_media)
        server.get_mount_points().add_factory(f"/{number}", factory)

    def on_media(self, _factory, media):
        frames = media.get_element().get_by_name_recurse_up("frames")
        self.clients[frames] = False
        media.connect("unprepared", lambda _media: self.clients.pop(frames))

    def on_sample(self, sink):
        sample = sink.emit("pull-sample")
        is_key = not sample.get_buffer().has_flags(Gst.BufferFlags.DELTA_UNIT)
        for frames, begun in list(self.clients.items()):
            if begun or is_key:
                self.clients[frames] = True
                frames.emit("push-sample", sample)
        return Gst.FlowReturn.OK

    def on_end(self, _sink):
        for frames in list(self.clients):
            frames.emit("end-of-stream")


def make_server(port):
    """An RTSP server for this machine alone, and its port."""
    server = GstRtspServer.RTSPServer(address="127.0.0.1", service=port)
    if server.attach(None) == 0:
        sys.exit(f"error: port {port} is not free")
    return server, server.get_bound_port()


def make_pipeline(config, uris, server):
    """The pipeline, its mux, and its sources by number, each with its pad of the mux."""
    pipeline = Gst.Pipeline()
    mux = make(pipeline, "nvstreammux", batch_size=len(uris), width=640, height=480, batched_push_timeout=40000, live_source=1)
    detector = make(pipeline, "nvinfer", config_file_path=config, batch_size=len(uris))
    annotate = make(pipeline, "rsosdannotate", frame_text="{objects} objects", post_messages=True)
    demux = make(pipeline, "nvstreamdemux")
    link(mux, detector, annotate, demux)
    sources = {}
    for number, uri in enumerate(uris):
        # 4 is TCP alone. What a busy machine is late for comes late: by default all that waits for 100 ms is dropped.
        sources[number] = make_source(pipeline, mux, number, uri, select_rtp_protocol=4, drop_on_latency=False)
        Output(pipeline, demux, server, number)
    return pipeline, mux, sources


def main():
    if len(sys.argv) < 4:
        sys.exit(f"usage: {sys.argv[0]} PGIE_CONFIG PORT URI...")
    Gst.init(None)
    server, port = make_server(sys.argv[2])
    pipeline, mux, sources = make_pipeline(sys.argv[1], sys.argv[3:], server)
    loop = GLib.MainLoop()
    errors = []

    def drop(number):
        remove_source(pipeline, mux, *sources.pop(number))
        if not sources:
            loop.quit()

    def on_message(_bus, message):
        if message.type == Gst.MessageType.EOS:
            loop.quit()
        elif message.type == Gst.MessageType.ERROR:
            number, error = failed_source(pipeline, sources, message)
            if number is not None:
                drop(number)
            if error:
                errors.append(error)
                loop.quit()
        elif message.has_name("stream-eos"):
            # The mux says so of a camera that hangs up.
            number = message.get_structure().get_value("stream-id")
            if number in sources:
                print(f"source {number} ended", file=sys.stderr, flush=True)
                drop(number)
        elif message.type == Gst.MessageType.ELEMENT:
            print_frame(message)

    bus = pipeline.get_bus()
    bus.add_signal_watch()
    bus.connect("message", on_message)

    def on_signal():
        loop.quit()
        # A second one must not end the program while it stops.
        return GLib.SOURCE_CONTINUE

    for number in (signal.SIGINT, signal.SIGTERM):
        GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, number, on_signal)
    pipeline.set_state(Gst.State.PLAYING)
    for number in range(len(sys.argv) - 3):
        print(f"rtsp://127.0.0.1:{port}/{number}", flush=True)
    loop.run()
    pipeline.set_state(Gst.State.NULL)
    if errors:
        sys.exit(f"error: {errors[0]}")


if __name__ == "__main__":
    main()
