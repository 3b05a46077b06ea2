"""Texts in JSON."""

import json
from typing import Any

from atoll.io.faults import Faults


def load_json(text: str, source: str, faults: Faults, *, as_texts: bool = False) -> Any:
    """What a text holds; None, and a fault, when it is no JSON. A field that stands there twice is a fault.

    Parameters
    ----------
    as_texts
        Whether numbers stay the texts that they are.
    """

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            faults.add(source, "duplicate-field", f"`{twice}` stands there twice.")
        return found

    whole, number, other = (str, str, str) if as_texts else (None, None, None)
    try:
        return json.loads(text, object_pairs_hook=unique, parse_int=whole, parse_float=number, parse_constant=other)
    except json.JSONDecodeError as error:
        faults.add(f"{source}:{error.lineno}", "bad-json", f"Column {error.colno}: this is no JSON: {error.msg}.")
    except (RecursionError, ValueError) as error:
        reason = "it has too many levels" if isinstance(error, RecursionError) else "a number has too many digits"
        faults.add(source, "bad-json", f"The document cannot be read: {reason}.")
    return None
