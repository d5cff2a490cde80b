"""What the views of a batch's elements have in common."""

from __future__ import annotations

import struct
from typing import Iterator, List, Optional, Tuple, Type, TypeVar

from . import _layout
from ._inference import Segmentation, Tensors
from ._memory import F32, I32, U32, U64, Memory
from ._user import UserMeta
from ._values import Color, Embedding, Rect, RectStyle, Text

_T = TypeVar("_T")


class Element:
    """A struct of a batch: a copy of its fields, and the lists that begin there."""

    __slots__ = ("_memory", "_address", "_raw")
    STRUCT = ""

    def __init__(self, memory: Memory, address: int) -> None:
        self._memory, self._address = memory, address
        self._raw = memory.read(address, memory.at(self.STRUCT))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Element) and (self._memory, self._address) == (other._memory, other._address)

    def __hash__(self) -> int:
        return hash(self._address)

    def _at(self, field: str) -> int:
        return self._memory.at(f"{self.STRUCT}.{field}")

    def _i32(self, field: str) -> int:
        return int(I32.unpack_from(self._raw, self._at(field))[0])

    def _u32(self, field: str) -> int:
        return int(U32.unpack_from(self._raw, self._at(field))[0])

    def _u64(self, field: str) -> int:
        return int(U64.unpack_from(self._raw, self._at(field))[0])

    def _f32(self, field: str) -> float:
        return float(F32.unpack_from(self._raw, self._at(field))[0])

    def _misc(self, field: str) -> Tuple[int, ...]:
        return struct.unpack_from("=4q", self._raw, self._at(field))

    def _rect(self, field: str) -> Rect:
        return Rect(*struct.unpack_from("=4f", self._raw, self._at(field)))

    def _user_metas(self, field: str) -> List[UserMeta]:
        return [UserMeta(self._memory, address) for address in self._memory.oldest_first(self._u64(field))]


class WithUserMetas(Element):
    """A frame or an object."""

    __slots__ = ()
    USERS = ""

    def user_metas(self) -> List[UserMeta]:
        """User metas, oldest first."""
        return self._user_metas(self.USERS)

    def _of_type(self, number: int, kind: Type[_T]) -> Iterator[_T]:
        for meta in self.user_metas():
            if meta.type == number:
                value = meta.value()
                if isinstance(value, kind):
                    yield value

    def tensors(self) -> List[Tensors]:
        """Tensors that inference elements attached (output-tensor-meta=1), oldest first."""
        return list(self._of_type(_layout.TENSOR_META, Tensors))

    def segmentations(self) -> List[Segmentation]:
        """Semantic segmentations, oldest first."""
        return list(self._of_type(_layout.SEGMENTATION_META, Segmentation))

    def embeddings(self) -> List[Embedding]:
        """Embeddings of rsembedparser, oldest first."""
        number = self._memory.library.meta_type(_layout.EMBEDDING_TYPE)
        return list(self._of_type(number, Embedding))


def color(raw: bytes, offset: int) -> Color:
    """A colour at an offset."""
    return Color(*struct.unpack_from("=4d", raw, offset))


def rect_style(memory: Memory, raw: bytes, start: int) -> RectStyle:
    """How a box is drawn whose struct starts there."""

    def at(field: str) -> int:
        return start + memory.at(f"NvOSD_RectParams.{field}")

    rotation = 0.0
    if "NvOSD_RectParams.rotation_angle" in memory.layout:
        rotation = F32.unpack_from(raw, at("rotation_angle"))[0]
    filled = U32.unpack_from(raw, at("has_bg_color"))[0] != 0
    return RectStyle(
        border_width=U32.unpack_from(raw, at("border_width"))[0],
        border_color=color(raw, at("border_color")),
        fill=color(raw, at("bg_color")) if filled else None,
        rotation=rotation,
    )


def text(memory: Memory, raw: bytes, start: int) -> Text:
    """A text whose struct starts there."""

    def at(field: str) -> int:
        return start + memory.at(f"NvOSD_TextParams.{field}")

    font = at("font_params")
    x, y = struct.unpack_from("=2I", raw, at("x_offset"))
    background: Optional[Color] = None
    if I32.unpack_from(raw, at("set_bg_clr"))[0]:
        background = color(raw, at("text_bg_clr"))
    return Text(
        text=memory.text(U64.unpack_from(raw, at("display_text"))[0]),
        x=x,
        y=y,
        font=memory.text(U64.unpack_from(raw, font + memory.at("NvOSD_FontParams.font_name"))[0]),
        font_size=U32.unpack_from(raw, font + memory.at("NvOSD_FontParams.font_size"))[0],
        color=color(raw, font + memory.at("NvOSD_FontParams.font_color")),
        background=background,
    )
