"""Functions in machine code."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

Function = TypeVar("Function", bound=Callable[..., object])


def native(function: Function, **options: Any) -> Function:
    """Translate a function when it is first called, and keep the translation beside its file where that can be written."""
    try:
        return cast(Function, njit(cache=True, **options)(function))
    except RuntimeError:  # nowhere to keep it
        return cast(Function, njit(**options)(function))


def in_line(function: Function) -> Function:
    """Translate a small function that makes no arrays into the functions that call it."""
    return native(function, _nrt=False, forceinline=True)


def in_place(function: Function) -> Function:
    """Translate a function that makes no arrays.

    It does not count references to those that it is given. That takes most of the time where small functions pass many of
    them on.
    """
    return native(function, _nrt=False)
