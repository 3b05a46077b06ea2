"""Why a promised line is late, or will be: each cause in words, with where to go on."""

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from django.db.models import F
from django.urls import reverse

from atoll_web.catalogue.snapshot import calendar
from atoll_web.sales import states
from atoll_web.sales.deliveries import delivered_with
from atoll_web.sales.models import OrderLine, Promise
from atoll_web.sales.pegging import Peg
from atoll_web.stock.services import outdated_builds
from atoll_web.words import in_words


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause of lateness, and the address of the page where something can be done about it."""

    words: str
    link: str
    link_words: str


def causes(line: OrderLine, promises: Sequence[Promise], pegs: Sequence[Peg], today: date) -> tuple[Cause, ...]:
    """Why a line leaves, or left, later than it was first promised; nothing where it is in time.

    Parameters
    ----------
    promises
        Of the line, the first one first; the last one is in force.
    pegs
        What it rests on, as `pegging` tells it.
    """
    if not promises or line.state not in states.PROMISED:
        return ()
    first, now = promises[0], promises[-1]
    leaves = line.shipped_on or max(now.ship_date, today)
    if leaves <= first.ship_date and not now.at_risk:
        return ()
    changed = [*_changed(pegs, outdated_builds()), *_cut(line)] if now.at_risk else ()
    own = [*_late_supplies(pegs, now.need_date), *changed]
    others = _others_at_risk(line) if now.at_risk and not own else ()
    found = [*own, *others, *_moved(line, promises), *_work(line, now, today)]
    order = Cause("It left later than promised." if line.shipped_on else "Its day has passed.", _order(line), str(line.order))
    return tuple(found) or (order,)


def _late_supplies(pegs: Sequence[Peg], needed: date) -> Iterator[Cause]:
    """What comes after it is needed, followed down to what is bought or short."""
    for peg in pegs:
        is_late = peg.kind == "short" or (peg.due is not None and peg.due > needed)
        below = list(_late_supplies(peg.parts, peg.kit_date)) if is_late and peg.kit_date else []
        if below:
            yield from below
        elif is_late:
            # A build that waits for a late delivery was moved along with it, so that nothing in its kit comes late any more.
            yield from [_awaited(peg, part, needed) for part in _last(peg)] or [_supply(peg, needed)]


def _last(build: Peg) -> Iterator[Peg]:
    """What a build waits for until the day on which it begins, followed down to what is bought."""
    for part in build.parts:
        if part.due and calendar().on_or_after(part.due) == build.kit_date:
            yield from list(_last(part)) or [part]


def _changed(pegs: Sequence[Peg], outdated: Container[int]) -> Iterator[Cause]:
    """What an engineering change took away: planned units of what is obsolete, and builds by a bill that has changed since."""
    for peg in pegs:
        item = reverse("item", args=[peg.item])
        if peg.kind == "planned" and peg.is_obsolete:
            yield Cause(f"{peg.units} × {peg.item} were to be ordered, but it is obsolete now.", item, peg.item)
        elif peg.supply in outdated:
            yield Cause(f"The bill of {peg.item} has changed since its build was planned.", item, peg.item)
        yield from _changed(peg.parts, outdated)


def _cut(line: OrderLine) -> Iterator[Cause]:
    """Days of assembly lines on which less is worked than orders had reserved."""
    for slot in line.slots.filter(line_day__reserved__gt=F("line_day__capacity")).select_related("line_day__line"):
        day, code = slot.line_day, slot.line_day.line.code
        words = f"{code} works {day.capacity} minutes on {in_words(day.day)}, and {day.reserved} are reserved."
        yield Cause(words, reverse("capacity-day", args=[code, day.day]), f"{code} on {in_words(day.day)}")


def _others_at_risk(line: OrderLine) -> Iterator[Cause]:
    """Those with which a line leaves: nothing is wrong with itself."""
    at_risk = Promise.objects.filter(line__in=delivered_with(line), in_force=True, at_risk=True).exclude(line=line)
    for other in at_risk.select_related("line__order").order_by("line__position"):
        address = reverse("why", args=[other.line.order.number, other.line.position])
        yield Cause(f"It ships together with {other.line}, whose promise is at risk.", address, str(other.line))


def _supply(peg: Peg, needed: date) -> Cause:
    if peg.kind == "short":
        return Cause(f"{peg.units} × {peg.item} are short.", reverse("item", args=[peg.item]), peg.item)
    return _coming(peg, f"{peg.units} × {peg.item} come on {in_words(peg.due)}, but are needed on {in_words(needed)}.")


def _awaited(build: Peg, peg: Peg, needed: date) -> Cause:
    words = f"{peg.units} × {peg.item} come on {in_words(peg.due)}, and {build.units} × {build.item}"
    return _coming(peg, f"{words}, needed on {in_words(needed)}, wait for them.")


def _coming(peg: Peg, words: str) -> Cause:
    if peg.kind in DOCUMENTS and peg.reference:
        return Cause(words, reverse(DOCUMENTS[peg.kind], args=[peg.reference]), peg.reference)
    return Cause(words, reverse("item", args=[peg.item]), peg.item)


DOCUMENTS = {"purchase": "purchase-order", "build": "build-order"}
"""Pages of what supplies come with."""


def _moved(line: OrderLine, promises: Sequence[Promise]) -> Iterator[Cause]:
    """Each promise that was later than the one before, with what held it back."""
    for before, after in pairwise(promises):
        if after.ship_date > before.ship_date:
            item = after.basis.get("binding", {}).get("item")
            words = (
                f"Promised anew on {in_words(after.made_at.date())}, for {in_words(after.ship_date)}"
                f" instead of {in_words(before.ship_date)}. {after.reason}"
            )
            yield Cause(words, reverse("item", args=[item]) if item else _order(line), item or str(line.order))


def _work(line: OrderLine, now: Promise, today: date) -> Iterator[Cause]:
    """Assembly that should have begun or ended."""
    if line.state == states.CONFIRMED and now.need_date < today:
        yield Cause(f"Its assembly should have begun on {in_words(now.need_date)}.", reverse("work"), "ready work")
    if line.state in {states.IN_ASSEMBLY, states.ASSEMBLED} and now.ship_date < today:
        words = "It is assembled and waits for its shipment." if line.state == states.ASSEMBLED else "It is still in assembly."
        number = line.assembly_order.number
        yield Cause(words, reverse("assembly-order", args=[number]), number)


def _order(line: OrderLine) -> str:
    return reverse("order", args=[line.order.number])
