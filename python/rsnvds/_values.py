"""Plain values: what is copied out of a batch, and stays as it is."""

from __future__ import annotations

from typing import Any, NamedTuple, Optional, Tuple


class Rect(NamedTuple):
    """A box, in pixels of the frame."""

    left: float
    top: float
    width: float
    height: float


class Color(NamedTuple):
    """A colour; components in 0..1."""

    red: float
    green: float
    blue: float
    alpha: float


class RectStyle(NamedTuple):
    """How a box is drawn."""

    border_width: int
    """Pixels."""
    border_color: Color
    fill: Optional[Color]
    """None: not filled."""
    rotation: float
    """Degrees by which the box is turned about its centre, clockwise; 0 before DeepStream 9.0."""


class Text(NamedTuple):
    """A text that the OSD draws."""

    text: Optional[str]
    """None: nothing is drawn."""
    x: int
    """Pixels, unsigned as they are stored: a text at -10 has 4294967286."""
    y: int
    font: Optional[str]
    font_size: int
    color: Color
    background: Optional[Color]


class Line(NamedTuple):
    """A line, in pixels."""

    start: Tuple[int, int]
    end: Tuple[int, int]
    width: int
    color: Color


class Arrow(NamedTuple):
    """An arrow, in pixels."""

    start: Tuple[int, int]
    end: Tuple[int, int]
    width: int
    head: int
    """Which end has it: 0 start, 1 end, 2 both."""
    color: Color


class Circle(NamedTuple):
    """A circle, in pixels."""

    center: Tuple[int, int]
    radius: int
    width: int
    """0 before DeepStream 6.4."""
    color: Color
    fill: Optional[Color]


class Box(NamedTuple):
    """A box that the OSD draws."""

    rect: Rect
    style: RectStyle


class Label(NamedTuple):
    """One label of a classifier's result."""

    label: str
    class_id: int
    label_id: int
    probability: float
    """0 to 1."""


class Classifier(NamedTuple):
    """What one classifier says of an object."""

    unique_component_id: int
    """unique-id of the classifier's element."""
    type: Optional[str]
    """As in `make` or `plate`; None if it is not said."""
    labels: Tuple[Label, ...]
    """Oldest first."""


class KeyPoint(NamedTuple):
    """A point of an object, such as an eye, in pixels of the frame. It may lie outside the frame."""

    x: float
    y: float
    confidence: float
    """0 to 1."""


class Embedding(NamedTuple):
    """Numbers that are near each other for pictures of the same thing."""

    unique_component_id: int
    """unique-id of the inference element."""
    norm: float
    """Length of the numbers as the network gave them."""
    values: Tuple[float, ...]


class Mask(NamedTuple):
    """Which part of an object's box belongs to it: rows of numbers, stretched over the box."""

    width: int
    """Numbers in a row."""
    height: int
    """Rows."""
    threshold: float
    """Numbers above it belong to the object."""
    values: Tuple[float, ...]
    """Not necessarily width * height of them, where other code attached them."""

    def array(self) -> Any:
        """The numbers as a NumPy array of height x width, a copy. Raises Error without NumPy or with another count."""
        from ._arrays import of_values

        return of_values(self.values, (self.height, self.width))


class Network(NamedTuple):
    """Size of a network's input."""

    width: int
    height: int
    channels: int
