"""User metas, and the structs of `rsnvds.h` that hang on some of them.

A further struct is one function that reads it and one row of `_READERS`.
"""

from __future__ import annotations

import struct
from typing import Any, Callable, Dict, Optional, Tuple

from . import _layout
from ._inference import Segmentation, Tensors
from ._memory import F32, I32, U32, U64, Memory, floats
from ._values import Embedding, KeyPoint

KeyPoints = Tuple[KeyPoint, ...]
Corners = Tuple[Tuple[float, float], ...]


def _key_points(memory: Memory, address: int) -> Optional[KeyPoints]:
    """RsNvdsKeyPoints: a count, then three floats each."""
    count = U32.unpack(memory.read(address, 4))[0]
    if count > _layout.MOST_KEY_POINTS:
        return None
    raw = memory.read(address + 4, 12 * count)
    return tuple(KeyPoint(*point) for point in struct.iter_unpack("=3f", raw))


def _corners(memory: Memory, address: int) -> Optional[Corners]:
    """RsNvdsCorners: four points of two floats."""
    numbers = floats(memory.read(address, 32))
    # A number minus itself is not 0 if it is not finite.
    if any(number - number != 0 for number in numbers):
        return None
    return tuple(zip(numbers[::2], numbers[1::2]))


def _embedding(memory: Memory, address: int) -> Optional[Embedding]:
    """RsNvdsEmbedding: a count, whose it is, the norm, then the numbers."""
    raw = memory.read(address, 12)
    count = U32.unpack_from(raw)[0]
    if count > _layout.MOST_NUMBERS:
        return None
    values = floats(memory.read(address + 12, 4 * count))
    return Embedding(I32.unpack_from(raw, 4)[0], F32.unpack_from(raw, 8)[0], values)


Reader = Callable[[Memory, int], Any]

# What reads the data of a user meta of this project, by the name of its type.
_READERS: Dict[str, Reader] = {
    _layout.KEY_POINTS_TYPE: _key_points,
    _layout.CORNERS_TYPE: _corners,
    _layout.EMBEDDING_TYPE: _embedding,
}


class UserMeta:
    """Data of any kind, told apart by its type."""

    __slots__ = ("type", "address", "_memory")

    def __init__(self, memory: Memory, address: int) -> None:
        raw = memory.read(address, memory.at("NvDsUserMeta"))
        self.type: int = I32.unpack_from(raw, memory.at("NvDsBaseMeta.meta_type"))[0]
        """NvDsMetaType, or what nvds_get_user_meta_type gave."""
        self.address: int = U64.unpack_from(raw, memory.at("NvDsUserMeta.user_meta_data"))[0]
        """Where the data is, for ctypes, as long as the batch is locked; 0 without any."""
        self._memory = memory

    def __repr__(self) -> str:
        return f"<UserMeta of type {self.type}>"

    def is_type(self, name: str) -> bool:
        """Whether the type is the one with this name, as `rsnvds.key-points`: see include/rsnvds.h."""
        return self.type == self._memory.library.meta_type(name)

    def value(self) -> Any:
        """What it holds, if this package can read it: Tensors, Segmentation, Embedding, key points, corners; else None."""
        self._memory.check()
        if not self.address:
            return None
        if self.type == _layout.TENSOR_META:
            return Tensors(self._memory, self.address)
        if self.type == _layout.SEGMENTATION_META:
            return Segmentation(self._memory, self.address)
        for name, read in _READERS.items():
            if self.is_type(name):
                return read(self._memory, self.address)
        return None

    def of_kind(self, name: str) -> Any:
        """What it holds, if the type is the one with this name."""
        return self.value() if self.is_type(name) else None
