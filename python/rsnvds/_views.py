"""Frames, objects and what is drawn."""

from __future__ import annotations

import struct
from typing import Any, List, Optional, Tuple

from . import _layout
from ._element import Element, WithUserMetas, color, rect_style, text
from ._memory import F32, I32, U32, U64, fixed_text, floats
from ._user import Corners, KeyPoints
from ._values import Arrow, Box, Circle, Classifier, Label, Line, Mask, Rect, RectStyle, Text


class Frame(WithUserMetas):
    """One frame of a batch."""

    __slots__ = ()
    STRUCT = "NvDsFrameMeta"
    USERS = "frame_user_meta_list"

    def __repr__(self) -> str:
        return f"<Frame {self.frame_num} of source {self.source_id}, {self.num_objects} objects>"

    @property
    def batch_id(self) -> int:
        """Index of the frame's surface in the batch."""
        return self._u32("batch_id")

    @property
    def pad_index(self) -> int:
        """Number of the mux's sink pad."""
        return self._u32("pad_index")

    @property
    def source_id(self) -> int:
        """Number of the source."""
        return self._u32("source_id")

    @property
    def frame_num(self) -> int:
        """Number of the frame within its source."""
        return self._i32("frame_num")

    @property
    def pts(self) -> Optional[int]:
        """Presentation time of the source's buffer in nanoseconds; None without one."""
        pts = self._u64("buf_pts")
        return pts if pts != 2**64 - 1 else None

    @property
    def ntp_timestamp(self) -> int:
        """Wall-clock time in nanoseconds since 1970, 0 for none."""
        return self._u64("ntp_timestamp")

    @property
    def source_size(self) -> Tuple[int, int]:
        """Width and height of the source's frame in pixels, before the mux scaled it."""
        return self._u32("source_frame_width"), self._u32("source_frame_height")

    @property
    def pipeline_size(self) -> Tuple[int, int]:
        """Width and height of the batch's frames in pixels; 0 where the mux does not fill them."""
        return self._u32("pipeline_width"), self._u32("pipeline_height")

    @property
    def infer_done(self) -> bool:
        """Whether a detector ran on the frame, with or without results."""
        return self._i32("bInferDone") != 0

    @property
    def num_objects(self) -> int:
        """Number of objects, as counted by the library."""
        return self._u32("num_obj_meta")

    @property
    def misc(self) -> Tuple[int, ...]:
        """Four numbers for the application's own use."""
        return self._misc("misc_frame_info")

    def objects(self) -> List[Object]:
        """Objects, oldest first."""
        return [Object(self._memory, at) for at in self._memory.oldest_first(self._u64("obj_meta_list"))]

    def displays(self) -> List[Display]:
        """What the OSD shall draw beside the objects, oldest first."""
        return [Display(self._memory, at) for at in self._memory.oldest_first(self._u64("display_meta_list"))]


class Object(WithUserMetas):
    """A detected object."""

    __slots__ = ()
    STRUCT = "NvDsObjectMeta"
    USERS = "obj_user_meta_list"

    def __repr__(self) -> str:
        return f"<Object {self.label!r} of class {self.class_id}, {self.confidence:.3f}, {tuple(self.rect)}>"

    @property
    def class_id(self) -> int:
        """Class, as the detector numbers them; -1 for a whole frame that was classified."""
        return self._i32("class_id")

    @property
    def label(self) -> str:
        """Label. Bytes that are no UTF-8 are lone surrogates: `label.encode("utf-8", "surrogateescape")` has them."""
        start = self._at("obj_label")
        return fixed_text(self._raw[start : start + _layout.LABEL_SIZE])

    @property
    def confidence(self) -> float:
        """The detector's, in 0..1; -0.1 where a clustering mode gives none."""
        return self._f32("confidence")

    @property
    def tracker_confidence(self) -> float:
        """The tracker's, in 0..1."""
        return self._f32("tracker_confidence")

    @property
    def object_id(self) -> Optional[int]:
        """Number of the track; None before a tracker ran."""
        number = self._u64("object_id")
        return number if number != _layout.UNTRACKED else None

    @property
    def unique_component_id(self) -> int:
        """unique-id of the element that found the object."""
        return self._i32("unique_component_id")

    @property
    def rect(self) -> Rect:
        """The box as it is now, in pixels of the frame."""
        return self._rect("rect_params")

    @property
    def detector_rect(self) -> Rect:
        """The box as the detector gave it."""
        return self._rect("detector_bbox_info")

    @property
    def tracker_rect(self) -> Rect:
        """The box as the tracker gave it."""
        return self._rect("tracker_bbox_info")

    @property
    def style(self) -> RectStyle:
        """How the box is drawn."""
        return rect_style(self._memory, self._raw, self._at("rect_params"))

    @property
    def rotation(self) -> float:
        """Degrees by which `rect` is turned about its centre, clockwise; 0 before DeepStream 9.0."""
        return self.style.rotation

    @property
    def misc(self) -> Tuple[int, ...]:
        """Four numbers for the application's own use."""
        return self._misc("misc_obj_info")

    @property
    def parent(self) -> Optional[Object]:
        """The object that this one was found in."""
        address = self._u64("parent")
        return Object(self._memory, address) if address else None

    @property
    def text(self) -> Text:
        """The text that the OSD draws."""
        return text(self._memory, self._raw, self._at("text_params"))

    def classifiers(self) -> List[Classifier]:
        """What classifiers say, oldest first."""
        memory = self._memory
        found = []
        for address in memory.oldest_first(self._u64("classifier_meta_list")):
            raw = memory.read(address, memory.at("NvDsClassifierMeta"))
            labels = U64.unpack_from(raw, memory.at("NvDsClassifierMeta.label_info_list"))[0]
            found.append(
                Classifier(
                    I32.unpack_from(raw, memory.at("NvDsClassifierMeta.unique_component_id"))[0],
                    memory.text(U64.unpack_from(raw, memory.at("NvDsClassifierMeta.classifier_type"))[0]),
                    tuple(self._label(at) for at in memory.oldest_first(labels)),
                )
            )
        return found

    def _label(self, address: int) -> Label:
        memory = self._memory
        raw = memory.read(address, memory.at("NvDsLabelInfo"))

        def at(field: str) -> int:
            return memory.at(f"NvDsLabelInfo.{field}")

        # A text over 127 bytes is outside the struct.
        long = memory.text(U64.unpack_from(raw, at("pResult_label"))[0])
        start = at("result_label")
        return Label(
            long if long is not None else fixed_text(raw[start : start + _layout.LABEL_SIZE]),
            U32.unpack_from(raw, at("result_class_id"))[0],
            U32.unpack_from(raw, at("label_id"))[0],
            F32.unpack_from(raw, at("result_prob"))[0],
        )

    def mask(self) -> Optional[Mask]:
        """Which part of the box belongs to the object; None without a mask."""
        memory, start = self._memory, self._at("mask_params")
        data = U64.unpack_from(self._raw, start + memory.at("NvOSD_MaskParams.data"))[0]
        size, threshold = struct.unpack_from("=If", self._raw, start + memory.at("NvOSD_MaskParams.size"))
        width, height = struct.unpack_from("=2I", self._raw, start + memory.at("NvOSD_MaskParams.width"))
        if not data or size < 4:
            memory.check()
            return None
        return Mask(width, height, threshold, floats(memory.read(data, size // 4 * 4)))

    def key_points(self) -> KeyPoints:
        """Points such as eyes and joints, in the network's order; those attached last if there are several sets."""
        return self._last(_layout.KEY_POINTS_TYPE) or ()

    def corners(self) -> Optional[Corners]:
        """Corners of a turned box, x and y in pixels, clockwise from what is the upper left before it is turned."""
        found: Optional[Corners] = self._last(_layout.CORNERS_TYPE)
        return found

    def _last(self, name: str) -> Any:
        for meta in reversed(self.user_metas()):
            value = meta.of_kind(name)
            if value is not None:
                return value
        return None


class Display(Element):
    """Shapes and texts that the OSD draws."""

    __slots__ = ()
    STRUCT = "NvDsDisplayMeta"

    def _starts(self, count: str, array: str, struct_name: str) -> List[int]:
        """Where the elements of an array that count are, at most as many as there are."""
        first, size = self._at(array), self._memory.at(struct_name)
        return [first + size * index for index in range(min(self._u32(count), _layout.MOST_SHAPES))]

    def texts(self) -> List[Text]:
        """Texts."""
        return [text(self._memory, self._raw, at) for at in self._starts("num_labels", "text_params", "NvOSD_TextParams")]

    def rects(self) -> List[Box]:
        """Boxes."""
        starts = self._starts("num_rects", "rect_params", "NvOSD_RectParams")
        return [Box(Rect(*struct.unpack_from("=4f", self._raw, at)), rect_style(self._memory, self._raw, at)) for at in starts]

    def lines(self) -> List[Line]:
        """Lines."""
        found = []
        for start in self._starts("num_lines", "line_params", "NvOSD_LineParams"):
            x1, y1, x2, y2, width = struct.unpack_from("=5I", self._raw, start)
            shade = color(self._raw, start + self._memory.at("NvOSD_LineParams.line_color"))
            found.append(Line((x1, y1), (x2, y2), width, shade))
        return found

    def arrows(self) -> List[Arrow]:
        """Arrows."""
        found = []
        for start in self._starts("num_arrows", "arrow_params", "NvOSD_ArrowParams"):
            x1, y1, x2, y2, width, head = struct.unpack_from("=6I", self._raw, start)
            shade = color(self._raw, start + self._memory.at("NvOSD_ArrowParams.arrow_color"))
            found.append(Arrow((x1, y1), (x2, y2), width, head, shade))
        return found

    def circles(self) -> List[Circle]:
        """Circles."""
        found = []
        for start in self._starts("num_circles", "circle_params", "NvOSD_CircleParams"):

            def at(field: str, start: int = start) -> int:
                return start + self._memory.at(f"NvOSD_CircleParams.{field}")

            x, y, radius = struct.unpack_from("=3I", self._raw, start)
            width = 0
            if self._memory.has("NvOSD_CircleParams.circle_width"):
                width = U32.unpack_from(self._raw, at("circle_width"))[0]
            filled = U32.unpack_from(self._raw, at("has_bg_color"))[0] != 0
            fill = color(self._raw, at("bg_color")) if filled else None
            found.append(Circle((x, y), radius, width, color(self._raw, at("circle_color")), fill))
        return found
