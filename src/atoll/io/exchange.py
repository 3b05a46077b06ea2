"""Models in the formats of others, which are told apart by what they hold."""

import gzip
import re
import zlib
from io import BytesIO
from pathlib import Path

from atoll.io.dimacs import read_dimacs
from atoll.io.element import read_element
from atoll.io.faults import Faults
from atoll.io.feature_ide import read_feature_ide
from atoll.io.table_model import read_table_model
from atoll.io.text import decode
from atoll.io.uvl import read_uvl
from atoll.io.xcsp import read_xcsp
from atoll.model.constraint import ConstraintModel

MOST_BYTES = 100_000_000
"""Of a file, when it is unpacked."""

GZIP = b"\x1f\x8b"
DIMACS = re.compile(r"(?:c[^\n]*\n|[ \t\r]*\n)*p[ \t]+cnf\b")
UVL = re.compile(r"^(?:namespace|include|imports|features)\b", re.MULTILINE)
FEATURE_MODELS = {"featureModel", "extendedFeatureModel"}
FORMATS = "UVL, DIMACS, XML of FeatureIDE, XCSP 2.1 and tables in JSON"


def read_constraint_model(path: Path) -> ConstraintModel:
    """Read a model in any of the formats, gzipped or not.

    Parameters
    ----------
    path
        Its ending (before `.gz`) says what it is where the content leaves it open.

    Raises
    ------
    BadInput
        With every fault that was found, each with its file and line.
    """
    faults = Faults()
    source = path.name
    content = _content(path, source, faults)
    text = None if content is None else decode(content, source, faults)
    model = None if text is None else _read(text, source, faults)
    faults.raise_any()
    if model is None:
        raise ValueError(f"Expected a model or a fault of {source}.")
    return model


def _content(path: Path, source: str, faults: Faults) -> bytes | None:
    """The bytes of a file, unpacked if it is packed, so far as they are not too many."""
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        faults.add(source, "missing-file", "The file is missing.")
        return None
    except OSError as error:
        faults.add(source, "unreadable-file", f"The file cannot be read: {error.strerror}.")
        return None
    try:
        if content.startswith(GZIP):
            with gzip.GzipFile(fileobj=BytesIO(content)) as packed:
                content = packed.read(MOST_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        faults.add(source, "bad-gzip", f"The file cannot be unpacked: {error}.", "It may be damaged or cut off.")
        return None
    if len(content) > MOST_BYTES:
        faults.add(source, "too-large", f"The file has more than {MOST_BYTES:,} bytes.", "Larger ones are not read.")
        return None
    return content


def _read(text: str, source: str, faults: Faults) -> ConstraintModel | None:
    name, _, ending = source.removesuffix(".gz").rpartition(".")
    name = name or ending
    begin = text.lstrip()[:1]
    if begin == "<" or ending == "xml":
        return _read_xml(text, name, source, faults)
    if begin == "{" or ending == "json":
        return read_table_model(text, name, source, faults)
    if ending in {"dimacs", "cnf"} or DIMACS.match(text):
        return read_dimacs(text, name, source, faults)
    if ending == "uvl" or UVL.search(text):
        return read_uvl(text, name, source, faults)
    faults.add(source, "unknown-format", "This is no format that is read.", f"{FORMATS} are.")
    return None


def _read_xml(text: str, name: str, source: str, faults: Faults) -> ConstraintModel | None:
    document = read_element(text, source, faults)
    if document is None:
        return None
    if document.tag in FEATURE_MODELS:
        return read_feature_ide(document, source, faults)
    if document.tag == "instance":
        return read_xcsp(document, name, source, faults)
    hint = "Expected <featureModel> of FeatureIDE or <instance> of XCSP 2.1."
    faults.add(f"{source}:{document.line}", "unknown-format", f"<{document.tag}> is no model that is read.", hint)
    return None
