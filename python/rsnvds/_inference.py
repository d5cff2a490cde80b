"""Tensors and segmentations, as inference elements attach them."""

from __future__ import annotations

import struct
from typing import Any, List, Optional, Tuple

from . import _layout
from ._arrays import of_memory
from ._library import Error
from ._memory import I32, U32, U64, Memory
from ._values import Network

# NvDsInferDataType: the SDK's name, bytes of an element, NumPy's name.
_TYPES = {
    0: ("FLOAT", 4, "float32", "f"),
    1: ("HALF", 2, "float16", "e"),
    2: ("INT8", 1, "int8", "b"),
    3: ("INT32", 4, "int32", "i"),
    4: ("INT64", 8, "int64", "q"),
    5: ("UINT8", 1, "uint8", "B"),
}


class Layer:
    """One output of a network."""

    __slots__ = ("name", "dims", "type", "_number", "_address", "_memory")

    def __init__(self, memory: Memory, info: bytes, host: int) -> None:
        at = memory.at
        dims = at("NvDsInferLayerInfo.inferDims")
        count = U32.unpack_from(info, dims + at("NvDsInferDims.numDims"))[0]
        self.name: str = memory.text(U64.unpack_from(info, at("NvDsInferLayerInfo.layerName"))[0]) or ""
        """Name; empty if it is missing."""
        self.dims: Optional[Tuple[int, ...]] = None
        """Shape without the batch, outermost first; None when more than 8 are claimed."""
        if count <= _layout.MOST_DIMS:
            self.dims = struct.unpack_from(f"={count}I", info, dims + at("NvDsInferDims.d"))
        self._number = I32.unpack_from(info, at("NvDsInferLayerInfo.dataType"))[0]
        self.type: Optional[str] = _TYPES[self._number][0] if self._number in _TYPES else None
        """FLOAT, HALF, INT8, INT32, INT64 or UINT8; None for another."""
        self._address, self._memory = host, memory

    def __repr__(self) -> str:
        return f"<Layer {self.name} {self.type} {self.dims}>"

    def memory(self) -> memoryview:
        """The bytes of the elements in host memory, row-major, without a copy; read only.

        They stay as they are until the buffer is released or another element takes the tensors away: copy what is to
        outlast the pad probe. Raises Error for an unknown type, without dims, and without host memory.
        """
        if self.dims is None or self.type is None:
            raise Error(f"layer {self.name}: type {self._number} with dims {self.dims} cannot be read")
        size = _TYPES[self._number][1]
        for dim in self.dims:
            size *= dim
        if size and not self._address:
            raise Error(f"layer {self.name} has no host memory: is disable-output-host-copy set?")
        return self._memory.view(self._address, size)

    def array(self) -> Any:
        """The elements as a NumPy array of shape `dims`, without a copy; read only. As `memory`; Error without NumPy."""
        memory = self.memory()
        return of_memory(memory, _TYPES[self._number][2], self.dims or ())

    def values(self) -> List[Any]:
        """The elements, one after the other, as Python's numbers: a copy, without NumPy. As `memory`."""
        memory = self.memory()
        form = _TYPES[self._number][3]
        return list(struct.unpack(f"={len(memory) // _TYPES[self._number][1]}{form}", memory))


class Tensors:
    """The tensors that one inference element attached to a frame or an object."""

    __slots__ = ("unique_id", "gpu_id", "network", "maintain_aspect_ratio", "symmetric_padding", "_layers")

    def __init__(self, memory: Memory, address: int) -> None:
        at = memory.at
        raw = memory.read(address, at("NvDsInferTensorMeta"))

        def number(form: struct.Struct, field: str) -> int:
            return int(form.unpack_from(raw, at(f"NvDsInferTensorMeta.{field}"))[0])

        def flag(field: str) -> Optional[bool]:
            if not memory.has(f"NvDsInferTensorMeta.{field}"):
                return None
            place = at(f"NvDsInferTensorMeta.{field}")
            return bool(I32.unpack(memory.read(address + place, I32.size))[0])

        self.unique_id: int = number(U32, "unique_id")
        """unique-id of the inference element."""
        self.gpu_id: int = number(I32, "gpu_id")
        self.network = Network(*struct.unpack_from("=3I", raw, at("NvDsInferTensorMeta.network_info")))
        self.maintain_aspect_ratio: Optional[bool] = flag("maintain_aspect_ratio")
        """Whether the frame was scaled with its aspect ratio kept; None where the release does not tell."""
        self.symmetric_padding: Optional[bool] = flag("symmetric_padding")
        """Whether the bars are on both sides; None where the release does not tell."""
        self._layers = _layers(
            memory,
            number(U32, "num_output_layers"),
            number(U64, "output_layers_info"),
            number(U64, "out_buf_ptrs_host"),
        )

    def __repr__(self) -> str:
        return f"<Tensors of {self.unique_id}: {self._layers}>"

    @property
    def layers(self) -> Optional[Tuple[Layer, ...]]:
        """Output layers in the order of the inference element; None if it claims some and has none."""
        return self._layers

    def layer(self, name: str) -> Layer:
        """A layer by name. Raises KeyError, with the names that there are."""
        for layer in self._layers or ():
            if layer.name == name:
                return layer
        raise KeyError(f"no layer {name!r}: there are {', '.join(layer.name for layer in self._layers or ())}")


def _layers(memory: Memory, count: int, infos: int, hosts: int) -> Optional[Tuple[Layer, ...]]:
    if count and not infos:
        return None
    size = memory.at("NvDsInferLayerInfo")
    layers = []
    for index in range(min(count, 4096)):
        host = U64.unpack(memory.read(hosts + 8 * index, 8))[0] if hosts else 0
        layers.append(Layer(memory, memory.read(infos + size * index, size), host))
    return tuple(layers)


class Segmentation:
    """A class for each pixel of a network's input."""

    __slots__ = ("unique_id", "classes", "width", "height", "_map", "_probabilities", "_memory")

    def __init__(self, memory: Memory, address: int) -> None:
        at = memory.at

        def number(form: struct.Struct, field: str) -> int:
            place = address + at(f"NvDsInferSegmentationMeta.{field}")
            return int(form.unpack(memory.read(place, form.size))[0])

        self.unique_id: Optional[int] = None
        """unique-id of the element; None before DeepStream 6.2."""
        if memory.has("NvDsInferSegmentationMeta.unique_id"):
            self.unique_id = number(I32, "unique_id")
        self.classes: int = number(U32, "classes")
        """Number of classes."""
        self.width: int = number(U32, "width")
        """Pixels in a row."""
        self.height: int = number(U32, "height")
        """Rows."""
        self._map = number(U64, "class_map")
        self._probabilities = number(U64, "class_probabilities_map")
        self._memory = memory

    def __repr__(self) -> str:
        return f"<Segmentation of {self.unique_id}: {self.width}x{self.height}, {self.classes} classes>"

    def class_map(self) -> memoryview[int]:
        """The class of each pixel in rows, -1 for none: `[row, column]`, without a copy; empty if it is missing."""
        count = self.width * self.height
        memory = self._memory.view(self._map, 4 * count)
        return memory.cast("i", [self.height, self.width]) if len(memory) else memory.cast("i")

    def array(self) -> Any:
        """`class_map` as a NumPy array of height x width, without a copy; read only. Raises Error without NumPy."""
        memory = self._memory.view(self._map, 4 * self.width * self.height)
        shape = (self.height, self.width) if len(memory) else (0, 0)
        return of_memory(memory, "int32", shape)

    def probabilities(self) -> memoryview[float]:
        """A number for each class and pixel, as the network has them; empty if they are missing."""
        count = self.width * self.height * self.classes
        return self._memory.view(self._probabilities, 4 * count).cast("f")
