"""What the programs in the style of DeepStream's samples share."""

import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GObject, Gst  # noqa: E402


def make(pipeline, factory, name=None, **properties):
    """A new element in the pipeline. Underscores in names of properties stand for hyphens."""
    element = Gst.ElementFactory.make(factory, name)
    if element is None:
        sys.exit(f"error: {factory} could not be created")
    for property_name, value in properties.items():
        Gst.util_set_object_arg(element, property_name.replace("_", "-"), str(value))
    pipeline.add(element)
    return element


def link(*elements):
    for before, after in zip(elements, elements[1:]):
        if not before.link(after):
            sys.exit(f"error: {before.get_name()} and {after.get_name()} cannot be linked")


def link_pads(before, source, after, sink):
    """Links a pad of one element to a pad of another; both may be asked for."""
    if not before.link_pads(source, after, sink):
        sys.exit(f"error: {before.get_name()}.{source} and {after.get_name()}.{sink} cannot be linked")


def make_source(pipeline, mux, number, uri, **properties):
    """A new nvurisrcbin, whose video goes to the mux's pad sink_NUMBER as soon as there is some; and that pad."""
    source = make(pipeline, "nvurisrcbin", f"source_{number}", uri=uri, **properties)
    sink = mux.request_pad_simple(f"sink_{number}")

    def on_pad(_source, pad):
        if pad.get_name().startswith("vsrc_") and pad.link(sink) != Gst.PadLinkReturn.OK:
            print(f"error: {pad.get_name()} cannot be linked to the mux", file=sys.stderr)

    source.connect("pad-added", on_pad)
    return source, sink


def remove_source(pipeline, mux, source, sink):
    """Takes a source out of a playing pipeline: first it stops, then its pad of the mux goes, so that nobody waits for it.

    What the mux has of it still goes out.
    """
    source.set_state(Gst.State.NULL)
    mux.release_request_pad(sink)
    pipeline.remove(source)
    # A source that fails at the start ends the change of state.
    pipeline.set_state(Gst.State.PLAYING)


def failed_source(pipeline, sources, message):
    """What an error means: the number of the source, of a dictionary by number, that failed, and the error of another element.

    One of them is None; both are for a source that is gone.
    """
    error = message.parse_error()[0].message
    for number, (source, _) in sources.items():
        if message.src == source or message.src.has_as_ancestor(source):
            print(f"source {number} failed: {error}", file=sys.stderr, flush=True)
            return number, None
    return None, error if message.src == pipeline or message.src.has_as_ancestor(pipeline) else None


def label_counts(structure):
    """Objects by label of a message of rsosdannotate, in the order of the labels."""
    found, array = structure.get_list("label-counts")
    entries = GObject.Value(GObject.ValueArray, array).get_value() if found else []
    return sorted((entry.get_string("label"), entry.get_value("count")) for entry in entries)


def print_frame(message):
    """Prints a line for the frame that a message of rsosdannotate tells of; other messages are passed over."""
    if message.has_name("rsosdannotate"):
        frame = message.get_structure()
        counts = "".join(f" {label} {count}" for label, count in label_counts(frame))
        print(f"source {frame.get_value('source')} frame {frame.get_value('frame')}:{counts}", flush=True)


def play(pipeline):
    """Plays to the end and prints a line for each frame: its source, its number, and how many objects have each label.

    Warnings go to standard error; an error ends the program with 1.
    """
    kinds = Gst.MessageType.ELEMENT | Gst.MessageType.EOS | Gst.MessageType.ERROR | Gst.MessageType.WARNING
    error = None
    pipeline.set_state(Gst.State.PLAYING)
    while True:
        message = pipeline.get_bus().timed_pop_filtered(Gst.CLOCK_TIME_NONE, kinds)
        if message.type == Gst.MessageType.ERROR:
            error = message.parse_error()[0].message
            break
        if message.type == Gst.MessageType.EOS:
            break
        if message.type == Gst.MessageType.WARNING:
            print(f"warning: {message.src.get_name()}: {message.parse_warning()[0].message}", file=sys.stderr)
        else:
            print_frame(message)
    # Before leaving: a pipeline must not be dropped while it runs.
    pipeline.set_state(Gst.State.NULL)
    if error:
        sys.exit(f"error: {error}")


def play_sources(pipeline, mux, sources):
    """The same, but that a source which fails, of a dictionary by number, is removed, and the others go on."""
    kinds = Gst.MessageType.ELEMENT | Gst.MessageType.EOS | Gst.MessageType.ERROR
    error = None
    pipeline.set_state(Gst.State.PLAYING)
    while sources and error is None:
        message = pipeline.get_bus().timed_pop_filtered(Gst.CLOCK_TIME_NONE, kinds)
        if message.type == Gst.MessageType.EOS:
            break
        if message.type == Gst.MessageType.ERROR:
            number, error = failed_source(pipeline, sources, message)
            if number is not None:
                remove_source(pipeline, mux, *sources.pop(number))
        else:
            print_frame(message)
    pipeline.set_state(Gst.State.NULL)
    if error:
        sys.exit(f"error: {error}")
