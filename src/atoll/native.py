"""Functions in machine code, and the records that they work on."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
from numba import njit

Function = TypeVar("Function", bound=Callable[..., Any])


def native(function: Function, **options: Any) -> Function:
    """Translate a function when it is first called, and keep the translation beside its file where that can be written."""
    try:
        return cast(Function, njit(cache=True, **options)(function))
    except RuntimeError:  # nowhere to keep it
        return cast(Function, njit(**options)(function))


def inner(function: Function) -> Function:
    """Compile a function that only compiled functions call; without a door for Python that takes half the time."""
    return native(function, no_cpython_wrapper=True, no_cfunc_wrapper=True)


def record(**fields: type) -> np.dtype[np.void]:
    """The type of a record with some fields."""
    return np.dtype([*fields.items()])


def in_place(function: Function) -> Function:
    """Compile an inner function that makes no arrays.

    It does not count references to those that it is given. That takes most of the time where small functions pass many of
    them on.
    """
    return native(function, no_cpython_wrapper=True, no_cfunc_wrapper=True, _nrt=False)


def in_line(function: Function) -> Function:
    """The same, but into the functions that call it."""
    return native(function, no_cpython_wrapper=True, no_cfunc_wrapper=True, _nrt=False, forceinline=True)
