"""Sources that are added and removed while the pipeline plays: the sample runtime_source_add_delete without pyds.

    scripts/app.sh /usr/bin/python3 examples/python/runtime_sources.py pgie.txt file:///films/a.mp4 file:///films/b.mp4

The next source comes when the newest has had 10 frames; when all are there, the oldest goes each 10 frames, and the last plays
to its end. A source that ends or fails is removed, and the others go on.
"""

import math
import sys

from probe import Gst, failed_source, link, make, make_source, print_frame, remove_source

STEP = 10


class Sources:
    """Those that are there, by number, each with its pad of the mux."""

    def __init__(self, pipeline, mux, uris):
        self.pipeline, self.mux, self.uris = pipeline, mux, uris
        self.there = {}
        self.next = 0
        # The source whose frames are counted, and the number of its frame at which something is to be done.
        self.watched, self.due = 0, 0

    def add_next(self):
        number = self.next
        print(f"adding source {number}", file=sys.stderr, flush=True)
        # Sinks that were told of an end take nothing more.
        self.mux.set_property("drop-pipeline-eos", number + 1 < len(self.uris))
        self.there[number] = make_source(self.pipeline, self.mux, number, self.uris[number])
        self.next, self.watched, self.due = number + 1, number, STEP - 1
        self.there[number][0].sync_state_with_parent()

    def remove(self, number):
        print(f"removing source {number}", file=sys.stderr, flush=True)
        remove_source(self.pipeline, self.mux, *self.there.pop(number))

    def drop(self, number):
        """A source has ended or failed."""
        self.remove(number)
        if self.there and number == self.watched:
            self.watched, self.due = max(self.there), 0
        elif not self.there and self.next < len(self.uris):
            self.add_next()

    def on_frame(self, number, frame):
        if number != self.watched or frame < self.due:
            return
        if self.next < len(self.uris):
            self.add_next()
        elif len(self.there) > 1:
            self.remove(min(self.there))
            self.watched, self.due = max(self.there), frame + STEP

    def is_last(self, number):
        return list(self.there) == [number] and self.next == len(self.uris)


def play(pipeline, sources):
    """Plays until all sources were there; returns the error that none of them had."""
    kinds = Gst.MessageType.ELEMENT | Gst.MessageType.EOS | Gst.MessageType.ERROR
    sources.add_next()
    pipeline.set_state(Gst.State.PLAYING)
    while sources.there:
        message = pipeline.get_bus().timed_pop_filtered(Gst.CLOCK_TIME_NONE, kinds)
        if message.type == Gst.MessageType.ERROR:
            number, error = failed_source(pipeline, sources.there, message)
            if error:
                return error
            if number is not None:
                sources.drop(number)
        elif message.type == Gst.MessageType.EOS:
            if sources.next == len(sources.uris):
                break
        elif message.has_name("rsosdannotate"):
            print_frame(message)
            frame = message.get_structure()
            sources.on_frame(frame.get_value("source"), frame.get_value("frame"))
        elif message.has_name("stream-eos"):
            # The mux says so of each source. The last one's end is the pipeline's.
            number = message.get_structure().get_value("stream-id")
            if number in sources.there and not sources.is_last(number):
                sources.drop(number)
    return None


def main():
    if len(sys.argv) < 3:
        sys.exit(f"usage: {sys.argv[0]} PGIE_CONFIG URI...")
    Gst.init(None)
    config, uris = sys.argv[1], sys.argv[2:]
    rows = math.isqrt(len(uris))
    columns = math.ceil(len(uris) / rows)
    size = {"width": 640 * columns, "height": 480 * rows}
    pipeline = Gst.Pipeline()
    # One frame of each source in a batch, as of cameras.
    mux = make(pipeline, "nvstreammux", batch_size=len(uris), width=640, height=480, batched_push_timeout=25000, live_source=1)
    detector = make(pipeline, "nvinfer", config_file_path=config, batch_size=len(uris))
    annotate = make(pipeline, "rsosdannotate", frame_text="{objects} objects", post_messages=True)
    tiler = make(pipeline, "nvmultistreamtiler", rows=rows, columns=columns, **size)
    convert = make(pipeline, "nvvideoconvert")
    osd = make(pipeline, "nvdsosd")
    sink = make(pipeline, "nveglglessink", "picture", sync=False)
    link(mux, detector, annotate, tiler, convert, osd, sink)
    error = play(pipeline, Sources(pipeline, mux, uris))
    pipeline.set_state(Gst.State.NULL)
    if error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
