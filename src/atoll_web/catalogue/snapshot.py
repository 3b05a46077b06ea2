"""Rows of the catalogue as values of the science."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np
from django.db import connection

from atoll.configure import (
    Configurator,
    Cost,
    Need,
    Outline,
    Pricing,
    ProductForm,
    ProductModel,
    SuperBill,
    can_find_cheapest,
    cheapest,
    most_popular,
    priced_together,
    read_product_model,
    standard_costs,
)
from atoll.configure.choice import read_choices
from atoll.configure.compiled.circuit import Budget
from atoll.errors import AtollError
from atoll.model.bill import BillLine as Line
from atoll.model.bill import Bills
from atoll.model.calendar import Calendar
from atoll.model.item import Attribute, Kind, Tracking
from atoll.model.item import Item as ItemValue
from atoll_web.accounts.models import Company
from atoll_web.catalogue import states
from atoll_web.catalogue.models import NOT_COMPILED, BillLine, CompiledForm, Item, Revision


def calendar() -> Calendar:
    """The company's working days."""
    return calendar_of(Company.objects.get())


def calendar_of(company: Company) -> Calendar:
    """The working days of a company that is read already."""
    return Calendar(frozenset(company.weekdays), frozenset(company.holidays))


def item_value(item: Item) -> ItemValue:
    """One item."""
    return ItemValue(
        code=item.code,
        name=item.name,
        kind=Kind(item.kind),
        cost=item.cost,
        unit=item.unit,
        tracking=Tracking(item.tracking),
        assembly_minutes=item.assembly_minutes,
        build_minutes=item.build_minutes,
        build_days=item.build_days,
        safety_stock=item.safety_stock,
        attributes=MappingProxyType({name: _attribute(value) for name, value in item.attributes.items()}),
    )


def _attribute(value: Any) -> Attribute:
    return tuple(value) if isinstance(value, list) else value


@dataclass(frozen=True, slots=True, eq=False)
class Structure:
    """Items and bills as they stand, shared by all that ask while nothing changes; do not change it.

    Parameters
    ----------
    items, bills
        By code.
    keys, codes
        Key of each item's row by code, and the other way round.
    bill_keys
        Components with quantity per by the parent's key.
    alternate_keys
        By the keys of parent and component: what may be taken for the component, preferred first.
    minute_rate
        What a minute of work costs.
    costs
        Material and labour of one unit, by code.
    obsolete
        Keys of the items that are out of use, each with that of its successor, or None.
    """

    items: Mapping[str, ItemValue]
    bills: Bills
    keys: Mapping[str, int]
    codes: Mapping[int, str]
    bill_keys: Mapping[int, tuple[tuple[int, int], ...]]
    alternate_keys: Mapping[tuple[int, int], tuple[int, ...]]
    minute_rate: Decimal
    costs: Mapping[str, Cost]
    obsolete: Mapping[int, int | None]


def structure() -> Structure:
    """Items and bills, read again only after one of them changed (their history tables tell)."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {VERSIONS}")
        return known(cursor.fetchone())[0]


VERSIONS = """
current_database(), 'catalogue_item'::regclass::oid, (SELECT max(pgh_id) FROM catalogue_itemevent),
(SELECT max(pgh_id) FROM catalogue_billlineevent), coalesce((SELECT minute_rate FROM accounts_company), 0),
(SELECT max(pgh_id) FROM catalogue_revisionevent)
"""
"""Columns that tell what `known` must read again. The table's own number tells a database from one that was filled anew."""

VERSION_COLUMNS = 6

Released = Mapping[str, tuple[Revision, ...]]
"""Released revisions by the code of their model."""


def known(versions: Sequence[Any]) -> tuple[Structure, Released]:
    """Items and bills, and released revisions, as they were in these versions."""
    database, table, *of_structure, of_revisions = versions
    return _structure(database, table, *of_structure), _released(database, table, of_revisions)


@lru_cache(maxsize=4)
def _released(_database: str, _table: int, _version: int) -> Released:
    rows = Revision.objects.select_related("product_model").defer("document").filter(state=states.RELEASED)
    found: dict[str, tuple[Revision, ...]] = {}
    for row in rows:
        found[row.product_model.code] = (*found.get(row.product_model.code, ()), row)
    return found


@lru_cache(maxsize=4)
def _structure(_database: str, _table: int, _item_version: int, _bill_version: int, minute_rate: Decimal) -> Structure:
    rows = list(Item.objects.all())
    keys = {row.code: row.pk for row in rows}
    bills = _bills({row.pk: row.code for row in rows})
    items = {row.code: item_value(row) for row in rows}
    return Structure(
        items=items,
        bills=bills,
        keys=keys,
        codes={key: code for code, key in keys.items()},
        bill_keys={keys[parent]: tuple((keys[line.item], line.quantity) for line in lines) for parent, lines in bills.items()},
        alternate_keys={
            (keys[parent], keys[line.item]): tuple(keys[code] for code in line.alternates)
            for parent, lines in bills.items()
            for line in lines
            if line.alternates
        },
        minute_rate=minute_rate,
        costs=standard_costs(bills, items, minute_rate),
        obsolete={row.pk: row.replaced_by_id for row in rows if not row.active},
    )


def _bills(codes: Mapping[int, str]) -> Bills:
    lines: dict[str, list[Line]] = defaultdict(list)
    columns = ("parent__code", "component__code", "quantity", "alternates")
    for parent, component, quantity, others in BillLine.objects.values_list(*columns).order_by(*columns[:2]):
        lines[parent].append(Line(component, quantity, tuple(codes[other] for other in others)))
    return {parent: tuple(group) for parent, group in lines.items()}


def product_model(revision: Revision) -> ProductModel:
    """The product model as the revision keeps it."""
    return _product_model(revision.digest)


def changes(revision: Revision) -> list[date]:
    """Days on which other rules or price rules begin to hold, in their order."""
    model = product_model(revision)
    return sorted({day for rule in (*model.rules, *model.prices) for day in (rule.valid_from, rule.valid_until) if day})


def since(revision: Revision, on: date) -> date:
    """The first day of those on which the same rules and price rules hold as on a date."""
    return max((day for day in changes(revision) if day <= on), default=date.min)


def configurator(revision: Revision, on: date) -> Configurator:
    """The engine of a revision with the rules in force on a date; made once for each span of days with the same rules."""
    return _configurator(revision.digest, since(revision, on))


def outline(revision: Revision, on: date) -> Outline:
    """What a compiled form of a revision speaks of on a date, as items and bills stand.

    Raises
    ------
    AtollError
        When rules are too large, or bills have faults.
    """
    return _outline(revision.digest, since(revision, on), structure())


def compile_revision(revision: Revision, on: date) -> ProductForm:
    """Compile a revision with the rules in force on a date, within the budget.

    Raises
    ------
    AtollError
        When it takes more than the budget has, rules are too large, or bills have faults.
    """
    return outline(revision, on).compile(BUDGET)


def compiled_form(revision: Revision, on: date) -> ProductForm | None:
    """The compiled form of a revision with the rules in force on a date; None where there is none that fits and can be read."""
    start = since(revision, on)
    rows = CompiledForm.objects.filter(digest=revision.digest, since=start).exclude(engine=NOT_COMPILED)
    row = rows.values_list("pk", "outline", "made_at").first()
    return row and _compiled_form(*row, revision.digest, start, structure())


def read(revision: Revision, choices: Mapping[str, Any]) -> dict[str, Any]:
    """Choices as values of the science.

    Raises
    ------
    UnknownFeature, UnknownOption, BadInput
        When choices are wrong in themselves.
    """
    return read_choices(product_model(revision), choices)


class Availability(Protocol):
    """When material and an assembly line are free."""

    def day_of(self, need: Need) -> float:
        """The day from which what each product needs is there, as a number; infinite where that is not known."""

    def ships(self, material_day: float, minutes: float) -> date | None:
        """The day on which a product ships of which the material is there on a day, and which takes so many minutes."""


def drawn(form: ProductForm, made: Mapping[str, Any], size: int, seed: int) -> list[dict[str, Any]]:
    """Configurations that keep the choices, evenly drawn; equal seeds give equal ones."""
    return form.samples(made, np.random.default_rng(seed), size)


def ship_dates(form: ProductForm, made: Mapping[str, Any], available: Availability) -> dict[str, dict[Any, date]]:
    """For each value the earliest day on which a product with it and all other choices can ship, where that is known."""
    days = form.earliest(made, available.day_of)
    minutes = form.least_minutes(made)
    return {
        code: {value: ships for value, day in values.items() if (ships := available.ships(day, minutes[code][value]))}
        for code, values in days.items()
    }


@lru_cache(maxsize=64)
def _priced_together(digest: str) -> frozenset[str]:
    return priced_together(_product_model(digest))


def features_priced_together(revision: Revision) -> frozenset[str]:
    """Features of which a choice may change what other choices cost."""
    return _priced_together(revision.digest)


def pricing(revision: Revision, on: date) -> Pricing:
    """The prices of a revision in its own currency on a day."""
    return _pricing(revision.digest, on)


def super_bill(revision: Revision, there: Structure) -> SuperBill:
    """The super bill of a revision with items and bills as they stand."""
    return _super_bill(revision.digest, there)


@lru_cache(maxsize=64)
def _super_bill(digest: str, there: Structure) -> SuperBill:
    return SuperBill(_product_model(digest), there.bills, there.items)


@lru_cache(maxsize=64)
def _pricing(digest: str, on: date) -> Pricing:
    return Pricing(_product_model(digest), on=on)


BUDGET = Budget(nodes=400_000, seconds=20.0)
"""What a compilation may cost; a form that takes more nodes would no longer be quicker than SAT."""

CHEAPEST, EARLIEST, POPULAR = "cheapest", "earliest", "popular"


def aims(revision: Revision, form: ProductForm | None) -> list[str]:
    """How choices can be completed at best: the cheapest way needs prices that can be looked through, the earliest a form."""
    can_be = {CHEAPEST: can_find_cheapest(product_model(revision)), EARLIEST: form is not None, POPULAR: True}
    return [aim for aim, possible in can_be.items() if possible]


def best(engine: Configurator, choices: Mapping[str, Any], aim: str, on: date) -> dict[str, Any]:
    """The cheapest or most popular configuration that keeps the choices, at the prices of a day."""
    return dict((cheapest(engine, choices, on) if aim == CHEAPEST else most_popular(engine, choices)).values)


def earliest(engine: Configurator, form: ProductForm, choices: Mapping[str, Any], available: Availability) -> Mapping[str, Any]:
    """A configuration that keeps the choices, of which the material is there earliest, and otherwise as usual as can be.

    Where no day is known it is the usual one.
    """
    usual = dict(engine.configuration(choices).values)
    try:
        return form.earliest_completion(choices, usual, available.day_of)
    except ValueError:
        return usual


@lru_cache(maxsize=64)
def _product_model(digest: str) -> ProductModel:
    """Equal digests are equal documents, so the first revision found will do."""
    revision = Revision.objects.filter(digest=digest)[0]
    return read_product_model(revision.document, {}, source=str(revision))


@lru_cache(maxsize=64)
def _configurator(digest: str, on: date) -> Configurator:
    return Configurator(_product_model(digest), on)


@lru_cache(maxsize=16)
def _outline(digest: str, on: date, there: Structure) -> Outline:
    return Outline(_product_model(digest), on, there.bills, there.items)


@lru_cache(maxsize=16)
def _compiled_form(key: int, wanted: str, _made_at: datetime, digest: str, on: date, there: Structure) -> ProductForm | None:
    """One that is damaged, or made when items or bills were others, counts as none; `made_at` tells when it was made anew."""
    try:
        spoken_of = _outline(digest, on, there)
        if spoken_of.digest != wanted:
            return None
        engine, data = CompiledForm.objects.values_list("engine", "data").get(pk=key)
        return spoken_of.read(bytes(data), engine)
    except AtollError:
        return None
