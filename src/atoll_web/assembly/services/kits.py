"""Which waiting lines get their kits: what is clear to build, what would release more, proposals, and their release."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np

from atoll.promise import (
    Goal,
    Kits,
    Pegging,
    ServeBy,
    WaitingOrders,
    all_or_nothing_kits,
    best_purchase,
    exchanged,
    optimised_kits,
    releasing_most,
    shortages,
)
from atoll_web.accounts.acting import Actor, acting, begun_again_after_deadlock
from atoll_web.assembly.errors import KitsGone, NoBottleneck, NoKitProposal, UnknownKitRule
from atoll_web.assembly.models import FinalAssemblyOrder
from atoll_web.assembly.services.making import lock_to_release, release
from atoll_web.assembly.snapshot import HORIZON_DAYS, Sources, Waiting, WaitingLine, sources, waiting
from atoll_web.catalogue.models import AssemblyLine
from atoll_web.runs import services as runs
from atoll_web.runs import states as run_states
from atoll_web.runs.models import Run
from atoll_web.sales.models import OrderLine
from atoll_web.stock import services as stock
from atoll_web.stock.models import Requirement

KIND = "kits"
"""Kind of the runs that propose kits."""

MOST_DAYS, MOST_HOURS = 3650, 10_000
"""Beyond these a number is taken for a slip of the keyboard."""

KINDS_OF_RULES: Mapping[str, Sequence[str]] = {
    "whole kits, asked by": [str(rule) for rule in ServeBy],
    "the best choice of": [str(goal) for goal in Goal],
}
RULES: Mapping[str, ServeBy | Goal] = {str(rule): rule for rule in (*ServeBy, *Goal)}
"""Rules by their names: whom to ask first, or what to maximise."""

LEAST_COST = 0.01
"""What an item without a cost counts, so that a purchase of it is not endless."""

SECONDS = 5.0
"""Limit of the search for the best choice."""


@dataclass(frozen=True, slots=True)
class KitRule:
    """How lines are chosen to get their kits.

    Parameters
    ----------
    by
        One of `RULES`.
    longest_wait
        Days that a line waits (`WaitingLine.waited_days`) from which on it is not passed over; None for never.
    within_days
        Only lines whose assembly begins within so many days.
    line, hours
        Code of the bottleneck and the hours that it has for these lines; without a line only kits count.
    """

    by: str = ServeBy.DUE
    longest_wait: int | None = None
    within_days: int = HORIZON_DAYS
    line: str = ""
    hours: float | None = None

    def __post_init__(self) -> None:
        if self.by not in RULES:
            raise UnknownKitRule(rule=self.by, known=", ".join(RULES))

    @property
    def minutes(self) -> int | None:
        """Minutes that the bottleneck has."""
        return None if self.hours is None else round(self.hours * 60)


@dataclass(frozen=True, slots=True)
class LineToBuild:
    """A waiting line, and what its kit lacks, in units by item code: those that nobody else needs before more of them come."""

    line: WaitingLine
    missing: Mapping[str, int]

    @property
    def group(self) -> str:
        """How far it is from being built."""
        return ("clear", "short by one item")[len(self.missing)] if len(self.missing) < 2 else "short"


@dataclass(frozen=True, slots=True)
class Releasing:
    """Units of an item that would release waiting lines by themselves, and how they come about.

    Parameters
    ----------
    build, buy
        Units to build and to buy by item code, down to what is bought; what is there is not bought.
    cost
        Of what is bought.
    purchases
        Open purchase orders of what is bought, with their dates.
    """

    item: str
    units: int
    cost: Decimal
    lines: Sequence[str]
    build: Mapping[str, int]
    buy: Mapping[str, int]
    purchases: Sequence[tuple[str, date]]


@dataclass(frozen=True, slots=True)
class Shopping:
    """What to buy together within a budget, in units by item code, and what to build of it and of what is there; the lines that
    it releases, and the most that can be.
    """

    units: Mapping[str, int]
    build: Mapping[str, int]
    cost: Decimal
    lines: Sequence[str]
    bound: int


@dataclass(frozen=True, slots=True)
class ClearToBuild:
    """Waiting lines by what they lack, what would release most of them, and the best purchase where a budget was given.

    Parameters
    ----------
    within_days
        Days within which the assembly of these lines begins.
    """

    within_days: int
    lines: Sequence[LineToBuild]
    releasing: Sequence[Releasing]
    shopping: Shopping | None


def clear_to_build(
    *, today: date, by: str = ServeBy.DUE, within_days: int = HORIZON_DAYS, budget: float | None = None
) -> ClearToBuild:
    """Which confirmed lines have their kits on hand when asked one after the other, whatever their pegs rest on now.

    Units that another line holds count where that line still gets its own in time.

    Raises
    ------
    UnknownKitRule
    """
    rule, there = KitRule(by, within_days=within_days), waiting(today)
    candidates = there.candidates(rule.within_days)
    orders = there.orders(candidates)
    kits = _choose(orders, rule)
    short = shortages(orders, kits)
    missing: list[dict[str, int]] = [{} for _ in candidates]
    for order, item, units in zip(short.order.tolist(), short.item.tolist(), short.units.tolist(), strict=True):
        missing[order][there.codes[item]] = units
    lines = [LineToBuild(there.lines[at], lacks) for at, lacks in zip(candidates.tolist(), missing, strict=True)]
    names = [there.lines[at].name for at in candidates.tolist()]
    of = sources(there)
    cost = np.where(of.is_sold, [max(float(cost), LEAST_COST) for cost in of.costs], np.inf)
    shopping = None if budget is None else _shopping(of, orders, kits, cost, budget, names)
    return ClearToBuild(within_days, lines, list(_releasing(there, of, orders, kits, cost, names)), shopping)


def _releasing(
    there: Waiting, of: Sources, orders: WaitingOrders, kits: Kits, cost: np.ndarray, names: Sequence[str]
) -> Iterator[Releasing]:
    purchases: dict[str, list[tuple[str, date]]] = {}
    for supply in there.supplies:
        if supply.kind == "purchase" and supply.due:
            purchases.setdefault(supply.code, []).append((supply.reference, supply.due))
    for found in releasing_most(orders, kits, cost, builds=of.builds):
        buy = _by_code(of, found.bought)
        yield Releasing(
            item=of.codes[found.item],
            units=found.units,
            cost=_price(of, found.bought),
            lines=[names[at] for at in found.orders.tolist()],
            build=_by_code(of, found.built),
            buy=buy,
            purchases=sorted({order for code in buy for order in purchases.get(code, ())}, key=lambda p: (p[1], p[0])),
        )


def _shopping(of: Sources, orders: WaitingOrders, kits: Kits, cost: np.ndarray, budget: float, names: Sequence[str]) -> Shopping:
    found = best_purchase(orders, kits, budget, cost, seconds=SECONDS, builds=of.builds)
    return Shopping(
        units=_by_code(of, found.units),
        build=_by_code(of, found.built),
        cost=_price(of, found.units),
        lines=[names[at] for at in np.flatnonzero(found.released).tolist()],
        bound=int(found.bound),
    )


def _by_code(of: Sources, units: np.ndarray) -> dict[str, int]:
    return {of.codes[item]: int(units[item]) for item in np.flatnonzero(units).tolist()}


def _price(of: Sources, units: np.ndarray) -> Decimal:
    return sum((int(units[item]) * of.costs[item] for item in np.flatnonzero(units).tolist()), Decimal(0))


def _choose(orders: WaitingOrders, rule: KitRule) -> Kits:
    asked = RULES[rule.by]
    if isinstance(asked, ServeBy):
        return all_or_nothing_kits(orders, asked, longest_wait=rule.longest_wait)
    return optimised_kits(orders, asked, bottleneck_minutes=rule.minutes, longest_wait=rule.longest_wait, seconds=SECONDS)


def propose_kits(*, actor: Actor, rule: KitRule) -> Run:
    """Choose the lines that get their kits, and say what would change; nothing changes until `apply_kits`.

    Returns
    -------
    Run
        Its result names the lines to release, the bound, and which other lines would rest on another supply.

    Raises
    ------
    NoBottleneck
        When margin per hour is asked for without a line and its hours.
    """
    known = list(AssemblyLine.objects.values_list("code", flat=True))
    if (rule.by == Goal.MARGIN_PER_HOUR or rule.line or rule.hours) and not (rule.line in known and rule.hours):
        raise NoBottleneck(known=", ".join(known))
    run = runs.create(actor=actor, kind=KIND, parameters=asdict(rule))
    return runs.carry_out(actor=actor, run=run, work=lambda _: _proposal(actor.today, rule))


def _proposal(today: date, rule: KitRule) -> dict[str, Any]:
    there = waiting(today, bottleneck=rule.line)
    candidates = there.candidates(rule.within_days)
    orders = there.orders(candidates)
    kits = _choose(orders, rule)
    released = candidates[kits.chosen]
    chosen = np.zeros(len(there.lines), dtype=np.bool_)
    chosen[released] = True
    after = exchanged(there.pegging, chosen)
    rules = {f"whole kits by {by}": int(all_or_nothing_kits(orders, by).chosen.sum()) for by in ServeBy}
    return {
        "waiting": len(candidates),
        "value": kits.value,
        "bound": kits.bound,
        "proven": str(kits.status),
        "lines_by_rule": rules,
        "release": [_record(today, there.lines[at]) for at in released.tolist()],
        "repegged": list(_repegged(there, after, chosen)),
    }


def _record(today: date, line: WaitingLine) -> dict[str, Any]:
    return {
        "line": line.name,
        "customer": line.customer,
        "model": line.model,
        "quantity": line.quantity,
        "assembly": line.need_date.isoformat(),
        "promised": line.ship_date.isoformat(),
        "waited_days": line.waited_days(today),
        "margin": f"{line.margin:.2f}",
    }


def _repegged(there: Waiting, after: Pegging, chosen: np.ndarray) -> Iterator[dict[str, Any]]:
    """Lines that are not released and get units of another supply, which is in time for them."""
    before, later = _units(there.pegging), _units(after)
    for (order, supply), units in sorted((later - before).items()):
        if not chosen[order]:
            line, source = there.lines[order], there.supplies[supply]
            yield {
                "line": line.name,
                "customer": line.customer,
                "item": source.code,
                "units": units,
                "rests_on": " ".join(dict.fromkeys((source.kind, source.reference))).strip(),
                "due": source.due.isoformat() if source.due else "",
                "assembly": line.need_date.isoformat(),
                "promised": line.ship_date.isoformat(),
            }


def _units(pegging: Pegging) -> Counter[tuple[int, int]]:
    """Units by the positions of order and supply."""
    found = Counter[tuple[int, int]]()
    for order, supply, units in zip(pegging.order.tolist(), pegging.supply.tolist(), pegging.quantity.tolist(), strict=True):
        found[order, supply] += units
    return found


def apply_kits(*, actor: Actor, run: Run) -> list[FinalAssemblyOrder]:
    """Release the lines of a proposal, all or nothing.

    Raises
    ------
    NoKitProposal
        When the run is none, or proposes nothing.
    KitsGone, NotYetPromised, OrderHeld
        As `release_kits` does.
    """
    names = [row["line"] for row in run.result["release"]] if run.kind == KIND and run.state == run_states.DONE else []
    if not names:
        raise NoKitProposal(run=run.pk)
    orders = {name.rpartition("/")[0] for name in names}
    rows = {str(row): row for row in OrderLine.objects.select_related("order").filter(order__number__in=orders)}
    return release_kits(actor=actor, lines=[rows[name] for name in names])


@begun_again_after_deadlock
def release_kits(*, actor: Actor, lines: Sequence[OrderLine]) -> list[FinalAssemblyOrder]:
    """Release confirmed lines with whole kits on hand; those who hold units of them get others that are in time.

    No other line's promise becomes worse: it rests on supplies by its day of assembly, as before.

    Raises
    ------
    NotYetPromised, OrderHeld
        Of a line.
    KitsGone
        When the kits are no longer there together; nothing is changed then.
    """
    with acting(actor):
        rows = lock_to_release(lines)
        items = list(Requirement.objects.filter(demand__in=[row.demand_id for row in rows]).values_list("item_id", flat=True))
        stock.lock_supplies(items)
        there, ids = waiting(actor.today, items=items), {row.pk for row in rows}
        chosen = np.array([line.id in ids for line in there.lines], dtype=np.bool_)
        _refuse_gone(there, np.flatnonzero(chosen))
        _repeg(there, exchanged(there.pegging, chosen))
        return release(actor=actor, lines=rows)


def _refuse_gone(there: Waiting, places: np.ndarray) -> None:
    orders = there.orders(places)
    if not (kits := all_or_nothing_kits(orders)).chosen.all():
        raise KitsGone(lines=", ".join(there.lines[at].name for at in places[~kits.chosen].tolist()))


def _repeg(there: Waiting, after: Pegging) -> None:
    """Write the difference to the pegging that was read."""
    at = zip(there.pegging.order.tolist(), there.pegging.item.tolist(), there.requirements, strict=True)
    requirement = {(order, item): key for order, item, key in at}
    changes, before = _units(after), _units(there.pegging)
    changes.subtract(before)
    item = there.pegging.supply_item.tolist()
    changed = [(order, s, units) for (order, s), units in changes.items() if units and not there.supplies[s].is_lost]
    rows = {(requirement[order, item[s]], there.supplies[s].id): units for order, s, units in changed}
    stock.repeg(rows)
    stock.drop_unneeded([supply for (_, supply), units in rows.items() if units < 0])
