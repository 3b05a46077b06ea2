"""Items and bills of a company folder."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import TypeVar

from atoll.io.folder import Folder, is_new
from atoll.io.table import Row
from atoll.model.bill import BillCycle, BillLine, Bills, topological_order
from atoll.model.item import LONGEST_LEAD_DAYS, Attribute, Item, Kind, Tracking

COLUMNS = ("code", "name", "kind", "cost")
COLUMNS_WITH_DEFAULT = ("unit", "tracking", "assembly_minutes", "build_minutes", "build_days", "safety_stock")
ATTRIBUTE_NAME = re.compile("[A-Za-z_][A-Za-z0-9_]*")
ATTRIBUTE_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,9})?")

Word = TypeVar("Word", bound=StrEnum)


def read_items(folder: Folder) -> dict[str, Item]:
    """Items by code, from all files of items/."""
    items: dict[str, Item] = {}
    first: dict[str, str] = {}
    for name in folder.files("item", "items", ".csv"):
        table = folder.table("item", name, *COLUMNS, optional=COLUMNS_WITH_DEFAULT, free=True)
        attributes = [column for column in table.columns if column not in (*COLUMNS, *COLUMNS_WITH_DEFAULT)]
        for bad in [attribute for attribute in attributes if not ATTRIBUTE_NAME.fullmatch(attribute)]:
            hint = "Use letters, digits and _ in the name of an attribute."
            folder.faults.add(f"{name}:1", "bad-column", f"`{bad}` cannot be an attribute.", hint)
        for row in table.rows:
            item = _item(row, attributes)
            if is_new(item.code, row, first):
                items[item.code] = item
    return items


def read_bills(folder: Folder, items: Mapping[str, Item]) -> Bills:
    """The lines of each subassembly."""
    bills: dict[str, dict[str, BillLine]] = defaultdict(dict)
    first: dict[str, str] = {}
    for row in folder.table("bill", "bills.csv", "parent", "component", "quantity", optional=("alternates",)).rows:
        parent, line = row.code("parent"), _bill_line(row)
        known = [folder.is_known("item", code, items, row) for code in (parent, *line.items)]
        if line.item in bills[parent]:
            row.fault("duplicate-line", f"{parent} has {line.item} twice.", "Add the quantities up on one line.")
        elif all(known):
            _check_place(row, items[parent], [items[code] for code in line.items])
            first.setdefault(parent, row.source)
            bills[parent][line.item] = line
    found = {parent: tuple(lines.values()) for parent, lines in bills.items()}
    _check_cycles(folder, found, first)
    for item in items.values() if folder.is_complete("bill") else ():
        if item.kind is Kind.SUBASSEMBLY and item.code not in found:
            hint = "Name its components there, or make it a component."
            folder.faults.add("bills.csv", "no-bill", f"The subassembly {item.code} has no bill.", hint)
    return found


def _bill_line(row: Row) -> BillLine:
    component, quantity = row.code("component"), row.whole("quantity", least=1)
    alternates = tuple(word.strip() for word in (row.cells.get("alternates") or "").split("|") if word.strip())
    if len({component, *alternates}) <= len(alternates):
        row.fault("duplicate-item", f"The alternates of {component} name an item twice, or itself.", "Name each item once.")
        alternates = ()
    return BillLine(component, quantity, alternates)


def _check_place(row: Row, parent: Item, components: Iterable[Item]) -> None:
    """Components and subassemblies go into subassemblies; what goes into an end item is said by its product model."""
    if parent.kind is not Kind.SUBASSEMBLY:
        row.fault("bad-parent", f"{parent.code} is a {parent.kind}, but only subassemblies have bills.", "Take the line out.")
    for component in components:
        if component.kind is Kind.END_ITEM:
            row.fault("bad-component", f"{component.code} is an end item, so it goes into nothing.", "Take it out.")


def _check_cycles(folder: Folder, bills: Bills, first: Mapping[str, str]) -> None:
    """Report each cycle; a bill of it is taken out to find the next one."""
    left = dict(bills)
    while True:
        try:
            topological_order(left)
            return
        except BillCycle as cycle:
            parent = str(cycle.facts["path"]).split(" > ")[0]
            folder.faults.add(first[parent], "bill-cycle", str(cycle))
            del left[parent]
        except RecursionError:
            folder.faults.add("bills.csv", "bill-too-deep", "The bills have too many levels.", "A few hundred are possible.")
            return


def _item(row: Row, attributes: list[str]) -> Item:
    item = Item(
        code=row.code(),
        name=row.text("name"),
        kind=_one_of(Kind, row, "kind", default=None),
        cost=row.decimal("cost"),
        unit=row.text("unit", default="piece", longest=12),
        tracking=_one_of(Tracking, row, "tracking", default=Tracking.NONE),
        assembly_minutes=row.whole("assembly_minutes", least=0, default=0),
        build_minutes=row.whole("build_minutes", least=0, default=0),
        build_days=row.whole("build_days", least=0, most=LONGEST_LEAD_DAYS, default=1),
        safety_stock=row.whole("safety_stock", least=0, default=0),
        attributes={name: _attribute(row.cells[name]) for name in attributes if row.cells.get(name)},
    )
    if item.kind is Kind.SUBASSEMBLY and item.tracking is Tracking.NONE:
        row.fault("bad-tracking", f"The subassembly {item.code} is not tracked.", "Set its tracking to lot or serial.")
    if item.kind is Kind.END_ITEM and item.tracking is not Tracking.SERIAL:
        row.fault("bad-tracking", f"The end item {item.code} has no serial numbers.", "Set its tracking to serial.")
    return item


def _one_of(words: type[Word], row: Row, column: str, *, default: Word | None) -> Word:
    cell = row.cells.get(column) or default
    if cell in list(words):
        return words(cell)
    row.fault("bad-word", f"Column {column} is `{cell or ''}`, expected {', '.join(words)}.")
    return next(iter(words))


def _attribute(cell: str) -> Attribute:
    """`a|b` is a list of words, a number is a number, anything else a word."""
    if "|" in cell:
        return tuple(word.strip() for word in cell.split("|") if word.strip())
    number = ATTRIBUTE_NUMBER.fullmatch(cell)
    if number is None:
        return cell
    return float(cell) if number.group(2) else int(cell)
