"""Counts, scrap, receipts that end short, deliveries that slip, and what they mean to promises: lines that lose units are at risk
and told, work under way is covered anew.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from atoll.promise import promise
from atoll_web.accounts.acting import Actor, acting, begun_again_after_deadlock
from atoll_web.bulk import exchange
from atoll_web.catalogue.models import Item
from atoll_web.catalogue.snapshot import calendar
from atoll_web.purchasing import services as purchasing
from atoll_web.purchasing.models import PurchaseOrderLine, Receipt
from atoll_web.sales import states
from atoll_web.sales.answering import reason
from atoll_web.sales.committing import Target, keys, pegging, room
from atoll_web.sales.errors import CannotPromise
from atoll_web.sales.models import Promise
from atoll_web.sales.services.drafting import raise_all
from atoll_web.sales.snapshot import Lock, Work, lock, snapshot
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
        lock(_works(rows), actor.today, [row.pk for row in rows])
        _cover(actor, list(under_way.all()))  # without those that went with what they were planned for, meanwhile


def _works(rows: Sequence[Demand]) -> list[Work]:
    return [Work({r.item_id: r.quantity for r in row.requirements.all()}) for row in rows]


def _cover(actor: Actor, rows: Sequence[Demand]) -> None:
    """Let demands take all that they require from what is free, or from what is planned for it; builds move with it."""
    if not rows:
        return
    works = _works(rows)
    stock.release_demands(row.pk for row in rows)
    seen = snapshot(works, actor.today, lock=Lock.ALONE)
    answer = promise(seen.availability, seen.wanted)
    lost = [k for k in range(len(rows)) if not answer.is_promised[k]]
    raise_all([(str(rows[k]), CannotPromise(what=str(rows[k]), reason=reason(seen, answer, k))) for k in lost])
    targets = [Target(0, row.pk, is_new=False) for row in rows]
    taken = seen.booked(answer)
    exchange(pegging(seen, answer, taken, targets, keys(room(taken))))
    days = calendar()
    for k, row in enumerate(rows):
        if row.builds is None:  # a line in assembly keeps its slot, and is at risk
            Demand.objects.filter(pk=row.pk).update(need_date=row.need_date)
            continue
        begins = max(row.need_date, seen.date(answer.need_day[k]))
        Demand.objects.filter(pk=row.pk).update(need_date=begins)
        if (due := days.add(begins, row.builds.item.build_days)) > row.builds.due:
            stock.slip(row.builds, due)
