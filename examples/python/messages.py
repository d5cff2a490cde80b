"""Reads what the elements of rsnvds tell an application: counts of every frame, explanations and statistics.

    eval "$(make -s env)"
    /usr/bin/python3 examples/python/messages.py [pipelines/ssd-parser.txt]

Takes any launch text with one parser, such as rsssdparser or rsyoloparser, and one rsosdannotate. Nothing of it needs pyds.
"""

import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GObject, Gst  # noqa: E402


PARSERS = ("rsssdparser", "rsyoloparser", "rsdetrparser", "rsfaceparser")


def element(pipeline, *factories):
    """The one element of some kinds."""
    iterator = pipeline.iterate_recurse()
    while True:
        result, found = iterator.next()
        if result != Gst.IteratorResult.OK:
            sys.exit(f"the pipeline has no {' or '.join(factories)}")
        if found.get_factory() and found.get_factory().get_name() in factories:
            return found


def structures(values):
    """The structures of a list or an array, as Gst.Structure.get_list and get_array return it: `get_value` knows
    neither type in PyGObject alone, and the methods of GObject.ValueArray are deprecated."""
    found, array = values
    return GObject.Value(GObject.ValueArray, array).get_value() if found else []


def fields(structure):
    """A structure's fields as a dictionary."""
    return {structure.nth_field_name(i): structure.get_value(structure.nth_field_name(i)) for i in range(structure.n_fields())}


def label_counts(message):
    """Objects by label of a message of rsosdannotate.

    The message keeps its structure alive, so it must outlive what is read of it: take out what is needed at once, as
    here, and never keep a structure that came out of another one.
    """
    entries = structures(message.get_structure().get_list("label-counts"))
    return {entry.get_string("label"): entry.get_value("count") for entry in entries}


def main():
    Gst.init(None)
    path = sys.argv[1] if len(sys.argv) > 1 else "pipelines/ssd-parser.txt"
    with open(path, encoding="utf-8") as file:
        pipeline = Gst.parse_launch(file.read())
    parser, annotate = element(pipeline, *PARSERS), element(pipeline, "rsosdannotate")
    annotate.set_property("post-messages", True)  # one message a frame
    parser.set_property("explain", True)  # why each box was kept or dropped
    parser.set_property("explain-floor", 0.3)
    # Properties of enumerations and flags take their nicks as text this way, as gst-launch-1.0 does.
    Gst.util_set_object_arg(parser, "edge-policy", "clip")

    kind = parser.get_factory().get_name()
    totals, dropped = {}, {}
    pipeline.set_state(Gst.State.PLAYING)
    bus = pipeline.get_bus()
    kinds = Gst.MessageType.ELEMENT | Gst.MessageType.EOS | Gst.MessageType.ERROR | Gst.MessageType.WARNING
    failed = False
    while True:
        message = bus.timed_pop_filtered(Gst.CLOCK_TIME_NONE, kinds)
        if message.type == Gst.MessageType.WARNING:
            print("warning:", message.parse_warning()[0].message, file=sys.stderr)
        elif message.type == Gst.MessageType.ERROR:
            print("error:", message.parse_error()[0].message, file=sys.stderr)
            failed = True
            break
        elif message.type == Gst.MessageType.EOS:
            break
        elif message.has_name("rsosdannotate"):
            for label, count in label_counts(message).items():
                totals[label] = totals.get(label, 0) + count
        elif message.has_name(f"{kind}-explanation"):
            for entry in structures(message.get_structure().get_array("entries")):
                outcome = entry.get_string("outcome")
                dropped[outcome] = dropped.get(outcome, 0) + 1
    stats = fields(parser.get_property("stats"))
    pipeline.set_state(Gst.State.NULL)

    for label, count in sorted(totals.items()):
        print(f"objects {label} {count}")
    for outcome, count in sorted(dropped.items()):
        print(f"entries {outcome} {count}")
    print(f"frames {stats['frames']}, {stats['time-mean'] / 1000:.1f} microseconds each in {kind}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
