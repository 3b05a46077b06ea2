"""Rows of the catalogue as values of the science."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from django.db import connection

from atoll.configure import (
    Configuration,
    Configurator,
    Cost,
    ProductModel,
    can_find_cheapest,
    cheapest,
    most_popular,
    price,
    priced_together,
    read_product_model,
    standard_costs,
)
from atoll.model.bill import BillLine as Line
from atoll.model.bill import Bills
from atoll.model.calendar import Calendar
from atoll.model.item import Attribute, Kind, Tracking
from atoll.model.item import Item as ItemValue
from atoll_web.accounts.models import Company
from atoll_web.catalogue.models import BillLine, Item, Revision


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
        attributes=MappingProxyType({name: _attribute(value) for name, value in item.attributes.items()}),
    )


def _attribute(value: Any) -> Attribute:
    return tuple(value) if isinstance(value, list) else value


@dataclass(frozen=True, slots=True)
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
    minute_rate
        What a minute of work costs.
    costs
        Material and labour of one unit, by code.
    """

    items: Mapping[str, ItemValue]
    bills: Bills
    keys: Mapping[str, int]
    codes: Mapping[int, str]
    bill_keys: Mapping[int, tuple[tuple[int, int], ...]]
    minute_rate: Decimal
    costs: Mapping[str, Cost]


def structure() -> Structure:
    """Items and bills, read again only after one of them changed (their history tables tell)."""
    with connection.cursor() as cursor:
        cursor.execute(VERSION)
        return _structure(*cursor.fetchone())


VERSION = """
SELECT current_database(), 'catalogue_item'::regclass::oid, (SELECT max(pgh_id) FROM catalogue_itemevent),
       (SELECT max(pgh_id) FROM catalogue_billlineevent),
       coalesce((SELECT minute_rate FROM accounts_company), 0)
"""
"""The table's own number tells a database from one that was cleared and filled anew."""


@lru_cache(maxsize=4)
def _structure(_database: str, _table: int, _item_version: int, _bill_version: int, minute_rate: Decimal) -> Structure:
    rows = list(Item.objects.all())
    keys, bills = {row.code: row.pk for row in rows}, _bills()
    items = {row.code: item_value(row) for row in rows}
    return Structure(
        items=items,
        bills=bills,
        keys=keys,
        codes={key: code for code, key in keys.items()},
        bill_keys={keys[parent]: tuple((keys[line.item], line.quantity) for line in lines) for parent, lines in bills.items()},
        minute_rate=minute_rate,
        costs=standard_costs(bills, items, minute_rate),
    )


def _bills() -> Bills:
    lines: dict[str, list[Line]] = defaultdict(list)
    rows = BillLine.objects.values_list("parent__code", "component__code", "quantity").order_by("parent__code", "component__code")
    for parent, component, quantity in rows:
        lines[parent].append(Line(component, quantity))
    return {parent: tuple(group) for parent, group in lines.items()}


def product_model(revision: Revision) -> ProductModel:
    """The product model as the revision keeps it."""
    return _product_model(revision.digest)


def configurator(revision: Revision, on: date) -> Configurator:
    """The engine of a revision with the rules in force on a date; made once for each span of days with the same rules."""
    changes = {day for rule in product_model(revision).rules for day in (rule.valid_from, rule.valid_until) if day and day <= on}
    return _configurator(revision.digest, max(changes, default=date.min))


@lru_cache(maxsize=64)
def _priced_together(digest: str) -> frozenset[str]:
    return priced_together(_product_model(digest))


def features_priced_together(revision: Revision) -> frozenset[str]:
    """Features of which a choice may change what other choices cost."""
    return _priced_together(revision.digest)


def price_of(revision: Revision, values: Mapping[str, Any], on: date) -> Decimal:
    """The price of one unit with these values, whether or not they go together."""
    model = product_model(revision)
    return price(model, Configuration(model.code, model.revision, tuple(values.items()), ""), on=on).total


CHEAPEST, POPULAR = "cheapest", "popular"


def aims(revision: Revision) -> list[str]:
    """How choices can be completed at best."""
    return [CHEAPEST, POPULAR] if can_find_cheapest(product_model(revision)) else [POPULAR]


def best(engine: Configurator, choices: Mapping[str, Any], aim: str, on: date) -> Configuration:
    """The best configuration that keeps the choices, at the prices of a day."""
    return cheapest(engine, choices, on) if aim == CHEAPEST else most_popular(engine, choices)


@lru_cache(maxsize=64)
def _product_model(digest: str) -> ProductModel:
    """Equal digests are equal documents, so the first revision found will do."""
    revision = Revision.objects.filter(digest=digest)[0]
    return read_product_model(revision.document, {}, source=str(revision))


@lru_cache(maxsize=64)
def _configurator(digest: str, on: date) -> Configurator:
    return Configurator(_product_model(digest), on)
