"""Reads the structs of a batch that is locked."""

from __future__ import annotations

import ctypes
import struct
from typing import Any, Dict, Iterator, List, Optional, Tuple, Type

from ._library import Error, Library

NODE = struct.Struct("=QQ")
I32 = struct.Struct("=i")
U32 = struct.Struct("=I")
U64 = struct.Struct("=Q")
F32 = struct.Struct("=f")
# More elements than any list has: a list that goes round is cut there.
MOST_NODES = 1 << 20
# More bytes than any tensor or map has.
MOST_BYTES = 1 << 34


class Memory:
    """The memory of a batch, which may be followed as long as the batch is locked."""

    __slots__ = ("buffer", "layout", "library", "name", "_is_open")

    def __init__(self, buffer: Any, library: Library, name: str, layout: Dict[str, int]) -> None:
        self.buffer, self.library, self.name, self.layout = buffer, library, name, layout
        self._is_open = True

    def close(self) -> None:
        """The batch is unlocked: nothing may be followed any more."""
        self._is_open = False

    def check(self) -> None:
        """Raises Error when the batch is no longer locked."""
        if not self._is_open:
            raise Error("the batch is unlocked: lists and tensors are read within `with rsnvds.batch(...)`")

    def read(self, address: int, size: int) -> bytes:
        """A copy of some bytes."""
        self.check()
        return ctypes.string_at(address, size)

    def at(self, name: str) -> int:
        """The size of a struct or the offset of a field."""
        return self.layout[name]

    def has(self, name: str) -> bool:
        """Whether the release surely has a field that came later."""
        return name in self.layout and self.library.has(self.name, name)

    def text(self, address: int) -> Optional[str]:
        """A C string; None for NULL. Bytes that are no UTF-8 become lone surrogates (surrogateescape)."""
        self.check()
        if not address:
            return None
        return (ctypes.c_char_p(address).value or b"").decode("utf-8", "surrogateescape")

    def nodes(self, first: int) -> Iterator[int]:
        """Addresses of a list's elements in its order; nodes without data are skipped."""
        self.check()
        for _ in range(MOST_NODES):
            if not first:
                return
            data, first = NODE.unpack(self.read(first, NODE.size))
            if data:
                yield data

    def oldest_first(self, first: int) -> List[int]:
        """Addresses of the elements of a list that the library builds from its end."""
        return list(self.nodes(first))[::-1]

    def view(self, address: int, size: int) -> memoryview:
        """Bytes that are not copied, for reading. What is made of it keeps the buffer, and so the memory, alive."""
        self.check()
        if not address or not 0 < size <= MOST_BYTES:
            return memoryview(b"")
        block = _block(size).from_address(address)
        block.owner = self.buffer
        return memoryview(block).cast("B").toreadonly()


_blocks: Dict[int, Type[Any]] = {}


def _block(size: int) -> Type[Any]:
    """An array type whose instances take an attribute. There is one of each size of a tensor."""
    kind = _blocks.get(size)
    if kind is None:
        kind = type("Block", (ctypes.c_ubyte * size,), {})
        if len(_blocks) < 256:
            _blocks[size] = kind
    return kind


def fixed_text(raw: bytes) -> str:
    """The text of an array of characters, which may lack the zero at its end."""
    return raw.split(b"\0", 1)[0].decode("utf-8", "surrogateescape")


def floats(raw: bytes) -> Tuple[float, ...]:
    """32-bit floats."""
    return struct.unpack(f"={len(raw) // 4}f", raw)
