"""Choices come to a configuration with its price and order bill, and configurations are kept: equal ones once."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from atoll.configure import Alternates, Configuration, OrderBill, roll_up
from atoll.errors import AtollError
from atoll_web.bulk import Statement, exchange
from atoll_web.catalogue import snapshot
from atoll_web.catalogue.models import Revision


@dataclass(frozen=True, slots=True)
class Resolved:
    """What choices come to: the complete configuration, its price, and what one unit takes.

    Parameters
    ----------
    price
        Of one unit ordered alone.
    unit_price
        Of each unit when so many are ordered as were asked for.
    cost
        Material and labour of one unit, in the company's currency.
    bill
        Units by item key.
    minutes
        Work of final assembly for one unit.
    alternates
        By item of the bill: keys of the items that may be taken for all its units, the best first.
    substitutes
        Those that are only taken where somebody agrees to it.
    """

    key: str
    values: Mapping[str, Any]
    price: Decimal
    unit_price: Decimal
    cost: Decimal
    minutes: int
    bill: Mapping[int, int]
    alternates: Mapping[int, tuple[int, ...]]
    substitutes: Mapping[int, tuple[int, ...]]


def resolve(
    revision: Revision,
    choices: Mapping[str, Any],
    today: date,
    quantity: int = 1,
    there: snapshot.Structure | None = None,
) -> Resolved:
    """Check choices under the rules in force and resolve them to price and order bill; writes nothing.

    Parameters
    ----------
    there
        Items and bills, where they are read already.

    Raises
    ------
    InvalidConfiguration, UnknownFeature, UnknownOption
        From `atoll.configure`, with the smallest reason.
    """
    choice, alone = _resolved(revision, revision.digest, _made(choices), today, there or snapshot.structure())
    return alone if quantity == 1 else replace(alone, unit_price=snapshot.pricing(revision, today).of(choice, quantity).total)


def domains(revision: Revision, choices: Mapping[str, Any], today: date) -> Mapping[str, Mapping[Any, bool]]:
    """For each feature each value, and whether some valid configuration has it together with all other choices; do not change it.

    Equal choices are looked at once as long as the revision does not change.
    """
    return _domains(revision, revision.digest, _made(choices), today)


Made = tuple[tuple[str, type, Any], ...]
"""Choices as they can be kept by."""


def _made(choices: Mapping[str, Any]) -> Made:
    return tuple((code, type(value), tuple(value) if isinstance(value, list) else value) for code, value in choices.items())


@lru_cache(maxsize=256)
def _domains(revision: Revision, _digest: str, made: Made, today: date) -> Mapping[str, Mapping[Any, bool]]:
    return snapshot.configurator(revision, today).domains({code: value for code, _, value in made})


@lru_cache(maxsize=4096)
def _resolved(
    revision: Revision, _digest: str, made: Made, today: date, there: snapshot.Structure
) -> tuple[Configuration, Resolved]:
    """One unit; equal choices are resolved once as long as neither the revision nor items and bills change."""
    choice = snapshot.configurator(revision, today).configuration({code: value for code, _, value in made})
    bill = snapshot.super_bill(revision, there).resolve(choice)
    whole = _replaceable(bill)
    price = snapshot.pricing(revision, today).of(choice).total
    return choice, Resolved(
        key=choice.key,
        values=choice.as_dict(),
        price=price,
        unit_price=price,
        cost=roll_up(bill, there.costs, there.minute_rate).total,
        minutes=bill.minutes,
        bill={there.keys[line.item]: line.quantity for line in bill.lines},
        alternates={there.keys[one.item]: _keys(one.alternates, there) for one in whole if one.alternates},
        substitutes={there.keys[one.item]: _keys(one.substitutes, there) for one in whole if one.substitutes},
    )


def _replaceable(bill: OrderBill) -> list[Alternates]:
    """Where an item comes into the bill in other ways too, its units cannot all be replaced, so none are."""
    units = {line.item: line.quantity for line in bill.lines}
    return [one for one in bill.alternates if one.quantity == units[one.item]]


def _keys(codes: Iterable[str], there: snapshot.Structure) -> tuple[int, ...]:
    return tuple(there.keys[code] for code in codes)


def conflict_of_rest(revision: Revision, choices: Mapping[str, Any], today: date) -> list[AtollError]:
    """What is wrong with choices beside those that are wrong by themselves: the conflict of the others, if there is one."""
    good: dict[str, Any] = {}
    for code, value in choices.items():
        with suppress(AtollError):
            good |= snapshot.read(revision, {code: value})
    try:
        snapshot.configurator(revision, today).configuration(good)
    except AtollError as conflict:
        return [conflict]
    return []


@dataclass(frozen=True, slots=True)
class Configured:
    """What choices come to, with everything that could be chosen instead.

    Parameters
    ----------
    price_parts
        What the price is made of: words and amount.
    domains
        For each feature each value, and whether some valid configuration has it together with all the other choices.
    """

    resolved: Resolved
    price_parts: Sequence[tuple[str, Decimal]]
    domains: Mapping[str, Mapping[Any, bool]]


def configure(revision: Revision, choices: Mapping[str, Any], today: date) -> Configured:
    """Complete choices for somebody who is still choosing; writes nothing.

    Raises
    ------
    InvalidConfiguration, UnknownFeature, UnknownOption
        From `atoll.configure`, with the smallest reason.
    """
    engine = snapshot.configurator(revision, today)
    resolved = resolve(revision, choices, today)
    parts = snapshot.pricing(revision, today).of(engine.configuration(choices)).parts
    return Configured(resolved, parts, engine.domains(choices))


CONFIGURATIONS = """
INSERT INTO catalogue_configuration (revision_id, key, "values", price, cost, minutes)
SELECT * FROM unnest(%s::bigint[], %s::text[], %s::jsonb[], %s::numeric[], %s::numeric[], %s::int[])
ON CONFLICT (revision_id, key) DO NOTHING RETURNING id, revision_id, key
"""

KEYS_OF_CONFIGURATIONS = """
SELECT found.id, wanted.revision, wanted.key FROM unnest(%s::bigint[], %s::text[]) wanted (revision, key)
CROSS JOIN LATERAL (SELECT id FROM catalogue_configuration c WHERE c.revision_id = wanted.revision AND c.key = wanted.key) found
"""

ALTERNATES = """
INSERT INTO catalogue_orderbillalternate (configuration_id, item_id, alternate_id, rank, on_request)
SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::int[], %s::bool[])
"""

ORDER_BILLS = """
INSERT INTO catalogue_orderbillline (configuration_id, item_id, quantity)
SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[])
"""


def save_configurations(
    resolved: Sequence[tuple[Revision, Resolved]], there: Sequence[tuple[int, int, str]] | None = None
) -> list[int]:
    """Keep the configurations that choices came to, and give their keys; an equal one is found, not made again.

    Call it inside `acting`, after what locks supplies. Writers of an equal configuration wait for each other, so all write theirs
    in the same order.

    Parameters
    ----------
    there
        Rows of `known_configurations`, where that was asked already.
    """
    wanted = {(revision.pk, one.key): one for revision, one in resolved}
    found = _keys_of_configurations(list(wanted)) if there is None else _by_pair(there)
    if missing := sorted(wanted.keys() - found.keys()):
        columns = [
            [revision for revision, _ in missing],
            [key for _, key in missing],
            [json.dumps(wanted[pair].values) for pair in missing],
            [wanted[pair].price for pair in missing],
            [wanted[pair].cost for pair in missing],
            [wanted[pair].minutes for pair in missing],
        ]
        (rows,) = exchange([(CONFIGURATIONS, columns)])
        made = {(revision, key): row for row, revision, key in rows}
        lines = [(row, item, n) for pair, row in made.items() for item, n in sorted(wanted[pair].bill.items())]
        others = [
            (row, item, alternate, rank, on_request)
            for pair, row in made.items()
            for item, rank, alternate, on_request in ranked(wanted[pair])
        ]
        written = [(sql, rows) for sql, rows in ((ORDER_BILLS, lines), (ALTERNATES, others)) if rows]
        exchange((sql, [list(column) for column in zip(*rows, strict=True)]) for sql, rows in written)
        found |= made
        if elsewhere := [pair for pair in missing if pair not in made]:  # another writer was faster, and has ended since
            found |= _keys_of_configurations(elsewhere)
    return [found[revision.pk, one.key] for revision, one in resolved]


def ranked(resolved: Resolved) -> Iterator[tuple[int, int, int, bool]]:
    """Item, rank, what may be taken for it, and whether only on request: alternates come before substitutes."""
    for item in sorted(resolved.alternates.keys() | resolved.substitutes.keys()):
        alternates, substitutes = resolved.alternates.get(item, ()), resolved.substitutes.get(item, ())
        for rank, alternate in enumerate((*alternates, *substitutes)):
            yield item, rank, alternate, rank >= len(alternates)


def known_configurations(resolved: Sequence[tuple[Revision, Resolved]]) -> Statement:
    """The statement that finds those which are kept already, to be sent along with others."""
    pairs = dict.fromkeys((revision.pk, one.key) for revision, one in resolved)
    return KEYS_OF_CONFIGURATIONS, [[revision for revision, _ in pairs], [key for _, key in pairs]]


def _keys_of_configurations(pairs: Sequence[tuple[int, str]]) -> dict[tuple[int, str], int]:
    (rows,) = exchange([(KEYS_OF_CONFIGURATIONS, [[revision for revision, _ in pairs], [key for _, key in pairs]])])
    return _by_pair(rows)


def _by_pair(rows: Iterable[tuple[int, int, str]]) -> dict[tuple[int, str], int]:
    return {(revision, key): row for row, revision, key in rows}
