"""Order lines are promised anew when a supply that they rest on slips."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.db.models import Max, prefetch_related_objects

from atoll_web.accounts.acting import Actor, acting, begun_again_after_deadlock
from atoll_web.bulk import among, planned_for, uncollected
from atoll_web.sales import states
from atoll_web.sales.answering import reason, reasons_anew
from atoll_web.sales.committing import Target, commit, keys, room
from atoll_web.sales.errors import CannotPromise, NothingToPromise
from atoll_web.sales.held import held_by, intact
from atoll_web.sales.models import OrderLine, Promise
from atoll_web.sales.services.drafting import raise_all
from atoll_web.sales.services.releasing import demands_of, give_back, works
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
    """

    lines: Sequence[OrderLine]
    left_out: Sequence[OrderLine]


@begun_again_after_deadlock
def repromise(*, actor: Actor, lines: Sequence[OrderLine] | None = None) -> Repromised:
    """Promise lines anew whose supply slipped, keeping each date that can be kept.

    Those that rest on what comes in time stay as they are. The others give back what they hold, and are promised in the order of
    the dates that they had, none earlier than before: others may need what is early. Each has its own first.

    Parameters
    ----------
    lines
        Confirmed lines; all those at risk or overdue when not given.

    Lines that were cancelled, expired or released meanwhile are left out.

    Raises
    ------
    NothingToPromise
        When none of the given lines holds a promise that could be another.
    CannotPromise
        When one gets no date at all; all keep the promises they had then.
    """
    with acting(actor):
        chosen = lines if lines is not None else lines_to_promise_anew(actor.today)
        if not chosen:
            return Repromised((), ())
        asked = among(line.pk for line in chosen)
        rows = list(OrderLine.objects.select_for_update().filter(id__in=asked).order_by("id"))
        left_out = [row for row in rows if row.state not in states.HOLDING]
        prefetch_related_objects(left_out, "order")
        if len(left_out) == len(rows):
            raise NothingToPromise(line=", ".join(map(str, rows)), state=left_out[0].state)
        with uncollected(len(rows)):
            open_rows = [row for row in rows if row.state in states.HOLDING]
            stay = intact([row.pk for row in open_rows], demands_of(open_rows), actor.today)
            anew = promise_anew(actor, [row for row in open_rows if row.pk not in stay])
            return Repromised([*anew, *(row for row in open_rows if row.pk in stay)], left_out)


def promise_anew(actor: Actor, rows: list[OrderLine], *, sooner: bool = False) -> list[OrderLine]:
    """Let locked lines give back what they hold, and promise them for the dates that they had.

    Parameters
    ----------
    sooner
        For the days that their customers asked for instead.
    """
    if not rows:
        return rows
    in_force = Promise.objects.filter(line__in=among(row.pk for row in rows), in_force=True)
    before = dict(in_force.values_list("line_id", "ship_date"))
    rows.sort(key=lambda row: (before[row.pk], row.pk))
    wanted = works(rows)
    if not sooner:
        wanted = [replace(work, request_date=before[row.pk]) for row, work in zip(rows, wanted, strict=True)]
    lock(wanted, actor.today, demands_of(rows))
    with planned_for(len(rows)):
        held = held_by([row.pk for row in rows], demands_of(rows))
    give_back(rows)
    seen = snapshot(wanted, actor.today, lock=Lock.ALONE, held_before=held)
    answer = seen.promised()
    refused = [k for k in range(len(rows)) if not answer.is_promised[k]]
    prefetch_related_objects([rows[k] for k in refused], "order")
    raise_all([(str(rows[k]), CannotPromise(what=str(rows[k]), reason=reason(seen, answer, k))) for k in refused])
    targets = [Target(row.pk, row.demand_id, is_new=False) for row in rows]
    taken = seen.booked(answer)
    said = reasons_anew(seen, answer, [True] * len(rows))
    commit(actor, seen, answer, taken, targets, keys(room(taken)), is_first=False, reasons=said)
    return rows


def lines_to_promise_anew(today: date) -> list[OrderLine]:
    """Confirmed lines whose promise is at risk, or whose assembly should have begun but lacks something."""
    at_risk = OrderLine.objects.filter(state=states.CONFIRMED, promises__in_force=True, promises__at_risk=True)
    due = OrderLine.objects.filter(state=states.CONFIRMED, demand__need_date__lte=today).select_related("demand")
    short = stock.shortages(line.demand for line in due)
    return sorted({*at_risk, *(line for line in due if line.demand_id in short)}, key=lambda line: line.pk)


def last_assembly_day(line: OrderLine) -> date:
    """The day of a line's last slot."""
    return line.slots.aggregate(last=Max("line_day__day"))["last"]
