"""Variables and tables in JSON, the form in which the CLib models go round.

::

    {"name": "bike",
     "variables": {"frame": ["S", "M"], "gears": [8, 11]},
     "tables": [{"name": "sizes", "scope": ["frame", "gears"], "tuples": [["S", 8], ["M", 11]]}]}
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from atoll.io.faults import MOST_FAULTS, Faults
from atoll.io.json_text import load_json
from atoll.model.constraint import Constraint, ConstraintModel, Integers, Table, Variable

MOST_CELLS = 30_000_000
"""Values in all tables of a file together."""


def read_table_model(text: str, name: str, source: str, faults: Faults) -> ConstraintModel | None:
    """The model; None, and faults, when the text makes no sense."""
    document = load_json(text, source, faults, as_texts=True)
    if not isinstance(document, dict):
        if document is not None:
            faults.add(source, "bad-field", "Expected an object with `variables` and `tables`.")
        return None
    variables = _variables(document, source, faults)
    places = {variable.name: place for place, variable in enumerate(variables)}
    tables = _field(document, "tables", list, [], source, faults)
    if sum(_cells(table) for table in tables) > MOST_CELLS:
        message = f"The tables have more than {MOST_CELLS:,} values."
        faults.add(f"{source} tables", "too-large", message, "Larger ones are not read.")
        return None
    constraints = [
        _constraint(table, number, variables, places, f"{source} tables[{number}]", faults)
        for number, table in enumerate(tables, 1)
        if len(faults.issues) < MOST_FAULTS
    ]
    title = _field(document, "name", str, name, source, faults)
    return None if faults.issues else ConstraintModel(title, variables, tuple(filter(None, constraints)))


def _field(fields: Mapping[str, Any], name: str, kind: type, default: Any, source: str, faults: Faults) -> Any:
    value = fields.get(name, default)
    if not isinstance(value, kind):
        expected = {"dict": "an object", "list": "a list", "str": "a text"}[kind.__name__]
        faults.add(f"{source} {name}", "bad-field" if name in fields else "missing-field", f"Expected {expected}.")
        return kind()
    return value


def _variables(document: Mapping[str, Any], source: str, faults: Faults) -> tuple[Variable, ...]:
    found = []
    for name, values in _field(document, "variables", dict, None, source, faults).items():
        words = [_word(value) for value in values] if isinstance(values, list) else []
        if len(faults.issues) >= MOST_FAULTS:
            break
        if not name or not words or len(set(words)) < len(words) or None in words:
            faults.add(f"{source} variables.{name}", "bad-values", "Expected a list of different values, numbers or texts.")
        else:
            found.append(Variable(name, tuple(filter(None, words))))
    if not found and not faults.issues:
        faults.add(f"{source} variables", "no-variable", "There is no variable.")
    return tuple(found)


def _word(value: Any) -> str | None:
    """A value in words; None if it cannot be one. Numbers come as they are written."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) and value else None


def _cells(table: Any) -> int:
    rows = table.get("tuples") if isinstance(table, dict) else None
    return sum(len(row) for row in rows if isinstance(row, list)) if isinstance(rows, list) else 0


def _constraint(
    table: Any, number: int, variables: tuple[Variable, ...], places: Mapping[str, int], source: str, faults: Faults
) -> Constraint | None:
    before = len(faults.issues)
    if not isinstance(table, dict):
        faults.add(source, "bad-field", "Expected an object with `name`, `scope` and `tuples`.")
        return None
    name = _field(table, "name", str, f"table {number}", source, faults)
    scope = _field(table, "scope", list, None, source, faults)
    rows = _field(table, "tuples", list, None, source, faults)
    for word in [word for word in scope if not isinstance(word, str) or word not in places]:
        faults.add(f"{source} scope", "unknown-variable", f"There is no variable {word}.")
    if len(faults.issues) == before and (not scope or len(set(scope)) < len(scope)):
        faults.add(f"{source} scope", "bad-scope", "Expected the names of different variables.")
    if len(faults.issues) > before:
        return None
    positions = tuple(places[word] for word in scope)
    found = _rows(rows, [variables[place] for place in positions], source, faults)
    text = f"{', '.join(scope)}: {len(rows)} allowed combinations"
    return Constraint(name, text, (Table(positions, found),)) if len(faults.issues) == before else None


def _rows(rows: list[Any], columns: list[Variable], source: str, faults: Faults) -> Integers:
    found = np.zeros((len(rows), len(columns)), dtype=np.int64)
    for number, row in enumerate(rows, 1):
        if not isinstance(row, list) or len(row) != len(columns):
            faults.add(f"{source} tuples[{number}]", "bad-row", f"Expected {len(columns)} values.")
            return found
    for column, variable in enumerate(columns):
        places = {value: place for place, value in enumerate(variable.values)}
        words = [row[column] if isinstance(row[column], str) else _word(row[column]) for row in rows]
        found[:, column] = [places.get(word, -1) if word is not None else -1 for word in words]
        bad = np.flatnonzero(found[:, column] < 0)
        if len(bad):
            message = f"`{rows[int(bad[0])][column]}` is no value of {variable.name}."
            faults.add(f"{source} tuples[{int(bad[0]) + 1}]", "unknown-value", message)
    return found
