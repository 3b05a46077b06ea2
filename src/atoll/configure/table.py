"""Rules written as tables of allowed or forbidden combinations."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from atoll.configure.document import Faults, Record, did_you_mean, shown
from atoll.configure.evaluate import as_number
from atoll.configure.meaning import NUMBERS, Features, is_value
from atoll.model.expression import Choice, Comparison, Expression, Logical, Not, Number, OneOf
from atoll.model.product import Feature, FeatureKind, Rule

ANY = "*"

SORTS = ("allowed", "forbidden")
"""What the rows of a table are."""

MOST_ROWS = 100_000
"""Rows of all tables of a model, which are read in about five seconds."""


def read_tables(records: Iterable[Record], features: Features) -> list[tuple[Rule, Mapping[str, Any]]]:
    """The tables of a model, see `read_table`. Those beyond the most rows are not looked into."""
    tables, rows = [], 0
    for record in records:
        rows += sum(len(found) for sort in SORTS if isinstance(found := record.fields.get(sort), (list, tuple)))
        if rows > MOST_ROWS:
            message = f"The tables of a model can have {MOST_ROWS:,} rows in all, and up to this one there are {rows:,}."
            record.faults.add("too-many-rows", message, "Say several rows in one by `*`, `a|b` or `10..20`, or by a rule.")
        else:
            tables.append(read_table(record, features))
    return tables


def read_table(record: Record, features: Features) -> tuple[Rule, Mapping[str, Any]]:
    """The rule that a table stands for, and the table in its plain form.

    A cell is a value, several as `a|b`, a range of numbers as `10..20`, or `*` for any.
    """
    name = record.text("name")
    text = record.text("text", name)
    columns = _columns(record, features)
    sort = _sort(record)
    rows = [_row(row, columns, record.faults.at(f"row {place}")) for place, row in enumerate(record.list(sort), start=1)]
    condition = joined("or", [joined("and", [part for _, part in row if part is not None]) for row in rows])
    if sort == "forbidden":
        condition = Not(condition)
    rule = Rule(name, text, condition, "", *record.span())
    days = {key: day.isoformat() for key, day in (("valid_from", rule.valid_from), ("valid_until", rule.valid_until)) if day}
    cells = [[cell for cell, _ in row] for row in rows]
    return rule, {"name": name, "text": text, "features": [*record.words("features")], sort: cells} | days


Cell = tuple[str, Expression | None]
"""A cell as it is written, and what it asks; None for anything."""


def _columns(record: Record, features: Features) -> list[Feature | None]:
    codes = record.words("features")
    if not codes:
        record.faults.add("missing-key", "`features` is missing: the columns of the table.")
    for code in codes:
        if code not in features:
            record.faults.add("unknown-feature", f"There is no feature `{code}`.", did_you_mean(code, features))
        elif features[code].kind in {FeatureKind.MANY, FeatureKind.TEXT}:
            message = f"A table cannot have a column `{code}`, a feature of kind {features[code].kind.value}."
            record.faults.add("bad-column", message, "Write a rule instead.")
    return [features.get(code) for code in codes]


def _sort(record: Record) -> str:
    """Whether the rows are allowed or forbidden."""
    sorts = [sort for sort in SORTS if sort in record]
    if len(sorts) != 1 or not record.fields[sorts[0]]:
        record.faults.add("missing-key", "Expected rows, either as `allowed` or as `forbidden`.")
    return sorts[0] if sorts else "allowed"


def _row(row: Any, columns: list[Feature | None], faults: Faults) -> list[Cell]:
    if not isinstance(row, (list, tuple)) or len(row) != len(columns):
        faults.add("bad-row", f"Expected {len(columns)} cells, one for each feature, got {shown(row)}.")
        return []
    return [_cell(cell, feature, faults) for cell, feature in zip(row, columns, strict=True)]


def _cell(cell: Any, feature: Feature | None, faults: Faults) -> Cell:
    if isinstance(cell, bool) or not isinstance(cell, (str, int, float)):
        faults.add("bad-value", f"Expected a text or number as cell, got {shown(cell)}.")
        return ANY, None
    text = str(cell).strip()
    if text == ANY or feature is None:
        return text, None
    parts = [_alternative(part.strip(), feature, faults) for part in text.split("|")]
    words = tuple(part for part in parts if isinstance(part, str))
    ranges = [part for part in parts if not isinstance(part, str)]
    return text, joined("or", ([OneOf(Choice(feature.code), words)] if words else []) + ranges)


def _alternative(word: str, feature: Feature, faults: Faults) -> str | Expression:
    """One value, as it is, or a range of numbers as a condition."""
    low, dots, high = word.partition("..")
    if dots and feature.kind in NUMBERS:
        least, most = as_number(low), as_number(high)
        if least is None or most is None or least > most:
            faults.add("bad-number", f"`{word}` is no range.", "Write it like 10..20.")
            return feature.code
        choice = Choice(feature.code)
        return Logical("and", Comparison(">=", choice, Number(least)), Comparison("<=", choice, Number(most)))
    if not is_value(feature, word):
        hint = did_you_mean(word, [str(value) for value in feature.values()] if feature.options else [])
        faults.add("unknown-option", f"`{word}` is not a value of `{feature.code}`.", hint)
    return word


def joined(sign: str, parts: Sequence[Expression]) -> Expression:
    """Parts joined as a balanced tree, so that long tables stay shallow; no part at all is true."""
    if not parts:
        return Comparison("=", Number(Decimal(1)), Number(Decimal(1)))
    if len(parts) == 1:
        return parts[0]
    half = len(parts) // 2
    return Logical(sign, joined(sign, parts[:half]), joined(sign, parts[half:]))
