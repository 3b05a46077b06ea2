"""Order lines are promised anew when a supply that they rest on slips."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import TypeVar

import numpy as np
from django.db import transaction
from django.db.models import F, Max

from atoll.promise import Promises, in_turn
from atoll_web.accounts.acting import Actor, acting, begun_again_after_deadlock
from atoll_web.bulk import among, at_one_instant, planned_for, uncollected
from atoll_web.sales import states
from atoll_web.sales.answering import reasons_anew, why_none
from atoll_web.sales.committing import Target, commit, keys, room
from atoll_web.sales.deliveries import delivery_of, numbered
from atoll_web.sales.errors import CannotPromise, NothingToPromise
from atoll_web.sales.held import held_by, intact
from atoll_web.sales.models import OrderLine, Promise
from atoll_web.sales.services.begun import wait_for_open_lines
from atoll_web.sales.services.drafting import raise_all
from atoll_web.sales.services.open_lines import with_their_deliveries
from atoll_web.sales.services.releasing import demands_of, give_back, release_expired, works
from atoll_web.sales.snapshot import Lock, PromiseSnapshot, Work, lock, snapshot
from atoll_web.stock import services as stock


@dataclass(frozen=True, slots=True)
class Repromised:
    """What became of lines that were to be promised anew.

    Parameters
    ----------
    lines
        Those whose promise holds, the new ones in the order in which they were promised, and then those that stay as they are.
    left_out
        Lines that have nothing to promise any more, as their state says.
    undated
        Lines that get no date, or leave together with one that gets none, with the reason: they stay as they are, at risk.
    """

    lines: Sequence[OrderLine]
    left_out: Sequence[OrderLine]
    undated: Sequence[tuple[OrderLine, str]] = ()


class _NoDate(Exception):
    """Some of the lines get no date, nor do those that leave together with them."""

    def __init__(self, undated: list[tuple[OrderLine, str]]) -> None:
        self.undated = undated


@begun_again_after_deadlock
def repromise(*, actor: Actor, lines: Sequence[OrderLine] | None = None) -> Repromised:
    """Promise lines anew whose supply slipped, keeping each date that can be kept.

    Those that rest on what comes in time stay as they are. The others give back what they hold, and are promised in the order of
    the dates that they had, none earlier than before: others may need what is early. Each has its own first. The lines of a
    delivery stay as they are when all of them can; otherwise they are promised together, for one date. What gets no date at all
    stays as it is with all of its delivery, and nobody takes of what they hold.

    Parameters
    ----------
    lines
        Quoted or confirmed lines; all those at risk or overdue when not given. Those that leave together with them come along.

    Lines that were cancelled, expired or released meanwhile are left out; quotes whose time is over expire at once.

    Raises
    ------
    NothingToPromise
        When none of the given lines holds a promise that could be another.
    CannotPromise
        When lines are given of which none gets a date; all keep the promises they had then.
    """
    with acting(actor):
        release_expired(actor)
        chosen = lines if lines is not None else lines_to_promise_anew(actor.today)
        if not chosen:
            return Repromised((), ())
        asked = among(with_their_deliveries([line.pk for line in chosen]))
        locked = OrderLine.objects.select_for_update(of=("self",)).select_related("order")
        rows = list(locked.filter(id__in=asked).order_by("id"))
        left_out = [row for row in rows if row.state not in states.HOLDING]
        if len(left_out) == len(rows):
            raise NothingToPromise(line=", ".join(map(str, rows)), state=left_out[0].state)
        with uncollected(len(rows)):
            open_rows = [row for row in rows if row.state in states.HOLDING]
            stay = staying(open_rows, actor.today)
            anew, undated = _all_that_can([row for row in open_rows if row.pk not in stay], partial(_promise_anew, actor))
            kept = [*anew, *(row for row in open_rows if row.pk in stay)]
            if lines is not None and not kept:
                refuse_undated(undated)
            mark_at_risk(row.pk for row, _ in undated)
            return Repromised(kept, left_out, undated)


def staying(rows: Sequence[OrderLine], today: date) -> set[int]:
    """Keys of open lines that may stay as they are: all that they and the others of their deliveries rest on comes in time.

    Parameters
    ----------
    rows
        Read with their orders; all lines of a delivery that are open, or none.
    """
    stay = intact([row.pk for row in rows], demands_of(rows), today)
    moved = {delivery_of(row) for row in rows if row.pk not in stay} - {None}
    return stay - {row.pk for row in rows if delivery_of(row) in moved}


_Made = TypeVar("_Made")


def _all_that_can(
    rows: list[OrderLine], promised: Callable[[list[OrderLine]], list[_Made]]
) -> tuple[list[_Made], list[tuple[OrderLine, str]]]:
    """What is made of those lines that get a date; and the others with all of their deliveries, which keep what they hold."""
    undated: list[tuple[OrderLine, str]] = []
    while True:
        try:
            return promised(rows), undated
        except _NoDate as found:
            undated += found.undated
            lost = {row.pk for row, _ in found.undated}
            rows = [row for row in rows if row.pk not in lost]


def mark_at_risk(line_ids: Iterable[int]) -> None:
    """Mark the promises of open lines as at risk, and of lines of their deliveries whose assembly has begun."""
    marked = among(with_their_deliveries([*line_ids], states.BEGUN))
    Promise.objects.filter(line__in=marked, in_force=True, at_risk=False).update(at_risk=True)


def refuse_undated(undated: Sequence[tuple[OrderLine, str]]) -> None:
    """Raise `CannotPromise` for each line that gets no date, if there is one."""
    raise_all([(str(row), CannotPromise(what=str(row), reason=why)) for row, why in undated])


def promise_anew(actor: Actor, rows: list[OrderLine], *, sooner: bool = False) -> list[OrderLine]:
    """Let locked lines give back what they hold, and promise them for the dates that they had, those of a delivery together.

    Parameters
    ----------
    sooner
        For the days that their customers asked for instead.

    Raises
    ------
    CannotPromise
        When one gets no date.
    """
    try:
        return _promise_anew(actor, rows, sooner=sooner)
    except _NoDate as found:
        refuse_undated(found.undated)
        raise


@transaction.atomic
def _promise_anew(actor: Actor, rows: list[OrderLine], *, sooner: bool = False) -> list[OrderLine]:
    if not rows:
        return rows
    in_force = Promise.objects.filter(line__in=among(row.pk for row in rows), in_force=True)
    turns = _Turns.of(rows, dict(in_force.values_list("line_id", "ship_date")), sooner=sooner)
    lock(turns.works, actor.today, demands_of(turns.rows))
    with planned_for(len(rows)):
        held = held_by([row.pk for row in turns.rows], demands_of(turns.rows))
    give_back(turns.rows)
    seen = snapshot(turns.works, actor.today, lock=Lock.ALONE, held_before=held)
    answer = turns.promised(seen)
    targets = [Target(row.pk, row.demand_id, is_new=False) for row in turns.rows]
    taken = seen.booked(answer)
    commit(actor, seen, answer, taken, targets, keys(room(taken)), is_first=False, reasons=turns.reasons(seen, answer))
    wait_for_open_lines(actor, {row.order_id for row in turns.rows if delivery_of(row) is not None})
    return turns.rows


@dataclass(frozen=True, slots=True)
class _Turns:
    """Lines in the order in which they are promised anew: by the dates that they had, those of a delivery one after the other.

    Parameters
    ----------
    before
        The date that each had.
    works
        What each takes, and the day for which it is served.
    delivery
        Number of each line's delivery, as the science takes it.
    """

    rows: list[OrderLine]
    before: list[date]
    works: list[Work]
    delivery: np.ndarray | None
    sooner: bool

    @classmethod
    def of(cls, rows: Sequence[OrderLine], had: Mapping[int, date], *, sooner: bool = False) -> "_Turns":
        """Those of lines that are read with their orders, which `had` dates; `sooner` for the days that customers asked for."""
        rows = sorted(rows, key=lambda row: (had[row.pk], row.pk))
        if (delivery := numbered([delivery_of(row) for row in rows])) is not None:
            sequence = in_turn(delivery)
            rows, delivery = [rows[k] for k in sequence.tolist()], delivery[sequence]
        before, wanted = [had[row.pk] for row in rows], works(rows)
        if not sooner:
            wanted = [replace(work, request_date=day) for work, day in zip(wanted, before, strict=True)]
        return cls(rows, before, wanted, delivery, sooner)

    def promised(self, seen: PromiseSnapshot) -> Promises:
        """Their promises; when one gets none, `_NoDate` for it and its delivery."""
        answer = seen.promised(self.delivery)
        if none := why_none(seen, answer, self.rows):
            raise _NoDate([(self.rows[k], why) for k, why in none.items()])
        if self.sooner:
            return answer
        # Who had a day beyond the calendar, as it reaches now, still has it.
        return replace(answer, ship_day=np.maximum(answer.ship_day, [(day - seen.today).days for day in self.before]))

    def reasons(self, seen: PromiseSnapshot, answer: Promises) -> list[str]:
        """Why each gets its date."""
        return reasons_anew(seen, answer, [True] * len(self.rows), [row.position for row in self.rows])


@dataclass(frozen=True, slots=True)
class LineAtRisk:
    """What a line at risk could have instead.

    Parameters
    ----------
    before, after
        The day promised, and the one it would get if these lines were promised anew now; None where it gets none.
    reason
        Why it would get that day, or none.
    """

    line: OrderLine
    before: date
    after: date | None
    reason: str


@at_one_instant()
def lines_at_risk(line_ids: Iterable[int], today: date) -> list[LineAtRisk]:
    """What `repromise` would make of lines, those that leave together with them included; nothing is written or locked.

    They come in the order of the dates that they have.
    """
    found = OrderLine.objects.filter(id__in=among(with_their_deliveries([*line_ids])), promises__in_force=True)
    rows = list(found.annotate(before=F("promises__ship_date")).select_related("order__customer").order_by("before", "id"))
    open_rows = [row for row in rows if row.state in states.HOLDING]
    stay = staying(open_rows, today)
    anew, undated = _all_that_can([row for row in open_rows if row.pk not in stay], partial(_tried_anew, today))
    said: dict[int, tuple[date | None, str]] = {
        row.pk: (row.before, "Keeps what it has, since all of it comes in time.")
        if row.pk in stay
        else (None, f"it is {row.state}, so that its promise stays")
        for row in rows
    }
    said |= {row.pk: (None, why) for row, why in undated} | dict(anew)
    return [LineAtRisk(row, row.before, *said[row.pk]) for row in rows]


def _tried_anew(today: date, rows: list[OrderLine]) -> list[tuple[int, tuple[date, str]]]:
    """Keys of lines with the dates that `_promise_anew` would give them, and why."""
    if not rows:
        return []
    turns = _Turns.of(rows, {row.pk: row.before for row in rows})
    held = held_by([row.pk for row in turns.rows], demands_of(turns.rows))
    seen = snapshot(turns.works, today, lock=Lock.NOTHING, held=held)
    answer = turns.promised(seen)
    days, whys = map(seen.date, answer.ship_day.tolist()), turns.reasons(seen, answer)
    return [(row.pk, (day, why)) for row, day, why in zip(turns.rows, days, whys, strict=True)]


def lines_to_promise_anew(today: date) -> list[OrderLine]:
    """Quoted and confirmed lines whose promise is at risk, or whose assembly should have begun but lacks something."""
    at_risk = OrderLine.objects.filter(state__in=states.HOLDING, promises__in_force=True, promises__at_risk=True)
    due = OrderLine.objects.filter(state__in=states.HOLDING, demand__need_date__lte=today).select_related("demand")
    short = stock.shortages(line.demand for line in due)
    return sorted({*at_risk, *(line for line in due if line.demand_id in short)}, key=lambda line: line.pk)


def last_assembly_day(line: OrderLine) -> date:
    """The day of a line's last slot."""
    return line.slots.aggregate(last=Max("line_day__day"))["last"]
