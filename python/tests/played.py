"""Plays recordings through the elements, and compares what the package reads in a pad probe with what rsmetajson says of the
same buffer, and with what pyds reads where that can be imported.

    python3 python/tests/played.py

in the project's folder. Ends with 1 and the first difference.
"""

import ctypes
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))

import as_json  # noqa: E402
import gi  # noqa: E402
import rsnvds  # noqa: E402

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402

try:
    import pyds
except ImportError as error:
    pyds, MISSING = None, f"pyds is not there: {error}"

FIELDS = (
    "times+infer-done+objects+style+classifiers+displays+tensors+user-metas+key-points+rotation+masks+segmentations+embeddings"
)
SOURCE = """
videotestsrc num-buffers=3 ! video/x-raw,width={width},height={height},framerate=25/1
! nvvideoconvert ! video/x-raw(memory:NVMM),format=NV12 ! mux.sink_{number}
"""
MUX = "nvstreammux name=mux width={width} height={height} batch-size={sources} batched-push-timeout=1000000 {chain}"
REPLAY = "rstensorreplay location=pipelines/recordings/{}.safetensors on-end=loop network-width={} network-height={}"
STYLE = "rsosdannotate frame-text=frame={frame} style=default.label='{label}';zone.a.points=[['1%','1%'],['90%','1%'],['50%','80%']]"
TAIL = "rsmetajson name=json location=\"\" emit=signal fields={} ! fakesink".format(FIELDS)

# Name, size, sources, elements, members that some object or frame must have.
PLAYED = [
    ("pose", (640, 640), 1, REPLAY.format("pose", 640, 640) + " ! rsyoloparser num-classes=1 ! " + STYLE, ["key_points"]),
    (
        "masks",
        (640, 640),
        1,
        REPLAY.format("masks", 160, 160) + " ! rsyoloparser labels-file=pipelines/config/vehicles.txt ! " + STYLE,
        ["mask", "text"],
    ),
    (
        "obb",
        (640, 640),
        1,
        REPLAY.format("obb", 640, 640) + " ! rsyoloparser format=yolo26-obb-e2e labels-file=pipelines/config/vehicles.txt",
        ["corners"],
    ),
    ("segmentation", (640, 640), 1, REPLAY.format("segmentation", 160, 160) + " ! rssegparser", ["segmentations"]),
    (
        "embedding",
        (176, 144),
        1,
        REPLAY.format("face-embedding", 112, 112)
        + " ! rsembedparser gallery-file=pipelines/config/faces-gallery.safetensors classifier-type=name score-threshold=0.9",
        ["embeddings", "classifiers"],
    ),
    ("two sources", (320, 240), 2, STYLE, ["displays"]),
]


def members(value, found):
    """Names of all members that have something."""
    if isinstance(value, dict):
        found.update(name for name, member in value.items() if member)
        for member in value.values():
            members(member, found)
    elif isinstance(value, list):
        for member in value:
            members(member, found)
    return found


def differences(ours, theirs, path=""):
    """Where two values differ, and how."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for name in sorted({*ours, *theirs}):
            yield from differences(ours.get(name, "nothing"), theirs.get(name, "nothing"), f"{path}.{name}")
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for index, pair in enumerate(zip(ours, theirs)):
            yield from differences(*pair, f"{path}[{index}]")
    elif ours != theirs:
        yield f"{path}: the package reads {ours!r}, expected {theirs!r}"


def pyds_list(first, cast):
    """What NVIDIA's bindings have on a list, in its order."""
    while first is not None:
        yield cast(first.data)
        first = first.next


def pyds_key_points(their):
    """Key points of an object by NVIDIA's bindings, from the struct that include/rsnvds.h declares."""
    kind = pyds.nvds_get_user_meta_type("rsnvds.key-points")
    for meta in pyds_list(their.obj_user_meta_list, pyds.NvDsUserMeta.cast):
        if int(meta.base_meta.meta_type) == kind:
            address = pyds.get_ptr(meta.user_meta_data)
            count = ctypes.c_uint32.from_address(address).value
            numbers = (ctypes.c_float * (3 * count)).from_address(address + 4)
            return tuple(tuple(numbers[3 * i : 3 * i + 3]) for i in range(count))
    return ()


def compare_pyds(buffer, batch):
    """Compares plain fields with what NVIDIA's bindings read; returns how many objects there were."""
    meta = pyds.gst_buffer_get_nvds_batch_meta(hash(buffer))
    frames = list(pyds_list(meta.frame_meta_list, pyds.NvDsFrameMeta.cast))
    assert len(frames) == len(batch.frames())
    count = 0
    for theirs, ours in zip(frames, batch.frames()):
        pairs = [(ours.source_id, theirs.source_id), (ours.frame_num, theirs.frame_num), (ours.batch_id, theirs.batch_id)]
        pairs += [(ours.pad_index, theirs.pad_index), (ours.pts, theirs.buf_pts), (ours.ntp_timestamp, theirs.ntp_timestamp)]
        pairs += [(ours.source_size, (theirs.source_frame_width, theirs.source_frame_height))]
        pairs += [(ours.num_objects, theirs.num_obj_meta), (ours.infer_done, bool(theirs.bInferDone))]
        objects = list(pyds_list(theirs.obj_meta_list, pyds.NvDsObjectMeta.cast))[::-1]
        pairs.append((len(ours.objects()), len(objects)))
        for our, their in zip(ours.objects(), objects):
            count += 1
            rect, detector = their.rect_params, their.detector_bbox_info.org_bbox_coords
            pairs += [(our.class_id, their.class_id), (our.label, their.obj_label), (our.confidence, their.confidence)]
            pairs += [(our.unique_component_id, their.unique_component_id)]
            pairs += [(2**64 - 1 if our.object_id is None else our.object_id, their.object_id)]
            pairs += [(tuple(our.rect), (rect.left, rect.top, rect.width, rect.height))]
            pairs += [(tuple(our.detector_rect), (detector.left, detector.top, detector.width, detector.height))]
            pairs += [(our.style.border_width, rect.border_width), (our.style.border_color.red, rect.border_color.red)]
            pairs += [(our.text.text or "", pyds.get_string(their.text_params.display_text) or "")]
            pairs += [(our.key_points(), pyds_key_points(their))]
            classifiers = list(pyds_list(their.classifier_meta_list, pyds.NvDsClassifierMeta.cast))[::-1]
            for our_one, their_one in zip(our.classifiers(), classifiers):
                labels = list(pyds_list(their_one.label_info_list, pyds.NvDsLabelInfo.cast))[::-1]
                pairs += [(our_one.unique_component_id, their_one.unique_component_id)]
                pairs += [([n.label for n in our_one.labels], [n.result_label for n in labels])]
                pairs += [([n.probability for n in our_one.labels], [n.result_prob for n in labels])]
        users = list(pyds_list(theirs.frame_user_meta_list, pyds.NvDsUserMeta.cast))[::-1]
        pairs.append(([meta.type for meta in ours.user_metas()], [int(meta.base_meta.meta_type) for meta in users]))
        kind = pyds.NvDsMetaType.NVDSINFER_TENSOR_OUTPUT_META
        tensors = [pyds.NvDsInferTensorMeta.cast(m.user_meta_data) for m in users if m.base_meta.meta_type == kind]
        for our_tensors, their_tensors in zip(ours.tensors(), tensors):
            pairs += [(our_tensors.unique_id, their_tensors.unique_id), (our_tensors.gpu_id, their_tensors.gpu_id)]
            pairs += [(our_tensors.network.width, their_tensors.network_info.width)]
            layers = [pyds.get_nvds_LayerInfo(their_tensors, i) for i in range(their_tensors.num_output_layers)]
            pairs += [([n.name for n in our_tensors.layers], [n.layerName for n in layers])]
            for our_layer, their_layer in zip(our_tensors.layers, layers):
                dims = tuple(their_layer.dims.d[: their_layer.dims.numDims])
                pairs += [(our_layer.dims, dims), (our_layer.type, their_layer.dataType.name)]
        pairs.append((len(ours.tensors()), len(tensors)))
        for ours_said, theirs_said in pairs:
            assert ours_said == theirs_said, f"pyds reads {theirs_said!r}, the package {ours_said!r}"
    return count


def play(name, size, sources, chain, expected):
    """Plays one line; returns how many frames and objects were compared, and how many of them with pyds."""
    width, height = size
    line = MUX.format(width=width, height=height, sources=sources, chain=f"! {chain} ! {TAIL}")
    line += "".join(SOURCE.format(width=width, height=height, number=number) for number in range(sources))
    pipeline = Gst.parse_launch(line)
    json = pipeline.get_by_name("json")
    told, failures, counts, found = [], [], [0, 0, 0], set()
    json.connect("json", lambda _element, text: told.append(text))

    def compare(buffer):
        lines = [as_json.parse(text) for text in told.pop().splitlines()]
        with rsnvds.batch(buffer) as batch:
            assert batch, "no metadata"
            read = [as_json.line(frame, lines[0]["buffer"]) for frame in batch.frames()]
            # pyds is compiled for one layout: that of the release that the tests are pinned to.
            if pyds and batch.layout == "C":
                counts[2] += compare_pyds(buffer, batch)
            for tensors in (t for frame in batch.frames() for t in frame.tensors()):
                for layer in tensors.layers:
                    assert len(layer.memory()) % max(len(layer.values()), 1) == 0
        failures.extend(f"{name}, {difference}" for difference in differences(read, lines))
        members(lines, found)
        counts[0] += len(lines)
        counts[1] += sum(len(line["objects"]) for line in lines)

    def probe(_pad, info):
        # In the same thread as the signal, and right after it. An exception here would only be printed.
        try:
            compare(info.get_buffer())
        except Exception as error:
            failures.append(f"{name}: {type(error).__name__}: {error}")
        return Gst.PadProbeReturn.OK

    json.get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, probe)
    pipeline.set_state(Gst.State.PLAYING)
    kinds = Gst.MessageType.EOS | Gst.MessageType.ERROR
    message = pipeline.get_bus().timed_pop_filtered(60 * Gst.SECOND, kinds)
    pipeline.set_state(Gst.State.NULL)
    if message is None or message.type == Gst.MessageType.ERROR:
        failures.append(f"{name}: {message.parse_error() if message else 'no end within a minute'}")
    failures += [f"{name}: no {member} was compared" for member in expected if member not in found]
    if failures:
        sys.exit("\n".join(failures[:10]))
    return counts


def main():
    Gst.init(None)
    for played in PLAYED:
        frames, objects, by_pyds = play(*played)
        pyds_said = f"{by_pyds} objects with pyds" if pyds else MISSING
        print(f"{played[0]}: {frames} frames, {objects} objects compared, {pyds_said}")


if __name__ == "__main__":
    main()
