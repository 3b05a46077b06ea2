"""Orders as files say them: CSV with a row for each line, or JSON. Every fault of form is told, with its line and column."""

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from atoll.errors import BadInput, Issue
from atoll.model.product import Feature, FeatureKind
from atoll_web.catalogue import services as catalogue
from atoll_web.catalogue.errors import ModelNotOrderable, UnknownModel
from atoll_web.catalogue.snapshot import product_model
from atoll_web.sales.services.drafting import NewLine, RowPlace
from atoll_web.sales.services.entering import NewOrder

FIELDS = ("order", "customer", "model", "quantity", "request_date", "choices", "ship_complete", "delivery_group")
"""Columns of a CSV file; every other column is a feature."""

NEEDED = ("customer", "model")
SEVERAL = "|"
"""Between the values of a feature of which several can be chosen."""

MOST_OF_REFERENCE = 80
YES = {"1", "yes", "true", "y", "x"}
NO = {"", "0", "no", "false", "n"}


def read_orders(text: str, today: date) -> tuple[list[NewOrder], list[Issue]]:
    """The orders of a CSV or JSON text, in the sequence in which they begin, and every fault of its form.

    A field that cannot be read is taken for one that is not given, so that what else is wrong can be told along.

    Raises
    ------
    BadInput
        When there is no order in it.
    """
    reader = _reader(text, today, NEEDED)
    orders = reader.read(text.lstrip("\ufeff"))
    if not reader.issues and not orders:
        reader.fault("file", "no-orders", "There is no order in it.", "Write one line for each product under the headings.")
    if not orders:
        raise BadInput(reader.issues)
    return orders, reader.issues


def read_lines(text: str, today: date) -> list[NewLine]:
    """The lines of one basket: as `read_orders` reads those of an order, whose customer need not be named.

    JSON is a list of lines, or an object that has it under `lines`.

    Raises
    ------
    BadInput
        With every fault of its form.
    """
    reader = _reader(text, today, ("model",))
    lines = reader.read_lines(text.lstrip("\ufeff"))
    if not reader.issues and not lines:
        reader.fault("file", "no-lines", "There is no line in it.", "Write one line for each product under the headings.")
    if reader.issues:
        raise BadInput(reader.issues)
    return lines


def _reader(text: str, today: date, needed: Sequence[str]) -> "_Csv | _Json":
    return _Json() if text.lstrip("\ufeff \t\r\n")[:1] in ("{", "[") else _Csv(today, needed)


class _Reader:
    """Collects faults."""

    def __init__(self) -> None:
        self.issues: list[Issue] = []

    def fault(self, source: str, code: str, message: str, hint: str = "") -> None:
        """Note what is wrong, and go on."""
        self.issues.append(Issue(source, code, message, hint))

    def whole(self, source: str, value: object) -> int:
        """A whole number; whether it can be ordered is judged later."""
        text = str(value)
        if isinstance(value, bool) or not text.removeprefix("-").isdecimal() or not text.isascii() or len(text) > 12:
            self.fault(source, "not-a-number", f"“{text[:40]}” is no whole number.", "Write it like 25.")
            return 1
        return int(text)

    def day(self, source: str, value: object) -> date | None:
        """A date, or none."""
        if value in (None, ""):
            return None
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            self.fault(source, "not-a-date", f"“{str(value)[:40]}” is no date.", "Write it like 2026-03-20.")
            return None

    def reference(self, source: str, value: object) -> str:
        """The client's own word for an order."""
        text = str(value)
        if len(text) > MOST_OF_REFERENCE:
            self.fault(source, "too-long", f"A reference has at most {MOST_OF_REFERENCE} characters, this has {len(text)}.")
        return text


class _Csv(_Reader):
    """A row for each line; rows with the same reference in the column `order` are one order."""

    def __init__(self, today: date, needed: Sequence[str]) -> None:
        super().__init__()
        self.today, self.needed = today, needed
        self._models: dict[str, Mapping[str, Feature]] = {}
        self._remedies: dict[tuple[str, str], str] = {}

    def read(self, text: str) -> list[NewOrder]:
        """The orders."""
        orders: dict[str, NewOrder] = {}
        lines: dict[str, list[NewLine]] = {}
        for number, row in self._rows(text):
            reference = self.reference(f"line {number}, column order", row.get("order", ""))
            key = reference or f"\0{number}"  # a row without a reference is an order of its own
            orders[key] = self._order(RowPlace.of(number, {}), reference, row, orders.get(key))
            lines.setdefault(key, []).append(self._line(number, row))
        return [replace(order, lines=lines[key]) for key, order in orders.items()]

    def read_lines(self, text: str) -> list[NewLine]:
        """The lines, whatever their order."""
        return [self._line(number, row) for number, row in self._rows(text)]

    def _rows(self, text: str) -> Iterator[tuple[int, dict[str, str]]]:
        """Number and cells of each line that is not empty."""
        if "\0" in text:
            self.fault("file", "bad-text", "It contains the character NUL, so it is no text.", "Save it as CSV or JSON in UTF-8.")
            return
        first = text.partition("\n")[0]
        delimiter = max(",;\t", key=first.count)
        reader = csv.reader(text.splitlines(keepends=True), delimiter=delimiter, strict=True)
        try:
            header = [name.strip() for name in next(reader, [])]
            if not self._is_header(header):
                return
            for cells in reader:
                if len(cells) > len(header):
                    extra = f"It has {len(cells)} cells under {len(header)} headings."
                    self.fault(
                        f"line {reader.line_num}", "too-many-cells", extra, "Put cells that contain the separator in quotes."
                    )
                elif any(cell.strip() for cell in cells):
                    yield reader.line_num, {name: cell.strip() for name, cell in zip(header, cells, strict=False)}
        except csv.Error as error:
            self.fault(f"line {reader.line_num}", "bad-csv", f"This is no CSV: {error}.", "Close every quote that is opened.")

    def _is_header(self, header: Sequence[str]) -> bool:
        for name in self.needed:
            if name not in header:
                self.fault(
                    f"line 1, column {name}", "missing-column", f"The column {name} is missing.", "Its heading is in line 1."
                )
        for name in sorted({name for name in header if header.count(name) > 1}):
            self.fault(f"line 1, column {name}", "column-twice", f"The column {name} is there twice.", "Keep one of them.")
        return not self.issues

    def _order(self, place: str, reference: str, row: Mapping[str, str], before: NewOrder | None) -> NewOrder:
        """What a row says of its order, beside the rows before; the customer need not be repeated."""
        customer = row.get("customer") or (before.customer if before else "")
        if not customer:
            self.fault(f"{place}, column customer", "missing", "The customer is missing.", "Write the code of a customer.")
        if before and customer != before.customer:
            words = f"Order {reference} is of {before.customer} in the lines before."
            self.fault(f"{place}, column customer", "another-customer", words, "Give each order a reference of its own.")
        complete = self._is_yes(f"{place}, column ship_complete", row.get("ship_complete", ""))
        complete = complete or (before is not None and before.ship_complete)
        return NewOrder(customer, (), reference, complete, place=before.place if before else place)

    def _line(self, number: int, row: Mapping[str, str]) -> NewLine:
        model, own = row.get("model", ""), [name for name, text in row.items() if name not in FIELDS and name and text]
        features = self._features(model)
        place = RowPlace.of(number, {name: self._remedy(model, name) for name in own})
        if not model:
            self.fault(f"{place}, column model", "missing", "The model is missing.", "Write the code of a product model.")
        quantity = self.whole(f"{place}, column quantity", row.get("quantity") or "1")
        day = self.day(f"{place}, column request_date", row.get("request_date"))
        return NewLine(
            model, self._choices(place, row, features), quantity, day, place, delivery_group=row.get("delivery_group", "")
        )

    def _is_yes(self, source: str, text: str) -> bool:
        if text.lower() not in YES | NO:
            self.fault(source, "not-yes-or-no", f"“{text[:40]}” is neither yes nor no.")
        return text.lower() in YES

    def _choices(self, place: RowPlace, row: Mapping[str, str], features: Mapping[str, Feature]) -> dict[str, Any]:
        """Choices of the column `choices` and of the columns of features; an empty cell chooses nothing."""
        made = {name: row[name] for name in place.remedies}
        for part in filter(None, (part.strip() for part in row.get("choices", "").split(";"))):
            feature, sign, value = (text.strip() for text in part.partition("="))
            if not sign or not feature:
                hint = f"Write choices like {_example(features)}."
                self.fault(f"{place}, column choices", "not-a-choice", f"“{part[:40]}” is no choice.", hint)
                continue
            if feature in made:
                columns, hint = "column choices", "Choose it once."
                if feature in place.remedies:
                    columns, hint = f"columns {feature}, choices", "Choose it in one of the two, and leave the other empty."
                self.fault(f"{place}, {columns}", "chosen-twice", f"{feature} is chosen twice.", hint)
            made[feature] = value
        return {f: _several(text) if _is_of_many(features, f) else text for f, text in made.items()}

    def _features(self, model: str) -> Mapping[str, Feature]:
        if model not in self._models:
            try:
                features = product_model(catalogue.orderable_revision(model, self.today)).features
            except (UnknownModel, ModelNotOrderable):  # told when the line is drafted
                features = ()
            self._models[model] = {feature.code: feature for feature in features}
        return self._models[model]

    def _remedy(self, model: str, column: str) -> str:
        """How to mend what is wrong in the own column of a feature."""
        if (model, column) not in self._remedies:
            features, hint = self._features(model), "Leave the cell empty, or write the code of a feature over the column."
            if column in features:
                example = _written(features[column])
                hint = f"Write it into the column {column}{f' like {example}' if example else ''}, or leave the cell empty."
            self._remedies[model, column] = hint
        return self._remedies[model, column]


def _several(text: str) -> tuple[str, ...]:
    return tuple(filter(None, text.split(SEVERAL)))


def _is_of_many(features: Mapping[str, Feature], code: str) -> bool:
    return code in features and features[code].kind is FeatureKind.MANY


def _written(feature: Feature) -> str:
    """An example of what is chosen for a feature; empty for a text."""
    values = [option.code for option in feature.options] or list(map(str, feature.values()))
    return SEVERAL.join(values[:2] if feature.kind is FeatureKind.MANY else values[:1])


def _example(features: Mapping[str, Feature]) -> str:
    """An example of choices of a model, one of a single value and one of several."""
    found = {feature.kind is FeatureKind.MANY: feature for feature in reversed(features.values()) if feature.options}
    shown = [f"{feature.code}={_written(feature)}" for feature in (found.get(False), found.get(True)) if feature]
    return "; ".join(shown) or "FEATURE=OPTION"


class _Json(_Reader):
    """A list of orders, or an object that has it under `orders`."""

    def read(self, text: str) -> list[NewOrder]:
        """The orders."""
        return [self._order(f"orders.{o}", row) for o, row in enumerate(self._list(text, "orders"))]

    def read_lines(self, text: str) -> list[NewLine]:
        """The lines of a list, or of an object that has it under `lines`."""
        return [self._line(f"lines.{n}", row) for n, row in enumerate(self._list(text, "lines"))]

    def _list(self, text: str, name: str) -> list[Any]:
        """The rows of a list, or of an object that has it under a name."""
        try:
            found = json.loads(text)
        except (ValueError, RecursionError) as error:
            self.fault("file", "bad-json", f"This is no JSON: {error}.")
            return []
        rows = found.get(name) if isinstance(found, dict) else found
        if not isinstance(rows, list):
            self.fault(name, f"no-{name}", f"A list of {name} is expected.")
            return []
        return rows

    def _order(self, place: str, row: object) -> NewOrder:
        fields = self._fields(place, row, {"reference": str, "customer": str, "lines": list, "ship_complete": bool})
        lines = tuple(self._line(f"{place}.lines.{n}", line) for n, line in enumerate(fields.get("lines", ())))
        if not fields.get("lines"):
            self.fault(f"{place}.lines", "no-lines", "The order has no lines.", "Add at least one configured product.")
        reference = self.reference(f"{place}.reference", fields.get("reference", ""))
        return NewOrder(fields.get("customer", ""), lines, reference, fields.get("ship_complete", False), place=place)

    def _line(self, place: str, row: object) -> NewLine:
        kinds = {"model": str, "choices": dict, "quantity": int, "request_date": str, "delivery_group": str}
        fields = self._fields(place, row, kinds)
        choices = {
            feature: tuple(map(str, value)) if isinstance(value, list) else value
            for feature, value in fields.get("choices", {}).items()
        }
        day = self.day(f"{place}.request_date", fields.get("request_date"))
        quantity = self.whole(f"{place}.quantity", fields.get("quantity", 1))
        group = fields.get("delivery_group", "")
        return NewLine(fields.get("model", ""), choices, quantity, day, place, delivery_group=group)

    def _fields(self, place: str, row: object, kinds: Mapping[str, type]) -> dict[str, Any]:
        """The fields of an object that are of the kind they should be."""
        if not isinstance(row, dict):
            self.fault(place, "not-an-object", "An object is expected.")
            return {}
        for name in sorted(row.keys() - kinds.keys()):
            self.fault(f"{place}.{name}", "unknown-field", f"There is no field {name}.", f"Known are {', '.join(kinds)}.")
        good = {}
        for name, kind in kinds.items():
            if row.get(name) is None:
                continue
            if isinstance(row[name], kind) and (kind is bool or not isinstance(row[name], bool)):
                good[name] = row[name]
            else:
                self.fault(f"{place}.{name}", "wrong-kind", f"The field {name} is of the wrong kind.")
        return good
