"""Runs a pipeline of pipelines/ and shows what came of it: an annotated film, a contact sheet, counts and speed.

Needs the environment that `make -s env` prints; `make demo` sets it.
"""

import argparse
import os
import re
import subprocess
import sys
import time

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstPbutils", "1.0")
from gi.repository import GLib, Gst, GstPbutils  # noqa: E402

# The pipeline of each detector that `--model` can name, and of each style that `--style` can.
MODELS = {
    "ssdlite": "pipelines/ssd-parser.txt",
    "oidv4": "pipelines/ssd-oidv4.txt",
    "blazeface": "pipelines/blazeface.txt",
    "yolox": "pipelines/yolox.txt",
    "plates": "pipelines/plates.txt",
    "car-kinds": "pipelines/car-kinds.txt",
    "face-attributes": "pipelines/face-attributes.txt",
}
STYLES = {
    "tracks": {**MODELS, "ssdlite": "pipelines/demo.txt"},
    "sample": MODELS,
    # No other detector stands in for the one of faces: what it does not find would be seen.
    "anonymise": {"blazeface": "pipelines/anonymiser.txt"},
}
# Frames of this height are drawn with the fonts of the style; larger ones with larger fonts.
USUAL_HEIGHT = 576
# Everything up to the mux, for films that are not an H.264 elementary stream. What comes out of the decoder is linked
# when it is known.
ANY_FILM = (
    "uridecodebin name=film caps=video/x-raw(ANY) expose-all-streams=false\n"
    "nvvideoconvert name=film-to-mux\n! video/x-raw(memory:NVMM),format=NV12"
)
# What the pipeline writes beside the film, if it is built so, and the page that is made of it.
LINES, METRICS, PAGE = "out/demo.jsonl", "out/demo.prom", "out/demo.html"
REPORT = "target/release/rsnvds-report"
TILES = 3
TILE_WIDTH = 640
MAX_WIDTH, MAX_HEIGHT = 1920, 1080
# How long one step on a film may take, beside the pipeline itself.
PATIENCE = 30 * Gst.SECOND
# Seconds without a frame after which the pipeline is taken for dead.
STALL = 60
# The same for animated pictures: GStreamer's reader of GIFs gives all of them, but never says that it was the last.
STALL_ANIMATED = 3


class Failure(Exception):
    """What went wrong, in words for the user."""


def pipeline_of(model, style):
    """The file of a detector's pipeline in a style; no detector means the style's usual one."""
    files = STYLES[style]
    model = model or next(iter(files))
    if model not in files:
        raise Failure(f"STYLE={style} is there for MODEL={' or '.join(files)} only, found MODEL={model}")
    return files[model]


def film_uri(name):
    """The URI of a file name or URI; files must be there."""
    if not Gst.Uri.is_valid(name) if hasattr(Gst.Uri, "is_valid") else not re.match(r"[a-z][a-z0-9+.-]+://", name):
        name = Gst.filename_to_uri(os.path.abspath(name))
    if name.startswith("file://"):
        path, _ = GLib.filename_from_uri(name)
        if not os.path.isfile(path):
            raise Failure(f"there is no film at {path}")
    return name


def take_error(message):
    """The text of an error message, with its source and its debug details."""
    error, debug = message.parse_error()
    details = f"\n  {debug}" if debug else ""
    return f"{message.src.get_path_string()}: {error.message}{details}"


def look_into(uri):
    """Width and height of a film's first video stream, and whether it is an animated picture."""
    try:
        info = GstPbutils.Discoverer.new(PATIENCE).discover_uri(uri)
    except GLib.Error as error:
        raise Failure(f"{uri}: {error.message}") from None
    videos = info.get_video_streams()
    if not videos:
        kinds = sorted({stream.get_stream_type_nick() for stream in info.get_stream_list()})
        raise Failure(f"{uri} holds no video: expected a film, found {', '.join(kinds) or 'nothing that can be played'}")
    width, height = videos[0].get_width(), videos[0].get_height()
    if 0 in (width, height):
        raise Failure(f"{uri} does not tell the size of its pictures; is it cut off at its start?")
    return width, height, videos[0].get_caps().get_structure(0).get_name().startswith("image/gst-libav")


def set_time(pad, info, state):
    """Gives a frame without a time, or with one that does not rise, the end of the frame before: decoders of animated
    pictures leave it to others."""
    buffer = info.get_buffer()
    if buffer.pts == Gst.CLOCK_TIME_NONE or buffer.pts < state["next"]:
        buffer.pts = state["next"]
    known, rate, of = pad.get_current_caps().get_structure(0).get_fraction("framerate")
    length = Gst.SECOND * of // rate if known and rate else Gst.SECOND // 25
    # Half a frame's room for times that are rounded or shake.
    state["next"] = buffer.pts + length // 2 if buffer.pts > state["next"] else buffer.pts + length
    return Gst.PadProbeReturn.OK


def link_film(pad, pipeline):
    """Links a decoder's pad: formats that nvvideoconvert does not take in system memory are converted first."""
    sink = pipeline.get_by_name("film-to-mux").get_static_pad("sink")
    if sink.is_linked():
        return  # the film has more than one video
    caps = pad.get_current_caps() or pad.query_caps()
    pad.add_probe(Gst.PadProbeType.BUFFER, set_time, {"next": 0})
    if not caps.get_features(0).contains("memory:NVMM"):
        converter = Gst.ElementFactory.make("videoconvert")
        pipeline.add(converter)
        converter.sync_state_with_parent()
        converter.link(pipeline.get_by_name("film-to-mux"))
        sink = converter.get_static_pad("sink")
    pad.link(sink)


def mux_size(width, height):
    """The film's own size, made even and no larger than full HD."""
    scale = min(1, MAX_WIDTH / width, MAX_HEIGHT / height)
    return [max(2, round(n * scale) // 2 * 2) for n in (width, height)]


def elements(pipeline, factory):
    """The elements of one kind, from first to last."""
    found, iterator = [], pipeline.iterate_sorted()
    while True:
        result, element = iterator.next()
        if result != Gst.IteratorResult.OK:
            return found[::-1]
        if element.get_factory().get_name() == factory:
            found.append(element)


def the_element(pipeline, factory):
    """The one element of a kind, which the demo cannot do without."""
    found = elements(pipeline, factory)
    if len(found) != 1:
        raise Failure(f"the demo needs a pipeline with one {factory}, found {len(found)}")
    return found[0]


def build(text, uri, output):
    """The pipeline of a launch text, with another film and another place for the result, and the seconds without a
    frame that are its end."""
    animated = False
    if uri:
        head, decoder, rest = text.partition("nvv4l2decoder")
        if not decoder:
            raise Failure("the pipeline has no nvv4l2decoder to put another film in the place of")
        # The decoder's own properties, if any, go with it.
        text = ANY_FILM + "\n" + rest[rest.index("!") :]
    try:
        pipeline = Gst.parse_launch(text)
    except GLib.Error as error:
        raise Failure(
            f"{error.message} (run this as 'make demo', or after 'make build' and eval \"$(make -s env)\")"
        ) from None
    if uri:
        film = pipeline.get_by_name("film")
        film.set_property("uri", uri)
        film.connect("pad-added", lambda _, pad: link_film(pad, pipeline))
        width, height, animated = look_into(uri)
        width, height = mux_size(width, height)
        mux = the_element(pipeline, "nvstreammux")
        mux.set_property("width", width)
        mux.set_property("height", height)
        enlarge(the_element(pipeline, "rsosdannotate"), height)
    the_element(pipeline, "filesink").set_property("location", output)
    # One message a frame, with the number of objects of each label.
    the_element(pipeline, "rsosdannotate").set_property("post-messages", True)
    return pipeline, STALL_ANIMATED if animated else None


def enlarge(annotate, height):
    """Makes texts as large for a frame of this height as they are for the demo's own film."""
    size = min(60, max(10, round(10 * height / USUAL_HEIGHT)))
    if annotate.get_property("style-file"):
        annotate.set_property("style", f"frame.font-size={size + 2}; default.font-size={size}")
    else:
        annotate.set_property("font-size", size)


class Progress:
    """One line that rewrites itself on a terminal, and a line now and then elsewhere."""

    def __init__(self):
        self.terminal = sys.stdout.isatty()
        self.pause = 0.2 if self.terminal else 5.0
        self.next = 0.0
        self.drawn = False

    def show(self, text, now):
        """Shows the text unless the last one is too recent."""
        if now < self.next:
            return
        self.next = now + self.pause
        self.drawn = True
        print(f"\r{text:<60}" if self.terminal else text, end="" if self.terminal else "\n", flush=True)

    def close(self):
        """Ends the line that is being rewritten."""
        if self.terminal and self.drawn:
            print()


def share_done(pipeline):
    """How much of the film was read, 0 to 1, or None where that is not known."""
    for source, kind in [(s, Gst.Format.BYTES) for s in elements(pipeline, "filesrc")] + [(pipeline, Gst.Format.TIME)]:
        known, length = source.query_duration(kind)
        if known and length > 0:
            known, position = source.query_position(kind)
            if known:
                return min(1.0, position / length)
    return None


def run(pipeline, silent_end):
    """Plays the pipeline to its end, or until no frame came for `silent_end` seconds: the number of frames, of objects by label, and the seconds they took."""
    bus = pipeline.get_bus()
    frames, counts = 0, {}
    first = last = None
    progress = Progress()
    kinds = Gst.MessageType.ERROR | Gst.MessageType.EOS | Gst.MessageType.ELEMENT
    print("starting the pipeline (the first frame waits for the model to load)", flush=True)
    pipeline.set_state(Gst.State.PLAYING)
    try:
        while True:
            try:
                message = bus.timed_pop_filtered(Gst.SECOND // 5, kinds)
            except KeyboardInterrupt:
                # So that the film written so far can be played.
                pipeline.send_event(Gst.Event.new_eos())
                continue
            now = time.monotonic()
            if message is None:
                # Before the first frame an inference engine may be built, for as long as that takes.
                if last and silent_end and now - last > silent_end:
                    pipeline.get_by_name("film-to-mux").get_static_pad("sink").send_event(Gst.Event.new_eos())
                    silent_end = None
                elif last and now - last > STALL:
                    raise Failure(f"no frame came for {STALL} seconds after frame {frames}")
                continue
            if message.type == Gst.MessageType.ERROR:
                raise Failure(take_error(message))
            if message.type == Gst.MessageType.EOS:
                break
            structure = message.get_structure()
            if structure is None or structure.get_name() != "rsosdannotate":
                continue
            frames += 1
            first, last = first or now, now
            # Labels as names of fields, so with _ for a blank: PyGObject reads the list of the labels as they are by
            # what is deprecated.
            of_frame = structure.get_value("counts")
            for i in range(of_frame.n_fields()):
                label = of_frame.nth_field_name(i)
                counts[label] = counts.get(label, 0) + of_frame.get_value(label)
            if now >= progress.next:
                done = share_done(pipeline)
                percent = "" if done is None else f"{100 * done:3.0f} % read, "
                rate = f", {(frames - 1) / (now - first):.1f} a second" if now > first else ""
                progress.show(f"{percent}frame {frames}{rate}", now)
    finally:
        progress.close()
        pipeline.set_state(Gst.State.NULL)
    if frames == 0:
        raise Failure("the pipeline ended without one frame; is the film empty or cut off at its start?")
    return frames, counts, last - first


def contact_sheet(film, path):
    """Writes a PNG of nine frames, evenly spread over the film."""
    # Its pictures would come in memory that videoconvert cannot read.
    decoder = Gst.Registry.get().lookup_feature("nvv4l2decoder")
    if decoder:
        decoder.set_rank(Gst.Rank.NONE)
    reader = Gst.parse_launch(
        "filesrc name=film ! decodebin ! videoconvert ! videoscale ! appsink name=out "
        f"caps=video/x-raw,format=RGB,width={TILE_WIDTH},pixel-aspect-ratio=1/1"
    )
    reader.get_by_name("film").set_property("location", film)
    out = reader.get_by_name("out")
    row = TILE_WIDTH * 3
    sheet = None
    reader.set_state(Gst.State.PAUSED)
    try:
        # Waits for what is known to come or to fail: an element's error does not wake up a reader of the appsink.
        kinds = Gst.MessageType.ERROR | Gst.MessageType.ASYNC_DONE
        message = reader.get_bus().timed_pop_filtered(PATIENCE, kinds)
        if message is None or message.type == Gst.MessageType.ERROR:
            raise Failure(f"the film {film} cannot be played: {take_error(message) if message else 'no picture came'}")
        known, duration = reader.query_duration(Gst.Format.TIME)
        for place in range(TILES * TILES):
            position = int((place + 0.5) / (TILES * TILES) * duration) if known else 0
            flags = Gst.SeekFlags.FLUSH | Gst.SeekFlags.ACCURATE
            found = reader.seek_simple(Gst.Format.TIME, flags, position)
            sample = out.emit("try-pull-preroll", PATIENCE) if found else None
            if sample is None:
                raise Failure(f"the film {film} has no frame at {position / Gst.SECOND:.1f} s")
            height = sample.get_caps().get_structure(0).get_value("height")
            pixels = sample.get_buffer().extract_dup(0, sample.get_buffer().get_size())
            stride = len(pixels) // height
            if sheet is None:
                sheet = bytearray(row * TILES * height * TILES)
            for y in range(height):
                at = ((place // TILES * height + y) * TILES + place % TILES) * row
                sheet[at : at + row] = pixels[y * stride : y * stride + row]
    finally:
        reader.set_state(Gst.State.NULL)
    write_png(path, bytes(sheet), TILE_WIDTH * TILES, height * TILES)


def write_png(path, pixels, width, height):
    """Writes packed RGB pixels as a PNG."""
    writer = Gst.parse_launch("appsrc name=in format=time ! pngenc ! filesink name=file")
    writer.get_by_name("file").set_property("location", path)
    source = writer.get_by_name("in")
    caps = f"video/x-raw,format=RGB,width={width},height={height},framerate=0/1"
    source.set_property("caps", Gst.Caps.from_string(caps))
    writer.set_state(Gst.State.PLAYING)
    try:
        source.emit("push-buffer", Gst.Buffer.new_wrapped(pixels))
        source.emit("end-of-stream")
        kinds = Gst.MessageType.ERROR | Gst.MessageType.EOS
        message = writer.get_bus().timed_pop_filtered(PATIENCE, kinds)
        if message is None or message.type == Gst.MessageType.ERROR:
            raise Failure(f"cannot write {path}: {take_error(message) if message else 'timeout'}")
    finally:
        writer.set_state(Gst.State.NULL)


def report(film):
    """A page of charts from the lines that the pipeline wrote; None if it wrote none."""
    if not os.path.exists(LINES):
        return None
    metrics = ["--metrics", METRICS] if os.path.exists(METRICS) else []
    command = [REPORT, LINES, "--film", film, *metrics, "--title", "The demo's film", "--output", PAGE]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
    if done.returncode != 0:
        raise Failure(f"no page of charts: {done.stdout.strip()}")
    return PAGE


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="", choices=["", *MODELS], help="the detector (default: the style's usual one)")
    parser.add_argument("--style", default="tracks", choices=STYLES, help="how it is drawn (default: %(default)s)")
    parser.add_argument("--pipeline", help="a launch text to run instead of the detector's own")
    parser.add_argument("--uri", default="", help="another film: a file or a URI, of any format GStreamer plays")
    parser.add_argument("--output", default="out/demo.mp4", help="the annotated film (default: %(default)s)")
    parser.add_argument("--sheet", default="out/demo.png", help="picture of nine frames (default: %(default)s)")
    args = parser.parse_args()
    Gst.init(None)
    try:
        uri = film_uri(args.uri) if args.uri else ""
        with open(args.pipeline or pipeline_of(args.model, args.style), encoding="utf-8") as f:
            text = f.read()
        for path in (args.output, args.sheet):
            os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        for path in (LINES, METRICS):
            # Those of an earlier run are not of this film.
            if os.path.exists(path):
                os.remove(path)
        frames, counts, seconds = run(*build(text, uri, args.output))
        contact_sheet(args.output, args.sheet)
        page = report(args.output)
    except (Failure, OSError, subprocess.TimeoutExpired) as error:
        print(f"demo: error: {error}", file=sys.stderr)
        return 1
    print(f"film     {args.output}")
    print(f"picture  {args.sheet}")
    if page:
        print(f"charts   {page}")
    print(f"frames   {frames}")
    for label, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])):
        print(f"objects  {label} {count}, {count / frames:.2f} a frame")
    if not counts:
        print("objects  none")
    if seconds > 0:
        print(f"speed    {(frames - 1) / seconds:.1f} frames per second")
    return 0


if __name__ == "__main__":
    sys.exit(main())
