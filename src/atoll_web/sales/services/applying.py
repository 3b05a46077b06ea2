"""A proposal is applied as a whole, in one transaction, or it is discarded."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

import numpy as np

from atoll.promise import Promises
from atoll_web.accounts.acting import Actor, acting, begun_again_after_deadlock
from atoll_web.bulk import exchange
from atoll_web.sales import states
from atoll_web.sales.answering import reasons_anew
from atoll_web.sales.committing import Target, commit, keys, room
from atoll_web.sales.deliveries import delivery_of
from atoll_web.sales.errors import NotProposed, ProposalOutdated
from atoll_web.sales.held import held_by, intact
from atoll_web.sales.models import OrderLine, Proposal, ProposedPromise
from atoll_web.sales.services.begun import wait_for_open_lines
from atoll_web.sales.services.open_lines import OpenLine, open_lines
from atoll_web.sales.services.proposing import promised_anew, ship_dates
from atoll_web.sales.services.releasing import demands_of, give_back
from atoll_web.sales.services.repromising import mark_at_risk, staying
from atoll_web.sales.snapshot import Lock, PromiseSnapshot, lock, snapshot

NAMED = 5
"""Lines that a refusal names."""


@begun_again_after_deadlock
def apply_proposal(*, actor: Actor, proposal: Proposal) -> Proposal:
    """Give all lines of a proposal their new promises, and its orders their ranks.

    Those that do not stay as they are give back what they hold and are promised under locks in the sequence of the proposal.
    Lines that get no date stay exactly as they are and are marked at risk; whatever became of them meanwhile hinders nobody else.

    Raises
    ------
    NotProposed
        When it was applied or discarded before, or is not computed yet.
    ProposalOutdated
        When a line is not open any more, was promised anew meanwhile, or would get another date: nothing is changed then.
    """
    with acting(actor):
        row = _locked(proposal)
        promised = list(row.promises.order_by("place"))
        rows = [r for r in promised if r.after is not None]
        lines = _still_open(rows)
        anew = [place for place, r in enumerate(rows) if r.need_date is not None]
        _promise(actor, [lines[place] for place in anew], [rows[place] for place in anew])
        _refuse_unless_they_can_stay([line for line, r in zip(lines, rows, strict=True) if r.need_date is None], actor.today)
        _mark_undated([r.line_id for r in promised if r.after is None], actor.today)
        _save_ranks({int(key): rank for key, rank in row.ranks.items()})
        row.state = states.APPLIED
        row.save(update_fields=["state"])
    return row


def _promise(actor: Actor, lines: Sequence[OpenLine], rows: Sequence[ProposedPromise]) -> None:
    """Promise lines anew as a proposal says."""
    if not lines:
        return
    works = [replace(line.work, request_date=r.requested) for line, r in zip(lines, rows, strict=True)]
    give_way = [line.row for line in lines]
    lock(works, actor.today, demands_of(give_way))
    held = held_by([row.pk for row in give_way], demands_of(give_way))
    give_back(give_way)
    seen = snapshot(works, actor.today, lock=Lock.ALONE, held_before=held)
    answer = _as_proposed(seen, promised_anew(seen, lines), lines, rows)
    targets = [Target(row.pk, row.demand_id, is_new=False) for row in give_way]
    taken = seen.booked(answer)
    said = reasons_anew(seen, answer, [row.requested == row.before for row in rows], [row.position for row in give_way])
    commit(actor, seen, answer, taken, targets, keys(room(taken)), is_first=False, reasons=said)
    wait_for_open_lines(actor, {row.order_id for row in give_way if delivery_of(row) is not None})


def _refuse_unless_they_can_stay(lines: Sequence[OpenLine], today: date) -> None:
    there = intact([line.row.pk for line in lines], demands_of(line.row for line in lines), today)
    if other := [str(line.row) for line in lines if line.row.pk not in there]:
        raise ProposalOutdated(changed=f"{_named(other)} cannot stay as it is any more")


def _mark_undated(line_ids: Sequence[int], today: date) -> None:
    """Mark those that get no date as at risk, but for deliveries that are in order again."""
    if not line_ids:
        return
    found = list(OrderLine.objects.select_related("order").filter(id__in=line_ids, state__in=states.HOLDING))
    mark_at_risk({row.pk for row in found} - staying(found, today))


@begun_again_after_deadlock
def discard_proposal(*, actor: Actor, proposal: Proposal) -> Proposal:
    """Let everything stay as it is.

    Raises
    ------
    NotProposed
        When it was applied or discarded before, or is not computed yet.
    """
    with acting(actor):
        row = _locked(proposal)
        row.state = states.DISCARDED
        row.save(update_fields=["state"])
    return row


def _locked(proposal: Proposal) -> Proposal:
    row = Proposal.objects.select_for_update(of=("self",)).get(pk=proposal.pk)
    if row.state != states.PROPOSED:
        raise NotProposed(proposal=row.pk, state=row.state)
    return row


def _still_open(rows: Sequence[ProposedPromise]) -> list[OpenLine]:
    """The lines in their sequence, locked; each with the promise that the proposal knows."""
    found = {line.row.pk: line for line in open_lines([row.line_id for row in rows], lock=True)}
    if any(row.line_id not in found for row in rows):
        raise ProposalOutdated(changed="a line is in assembly, cancelled or expired")
    if other := [str(found[row.line_id].row) for row in rows if found[row.line_id].before != row.before]:
        raise ProposalOutdated(changed=f"{_named(other)} got another promise")
    return [found[row.line_id] for row in rows]


def _as_proposed(seen: PromiseSnapshot, answer: Promises, lines: Sequence[OpenLine], rows: Sequence[ProposedPromise]) -> Promises:
    """The promises with the dates that customers are told, which are those of the proposal."""
    dates = ship_dates(seen, answer, lines)
    begins = [seen.date(day) for day in answer.need_day.tolist()]
    if other := [
        str(line.row)
        for line, row, day, begin in zip(lines, rows, dates, begins, strict=True)
        if (day, begin) != (row.after, row.need_date)
    ]:
        raise ProposalOutdated(changed=f"{_named(other)} would get another date")
    return replace(answer, ship_day=np.array([(day - seen.today).days for day in dates if day], dtype=np.int64))


def _named(lines: Sequence[str]) -> str:
    more = f" and {len(lines) - NAMED} more" if len(lines) > NAMED else ""
    return ", ".join(lines[:NAMED]) + more


RANKS = """
UPDATE sales_order o SET rank = r.rank FROM unnest(%s::bigint[], %s::float8[]) r (id, rank) WHERE o.id = r.id
"""


def _save_ranks(ranks: Mapping[int, float]) -> None:
    if ranks:
        exchange([(RANKS, [list(ranks), list(ranks.values())])])
