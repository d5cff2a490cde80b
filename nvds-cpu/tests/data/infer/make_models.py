"""Writes the models of this folder. Run by hand with the onnx package after a change; the tests read the results."""

from onnx import TensorProto as T, checker, helper, save


def model(name, inputs, outputs, nodes, initializers=()):
    info = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes,
        name,
        [info(*i) for i in inputs],
        [info(*o) for o in outputs],
        list(initializers),
    )
    m = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], producer_name="rsnvds")
    m.ir_version = 8
    checker.check_model(m, full_check=True)
    save(m, f"{name}.onnx")


node = helper.make_node


def ints(name, values):
    return helper.make_tensor(name, T.INT64, [len(values)], values)


# Dynamic batch, channels last, bytes: what a TF detector looks like. `pixels` is the input, `sum` one number per unit.
model(
    "dynamic_nhwc_u8",
    [("image", T.UINT8, ["n", 4, 4, 3])],
    [("pixels", T.FLOAT, ["n", 16, 3]), ("sum", T.FLOAT, ["n"])],
    [
        node("Cast", ["image"], ["f"], to=T.FLOAT),
        node("Reshape", ["f", "shape"], ["pixels"]),
        node("ReduceSum", ["f", "axes"], ["sum"], keepdims=0),
    ],
    [ints("shape", [0, 16, 3]), ints("axes", [1, 2, 3])],
)

# Batch fixed to 1, channels first, floats, all output types.
TYPES = [
    ("half", T.FLOAT16),
    ("i8", T.INT8),
    ("i32", T.INT32),
    ("i64", T.INT64),
    ("u8", T.UINT8),
    ("u32", T.UINT32),
    ("flag", T.BOOL),
]
model(
    "fixed1_nchw_f32",
    [("input", T.FLOAT, [1, 3, 2, 2])],
    [("same", T.FLOAT, [1, 3, 2, 2])] + [(n, t, [1, 3, 2, 2]) for n, t in TYPES],
    [node("Identity", ["input"], ["same"])]
    + [node("Cast", ["input"], [n], to=t) for n, t in TYPES],
)

# Batch fixed to 2.
model(
    "fixed2_nhwc_f32",
    [("input", T.FLOAT, [2, 2, 2, 3])],
    [("same", T.FLOAT, [2, 2, 2, 3])],
    [node("Identity", ["input"], ["same"])],
)

# No batch dimension at all.
model(
    "hwc_f32",
    [("input", T.FLOAT, [2, 2, 3])],
    [("same", T.FLOAT, [2, 2, 3]), ("total", T.FLOAT, [])],
    [
        node("Identity", ["input"], ["same"]),
        node("ReduceSum", ["input"], ["total"], keepdims=0),
    ],
)

# Size not fixed; the first output dimension is not the batch; one output has no rows at all.
model(
    "dynamic_size_nchw_f32",
    [("input", T.FLOAT, ["n", 3, "h", "w"])],
    [("shape", T.INT64, [4]), ("rows", T.FLOAT, [5, 7]), ("none", T.FLOAT, ["k", 4]), ("mean", T.FLOAT, ["n", 3])],
    [
        node("Shape", ["input"], ["shape"]),
        node("Identity", ["table"], ["rows"]),
        node("Identity", ["empty"], ["none"]),
        node("ReduceMean", ["input"], ["mean"], axes=[2, 3], keepdims=0),
    ],
    [
        helper.make_tensor("table", T.FLOAT, [5, 7], [float(i) for i in range(35)]),
        helper.make_tensor("empty", T.FLOAT, [0, 4], []),
    ],
)

# No rows at all in a batch, as when a detector finds nothing.
model(
    "no_rows_nhwc_f32",
    [("input", T.FLOAT, ["n", 2, 2, 3])],
    [("boxes", T.FLOAT, ["n", "rows", 4])],
    [
        node("Reshape", ["input", "shape"], ["all"]),
        node("Slice", ["all", "start", "end", "axis"], ["boxes"]),
    ],
    [ints("shape", [0, 3, 4]), ints("start", [0]), ints("end", [0]), ints("axis", [1])],
)

# Half-precision input.
model(
    "half_nchw",
    [("input", T.FLOAT16, ["n", 1, 2, 2])],
    [("out", T.FLOAT, ["n", 1, 2, 2])],
    [node("Cast", ["input"], ["out"], to=T.FLOAT)],
)

# Things that cannot be run here.
model(
    "two_inputs",
    [("a", T.FLOAT, [1, 3, 2, 2]), ("b", T.FLOAT, [1, 3, 2, 2])],
    [("sum", T.FLOAT, [1, 3, 2, 2])],
    [node("Add", ["a", "b"], ["sum"])],
)
model(
    "double_output",
    [("input", T.FLOAT, [1, 3, 2, 2])],
    [("wide", T.DOUBLE, [1, 3, 2, 2])],
    [node("Cast", ["input"], ["wide"], to=T.DOUBLE)],
)
