"""New promises for all open lines are proposed: computed as if nothing were held, and nothing is written but the proposal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import groupby
from typing import Any

import numpy as np

from atoll.promise import AS_SOON_AS_POSSIBLE, Promises, Repromise, rush
from atoll.promise import Policy as ServiceRule
from atoll.promise import repromise as promise_all_anew
from atoll_web.accounts.acting import Actor, acting
from atoll_web.bulk import exchange
from atoll_web.runs import services as runs
from atoll_web.sales import states
from atoll_web.sales.errors import NothingToPropose, NotInBook
from atoll_web.sales.held import held_by
from atoll_web.sales.models import Order, OrderLine, Proposal
from atoll_web.sales.services.open_lines import OpenLine, Weighing, open_lines, weights
from atoll_web.sales.services.ranking import foremost
from atoll_web.sales.snapshot import Lock, PromiseSnapshot, master, own_units, snapshot

REPROMISING = "re-promising"
"""Kind of the runs that compute proposals."""


class Policy(StrEnum):
    """Whose promise gives way."""

    KEEP = "keep"
    LEAST_LATENESS = "least lateness"
    FIFO = "fifo"
    SEQUENCE = "sequence"
    RUSH = "rush"


def ask_proposal(
    *,
    actor: Actor,
    policy: Policy,
    weighing: Weighing = Weighing.PRIORITY,
    lines: Sequence[OrderLine] | None = None,
    ranks: Mapping[int, float] | None = None,
) -> Proposal:
    """Ask for new promises of open lines; `compute_proposal` answers.

    Parameters
    ----------
    policy
        Keep what can be kept, least weighted days late, in order of entry, or in the sequence of the order book.
    weighing
        What a day late costs.
    lines
        All open ones when not given; the others keep what they hold then.
    ranks
        New ranks by key of the order: the sequence that is tried, and saved when the proposal is applied.
    """
    keys = None if lines is None else sorted(line.pk for line in lines)
    return _ask(actor, policy, weighing, keys, ranks or {}, None)


def ask_rush(*, actor: Actor, order: Order, weighing: Weighing = Weighing.PRIORITY) -> Proposal:
    """Ask what it means to serve one order before all others and as soon as possible. Applied, it stays first in the order book.

    Raises
    ------
    NotInBook
        When none of its lines can be promised anew.
    """
    if not OrderLine.objects.filter(order=order, state__in=states.HOLDING).exists():
        raise NotInBook(order=order.number)
    return _ask(actor, Policy.RUSH, weighing, None, {order.pk: foremost()}, order)


def _ask(
    actor: Actor, policy: Policy, weighing: Weighing, keys: list[int] | None, ranks: Mapping[int, float], order: Order | None
) -> Proposal:
    asked = {"policy": policy, "weighing": weighing, "lines": keys, "rush": order and order.number}
    with acting(actor):
        run = runs.create(actor=actor, kind=REPROMISING, parameters=asked)
        return Proposal.objects.create(
            run=run, policy=policy, weighing=weighing, rush=order, ranks={str(key): rank for key, rank in ranks.items()}
        )


def compute_proposal(*, actor: Actor, proposal: Proposal) -> Proposal:
    """Compute what was asked for, from one snapshot in which the lines hold nothing.

    Raises
    ------
    NothingToPropose
        When no line is open; the proposal is discarded then.
    """
    try:
        runs.carry_out(actor=actor, run=proposal.run, work=lambda report: _compute(actor, proposal, report))
    except BaseException:
        _discard(actor, proposal)
        raise
    if proposal.state == states.COMPUTING:
        _discard(actor, proposal)
    return proposal


def _discard(actor: Actor, proposal: Proposal) -> None:
    with acting(actor):
        proposal.state = states.DISCARDED
        proposal.save(update_fields=["state"])


def _compute(actor: Actor, proposal: Proposal, report: runs.Report) -> Mapping[str, Any]:
    lines = open_lines(proposal.run.parameters["lines"])
    if not lines:
        raise NothingToPropose()
    ranks = {int(key): rank for key, rank in proposal.ranks.items()}
    if proposal.policy == Policy.SEQUENCE:
        lines.sort(key=lambda line: (ranks.get(line.row.order_id, line.place[0]), *line.place[1:]))
    if not report(0.1, f"{len(lines)} lines as if they held nothing"):
        return {"lines": len(lines)}
    held = held_by([line.row.pk for line in lines], [line.row.demand_id for line in lines])
    works, there = [line.work for line in lines], master(actor.today)
    own = own_units(works, [line.row.demand_id for line in lines], there)
    seen = snapshot(works, actor.today, lock=Lock.NOTHING, there=there, given_back=held, own=own)
    if not report(0.3, "promising them anew"):
        return {"lines": len(lines)}
    found = _served(seen, lines, proposal, actor.today)
    rows = proposed_rows(seen, lines, found)
    if not report(0.9, "writing the proposal"):
        return {"lines": len(lines)}
    _write(actor, proposal, rows, found.bound)
    return _figures(rows, proposal)


def _served(seen: PromiseSnapshot, lines: Sequence[OpenLine], proposal: Proposal, today: date) -> Repromise:
    kept: dict[str, Any] = {"classes": seen.classes, "shares": seen.shares}
    due = np.array([_day_due(line, today) for line in lines], dtype=np.int64)
    weight = np.array(weights(lines, Weighing(proposal.weighing), today))
    if proposal.policy == Policy.RUSH:
        ahead = np.flatnonzero([line.row.order_id == proposal.rush_id for line in lines])
        return rush(seen.availability, seen.wanted, due, weight, ahead, **kept)
    rule = ServiceRule.FIFO if proposal.policy == Policy.SEQUENCE else ServiceRule(proposal.policy)
    return promise_all_anew(seen.availability, seen.wanted, due, weight, rule, **kept)


def _day_due(line: OpenLine, today: date) -> int:
    """A date that has passed cannot be kept any more, so that it counts as today's."""
    return max((line.before - today).days, 0)


@dataclass(frozen=True, slots=True)
class Row:
    """A line's part of a proposal, by the fields of `ProposedPromise`."""

    line_id: int
    requested: date | None
    before: date
    after: date | None
    need_date: date | None
    weight: float
    days_late: int


def proposed_rows(seen: PromiseSnapshot, lines: Sequence[OpenLine], found: Repromise) -> list[Row]:
    """Before and after of each line, in the order of service."""
    served = [lines[k] for k in found.sequence.tolist()]
    dates = ship_dates(seen, found.promises, served)
    requested = found.served.requested_day.tolist()
    return [
        Row(
            line.row.pk,
            None if requested[k] == AS_SOON_AS_POSSIBLE else seen.date(requested[k]),
            line.before,
            dates[k],
            seen.date(found.promises.need_day[k]) if dates[k] else None,
            float(found.weight[found.sequence[k]]),
            max(((dates[k] or seen.date(seen.availability.last_day + 1)) - max(line.before, seen.today)).days, 0),
        )
        for k, line in enumerate(served)
    ]


def ship_dates(seen: PromiseSnapshot, promises: Promises, served: Sequence[OpenLine]) -> list[date | None]:
    """The date that each line's customer is told: not before both the day asked for and the day promised before.

    Lines of an order that ships complete have one date, and none when one of them has none.
    """
    days = promises.ship_day.tolist()
    dates = [
        max(seen.date(days[k]), min(line.work.request_date or line.before, line.before)) if is_promised else None
        for k, (line, is_promised) in enumerate(zip(served, promises.is_promised.tolist(), strict=True))
    ]
    together = sorted((line.row.order_id, k) for k, line in enumerate(served) if line.row.order.ship_complete)
    for _, members in groupby(together, key=lambda member: member[0]):
        places = [k for _, k in members]
        of_order = [dates[k] for k in places]
        last = None if None in of_order else max(filter(None, of_order))
        for k in places:
            dates[k] = last
    return dates


ROWS = """
INSERT INTO sales_proposedpromise (proposal_id, place, line_id, requested, before, after, need_date, weight)
SELECT %s, p.place, p.line, p.requested, p.before, p.after, p.need, p.weight
FROM unnest(%s::int[], %s::bigint[], %s::date[], %s::date[], %s::date[], %s::date[], %s::float8[])
    p (place, line, requested, before, after, need, weight)
"""


def _write(actor: Actor, proposal: Proposal, rows: Sequence[Row], bound: float) -> None:
    fields = ("line_id", "requested", "before", "after", "need_date", "weight")
    columns = [[getattr(row, name) for row in rows] for name in fields]
    with acting(actor):
        exchange([(ROWS, [proposal.pk, list(range(len(rows))), *columns])])
        proposal.days_late, proposal.bound = sum(row.weight * row.days_late for row in rows), bound
        proposal.state = states.PROPOSED
        proposal.save(update_fields=["days_late", "bound", "state"])


def _figures(rows: Sequence[Row], proposal: Proposal) -> Mapping[str, Any]:
    return {
        "lines": len(rows),
        "later": sum(row.days_late > 0 for row in rows),
        "earlier": sum(row.after is not None and row.after < row.before for row in rows),
        "without_a_date": sum(row.after is None for row in rows),
        "weighted_days_late": proposal.days_late,
        "bound": proposal.bound,
    }
