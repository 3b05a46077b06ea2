"""The result of a run as people read it: headline figures, then parts with facts or a table. The `.json` twin has all."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

LONGEST = 12
"""Numbers of a series that are shown."""

FIGURES = (
    ("order_fill_rate", "order fill rate"),
    ("on_time_in_full", "on time in full"),
    ("response_days.median", "days of response, median"),
    ("response_days.p95", "days of response, 95 %"),
    ("inventory_value.mean", "inventory value, mean"),
    ("turns", "turns a year"),
    ("shipped.units", "units shipped"),
    ("promises_changed.later", "promises made later"),
)
"""Headline figures of a demonstration: path in the result, and words."""

PARTS = (
    "orders",
    "inventory_value",
    "response_days_by_week",
    "delaying_components",
    "line_load",
    "promises_changed",
    "shipped",
    "rows",
    "seconds",
)
"""Order of the parts of a demonstration's report; any other result is shown as it stands."""

SHARES = {"order_fill_rate", "on_time_in_full", "item_fill_rate", "line_load"}


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a result: facts, or a table."""

    title: str
    facts: Sequence[tuple[str, str]] = ()
    columns: Sequence[str] = ()
    rows: list[list[str]] = field(default_factory=list)


def figures(result: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Those headline figures that the result has."""
    found = []
    for path, words in FIGURES:
        value: Any = result
        for name in path.split("."):
            value = value.get(name) if isinstance(value, Mapping) else None
        if value is not None:
            found.append((in_words(value, is_share=path in SHARES), words))
    return found


def parts(result: Mapping[str, Any]) -> Iterator[Part]:
    """The result in parts."""
    is_report = result.keys() >= set(PARTS)
    if not is_report and (found := facts(result)):
        yield Part("Result", found)
    for name in PARTS if is_report else result:
        value, title = result[name], _title(name)
        records = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
        if records and all(isinstance(record, Mapping) for record in records):
            columns = list(next(iter(records)))
            keys = [[key] for key in value] if isinstance(value, Mapping) else [[] for _ in value]
            rows = [key + [in_words(record.get(c)) for c in columns] for key, record in zip(keys, records, strict=True)]
            yield Part(title, columns=[""] * len(keys[0]) + [_title(c) for c in columns], rows=rows)
        elif isinstance(value, Mapping) and (found := facts(value, is_share=name in SHARES)):
            yield Part(title, found)


def facts(values: Mapping[str, Any], *, is_share: bool = False) -> list[tuple[str, str]]:
    """The plain values of a document, and short series of them; parts of parts as one line."""
    found = []
    for name, value in values.items():
        if isinstance(value, Mapping):
            words = ", ".join(f"{key} {in_words(part)}" for key, part in value.items() if _is_plain(part))
        elif isinstance(value, list):
            words = ", ".join(map(in_words, value)) if len(value) <= LONGEST and all(map(_is_plain, value)) else ""
        else:
            words = in_words(value, is_share=is_share or name in SHARES)
        if words:
            found.append((_title(name), words))
    return found


def in_words(value: Any, *, is_share: bool = False) -> str:
    """A plain value."""
    if value is None:
        return "–"
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    if is_share:
        return f"{value:.1%}"
    return f"{value:,.0f}" if isinstance(value, int) or abs(value) >= 1000 else f"{value:.4g}"


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _is_plain(value: Any) -> bool:
    return not isinstance(value, (Mapping, list))
