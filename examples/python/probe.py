"""What test1.py and test3.py share."""

import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402


def make(pipeline, factory, **properties):
    """A new element in the pipeline. Underscores in names of properties stand for hyphens."""
    element = Gst.ElementFactory.make(factory)
    if element is None:
        sys.exit(f"error: {factory} could not be created")
    for name, value in properties.items():
        Gst.util_set_object_arg(element, name.replace("_", "-"), str(value))
    pipeline.add(element)
    return element


def link(*elements):
    for before, after in zip(elements, elements[1:]):
        if not before.link(after):
            sys.exit(f"error: {before.get_name()} and {after.get_name()} cannot be linked")


def label_counts(structure):
    """Objects by label of a message of rsosdannotate, in the order of the labels."""
    found, array = structure.get_list("label-counts")
    entries = (array.get_nth(i) for i in range(array.n_values if found else 0))
    return sorted((entry.get_string("label"), entry.get_value("count")) for entry in entries)


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
        elif message.has_name("rsosdannotate"):
            frame = message.get_structure()
            counts = "".join(f" {label} {count}" for label, count in label_counts(frame))
            print(f"source {frame.get_value('source')} frame {frame.get_value('frame')}:{counts}")
    # Before leaving: a pipeline must not be dropped while it runs.
    pipeline.set_state(Gst.State.NULL)
    if error:
        sys.exit(f"error: {error}")
