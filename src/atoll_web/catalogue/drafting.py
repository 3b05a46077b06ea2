"""A draft as the fields of a form, and back to its document. What is typed stays as it is typed, also where it is wrong."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from io import StringIO
from typing import IO, Any

from django.http import QueryDict

from atoll.errors import BadInput, Issue
from atoll_web.catalogue.errors import NotADay
from atoll_web.catalogue.models import Revision
from atoll_web.catalogue.services import DRAFT

FIELDS: Mapping[str, tuple[str, ...]] = {
    "rules": ("name", "text", "rule", "valid_from", "valid_until"),
    "tables": ("name", "text", "features", "sort", "rows", "valid_from", "valid_until"),
    "examples": ("name", "choices", "valid"),
}
"""The parts of a document that the form holds, each with the fields of one row."""

SINGULAR = {"rules": "rule", "tables": "table", "examples": "example"}
MOST_ROWS = 2_000
LARGEST_FILE = 5_000_000
"""Bytes of a document that is sent as a file."""
INVALID = "invalid"
"""What the field `valid` of an example holds that must stay invalid."""


@dataclass(frozen=True, slots=True)
class Row:
    """One rule, table or example as it stands in the form.

    Parameters
    ----------
    place
        Its number in the form, which the names of its fields hold.
    faults
        What is wrong with it, in words.
    """

    part: str
    place: int
    fields: Mapping[str, str]
    faults: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The beginning of the names of its fields."""
        return f"{self.part}.{self.place}"

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been typed into it."""
        return not any(text for name, text in self.fields.items() if name not in {"sort", "valid"})


@dataclass(frozen=True, slots=True)
class Form:
    """What the form of a draft holds.

    Parameters
    ----------
    reason
        Why the draft is changed; it is kept in the history.
    digest
        Of the document as it was when the form was opened.
    faults
        What is wrong with the whole.
    """

    name: str
    valid_from: str
    rows: tuple[Row, ...]
    reason: str = ""
    digest: str = ""
    faults: tuple[str, ...] = ()

    @property
    def rules(self) -> list[Row]:
        """The rules."""
        return self._of("rules")

    @property
    def tables(self) -> list[Row]:
        """The tables."""
        return self._of("tables")

    @property
    def examples(self) -> list[Row]:
        """The examples."""
        return self._of("examples")

    def _of(self, part: str) -> list[Row]:
        return [row for row in self.rows if row.part == part]

    def with_row(self, part: str) -> "Form":
        """With an empty row at the end of a part."""
        place = max((row.place for row in self._of(part)), default=0) + 1
        return replace(self, rows=(*self.rows, Row(part, place, dict.fromkeys(FIELDS[part], ""))))

    def without_row(self, key: str) -> "Form":
        """Without one of the rows."""
        return replace(self, rows=tuple(row for row in self.rows if row.key != key))

    def told(self, issues: Iterable[Issue]) -> "Form":
        """With each fault at its row, or beside the whole where it belongs to none."""
        places = {f"{DRAFT}: {label}": row.key for row, label in self._labels()}
        at_rows: dict[str, list[str]] = {}
        others = []
        for issue in issues:
            place, _, within = issue.source.partition(", ")
            words = " ".join(filter(None, [f"{within}:" if within else "", issue.message, issue.hint]))
            if place in places:
                at_rows.setdefault(places[place], []).append(words)
            else:
                others.append(str(issue))
        rows = tuple(replace(row, faults=tuple(at_rows.get(row.key, ()))) for row in self.rows)
        return replace(self, rows=rows, faults=(*self.faults, *others))

    def _labels(self) -> Iterator[tuple[Row, str]]:
        """The rows with what `atoll.configure` calls them: by name, or by their place among those that are not empty."""
        for part, singular in SINGULAR.items():
            for place, row in enumerate((row for row in self._of(part) if not row.is_empty), start=1):
                name = row.fields["name"][:60]
                yield row, f"{singular} `{name}`" if name else f"{singular} {place}"

    def document(self, base: Mapping[str, Any]) -> dict[str, Any]:
        """The document: what the form holds, and all the rest as it was."""
        kinds = {feature["code"]: feature["kind"] for feature in base.get("features", ())}
        parts = {
            "rules": [_filled(row.fields) for row in self.rules if not row.is_empty],
            "tables": [_table(row.fields) for row in self.tables if not row.is_empty],
            "examples": [_example(row.fields, kinds) for row in self.examples if not row.is_empty],
        }
        return {**base, "revision": self.name, **parts}


def read_form(data: QueryDict) -> Form:
    """The form as it was sent."""
    keys = [tuple(name.split(".")[:2]) for name in data if name.count(".") == 2]
    rows = [
        Row(part, int(place), {name: data.get(f"{part}.{place}.{name}", "").strip() for name in FIELDS[part]})
        for part, place in dict.fromkeys(keys)
        if part in FIELDS and place.isascii() and place.isdigit() and len(place) < 6
    ]
    name, valid_from, reason, digest = (data.get(name, "").strip() for name in ("name", "valid_from", "reason", "digest"))
    return Form(name, valid_from, tuple(rows[:MOST_ROWS]), reason, digest)


def form_of(revision: Revision) -> Form:
    """The form of a revision."""
    document = revision.document
    texts = {"rules": dict, "tables": _table_texts, "examples": _example_texts}
    rows = [
        Row(part, place, {name: str(texts[part](record).get(name, "")) for name in FIELDS[part]})
        for part in FIELDS
        for place, record in enumerate(document.get(part, ()), start=1)
    ]
    return Form(revision.name, revision.valid_from.isoformat(), tuple(rows), digest=revision.digest)


def read_day(text: str) -> date:
    """A date as a form sends it.

    Raises
    ------
    NotADay
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise NotADay(text=text[:40]) from None


def read_file(file: IO[bytes]) -> str:
    """The text of a file that was sent.

    Raises
    ------
    BadInput
        When it is too large, or no UTF-8.
    """
    content = file.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise BadInput([Issue(DRAFT, "too-large", f"The file has more than {LARGEST_FILE:,} bytes.")])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        issue = Issue(f"{DRAFT}:{line}", "not-utf-8", "The text is not UTF-8.", "Save the file with this encoding.")
        raise BadInput([issue]) from None


def _filled(fields: Mapping[str, str]) -> dict[str, Any]:
    """Fields without the empty ones; a rule says nothing about days that it does not have."""
    return {name: text for name, text in fields.items() if text or name == "rule"}


def _table(fields: Mapping[str, str]) -> dict[str, Any]:
    """A table's columns are separated by commas, and so are the cells of each line."""
    plain = {name: text for name, text in _filled(fields).items() if name not in {"features", "sort", "rows"}}
    rows = [cells for line in fields["rows"].splitlines() if (cells := _cells(line))]
    columns = [code.strip() for code in fields["features"].split(",") if code.strip()]
    return plain | {"features": columns, fields["sort"] or "allowed": [[cell.strip() for cell in row] for row in rows]}


def _cells(line: str) -> list[str]:
    try:
        return next(csv.reader([line], skipinitialspace=True), [])
    except csv.Error:  # such as a cell of more than 131,072 characters
        return [line[:60]]


def _table_texts(table: Mapping[str, Any]) -> dict[str, Any]:
    sort = "forbidden" if table.get("forbidden") else "allowed"
    lines = StringIO()
    csv.writer(lines, lineterminator="\n").writerows(table.get(sort, ()))
    return {**table, "features": ", ".join(table["features"]), "sort": sort, "rows": lines.getvalue().strip()}


def _example(fields: Mapping[str, str], kinds: Mapping[str, str]) -> dict[str, Any]:
    """One choice in each line, such as ``arm = ARM-L``; several options of one feature are separated by commas."""
    choices: dict[str, Any] = {}
    for line in filter(None, map(str.strip, fields["choices"].splitlines())):
        code, _, value = (part.strip() for part in line.partition("="))
        several = [option.strip() for option in value.split(",") if option.strip()]
        choices[code] = several if kinds.get(code) == "many" else value
    return {"name": fields["name"], "choices": choices, "valid": fields["valid"] != INVALID}


def _example_texts(example: Mapping[str, Any]) -> dict[str, Any]:
    lines = (f"{code} = {', '.join(value) if isinstance(value, list) else value}" for code, value in example["choices"].items())
    return {"name": example["name"], "choices": "\n".join(lines), "valid": "valid" if example["valid"] else INVALID}
