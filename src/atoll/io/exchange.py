"""Models in the formats of others, which are told apart by what they hold."""

import re
from pathlib import Path

from atoll.io.dimacs import read_dimacs
from atoll.io.element import read_element
from atoll.io.faults import Faults
from atoll.io.feature_ide import read_feature_ide
from atoll.io.table_model import read_table_model
from atoll.io.text import decode, read_content
from atoll.io.uvl import read_uvl
from atoll.io.xcsp import read_xcsp
from atoll.model.constraint import ConstraintModel

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
    content = read_content(path, source, faults)
    text = None if content is None else decode(content, source, faults)
    model = None if text is None else _read(text, source, faults)
    faults.raise_any()
    if model is None:
        raise ValueError(f"Expected a model or a fault of {source}.")
    return model


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
