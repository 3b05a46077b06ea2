"""Counts, scrap, receipts that end short, deliveries that slip, and what they mean to promises: lines that lose units are at risk
and told, work under way is covered anew.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from atoll.promise import promise
from atoll_web.accounts.acting import Actor, acting, begun_again_after_deadlock
from atoll_web.bulk import exchange
from atoll_web.catalogue.models import BillLine, Item
from atoll_web.catalogue.snapshot import calendar
from atoll_web.purchasing import services as purchasing
from atoll_web.purchasing.models import PurchaseOrderLine, Receipt
from atoll_web.sales import states
from atoll_web.sales.answering import bases, reason
from atoll_web.sales.committing import Target, keys, pegging, room
from atoll_web.sales.errors import CannotPromise
from atoll_web.sales.models import OrderLine, Promise
from atoll_web.sales.services.begun import renew
from atoll_web.sales.services.drafting import raise_all
from atoll_web.sales.services.releasing import works
from atoll_web.sales.snapshot import Items, Lock, Work, lock, master, snapshot
from atoll_web.stock import correcting
from atoll_web.stock import services as stock
from atoll_web.stock.models import Demand, Lot, Move

RESTING = """
WITH RECURSIVE rests (demand) AS (
    SELECT demand FROM (
        SELECT unnest(%s::bigint[])
        UNION SELECT r.demand_id FROM stock_allocation a JOIN stock_requirement r ON r.id = a.requirement_id
        WHERE a.supply_id = ANY(%s::bigint[])
    ) first (demand)
    UNION
    SELECT r.demand_id FROM rests JOIN stock_demand d ON d.id = rests.demand
    JOIN stock_allocation a ON a.supply_id = d.builds_id JOIN stock_requirement r ON r.id = a.requirement_id
)
SELECT l.id FROM rests JOIN sales_orderline l ON l.demand_id = rests.demand
JOIN sales_promise p ON p.line_id = l.id WHERE p.in_force AND p.at_risk ORDER BY 1
"""
"""Lines at risk behind demands, and behind those that supplies are allocated to, through any number of levels of builds."""


@dataclass(frozen=True, slots=True)
class Corrected:
    """What was found to be otherwise than it was thought, and whom it hits.

    Parameters
    ----------
    move
        The entry of the ledger; None when it agreed already, or nothing had to be moved.
    receipts
        Of what arrived.
    moved
        Keys of the supplies that come on another day.
    at_risk
        Keys of the order lines whose promise is at risk because of it, and was not before; `lines_at_risk` says what they could
        have instead.
    at_risk_before
        Keys of those whose promise was at risk already, and rests on it.
    """

    move: Move | None = None
    receipts: Sequence[Receipt] = ()
    moved: Collection[int] = ()
    at_risk: Sequence[int] = ()
    at_risk_before: Sequence[int] = ()


@begun_again_after_deadlock
def count(*, actor: Actor, item: Item, counted: int, lot: Lot | None = None) -> Corrected:
    """Bring the ledger in line with a count of the warehouse.

    Units that are missing are taken from whoever needs them last: promises of lines that lose some are marked at risk; builds,
    and lines in assembly, get others instead.

    Raises
    ------
    LotsDoNotMatch
        When a numbered item is counted without naming the lot.
    CannotPromise
        When what is under way can get no others.
    """
    with acting(actor):
        before = _at_risk()
        found = correcting.count(actor=actor, item=item, counted=counted, lot=lot)
        _follow(actor, found.demands)
        return Corrected(found.move, (), (), *_hit(before, found.demands))


@begun_again_after_deadlock
def scrap(*, actor: Actor, item: Item, quantity: int, lot: Lot | None = None, reference: str = "scrap") -> Corrected:
    """Take unusable units out of the warehouse; what that means to promises is as for `count`.

    Raises
    ------
    LotsDoNotMatch, NotEnoughStock, CannotPromise
    """
    with acting(actor):
        before = _at_risk()
        found = correcting.scrap(actor=actor, item=item, quantity=quantity, lot=lot, reference=reference)
        _follow(actor, found.demands)
        return Corrected(found.move, (), (), *_hit(before, found.demands))


@begun_again_after_deadlock
def receive(*, actor: Actor, deliveries: Sequence[purchasing.Delivery]) -> Corrected:
    """Book what arrived on purchase orders. What will not come any more is taken from whoever needs it last, as for `count`.

    Raises
    ------
    ReceivedBeyondOrder, QuantityNotPositive, LotsDoNotMatch, DuplicateLot, CannotPromise
        Nothing is received then.
    """
    with acting(actor):
        before = _at_risk()
        found = purchasing.receive(actor=actor, deliveries=deliveries)
        _follow(actor, found.demands)
        return Corrected(None, found.receipts, (), *_hit(before, found.demands))


@begun_again_after_deadlock
def slip(*, actor: Actor, line: PurchaseOrderLine, due: date) -> Corrected:
    """The supplier moves a delivery to another day; builds that wait for it move with it.

    Raises
    ------
    DateInThePast, DateTooFar
    """
    with acting(actor):
        before = _at_risk()
        moved = purchasing.slip(actor=actor, line=line, due=due)
        return Corrected(None, (), moved, *_hit(before, supplies=moved))


def _at_risk() -> set[int]:
    return set(Promise.objects.filter(in_force=True, at_risk=True).values_list("line", flat=True))


def _hit(
    before: Collection[int], demands: Sequence[int] = (), supplies: Collection[int] = ()
) -> tuple[Sequence[int], Sequence[int]]:
    """Lines at risk that rest on what demands lost or on supplies that moved: that were not at risk before, and that were."""
    if not demands and not supplies:
        return (), ()
    (rows,) = exchange([(RESTING, [list(demands), list(supplies)])])
    lines = [line for (line,) in rows]
    return [line for line in lines if line not in before], [line for line in lines if line in before]


def _follow(actor: Actor, demands: Sequence[int]) -> None:
    """Mark the promises of those that lost units, and cover again what cannot be promised anew."""
    if not demands:
        return
    Promise.objects.filter(line__demand__in=demands, in_force=True).update(at_risk=True)
    found = Demand.objects.filter(id__in=demands).exclude(order_line__state__in=states.HOLDING)
    under_way = found.select_related("builds__item").prefetch_related("requirements").order_by("id")
    if rows := list(under_way):
        built = {row.pk: row.builds.quantity for row in rows if row.builds}
        kits = _kits(rows, _lines_of(rows), built, master(actor.today).items)
        lock(kits.values(), actor.today, [row.pk for row in rows])
        _cover(actor, list(under_way.all()))  # without those that went with what they were planned for, meanwhile


def _lines_of(rows: Sequence[Demand]) -> list[OrderLine]:
    return list(OrderLine.objects.filter(demand__in=[row.pk for row in rows]))


def _cover(actor: Actor, rows: Sequence[Demand]) -> None:
    """Let demands take all that they require from what is free, or from what is planned for it; builds move with it.

    They may take alternates and successors, as when they were promised. What others are built of comes first.
    """
    stock.release_demands(row.pk for row in rows)
    # Builds that were planned for others of them alone are gone, and some that were planned for others too are smaller.
    units = dict(Demand.objects.filter(id__in=[row.pk for row in rows]).values_list("id", "builds__quantity"))
    left, items = [row for row in rows if row.pk in units], master(actor.today).items

    def level(row: Demand) -> tuple[bool, int]:
        return row.builds is None, len(items.reachable([row.builds.item_id])) if row.builds else 0

    for _, together in groupby(sorted(left, key=level), key=level):
        _cover_level(actor, list(together), units, items)


def _cover_level(actor: Actor, rows: Sequence[Demand], units: Mapping[int, int], items: Items) -> None:
    """Let demands of which none is built of what another one builds take all that they require."""
    lines = _lines_of(rows)
    kits = _kits(rows, lines, units, items)
    seen = snapshot([kits[row.pk] for row in rows], actor.today, lock=Lock.ALONE)
    answer = promise(seen.availability, seen.wanted)
    lost = [k for k in range(len(rows)) if not answer.is_promised[k]]
    raise_all([(str(rows[k]), CannotPromise(what=str(rows[k]), reason=reason(seen, answer, k))) for k in lost])
    targets = [Target(0, row.pk, is_new=False) for row in rows]
    taken = seen.booked(answer)
    exchange(pegging(seen, answer, taken, targets, keys(room(taken))))
    now = {row.pk: basis for row, basis in zip(rows, bases(seen, answer, is_first=False), strict=True)}
    _renew(actor, {line.pk: now[line.demand_id] for line in lines})
    days = calendar()
    for k, row in enumerate(rows):
        if row.builds is None:  # a line in assembly keeps its slot, and is at risk
            Demand.objects.filter(pk=row.pk).update(need_date=row.need_date)
            continue
        begins = max(row.need_date, seen.date(answer.need_day[k]))
        Demand.objects.filter(pk=row.pk).update(need_date=begins)
        if (due := days.add(begins, row.builds.item.build_days)) > row.builds.due:
            stock.slip(row.builds, due)


def _kits(rows: Sequence[Demand], lines: Sequence[OrderLine], units: Mapping[int, int], items: Items) -> dict[int, Work]:
    """What demands may take: lines in assembly as they were promised, builds by their bills, or as before where these changed.

    Parameters
    ----------
    rows
        Read with their requirements and builds before they gave anything back.
    lines
        The order lines among them.
    units
        By key of the demand: how many are built now.
    """
    builds = [row for row in rows if row.builds]
    bills: dict[int, list[BillLine]] = defaultdict(list)
    for line in BillLine.objects.filter(parent__in={row.builds.item_id for row in builds}):
        bills[line.parent_id].append(line)
    found = {  # without their minutes: their slots stay
        line.demand_id: Work(work.requirements, alternates=work.alternates)
        for line, work in zip(lines, works(lines), strict=True)
    }
    for row in builds:
        there, bill = units[row.pk], bills[row.builds.item_id]
        kit = {r.item_id: r.quantity // row.builds.quantity * there for r in row.requirements.all()}
        alternates = {part.component_id: part.alternates for part in bill if part.alternates}
        anew = Work({part.component_id: part.quantity * there for part in bill}, alternates=alternates)
        found[row.pk] = anew if _is_made_by(anew, kit, items) else Work(kit)
    return found


def _is_made_by(anew: Work, kit: Mapping[int, int], items: Items) -> bool:
    """Whether what a build takes anew allows its kit: each requirement takes one item for all its units."""
    left = {frozenset(kit.items())}
    for item, units in anew.requirements.items():
        left = {
            frozenset({**rest, taken: rest[taken] - units}.items())
            for rest in map(dict, left)
            for taken in _may_be_taken(anew, item, items)
            if rest.get(taken, 0) >= units
        }
    return any(not any(dict(rest).values()) for rest in left)


def _may_be_taken(anew: Work, item: int, items: Items) -> set[int]:
    """An item, its alternates, and the successors of those that are obsolete."""
    named = {item, *anew.alternates.get(item, ())}
    return named.union(*({items.ids[at] for at in items.successors.get(items.at[one], ())} for one in named))


def _renew(actor: Actor, now: Mapping[int, Mapping[str, Any]]) -> None:
    """Let promises of lines in assembly say what they take `now`, where these are other items than before."""
    before = Promise.objects.filter(line__in=now, in_force=True).values_list("line", "basis__instead")
    others = [line for line, instead in before if (instead or {}) != now[line].get("instead", {})]
    renew(actor, {line: {name: now[line].get(name, {}) for name in ("supplies", "planned", "instead")} for line in others})
