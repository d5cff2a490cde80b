"""Converts the demo's TensorFlow detector to ONNX and proves the result on one frame.

Writes the same network twice: for nvinferserver with its own uint8 input, and for nvinfer, which only feeds
floating point, with a float input of the same 0..255 range. Both take a batch of any size.
"""

import argparse
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

import logging

import numpy as np
import onnx
import onnxruntime
import tensorflow as tf
import tf2onnx

INPUT = "image_tensor"
SIZE = 300
BOXES = 100
# Name and shape of each output, without the batch.
OUTPUTS = {
    "num_detections": [],
    "detection_scores": [BOXES],
    "detection_classes": [BOXES],
    "detection_boxes": [BOXES, 4],
}
# Above this score the two runtimes must agree on class and box.
SCORE = 0.2
TOLERANCE = 2e-3


def convert(graph):
    """The ONNX model of a frozen graph, with plain names and declared shapes."""
    model, _ = tf2onnx.convert.from_graph_def(
        graph,
        input_names=[f"{INPUT}:0"],
        output_names=[f"{name}:0" for name in OUTPUTS],
        opset=17,
        shape_override={f"{INPUT}:0": [None, SIZE, SIZE, 3]},
    )
    plain = {f"{name}:0": name for name in [INPUT, *OUTPUTS]}
    for node in model.graph.node:
        node.input[:] = [plain.get(name, name) for name in node.input]
        node.output[:] = [plain.get(name, name) for name in node.output]
    for value in [*model.graph.input, *model.graph.output]:
        value.name = plain[value.name]
        shape = OUTPUTS.get(value.name, [SIZE, SIZE, 3])
        value.CopyFrom(
            onnx.helper.make_tensor_value_info(value.name, value.type.tensor_type.elem_type, ["batch", *shape])
        )
    onnx.checker.check_model(model)
    return model


def with_float_input(model):
    """The same network with a float32 input: every use of the input is a cast to float already."""
    model = onnx.ModelProto.FromString(model.SerializeToString())
    users = {node.op_type for node in model.graph.node if INPUT in node.input}
    if users != {"Cast"}:
        raise SystemExit(f"convert-model: error: expected {INPUT} to go into Cast only, found {sorted(users)}")
    model.graph.input[0].type.tensor_type.elem_type = onnx.TensorProto.FLOAT
    onnx.checker.check_model(model)
    return model


def run_tensorflow(graph, frames):
    """The outputs by name, from the original graph."""
    with tf.Graph().as_default() as g:
        tf.graph_util.import_graph_def(graph, name="")
        with tf.compat.v1.Session(graph=g) as session:
            values = session.run([f"{name}:0" for name in OUTPUTS], {f"{INPUT}:0": frames})
    return dict(zip(OUTPUTS, values))


def run_onnx(model, frames):
    """The outputs by name, from a converted model."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return dict(zip(OUTPUTS, session.run(list(OUTPUTS), {INPUT: frames})))


def compare(expected, found, what):
    """Ends the program when the outputs differ where it matters."""
    for name, shape in OUTPUTS.items():
        if list(found[name].shape[1:]) != shape or found[name].dtype != np.float32:
            raise SystemExit(f"convert-model: error: {what}: {name} is {found[name].dtype} {found[name].shape}")
    sure = expected["detection_scores"] > SCORE
    if not (sure.sum(axis=1) >= 1).all():
        raise SystemExit("convert-model: error: the model finds nobody in the test frame")
    for name in ["detection_scores", "detection_classes", "detection_boxes"]:
        error = np.abs(expected[name][sure] - found[name][sure]).max()
        if not error <= TOLERANCE:
            raise SystemExit(f"convert-model: error: {what}: {name} differs from TensorFlow's by {error}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--graph", required=True, help="the frozen TensorFlow graph")
    parser.add_argument("--frame", required=True, help=f"one or more raw RGB frames of {SIZE}x{SIZE}")
    parser.add_argument("--triton", required=True, help="where to write the model with the uint8 input")
    parser.add_argument("--nvinfer", required=True, help="where to write the model with the float input")
    args = parser.parse_args()
    logging.getLogger("tf2onnx").setLevel(logging.ERROR)
    logging.getLogger("tensorflow").setLevel(logging.ERROR)

    graph = tf.compat.v1.GraphDef()
    with open(args.graph, "rb") as f:
        graph.ParseFromString(f.read())
    frame = np.fromfile(args.frame, dtype=np.uint8)[: SIZE * SIZE * 3].reshape(1, SIZE, SIZE, 3)
    # The second picture is the mirrored first, so that a mixed-up batch shows.
    frames = np.concatenate([frame, frame[:, :, ::-1]])

    bytes_in = convert(graph)
    floats_in = with_float_input(bytes_in)
    expected = run_tensorflow(graph, frames)
    compare(expected, run_onnx(bytes_in, frames), "uint8 model")
    compare(expected, run_onnx(floats_in, frames.astype(np.float32)), "float model")
    onnx.save(bytes_in, args.triton)
    onnx.save(floats_in, args.nvinfer)
    people = int((expected["detection_scores"][0] > 0.5).sum())
    print(f"convert-model: agrees with TensorFlow; {people} people above score 0.5 in the test frame")


if __name__ == "__main__":
    main()
