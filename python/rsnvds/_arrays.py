"""Memory as NumPy arrays, where NumPy is there."""

from __future__ import annotations

from typing import Any, Sequence, Tuple

from ._library import Error


def numpy() -> Any:
    """The module. Raises Error without it."""
    try:
        import numpy as module
    except ImportError:
        raise Error("NumPy is missing, which array() needs: pip install numpy, or use memory()") from None
    return module


def of_memory(memory: memoryview, dtype: str, shape: Tuple[int, ...]) -> Any:
    """An array over memory, which is not copied and cannot be written to."""
    module = numpy()
    if not len(memory):
        return module.zeros(shape, dtype=dtype)
    return module.frombuffer(memory, dtype=dtype).reshape(shape)


def of_values(values: Sequence[float], shape: Tuple[int, ...]) -> Any:
    """An array of numbers."""
    array = numpy().array(values, dtype="float32")
    expected = 1
    for side in shape:
        expected *= side
    if array.size != expected:
        raise Error(f"expected {expected} numbers for {shape}, found {array.size}")
    return array.reshape(shape)
