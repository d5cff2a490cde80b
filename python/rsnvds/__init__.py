"""DeepStream's metadata on GStreamer buffers, for reading: frames, objects, classifiers, key points, masks, tensors.

In a pad probe or an appsink's handler:

    with rsnvds.batch(info.get_buffer()) as batch:
        for frame in batch.frames():
            for obj in frame.objects():
                print(frame.source_id, obj.label, obj.confidence, obj.rect, obj.key_points())

The batch is locked meanwhile, so that other elements wait with their changes: take out what is needed, and compute
afterwards. A buffer without metadata has no frames. It works with DeepStream 6.0 to 9.1 and the stand-ins alike, without
pyds; docs/python.md has what corresponds to what.
"""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Any, List, Optional, Type

from . import _layout
from ._inference import Layer, Segmentation, Tensors
from ._library import Error, LayoutError, Library, LibraryError, library
from ._memory import I32, U32, U64, Memory
from ._user import UserMeta
from ._values import (
    Arrow,
    Box,
    Circle,
    Classifier,
    Color,
    Embedding,
    KeyPoint,
    Label,
    Line,
    Mask,
    Network,
    Rect,
    RectStyle,
    Text,
)
from ._views import Display, Frame, Object

__version__ = "0.1.0"

__all__ = [
    "Arrow",
    "Batch",
    "Box",
    "Circle",
    "Classifier",
    "Color",
    "Display",
    "Embedding",
    "Error",
    "Frame",
    "KeyPoint",
    "Label",
    "Layer",
    "LayoutError",
    "LibraryError",
    "Line",
    "Mask",
    "Network",
    "Object",
    "Rect",
    "RectStyle",
    "Segmentation",
    "Tensors",
    "Text",
    "UserMeta",
    "batch",
]

_POOLS = (
    "frame_meta_pool",
    "obj_meta_pool",
    "display_meta_pool",
    "classifier_meta_pool",
    "label_info_meta_pool",
    "user_meta_pool",
)
# NvDsMetaType of what is in these pools.
_KINDS = (2, 3, 4, 5, 6, 7)


class Batch:
    """The metadata of a buffer, locked within `with`."""

    def __init__(self, buffer: Any) -> None:
        self._buffer = buffer
        self._library: Library = library()
        self._address: Optional[int] = self._library.batch_of(hash(buffer))
        self._memory: Optional[Memory] = None
        self._thread: Optional[int] = None

    def __bool__(self) -> bool:
        """Whether the buffer has metadata."""
        return bool(self._address)

    def __enter__(self) -> Batch:
        if self._thread is not None:
            raise Error("the batch is locked already: one `with` for each rsnvds.batch(...)")
        if self._address:
            self._library.lock(self._address)
            try:
                self._memory = self._open(self._address)
            except BaseException:
                self._library.unlock(self._address)
                raise
        self._thread = threading.get_ident()
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        if self._thread is None:
            raise Error("the batch is not locked: each `with rsnvds.batch(...)` ends once")
        if self._thread != threading.get_ident():
            raise Error("the batch is unlocked by another thread than locked it")
        self._thread = None
        if self._memory:
            self._memory.close()
            self._memory = None
            self._library.unlock(self._address)

    def _open(self, address: int) -> Memory:
        """The memory of a batch, whose class the sizes of its pools' elements tell."""
        # What is read here has the same place in all classes.
        memory = Memory(self._buffer, self._library, "", _layout.LAYOUTS["C"])
        sizes = tuple(self._element_size(memory, address, pool, kind) for pool, kind in zip(_POOLS, _KINDS))
        for name, expected in _layout.POOLS.items():
            if sizes == expected:
                return Memory(self._buffer, self._library, name, _layout.LAYOUTS[name])
        known = ", ".join(f"{name} {expected}" for name, expected in _layout.POOLS.items())
        raise LayoutError(
            "this batch is of an unknown release of DeepStream: its frames, objects, displays, classifiers, labels and user "
            f"metas have {sizes} bytes, expected one of {known}. Install a newer rsnvds"
        )

    @staticmethod
    def _element_size(memory: Memory, address: int, pool: str, kind: int) -> int:
        place = U64.unpack(memory.read(address + memory.at(f"NvDsBatchMeta.{pool}"), 8))[0]
        raw = memory.read(place, memory.at("NvDsMetaPool")) if place else b""
        found = I32.unpack_from(raw, memory.at("NvDsMetaPool.meta_type"))[0] if raw else None
        if found != kind:
            raise LayoutError(f"this is no batch of video: {pool} has elements of type {found}, expected {kind}")
        return int(U32.unpack_from(raw, memory.at("NvDsMetaPool.element_size"))[0])

    def _field(self, name: str, form: Any) -> int:
        """A number of the batch; 0 without metadata."""
        if self._thread is None:
            raise Error("the batch is not locked: read it within `with rsnvds.batch(...) as batch`")
        if not self._memory or not self._address:
            return 0
        place = self._address + self._memory.at(f"NvDsBatchMeta.{name}")
        return int(form.unpack(self._memory.read(place, form.size))[0])

    @property
    def layout(self) -> Optional[str]:
        """Class of releases: A (6.0 to 7.1), B (8.0) or C (9.x); None without metadata."""
        return self._memory.name if self._memory else None

    @property
    def max_frames(self) -> int:
        """Most frames that the batch can have; 0 where its creator forgot to set it."""
        return self._field("max_frames_in_batch", U32)

    def frames(self) -> List[Frame]:
        """Frames, in the order of the batch; none without metadata."""
        first = self._field("frame_meta_list", U64)
        return [Frame(self._memory, at) for at in self._memory.nodes(first)] if self._memory else []

    def user_metas(self) -> List[UserMeta]:
        """User metas of the batch itself, oldest first."""
        first = self._field("batch_user_meta_list", U64)
        # The library appends these.
        return [UserMeta(self._memory, at) for at in self._memory.nodes(first)] if self._memory else []


def batch(buffer: Any) -> Batch:
    """The metadata of a Gst.Buffer, to be read within `with`.

    Raises TypeError for what is no Gst.Buffer, LibraryError without a usable metadata library, and, when it is locked,
    LayoutError for a batch of an unknown release or of audio.
    """
    from gi.repository import Gst  # type: ignore[import-untyped, unused-ignore]

    if not isinstance(buffer, Gst.Buffer):
        raise TypeError(f"expected a Gst.Buffer, as info.get_buffer() gives it, found {type(buffer).__qualname__}")
    return Batch(buffer)
