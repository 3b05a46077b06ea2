"""Order lines are promised anew when a supply that they rest on slips."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from django.db import transaction
from django.db.models import F, Max

from atoll.promise import in_turn
from atoll_web.accounts.acting import Actor, acting, begun_again_after_deadlock
from atoll_web.bulk import among, planned_for, uncollected
from atoll_web.sales import states
from atoll_web.sales.answering import reason, reasons_anew
from atoll_web.sales.committing import Target, commit, keys, room
from atoll_web.sales.deliveries import delivery_of, numbered
from atoll_web.sales.errors import CannotPromise, NothingToPromise
from atoll_web.sales.held import held_by, intact
from atoll_web.sales.models import OrderLine, Promise
from atoll_web.sales.services.begun import wait_for
from atoll_web.sales.services.drafting import raise_all
from atoll_web.sales.services.open_lines import with_their_deliveries
from atoll_web.sales.services.releasing import demands_of, give_back, release_expired, works
from atoll_web.sales.snapshot import Lock, lock, snapshot
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
        Lines that get no date, with the reason: they stay exactly as they are, at risk.
    """

    lines: Sequence[OrderLine]
    left_out: Sequence[OrderLine]
    undated: Sequence[tuple[OrderLine, str]] = ()


class _NoDate(Exception):
    """Some of the lines get no date."""

    def __init__(self, undated: list[tuple[OrderLine, str]]) -> None:
        self.undated = undated


@begun_again_after_deadlock
def repromise(*, actor: Actor, lines: Sequence[OrderLine] | None = None) -> Repromised:
    """Promise lines anew whose supply slipped, keeping each date that can be kept.

    Those that rest on what comes in time stay as they are. The others give back what they hold, and are promised in the order of
    the dates that they had, none earlier than before: others may need what is early. Each has its own first. The lines of a
    delivery stay as they are when all of them can; otherwise they are promised together, for one date. What gets no date at all
    stays as it is, and nobody takes of what it holds.

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
            stay = intact([row.pk for row in open_rows], demands_of(open_rows), actor.today)
            moved = {delivery_of(row) for row in open_rows if row.pk not in stay} - {None}
            stay -= {row.pk for row in open_rows if delivery_of(row) in moved}
            anew, undated = _all_that_can(actor, [row for row in open_rows if row.pk not in stay])
            kept = [*anew, *(row for row in open_rows if row.pk in stay)]
            if lines is not None and not kept:
                _refuse(undated)
            mark_at_risk(row.pk for row, _ in undated)
            return Repromised(kept, left_out, undated)


def _all_that_can(actor: Actor, rows: list[OrderLine]) -> tuple[list[OrderLine], list[tuple[OrderLine, str]]]:
    """Promise those of locked lines anew that get a date; and the others, which keep what they hold."""
    undated: list[tuple[OrderLine, str]] = []
    while True:
        try:
            with transaction.atomic():
                return _promise_anew(actor, rows, sooner=False), undated
        except _NoDate as found:
            undated += found.undated
            lost = {row.pk for row, _ in found.undated}
            rows = [row for row in rows if row.pk not in lost]


def mark_at_risk(line_ids: Iterable[int]) -> None:
    """Mark the promises of lines as at risk where they are not yet."""
    Promise.objects.filter(line__in=among(line_ids), in_force=True, at_risk=False).update(at_risk=True)


def _refuse(undated: Sequence[tuple[OrderLine, str]]) -> None:
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
        _refuse(found.undated)
        raise


def _promise_anew(actor: Actor, rows: list[OrderLine], *, sooner: bool) -> list[OrderLine]:
    if not rows:
        return rows
    in_force = Promise.objects.filter(line__in=among(row.pk for row in rows), in_force=True)
    before = dict(in_force.values_list("line_id", "ship_date"))
    rows.sort(key=lambda row: (before[row.pk], row.pk))
    if (delivery := numbered([delivery_of(row) for row in rows])) is not None:
        sequence = in_turn(delivery)
        rows, delivery = [rows[k] for k in sequence.tolist()], delivery[sequence]
    wanted = works(rows)
    if not sooner:
        wanted = [replace(work, request_date=before[row.pk]) for row, work in zip(rows, wanted, strict=True)]
    lock(wanted, actor.today, demands_of(rows))
    with planned_for(len(rows)):
        held = held_by([row.pk for row in rows], demands_of(rows))
    give_back(rows)
    seen = snapshot(wanted, actor.today, lock=Lock.ALONE, held_before=held)
    answer = seen.promised(delivery)
    if refused := [(rows[k], reason(seen, answer, k)) for k in range(len(rows)) if not answer.is_promised[k]]:
        raise _NoDate(refused)
    if not sooner:  # who had a day beyond the calendar, as it reaches now, still has it
        had = np.array([(before[row.pk] - seen.today).days for row in rows])
        answer = replace(answer, ship_day=np.maximum(answer.ship_day, had))
    targets = [Target(row.pk, row.demand_id, is_new=False) for row in rows]
    taken = seen.booked(answer)
    said = reasons_anew(seen, answer, [True] * len(rows), [row.position for row in rows])
    commit(actor, seen, answer, taken, targets, keys(room(taken)), is_first=False, reasons=said)
    wait_for(actor, [row.pk for row in rows if delivery_of(row) is not None])
    return rows


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


def lines_at_risk(line_ids: Iterable[int], today: date) -> list[LineAtRisk]:
    """What `repromise` would make of lines, in the order in which it would promise them; nothing is written or locked."""
    found = OrderLine.objects.filter(id__in=among(line_ids), promises__in_force=True).annotate(before=F("promises__ship_date"))
    rows = list(found.select_related("order__customer").order_by("before", "id"))
    said: dict[int, tuple[date | None, str]] = {
        row.pk: (None, f"it is {row.state}, so that its promise stays") for row in rows if row.state not in states.HOLDING
    }
    while asked := [row for row in rows if row.pk not in said]:
        wanted = [replace(work, request_date=row.before) for row, work in zip(asked, works(asked), strict=True)]
        held = held_by([row.pk for row in asked], demands_of(asked))
        seen = snapshot(wanted, today, lock=Lock.NOTHING, held=held)
        answer = seen.promised()
        lost = [k for k in range(len(asked)) if not answer.is_promised[k]]
        if not lost:
            why = reasons_anew(seen, answer, [True] * len(asked))
            days = [seen.date(day) for day in answer.ship_day.tolist()]
            said |= {row.pk: (max(day, row.before), words) for row, day, words in zip(asked, days, why, strict=True)}
        said |= {asked[k].pk: (None, reason(seen, answer, k)) for k in lost}  # the others do not get what it holds
    return [LineAtRisk(row, row.before, *said[row.pk]) for row in rows]


def lines_to_promise_anew(today: date) -> list[OrderLine]:
    """Quoted and confirmed lines whose promise is at risk, or whose assembly should have begun but lacks something."""
    at_risk = OrderLine.objects.filter(state__in=states.HOLDING, promises__in_force=True, promises__at_risk=True)
    due = OrderLine.objects.filter(state__in=states.HOLDING, demand__need_date__lte=today).select_related("demand")
    short = stock.shortages(line.demand for line in due)
    return sorted({*at_risk, *(line for line in due if line.demand_id in short)}, key=lambda line: line.pk)


def last_assembly_day(line: OrderLine) -> date:
    """The day of a line's last slot."""
    return line.slots.aggregate(last=Max("line_day__day"))["last"]
