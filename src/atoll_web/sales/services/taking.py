"""An order or a quote of explored lines with the levers that were chosen for them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from django.db.models import F
from django.utils.text import Truncator

from atoll_web.accounts.acting import Actor, acting, begun_again_after_deadlock
from atoll_web.bulk import exchange
from atoll_web.purchasing import services as purchasing
from atoll_web.purchasing.models import PurchaseOrderLine, SupplierItem
from atoll_web.sales import states
from atoll_web.sales.errors import NeedsAnOrder, NoLongerOffered
from atoll_web.sales.models import LeverTaken, Order, OrderLine
from atoll_web.sales.services.drafting import NewLine, Price
from atoll_web.sales.services.entering import enter, refuse_other_price
from atoll_web.sales.services.exploring import Explored, explore
from atoll_web.sales.services.levers import Faster, Pull
from atoll_web.sales.services.recognising import NewOrder, known_order, request_digest

LONGEST_WORDS = 300
"""Characters that are kept of what was done: an option may bring many others along."""

WORK_LONGER = """
UPDATE catalogue_lineday d SET capacity = d.capacity + %s, overtime = d.overtime + %s
FROM catalogue_assemblyline l WHERE d.id = %s AND l.id = d.line_id AND d.overtime + %s <= l.overtime_minutes RETURNING d.id
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """A line of a basket, and the key of the lever that makes it earlier; empty for none."""

    line: NewLine
    lever: str = ""


@begun_again_after_deadlock
def take(
    *,
    actor: Actor,
    customer: str,
    asked: Sequence[Asked],
    quote_days: int | None = None,
    idempotency_key: str = "",
    ship_complete: bool = False,
    shown: Price | None = None,
) -> Order:
    """Order what was explored, or quote it when days are given. Levers are looked for anew and pulled in the same transaction.

    Parameters
    ----------
    shown
        What all lines were said to cost together, without their levers.

    Raises
    ------
    NoLongerOffered
        When a lever is not offered any more, or a line would ship later than it was said to.
    NotTogether
        When each of the levers is offered, but all of them leave a line without a date.
    NeedsAnOrder
        When a quote is to hold what spends the company's money.
    PriceDiffers
        When it costs something else than was shown.
    AtollError
        As `explore`, `enter_order` and `quote` do. Nothing is written then.
    """
    order = NewOrder(customer, [one.line for one in asked], idempotency_key, ship_complete, shown)
    if not any(one.lever for one in asked):
        return enter(actor=actor, order=order, quote_days=quote_days)
    with acting(actor):
        order = replace(order, request=request_digest(order, quote_days, [one.lever for one in asked]))
        if (there := known_order(actor.user, order)) is not None:
            return there
        chosen = _chosen(actor, order, [one.lever for one in asked])
        if quote_days is not None:
            _refuse_spending(chosen.values())
        needed = {one.part.key: (lever, one) for lever in chosen.values() for one in lever.pulls}
        for lever, one in needed.values():
            pull(actor, lever, one)  # once, also where several lines need it
        parts = [chosen[k].lines if k in chosen else (one.line,) for k, one in enumerate(asked)]
        order = replace(order, lines=[line for part in parts for line in part], shown=None)
        entered = enter(actor=actor, order=order, quote_days=quote_days)
        _record(entered, parts, chosen)
    return entered


def _chosen(actor: Actor, order: NewOrder, levers: Sequence[str]) -> Mapping[int, Faster]:
    """The levers by the place of their line, as they are when all of them are taken."""
    found: Explored = explore(
        lines=order.lines,
        today=actor.today,
        customer=order.customer,
        ship_complete=order.ship_complete,
        levers=levers,
    )
    refuse_other_price(order.shown, found.total, found.currency)
    if found.misfit is not None:
        raise found.misfit
    return {position - 1: lever for position, lever in found.chosen.levers.items()} if found.chosen else {}


def _refuse_spending(levers: Iterable[Faster]) -> None:
    for lever in levers:
        if lever.needs_order:
            raise NeedsAnOrder(words=lever.words)


def pull(actor: Actor, lever: Faster, part: Pull) -> None:
    """Do what a lever asks for: work longer, have an order brought sooner, buy at once."""
    row, amount = part.part.row, part.amount
    if part.kind == states.OVERTIME:
        (worked,) = exchange([(WORK_LONGER, [amount, amount, row, amount])])
        if not worked:  # others took the overtime of that day meanwhile
            raise NoLongerOffered(key=lever.key, line=lever.words)
    elif part.kind == states.EXPEDITE:
        line = PurchaseOrderLine.objects.select_related("order", "item", "supply").get(pk=row)
        purchasing.expedite(actor=actor, line=line)
    else:
        source = SupplierItem.objects.select_related("item", "supplier").get(pk=row)
        wanted = purchasing.Wanted(source.item, amount, source=source)
        purchasing.order(actor=actor, wanted=[wanted], expedited=part.part.is_expedited)


def _record(order: Order, parts: Sequence[Sequence[NewLine]], chosen: Mapping[int, Faster]) -> None:
    """Keep the levers with the first line that they are for. It, and the rest of a split, must ship as early as was said."""
    rows = list(order.lines.filter(promises__in_force=True).annotate(ships=F("promises__ship_date")).order_by("position"))
    first = list(accumulate((len(part) for part in parts), initial=0))
    for k, lever in chosen.items():
        said = [lever.ship_date, *filter(None, [lever.rest_date])]
        if any(row.ships > day for row, day in zip(rows[first[k] : first[k + 1]], said, strict=True)):
            raise NoLongerOffered(key=lever.key, line=f"line {k + 1}")
    record([(rows[first[k]], lever) for k, lever in chosen.items()])


def record(levers: Iterable[tuple[OrderLine, Faster]]) -> None:
    """Keep what was done for lines, and what each part of it costs; nothing of a lever that is not needed beside others."""
    LeverTaken.objects.bulk_create(
        LeverTaken(
            line=line,
            kind=part.kind,
            words=_words(part.words, lever),
            cost=part.cost,
            currency=lever.currency,
            days_earlier=max(lever.days_earlier, 0),
            **_substitute(lever),
        )
        for line, lever in levers
        if lever.is_needed
        for part in lever.pulls or (lever,)
    )


def _words(words: str, lever: Faster) -> str:
    """What was done, and what came of it where that is not days by which the line is earlier."""
    came = ""
    if not lever.had_date:
        came = " (no date without it)"
    elif lever.is_in_vain:
        later = f"{-lever.days_earlier} day{'s'[: lever.days_earlier < -1]} later" if lever.days_earlier else "no earlier"
        came = f" ({later} beside what else was chosen)"
    return Truncator(words).chars(LONGEST_WORDS - len(came)) + came


def _substitute(lever: Faster) -> dict[str, int]:
    """The item and its substitute, which the line may take from now on whenever it is promised anew."""
    if lever.kind != states.SUBSTITUTE:
        return {}
    item, substitute = lever.lines[0].agreed[-1]
    return {"item_id": item, "substitute_id": substitute}
