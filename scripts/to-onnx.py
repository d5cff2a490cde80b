"""Writes networks that packages hold in other forms as ONNX, without a framework: the standard library is enough.

`tfjs` takes a TensorFlow.js graph model (a .json file with its .bin beside it) of convolutions, poolings and matrix
products. `efficientnet-lite0` takes the weights of that network as PyTorch's older releases saved them. Each result takes
planar pictures, `[batch, channels, height, width]` of float32, in a batch of any size.
"""

import argparse
import array
import base64
import collections
import json
import os
import pickle
import struct

IR_VERSION, OPSET = 8, 17
FLOAT, INT64 = 1, 7
# Wire types of Protocol Buffers.
VARINT, BYTES, FIXED32 = 0, 2, 5


def fail(text):
    """Ends the program."""
    raise SystemExit(f"to-onnx: error: {text}")


# --- ONNX's messages, by the numbers of their fields ----------------------------


def varint(value):
    """A number of Protocol Buffers; negative ones as 64 bits."""
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def field(number, value):
    """One field of a message: an int, a float, a str, or the bytes of a message within."""
    if isinstance(value, int):
        return varint(number << 3 | VARINT) + varint(value)
    if isinstance(value, float):
        return varint(number << 3 | FIXED32) + struct.pack("<f", value)
    data = value.encode() if isinstance(value, str) else bytes(value)
    return varint(number << 3 | BYTES) + varint(len(data)) + data


def fields(number, values):
    """A repeated field."""
    return b"".join(field(number, value) for value in values)


def attribute(name, value):
    """AttributeProto of a float, an int, a str or a list of ints."""
    number, kind = {float: (2, 1), int: (3, 2), str: (4, 3), list: (8, 7)}[type(value)]
    content = fields(number, value) if isinstance(value, list) else field(number, value)
    return field(1, name) + content + field(20, kind)


def value_info(name, shape):
    """ValueInfoProto of a float tensor behind a batch of any size."""
    dims = field(1, field(2, "batch")) + b"".join(field(1, field(1, size)) for size in shape)
    return field(1, name) + field(2, field(1, field(1, FLOAT) + field(2, dims)))


class Network:
    """A graph that grows node by node. Tensors go by names."""

    def __init__(self):
        self.nodes, self.constants, self.names = [], [], set()

    def constant(self, name, shape, data, kind=FLOAT):
        """A tensor of little-endian bytes, once for each name."""
        if name not in self.names:
            self.names.add(name)
            self.constants.append(fields(1, shape) + field(2, kind) + field(8, name) + field(9, data))
        return name

    def node(self, kind, inputs, output, **attributes):
        """A node with one output, whose name is returned."""
        content = fields(1, inputs) + field(2, output) + field(3, output) + field(4, kind)
        content += fields(5, (attribute(*pair) for pair in attributes.items()))
        self.nodes.append(content)
        return output

    def write(self, path, inputs, outputs):
        """Writes the model. Inputs and outputs are shapes by name, without the batch."""
        graph = fields(1, self.nodes) + field(2, "network") + fields(5, self.constants)
        graph += fields(11, (value_info(*pair) for pair in inputs.items()))
        graph += fields(12, (value_info(*pair) for pair in outputs.items()))
        opset = field(1, "") + field(2, OPSET)
        with open(path, "wb") as f:
            f.write(field(1, IR_VERSION) + field(2, "to-onnx.py") + field(7, graph) + field(8, opset))


# --- TensorFlow.js ------------------------------------------------------------


class Weight(collections.namedtuple("Weight", "shape words")):
    """Shape, and an array of 32-bit words: floats bit by bit, or ints."""

    def oihw(self):
        """Weights of a convolution from [height, width, in, out] to [out, in, height, width]."""
        height, width, inputs, outputs = self.shape
        words = array.array("I")
        for to in range(outputs):
            one = self.words[to::outputs]
            for of in range(inputs if height * width > 1 else 1):
                words.extend(one[of::inputs] if height * width > 1 else one)
        return Weight([outputs, inputs, height, width], words)

    def depthwise(self):
        """The same from [height, width, in, multiplier] to [in * multiplier, 1, height, width]."""
        height, width, inputs, times = self.shape
        words = array.array("I")
        for to in range(inputs * times):
            words.extend(self.words[to :: inputs * times])
        return Weight([inputs * times, 1, height, width], words)

    def beside_maps(self):
        """A number, or one a channel, as it stands beside [batch, channels, height, width]."""
        if self.shape and self.shape[-1] != len(self.words):
            fail(f"expected one number a channel, found a constant of {self.shape}")
        return self if not self.shape else Weight([len(self.words), 1, 1], self.words)


def read_weights(manifest, folder):
    """The weights by name, from the files that the manifest names."""
    weights = {}
    for group in manifest:
        data = b"".join(open(os.path.join(folder, path), "rb").read() for path in group["paths"])
        at = 0
        for entry in group["weights"]:
            count = 1
            for size in entry["shape"]:
                count *= size
            stored = entry.get("quantization", {}).get("dtype", entry["dtype"])
            if stored not in ("float16", "float32", "int32"):
                fail(f"expected weights of float16, float32 or int32, found {stored} of {entry['name']}")
            size = count * (2 if stored == "float16" else 4)
            part = data[at : at + size]
            at += size
            if len(part) != size:
                fail(f"the weights end before {entry['name']}")
            if stored == "float16":
                part = struct.pack(f"<{count}f", *struct.unpack(f"<{count}e", part))
            weights[entry["name"]] = Weight(entry["shape"], array.array("I", part))
        if at != len(data):
            fail(f"expected {at} bytes of weights, found {len(data)}")
    return weights


def text(value):
    """A string of the graph's JSON, which is base64."""
    return base64.b64decode(value).decode()


class Graph:
    """What is read of a TensorFlow.js graph, node by node, in the order of the file."""

    # Nodes that are the same in ONNX.
    SAME = {"Add": "Add", "AddV2": "Add", "Mul": "Mul", "Minimum": "Min", "Maximum": "Max", "Relu": "Relu"}
    ENDS = {"Sigmoid": {}, "Softmax": {"axis": -1}, "Identity": {}}

    def __init__(self, weights):
        self.weights, self.network = weights, Network()

    def weight(self, name, form=lambda weight: weight):
        """The name of a constant, which is put into the network."""
        weight = form(self.weights[name])
        return self.network.constant(name, weight.shape, weight.words.tobytes())

    def operand(self, name):
        """A tensor of maps, or a constant beside such."""
        return self.weight(name, Weight.beside_maps) if name in self.weights else name

    def fused(self, node, kind, inputs, **attributes):
        """A node with a bias, and perhaps a ReLU behind."""
        after = [text(name) for name in node["attr"].get("fused_ops", {}).get("list", {}).get("s", [])]
        if after not in ([], ["BiasAdd"], ["BiasAdd", "Relu"]):
            fail(f"{node['name']}: expected BiasAdd and Relu fused to a node, found {after}")
        inputs = inputs + [self.weight(name) for name in node["input"][2:]]
        relu = "Relu" in after
        output = self.network.node(kind, inputs, node["name"] + ("/linear" if relu else ""), **attributes)
        if relu:
            self.network.node("Relu", [output], node["name"])

    def window(self, node):
        """Attributes of a window that moves: strides, and what is added at the rim."""
        strides = [int(size) for size in node["attr"]["strides"]["list"]["i"]]
        rim = {"SAME": "SAME_UPPER", "VALID": "VALID"}[text(node["attr"]["padding"]["s"])]
        return {"strides": strides[1:3], "auto_pad": rim}

    def convert(self, node):
        """Adds what a node of the graph does."""
        kind, name, inputs = node["op"], node["name"], node.get("input", [])
        if kind in ("Const", "Placeholder"):
            return
        if kind in ("Conv2D", "_FusedConv2D"):
            weight = self.weight(inputs[1], Weight.oihw)
            self.fused(node, "Conv", [inputs[0], weight], **self.window(node))
        elif kind == "DepthwiseConv2dNative":
            weight = self.weight(inputs[1], Weight.depthwise)
            group = self.weights[inputs[1]].shape[2]
            self.fused(node, "Conv", [inputs[0], weight], group=group, **self.window(node))
        elif kind == "MaxPool":
            size = [int(size) for size in node["attr"]["ksize"]["list"]["i"]][1:3]
            self.network.node("MaxPool", inputs, name, kernel_shape=size, **self.window(node))
        elif kind == "_FusedMatMul":
            self.fused(node, "Gemm", [inputs[0], self.weight(inputs[1])])
        elif kind == "Mean" and list(self.weights[inputs[1]].words) == [1, 2]:
            self.network.node("Flatten", [self.network.node("GlobalAveragePool", inputs[:1], name + "/maps")], name)
        elif kind in self.SAME:
            self.network.node(self.SAME[kind], [self.operand(name) for name in inputs], name)
        elif kind in self.ENDS:
            self.network.node(kind, inputs, name, **self.ENDS[kind])
        else:
            fail(f"{name}: {kind} is not known")


def main_tfjs(args):
    """A TensorFlow.js graph model."""
    with open(args.model, encoding="utf-8") as f:
        model = json.load(f)
    graph = Graph(read_weights(model["weightsManifest"], os.path.dirname(args.model)))
    nodes = model["modelTopology"]["node"]
    (source,) = [node for node in nodes if node["op"] == "Placeholder"]
    height, width, channels = [int(dim["size"]) for dim in source["attr"]["shape"]["shape"]["dim"]][1:]
    for node in nodes:
        graph.convert(node)
    outputs = {}
    for output in args.layer:
        name, size, old = output.split(",")
        graph.network.node("Identity", [old], name)
        outputs[name] = [int(size)]
    graph.network.write(args.output, {source["name"]: [channels, height, width]}, outputs)


# --- EfficientNet-Lite0 ---------------------------------------------------------

# Kernel, stride, and how many blocks of a stage there are.
STAGES = [(3, 1, 1), (3, 2, 2), (5, 2, 2), (3, 2, 3), (5, 1, 3), (5, 2, 4), (3, 1, 1)]
EPSILON = 1e-3
CLASSES = 1000


class Tensors(pickle.Unpickler):
    """Reads tensors only: nothing else of a pickle is run."""

    def find_class(self, module, name):
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda storage, offset, shape, strides, *_: (storage, offset, list(shape), strides)
        if module == "torch" and name in ("FloatStorage", "LongStorage"):
            return name
        fail(f"expected tensors, found {module}.{name}")

    def persistent_load(self, pid):
        _, kind, key, *_ = pid
        return kind, key


def read_state(path):
    """Shape and bytes of each float tensor by name, of a file of torch.save before release 1.6."""
    with open(path, "rb") as f:
        for _ in range(3):  # what it is, its version, and the machine
            Tensors(f).load()
        tensors = Tensors(f).load()
        storages = {}
        kinds = {storage[1]: storage[0] for storage, *_ in tensors.values()}
        for key in Tensors(f).load():
            (count,) = struct.unpack("<q", f.read(8))
            storages[key] = f.read(count * (4 if kinds[key] == "FloatStorage" else 8))
    state = {}
    for name, ((kind, key), offset, shape, strides) in tensors.items():
        if kind == "FloatStorage":
            state[name] = (shape, in_order(array.array("I", storages[key]), shape, strides, offset).tobytes())
    return state


def in_order(words, shape, strides, start=0):
    """The words of a tensor row by row, wherever its strides say that they lie."""
    if not shape:
        return words[start : start + 1]
    if len(shape) == 1:
        return words[start : start + (shape[0] - 1) * strides[0] + 1 : strides[0]]
    out = array.array("I")
    for row in range(shape[0]):
        out.extend(in_order(words, shape[1:], strides[1:], start + row * strides[0]))
    return out


class EfficientNet:
    """Layers by the names that their weights have."""

    def __init__(self, state):
        self.state, self.network = state, Network()
        self.network.constant("low", [], struct.pack("<f", 0.0))
        self.network.constant("high", [], struct.pack("<f", 6.0))

    def weight(self, name):
        return self.network.constant(name, *self.state[name])

    def layer(self, source, conv, norm, stride=1, relu=True):
        """A convolution, its batch normalisation, and a ReLU6."""
        weight = self.weight(f"{conv}.weight")
        outputs, inputs = self.state[weight][0][:2]
        # The depthwise ones have one input a map.
        group = outputs if inputs == 1 else 1
        maps = self.network.node(
            "Conv", [source, weight], conv, strides=[stride, stride], auto_pad="SAME_UPPER", group=group
        )
        parts = [self.weight(f"{norm}.{part}") for part in ("weight", "bias", "running_mean", "running_var")]
        maps = self.network.node("BatchNormalization", [maps, *parts], norm, epsilon=EPSILON)
        return self.network.node("Clip", [maps, "low", "high"], norm + ".relu") if relu else maps

    def block(self, source, name, stride):
        """Wider, each map by itself, and narrower."""
        wide = source
        if f"{name}._expand_conv.weight" in self.state:
            wide = self.layer(source, f"{name}._expand_conv", f"{name}._bn0")
        wide = self.layer(wide, f"{name}._depthwise_conv", f"{name}._bn1", stride)
        return self.layer(wide, f"{name}._project_conv", f"{name}._bn2", relu=False)

    def build(self):
        """The whole network, from `image` to `probability`."""
        maps = self.layer("image", "_conv_stem", "_bn0", 2)
        number = 0
        for kernel, stride, repeats in STAGES:
            for repeat in range(repeats):
                name = f"_blocks.{number}"
                shape = self.state[f"{name}._depthwise_conv.weight"][0]
                if shape[2:] != [kernel, kernel]:
                    fail(f"expected {kernel}x{kernel} weights of {name}, found {shape}")
                narrow = self.block(maps, name, stride if repeat == 0 else 1)
                # The first of a stage changes the number of maps.
                maps = narrow if repeat == 0 else self.network.node("Add", [narrow, maps], f"{name}.sum")
                number += 1
        maps = self.layer(maps, "_conv_head", "_bn1")
        vector = self.network.node("Flatten", [self.network.node("GlobalAveragePool", [maps], "mean")], "vector")
        inputs = [vector, self.weight("_fc.weight"), self.weight("_fc.bias")]
        self.network.node("Softmax", [self.network.node("Gemm", inputs, "logits", transB=1)], "probability", axis=-1)


def main_efficientnet(args):
    """The weights of an EfficientNet-Lite0."""
    efficientnet = EfficientNet(read_state(args.weights))
    efficientnet.build()
    efficientnet.network.write(args.output, {"image": [3, 224, 224]}, {"probability": [CLASSES]})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    kinds = parser.add_subparsers(required=True)
    kind = kinds.add_parser("tfjs", help="a TensorFlow.js graph model")
    kind.add_argument("--model", required=True, help="the .json file")
    kind.add_argument("--layer", required=True, action="append", help="an output: NAME,NUMBERS,NODE of the graph")
    kind.set_defaults(main=main_tfjs)
    lite = kinds.add_parser("efficientnet-lite0", help="the weights of that network")
    lite.add_argument("--weights", required=True, help="the .pth file")
    lite.set_defaults(main=main_efficientnet)
    for each in (kind, lite):
        each.add_argument("--output", required=True, help="where to write the model")
    args = parser.parse_args()
    args.main(args)


if __name__ == "__main__":
    main()
