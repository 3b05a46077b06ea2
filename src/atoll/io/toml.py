"""Documents as TOML texts. The standard library reads them; this writes them."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

BARE = re.compile(r"[A-Za-z0-9_-]+")


def write_toml(document: Mapping[str, Any]) -> str:
    """A TOML text from which `tomllib.loads` gives the document again.

    Lists of tables stand below the plain fields, each table under its heading; tables within them stand on one line. Fields that
    are None are left out, since TOML has no word for nothing.

    Examples
    --------
    >>> print(write_toml({"code": "DL", "rules": [{"name": "fits", "rule": 'head = "L"'}]}), end="")
    code = "DL"
    <BLANKLINE>
    [[rules]]
    name = "fits"
    rule = "head = \\"L\\""
    """
    return "\n".join(_lines(document, ())) + "\n"


def _lines(table: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    below = {name: value for name, value in table.items() if _is_tables(value)}
    for name, value in table.items():
        if name not in below and value is not None:
            yield f"{_key(name)} = {_value(value)}"
    for name, tables in below.items():
        heading = ".".join(map(_key, (*path, name)))
        for fields in tables:
            yield from ("", f"[[{heading}]]", *_lines(fields, (*path, name)))


def _is_tables(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and len(value) > 0 and all(isinstance(part, Mapping) for part in value)


def _key(name: str) -> str:
    return name if BARE.fullmatch(name) else _text(name)


def _text(text: str) -> str:
    # A basic string of TOML takes the escapes of JSON; DEL, which JSON leaves as it is, is not allowed in it.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _value(value: Any) -> str:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        fields = (f"{_key(name)} = {_value(part)}" for name, part in value.items() if part is not None)
        return f"{{ {', '.join(fields)} }}" if value else "{}"
    if isinstance(value, Sequence):
        return f"[{', '.join(map(_value, value))}]"
    return str(value)
