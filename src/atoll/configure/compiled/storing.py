"""A compiled model as bytes, which any machine reads: arrays in NumPy's own format, with a checksum, and no code."""

import hashlib
import io
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from atoll.configure.compiled.circuit import Axes
from atoll.configure.compiled.passes import Compiled, Program
from atoll.errors import AtollError

VERSION = 1
"""Of the format. It counts on when the meaning of the arrays changes."""

DIGEST_BYTES = 32


class FormNotReadable(AtollError):
    """The compiled form cannot be read: {why}. It is made anew from its model."""


class OtherModel(FormNotReadable):
    """The compiled form belongs to another model, or to another revision of it. It is made anew from its model."""


def write_compiled(compiled: Compiled) -> bytes:
    """A compiled model as bytes: a checksum, and behind it an archive of arrays.

    The axes are written too, so that a form is never read as that of another model.
    """
    program, archive = compiled.program, io.BytesIO()
    np.savez_compressed(
        archive,
        version=np.array([VERSION], "<i4"),
        literals=_literals(compiled.axes),
        start=program.start.astype("<i4"),
        child=program.child.astype("<i4"),
        is_and=program.is_and,
    )
    content = archive.getvalue()
    return hashlib.sha256(content).digest() + content


def read_compiled(data: bytes, axes: Axes) -> Compiled:
    """What `write_compiled` wrote of a model with these axes.

    Raises
    ------
    FormNotReadable
        When the bytes are damaged, or of another version of the program, or of another model.
    """
    checksum, content = data[:DIGEST_BYTES], data[DIGEST_BYTES:]
    if hashlib.sha256(content).digest() != checksum:
        raise FormNotReadable(why="it is damaged")
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            if arrays["version"].tolist() != [VERSION]:
                raise FormNotReadable(why="another version of the program wrote it")
            program = Program(arrays["start"], arrays["child"], arrays["is_and"])
            literals = arrays["literals"]
    except (BadZipFile, KeyError, ValueError, OSError) as error:
        raise FormNotReadable(why="it is no archive of arrays") from error
    if not np.array_equal(literals, _literals(axes)):
        raise OtherModel()
    _check(program, len([literal for values in axes.literals for literal in values]))
    return Compiled.of_program(program, axes)


def _literals(axes: Axes) -> NDArray[np.int32]:
    """Literals of all variables, a 0 behind those of each."""
    return np.array([part for values in axes.literals for part in (*values, 0)], "<i4")


def _check(program: Program, literals: int) -> None:
    """Refuse arrays that a pass would read beyond their ends."""
    start, child, is_and = program
    kinds = start.dtype == child.dtype == np.int32 and is_and.dtype == np.bool_
    if not kinds or len(is_and) == 0 or len(start) != len(is_and) + 1 or start[0] != 0 or start[-1] != len(child):
        raise FormNotReadable(why="its arrays do not fit together")
    parents = literals + np.repeat(np.arange(len(is_and)), np.maximum(np.diff(start), 0))
    if np.any(np.diff(start) < 0) or np.any(child < 0) or np.any(child >= parents):
        raise FormNotReadable(why="its arrays do not fit together")
