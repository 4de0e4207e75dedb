"""The inner loops, in C: what would be a dozen passes of numpy over the same characters is one pass here.

Everything that C does is plain arithmetic on arrays that Python made: it keeps nothing, allocates only what it
frees, calls nothing of Python, and so may run in any number of threads. Which values go in and what comes out
is said where a function is declared; the C files beside this one say how.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache
from typing import Any, TypeAlias

import numpy as np

from . import build

Kind: TypeAlias = type[int] | type[np.generic]
"""Of an argument: `int`, or the type of the entries of an array."""


@cache
def _library() -> ctypes.CDLL:
    """The library, built first where it is missing or old. Raises ImportError where it cannot be."""
    if not build.is_fresh():
        try:
            build.build()
        except (OSError, RuntimeError) as error:
            raise ImportError(
                f"{build.LIBRARY}: expected the compiled part of corpuspress, made from the C files beside it, "
                f"found none that belongs to them, and could not make it ({error}); install corpuspress again, "
                "or a C compiler"
            ) from error
    return ctypes.CDLL(str(build.LIBRARY))


def function(name: str, *kinds: Kind) -> Callable[..., int]:
    """A function of the library that takes these kinds of arguments and returns a whole number.

    An array must be contiguous and of exactly its type: anything else raises TypeError, as C would read it wrongly.
    """
    types = [None if kind is int else np.dtype(kind) for kind in kinds]

    @cache
    def found() -> Callable[..., int]:
        symbol = _library()[name]
        symbol.restype = ctypes.c_int64
        symbol.argtypes = [ctypes.c_int64 if kind is int else ctypes.c_void_p for kind in kinds]
        return symbol

    def call(*arguments: Any) -> int:
        pairs = zip(arguments, types, strict=True)
        return found()(*[value if kind is None else _address(value, kind) for value, kind in pairs])

    return call


_START = ctypes.c_char * 0


def _address(value: Any, kind: np.dtype[Any]) -> Any:
    flags = value.flags if isinstance(value, np.ndarray) and value.dtype == kind else None
    if flags is None or not flags.c_contiguous:
        raise TypeError(f"expected a contiguous array of {kind.name}, found {getattr(value, 'dtype', type(value))}")
    # A view costs a fifth of `ctypes.data`, but is not given of what is read-only.
    return _START.from_buffer(value) if flags.writeable else value.ctypes.data
