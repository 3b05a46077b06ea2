"""An assemble-to-order system in a problem folder: a few CSV files, and `system.toml` for what holds for all of it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from atoll.io.faults import Faults
from atoll.io.fields import Fields
from atoll.io.folder import Folder, is_new
from atoll.io.table import Row, Table
from atoll.model.system import MOST_UNITS, AssemblySystem, Floats, Law, OrderSizes, QuantityPer, Shortage, Supply, Window

COMPONENT_COLUMNS = ("deviation", "capacitated", "key", "profit", "most_level")
PRODUCT_COLUMNS = ("backorder_cost", "lost_cost", "assembly_time")


def read_folder(path: Path, faults: Faults) -> AssemblySystem | None:
    """The system in a folder; None, and faults, when it makes no sense."""
    folder = Folder(path)
    folder.faults = faults
    components = folder.table("component", "components.csv", "component", "lead_time", "holding", optional=COMPONENT_COLUMNS)
    products = folder.table("product", "products.csv", "product", "rate", optional=PRODUCT_COLUMNS)
    places, rows = _places(components, "component"), _places(products, "product")
    direct, built = _quantities(folder, places, rows)
    plain = _document(folder)
    figures: dict[str, Any] = {
        "holding": _column(components, "holding"),
        "profit": _column(components, "profit", 0.0, least=-1e12),
        "key": _column(components, "key", 1.0) > 0,
        "most_level": _column(components, "most_level", float(MOST_UNITS)).clip(0, MOST_UNITS).astype(np.int64),
        "rate": _column(products, "rate"),
        "backorder_cost": _column(products, "backorder_cost", 0.0),
        "lost_cost": _column(products, "lost_cost", 0.0),
        "assembly_time": _column(products, "assembly_time", 0.0),
        "order_sizes": _sizes(folder, rows),
        "window": _window(plain),
        "shortage": _word(plain, "shortage", Shortage, Shortage.BACKORDER),
        "stations": plain.whole("stations", least=0, default=0),
    }
    supply = _supply(folder, components, places, plain)
    if products.rows and not figures["rate"].sum() > 0:
        faults.add("products.csv", "no-demand", "No product is ordered.", "Give at least one product a rate above 0.")
    if faults.issues or supply is None:
        return None
    return AssemblySystem.simple(
        _bill(direct, len(rows), len(places)),
        name=str(plain.values.get("name", path.name)),
        components=tuple(places),
        products=tuple(rows),
        lead_time=supply,
        subassembly=_bill(built, len(places), len(places)),
        **figures,
    )


def _places(table: Table, column: str) -> dict[str, int]:
    """Position of each label; a fault for each that stands there twice."""
    first: dict[str, str] = {}
    places: dict[str, int] = {}
    for row in table.rows:
        label = row.code(column)
        if is_new(label, row, first):
            places[label] = len(places)
    return places


def _column(table: Table, column: str, default: float | None = None, *, least: float = 0.0) -> Floats:
    return np.array([row.number(column, default=default, least=least) for row in table.rows])


def _quantities(folder: Folder, places: dict[str, int], rows: dict[str, int]) -> tuple[list[list[int]], list[list[int]]]:
    """Entries of the products' and of the subassemblies' quantities per."""
    table = folder.table("quantity", "quantities.csv", "parent", "component", "quantity")
    direct: list[list[int]] = []
    built: list[list[int]] = []
    for row in table.rows:
        parent, component, units = row.code("parent"), row.code("component"), row.whole("quantity", least=1, most=MOST_UNITS)
        known = folder.is_known("component", component, places, row)
        if parent in rows and known:
            direct.append([rows[parent], places[component], units])
        elif parent in places and known:
            built.append([places[parent], places[component], units])
        elif known and folder.is_complete("product"):
            row.fault("unknown-parent", f"There is no product or component {parent}.", "Check the code, or add it.")
    if folder.is_complete("quantity"):
        used = {place for place, _, _ in direct}
        for product, place in rows.items():
            if place not in used:
                folder.faults.add("quantities.csv", "no-components", f"{product} has no components.", "Add a line for each.")
    if _has_circle(built, len(places)):
        folder.faults.add("quantities.csv", "circle", "A subassembly contains itself.", "Take one of its lines out.")
    return direct, built


def _has_circle(built: Sequence[Sequence[int]], m: int) -> bool:
    open_parents = {parent for parent, _, _ in built}
    while open_parents:
        # A parent whose children are all settled is settled too.
        settled = {p for p in open_parents if all(child not in open_parents for parent, child, _ in built if parent == p)}
        if not settled:
            return True
        open_parents -= settled
    return False


def _bill(entries: Sequence[Sequence[int]], parents: int, items: int) -> QuantityPer:
    if not entries:
        return QuantityPer.none(parents)
    table = np.array(entries, dtype=np.int64)
    cell, place = np.unique(table[:, 0] * items + table[:, 1], return_inverse=True)
    units = np.bincount(place, weights=table[:, 2]).astype(np.int64)
    start = np.searchsorted(cell // items, np.arange(parents + 1)).astype(np.int64)
    return QuantityPer(start, cell % items, units)


def _document(folder: Folder) -> Fields:
    """The fields of `system.toml`, which may be missing."""
    document = folder.document("system", "system.toml") if (folder.path / "system.toml").exists() else None
    fields = document or Fields("system.toml", {}, folder.faults)
    fields.allow("name", "shortage", "stations", "law", "may_cross", "warm_up", "end")
    return fields


def _word(fields: Fields, name: str, words: Any, default: Any) -> Any:
    value = fields.values.get(name, default)
    if value not in set(words):
        fields.faults.add(fields.place(name), "bad-field", f"Expected one of {', '.join(words)}, found `{value}`.")
        return default
    return words(value)


def _window(fields: Fields) -> Window | None:
    if "end" not in fields.values:
        return None
    warm_up = fields.number("warm_up", least=0.0, default=0.0)
    end = fields.number("end", least=0.0)
    if end <= warm_up:
        fields.faults.add(fields.place("end"), "bad-field", f"Expected a time after the warm-up of {warm_up:g}, found {end:g}.")
        return None
    return Window(warm_up, end)


def _supply(folder: Folder, components: Table, places: dict[str, int], plain: Fields) -> Supply | None:
    mean = np.array([row.number("lead_time", above=0.0) for row in components.rows])
    deviation = _column(components, "deviation", 0.0)
    capacitated = _column(components, "capacitated", 0.0) > 0
    law = _word(plain, "law", Law, Law.NORMAL if deviation.any() else Law.FIXED)
    may_cross = plain.values.get("may_cross", True) is True
    seen = _seen(folder, places)
    if folder.faults.issues:
        return None
    if seen is None:
        return Supply(mean, deviation, capacitated, law, may_cross)
    times = tuple(np.array(values or [usual]) for values, usual in zip(seen, mean, strict=True))
    return Supply.observed(times, capacitated=capacitated, may_cross=may_cross)


def _seen(folder: Folder, places: dict[str, int]) -> list[list[float]] | None:
    """Observed lead times of each component; None when there are none at all."""
    if not (folder.path / "lead_times.csv").exists():
        return None
    table = folder.table("lead time", "lead_times.csv", "component", "lead_time")
    seen: list[list[float]] = [[] for _ in places]
    for row in table.rows:
        code, time = row.code("component"), row.number("lead_time", above=0.0)
        if folder.is_known("component", code, places, row):
            seen[places[code]].append(time)
    return seen


def _sizes(folder: Folder, rows: dict[str, int]) -> OrderSizes | None:
    """Order sizes, by product, from `order_sizes.csv`; None when there is none."""
    if not (folder.path / "order_sizes.csv").exists():
        return None
    table = folder.table("order size", "order_sizes.csv", "product", "units", "share")
    read: list[tuple[Row, str, int, float]] = [
        (row, row.code("product"), row.whole("units", least=1, most=MOST_UNITS), row.number("share")) for row in table.rows
    ]
    units = np.array(sorted({1, *(size for _, _, size, _ in read)}), dtype=np.int64)
    share = np.zeros((len(rows), len(units)))
    for row, product, size, part in read:
        if folder.is_known("product", product, rows, row):
            share[rows[product], np.searchsorted(units, size)] += part
    share[share.sum(axis=1) == 0, 0] = 1.0
    for product, place in rows.items():
        if abs(share[place].sum() - 1) > 1e-6:
            folder.faults.add("order_sizes.csv", "bad-share", f"The shares of {product} do not add up to 1.")
            return None
    return OrderSizes(units, share / share.sum(axis=1, keepdims=True))
