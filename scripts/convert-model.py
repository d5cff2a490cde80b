"""Converts the demo's detectors to ONNX and proves each result on one frame. All take a batch of any size.

`graph` takes a frozen TensorFlow graph and writes the network twice: for nvinferserver with its own uint8 input, and
for nvinfer, which only feeds floating point, with a float input of the same 0..255 range. `tflite` takes a TensorFlow
Lite file whose input is floating point already, and writes the network once.
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
# The TensorFlow Lite network's outputs are raw: each must agree.
LITE_INPUT = "normalized_input_image_tensor"
LITE_OUTPUTS = {
    "raw_outputs/box_encodings": [1917, 4],
    "raw_outputs/class_predictions": [1917, 24],
}
OPSET = 17


def fail(text):
    """Ends the program."""
    raise SystemExit(f"convert-model: error: {text}")


def declare(value, shape):
    """Gives an input or output a shape behind a batch of any size."""
    elem_type = value.type.tensor_type.elem_type
    value.CopyFrom(onnx.helper.make_tensor_value_info(value.name, elem_type, ["batch", *shape]))


def convert(graph):
    """The ONNX model of a frozen graph, with plain names and declared shapes."""
    model, _ = tf2onnx.convert.from_graph_def(
        graph,
        input_names=[f"{INPUT}:0"],
        output_names=[f"{name}:0" for name in OUTPUTS],
        opset=OPSET,
        shape_override={f"{INPUT}:0": [None, SIZE, SIZE, 3]},
    )
    plain = {f"{name}:0": name for name in [INPUT, *OUTPUTS]}
    for node in model.graph.node:
        node.input[:] = [plain.get(name, name) for name in node.input]
        node.output[:] = [plain.get(name, name) for name in node.output]
    for value in [*model.graph.input, *model.graph.output]:
        value.name = plain[value.name]
        declare(value, OUTPUTS.get(value.name, [SIZE, SIZE, 3]))
    onnx.checker.check_model(model)
    return model


def with_float_input(model):
    """The same network with a float32 input: every use of the input is a cast to float already."""
    model = onnx.ModelProto.FromString(model.SerializeToString())
    users = {node.op_type for node in model.graph.node if INPUT in node.input}
    if users != {"Cast"}:
        fail(f"expected {INPUT} to go into Cast only, found {sorted(users)}")
    model.graph.input[0].type.tensor_type.elem_type = onnx.TensorProto.FLOAT
    onnx.checker.check_model(model)
    return model


def convert_lite(path):
    """The ONNX model of a TensorFlow Lite file, which knows a batch of one only."""
    model, _ = tf2onnx.convert.from_tflite(path, opset=OPSET)
    shapes = {LITE_INPUT: [SIZE, SIZE, 3], **LITE_OUTPUTS}
    found = {value.name: value for value in [*model.graph.input, *model.graph.output]}
    if set(found) != set(shapes):
        fail(f"expected the inputs and outputs {sorted(shapes)}, found {sorted(found)}")
    for name, value in found.items():
        declare(value, shapes[name])
    # Every reshape leads with the batch of one; 0 keeps the size that the batch has.
    targets = {node.input[1] for node in model.graph.node if node.op_type == "Reshape"}
    for constant in model.graph.initializer:
        if constant.name not in targets:
            continue
        shape = onnx.numpy_helper.to_array(constant).copy()
        if shape[0] != 1:
            fail(f"expected every reshape to lead with 1, found {shape.tolist()}")
        shape[0] = 0
        constant.CopyFrom(onnx.numpy_helper.from_array(shape, constant.name))
        targets.remove(constant.name)
    if targets:
        fail(f"the shapes {sorted(targets)} are no constants")
    # Shapes inside were inferred for a batch of one.
    del model.graph.value_info[:]
    onnx.checker.check_model(model)
    return model


def run_lite(path, frames):
    """The outputs by name, from the original file, frame by frame."""
    interpreter = tf.lite.Interpreter(model_path=path)
    interpreter.allocate_tensors()
    (source,) = interpreter.get_input_details()
    outputs = {detail["name"]: detail["index"] for detail in interpreter.get_output_details()}
    results = {name: [] for name in LITE_OUTPUTS}
    for frame in frames:
        interpreter.set_tensor(source["index"], frame[None])
        interpreter.invoke()
        for name, values in results.items():
            values.append(interpreter.get_tensor(outputs[name])[0])
    return {name: np.stack(values) for name, values in results.items()}


def run_tensorflow(graph, frames):
    """The outputs by name, from the original graph."""
    with tf.Graph().as_default() as g:
        tf.graph_util.import_graph_def(graph, name="")
        with tf.compat.v1.Session(graph=g) as session:
            values = session.run([f"{name}:0" for name in OUTPUTS], {f"{INPUT}:0": frames})
    return dict(zip(OUTPUTS, values))


def run_onnx(model, frames):
    """The outputs by name, from a converted model, which has one input."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, {session.get_inputs()[0].name: frames})))


def check_shapes(found, shapes, what):
    """Ends the program when the outputs are not those that configuration files tell of."""
    for name, shape in shapes.items():
        if list(found[name].shape[1:]) != shape or found[name].dtype != np.float32:
            fail(f"{what}: {name} is {found[name].dtype} {found[name].shape}")


def compare(expected, found, what):
    """Ends the program when the outputs differ where it matters."""
    check_shapes(found, OUTPUTS, what)
    sure = expected["detection_scores"] > SCORE
    if not (sure.sum(axis=1) >= 1).all():
        fail("the model finds nobody in the test frame")
    for name in ["detection_scores", "detection_classes", "detection_boxes"]:
        error = np.abs(expected[name][sure] - found[name][sure]).max()
        if not error <= TOLERANCE:
            fail(f"{what}: {name} differs from TensorFlow's by {error}")


def main_graph(args, frames):
    """The frozen TensorFlow graph."""
    graph = tf.compat.v1.GraphDef()
    with open(args.graph, "rb") as f:
        graph.ParseFromString(f.read())
    bytes_in = convert(graph)
    floats_in = with_float_input(bytes_in)
    expected = run_tensorflow(graph, frames)
    compare(expected, run_onnx(bytes_in, frames), "uint8 model")
    compare(expected, run_onnx(floats_in, frames.astype(np.float32)), "float model")
    onnx.save(bytes_in, args.triton)
    onnx.save(floats_in, args.nvinfer)
    people = int((expected["detection_scores"][0] > 0.5).sum())
    print(f"convert-model: agrees with TensorFlow; {people} people above score 0.5 in the test frame")


def main_lite(args, frames):
    """The TensorFlow Lite file."""
    frames = (frames.astype(np.float32) - 127.5) / 127.5
    model = convert_lite(args.tflite)
    expected = run_lite(args.tflite, frames)
    found = run_onnx(model, frames)
    check_shapes(found, LITE_OUTPUTS, "model")
    for name in LITE_OUTPUTS:
        error = np.abs(expected[name] - found[name]).max()
        if not error <= TOLERANCE:
            fail(f"{name} differs from TensorFlow Lite's by {error}")
    # Behind column 0, the background.
    best = expected["raw_outputs/class_predictions"][0, :, 1:].max()
    if not best > np.log(SCORE / (1 - SCORE)):
        fail("the model finds nothing in the test frame")
    onnx.save(model, args.output)
    print(f"convert-model: agrees with TensorFlow Lite; best score {1 / (1 + np.exp(-best)):.2f} in the test frame")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    kinds = parser.add_subparsers(required=True)
    kind = kinds.add_parser("graph", help="a frozen TensorFlow graph")
    kind.add_argument("--graph", required=True, help="the graph")
    kind.add_argument("--triton", required=True, help="where to write the model with the uint8 input")
    kind.add_argument("--nvinfer", required=True, help="where to write the model with the float input")
    kind.set_defaults(main=main_graph)
    lite = kinds.add_parser("tflite", help="a TensorFlow Lite file")
    lite.add_argument("--tflite", required=True, help="the file")
    lite.add_argument("--output", required=True, help="where to write the model")
    lite.set_defaults(main=main_lite)
    for each in (kind, lite):
        each.add_argument("--frame", required=True, help=f"one or more raw RGB frames of {SIZE}x{SIZE}")
    args = parser.parse_args()
    logging.getLogger("tf2onnx").setLevel(logging.ERROR)
    logging.getLogger("tensorflow").setLevel(logging.ERROR)

    frame = np.fromfile(args.frame, dtype=np.uint8)[: SIZE * SIZE * 3].reshape(1, SIZE, SIZE, 3)
    # The second picture is the mirrored first, so that a mixed-up batch shows.
    args.main(args, np.concatenate([frame, frame[:, :, ::-1]]))


if __name__ == "__main__":
    main()
