"""New promises for open lines: proposed, looked at, applied or discarded."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from ninja import Field, Router, Schema, Status
from ninja.pagination import paginate

from atoll.errors import BadInput, Issue
from atoll_web.accounts.acting import Actor
from atoll_web.accounts.models import User
from atoll_web.door import Input, Money, NotFound, Paging, actor_for, answers
from atoll_web.once import Repeatable, once
from atoll_web.sales import services, states, tasks
from atoll_web.sales.models import Order, OrderLine, Proposal
from atoll_web.sales.order_book import booked
from atoll_web.sales.services import Policy, Weighing

router = Router()


class RepromiseIn(Input):
    """Which promises are made anew, and whose gives way."""

    policy: Policy = Field(
        Policy.KEEP,
        description="keep: who can keep its date keeps it; least lateness: the least weighted days late; fifo: in order of "
        "entry; sequence: in the sequence of the order book; rush: `order` before all others",
    )
    weighing: Weighing = Field(Weighing.PRIORITY, description="What a day late costs")
    lines: list[str] | None = Field(None, description="Such as SO-000001/1; all open lines when it is left out")
    order: str | None = Field(None, description="Number of the order that is in a hurry, with the policy rush")


class ProposedOut(Schema):
    """One line: its promise before and after."""

    line: str
    customer: str = Field(alias="line.order.customer.code")
    before: date
    after: date | None = Field(description="Empty when it gets no date: it stays exactly as it is, at risk")
    need_date: date | None = Field(description="First day of assembly; empty when it gets no date, or stays as it is")
    weight: float = Field(description="Cost of one day late")
    reason: str = Field("", description="Why it gets no date; empty where it has one")

    @staticmethod
    def resolve_line(row: Any) -> str:
        """Order and position."""
        return str(row.line)


class ProposalOut(Schema):
    """New promises. Nothing is changed until they are applied."""

    id: int
    state: str = Field(description="computing, proposed, applied or discarded")
    policy: str
    weighing: str
    order: str | None = Field(description="The order in a hurry")
    run: int = Field(alias="run_id", description="The computation; it says how far it is, or why it failed")
    made_at: datetime = Field(alias="run.created_at", description="Business time")
    days_late: float | None = Field(description="Weighted days by which lines become later")
    bound: float | None = Field(description="What no proposal can be below")
    leaving: float | None = Field(description="Weighted days late when everything is left as it is")
    in_vain: bool = Field(
        description="A rush, or another place in the book, by which nobody would ship earlier: nobody makes way"
    )
    without_date: int = Field(description="Lines that get no date; `lines` has the reason of each. All others can be applied")
    lines: list[ProposedOut] = Field(
        alias="rows",
        description="In the order in which they are served. Of a rush, and of other places in the book, those that were at risk "
        "before and that it does not touch are left out",
    )

    @staticmethod
    def resolve_order(row: Proposal) -> str | None:
        """Number of the order in a hurry."""
        return row.rush.number if row.rush else None

    @staticmethod
    def resolve_without_date(row: Proposal) -> int:
        """As the computation found it."""
        return (row.run.result or {}).get("without_a_date", 0)

    @staticmethod
    def resolve_in_vain(row: Proposal) -> bool:
        """As the computation found it."""
        return (row.run.result or {}).get("in_vain", False)

    @staticmethod
    def resolve_leaving(row: Proposal) -> float | None:
        """As the computation found it."""
        return (row.run.result or {}).get("leaving")


class BookedOut(Schema):
    """An order with its place in the order book."""

    place: int = Field(description="1 is served first")
    number: str
    state: str
    customer: str = Field(alias="customer.code")
    priority: int = Field(alias="customer.priority", description="Of the customer; 1 is served first where orders compete")
    units: int = Field(description="Open units")
    value: Money = Field(description="Of the open units")
    currency: str
    asked: date = Field(description="The first day that is asked for")
    promised: date | None = Field(description="The last day that is promised")
    at_risk: bool | None


class PlacesIn(Input):
    """New places in the order book."""

    places: dict[str, Annotated[int, Field(ge=1)]] = Field(min_length=1, description="By number of the order; 1 is served first")


@router.get("/order-book", response=answers(list[BookedOut]))
@paginate(Paging)
def order_book(request: HttpRequest) -> QuerySet[Order]:
    """List the open orders in the sequence in which they are served."""
    return booked()


@router.post("/order-book/move", response=answers(ProposalOut, 202))
def move(request: HttpRequest, payload: PlacesIn) -> Status[Proposal]:
    """Try other places in the order book: a proposal tells who becomes later. Places and promises change when it is applied."""
    actor = _actor(request, services.PROPOSING)
    ranks = services.moved_ranks(payload.places)
    return Status(202, _proposal(tasks.request_proposal(actor=actor, policy=Policy.SEQUENCE, ranks=ranks).pk))


@router.post("/re-promise", response=answers(ProposalOut, 202))
def propose(request: HttpRequest, payload: RepromiseIn) -> Status[Proposal]:
    """Propose new promises. That of a large order book is computed in the background: ask again until it is proposed."""
    actor = _actor(request, services.PROPOSING)
    if payload.policy == Policy.RUSH:
        order = Order.objects.filter(number=payload.order or "").first()
        if order is None:
            raise NotFound(what="order", name=payload.order, where="GET /api/v1/orders")
        made = tasks.request_rush(actor=actor, order=order)
    else:
        lines = None if payload.lines is None else _lines(payload.lines)
        made = tasks.request_proposal(actor=actor, policy=payload.policy, weighing=payload.weighing, lines=lines)
    return Status(202, _proposal(made.pk))


@router.get("/proposals/{int:proposal_id}", response=answers(ProposalOut))
def get_proposal(request: HttpRequest, proposal_id: int) -> Proposal:
    """Show a proposal: before and after of every line."""
    return _proposal(proposal_id)


@router.post("/proposals/{int:proposal_id}/apply", response=answers(ProposalOut))
@once
def apply(request: HttpRequest, proposal_id: int, payload: Repeatable | None = None) -> Proposal:
    """Give all lines their new promises, or none: refused when the world has changed meanwhile."""
    proposal = _proposal(proposal_id)
    actor = _actor(request, services.applied_by(proposal), f"{proposal} of new promises")
    services.apply_proposal(actor=actor, proposal=proposal)
    return _proposal(proposal_id)


@router.post("/proposals/{int:proposal_id}/discard", response=answers(ProposalOut))
def discard(request: HttpRequest, proposal_id: int) -> Proposal:
    """Let everything stay as it is."""
    proposal = _proposal(proposal_id)
    services.discard_proposal(actor=_actor(request, services.PROPOSING), proposal=proposal)
    return _proposal(proposal_id)


def _actor(request: HttpRequest, capabilities: Sequence[str], reason: str = "") -> Actor:
    """Who acts, if one of the capabilities is his."""
    user: User = request.auth
    return actor_for(request, next((c for c in capabilities if user.may(c)), capabilities[-1]), reason)


def _proposal(key: int) -> Proposal:
    found = Proposal.objects.select_related("run", "rush").filter(pk=key).first()
    if found is None:
        raise NotFound(what="proposal", name=key, where="POST /api/v1/re-promise")
    found.rows, reasons = list(found.promises.select_related("line__order__customer").order_by("place")), found.reasons
    for row in found.rows:
        row.reason = reasons.get(row.line_id, "")
    return found


def _lines(names: list[str]) -> list[OrderLine]:
    """The open lines of these names, in one query."""
    if not names:
        message, hint = "No line is named, so there is nothing to promise anew.", "Name lines, or leave it out for all open ones."
        raise BadInput([Issue("lines", "no-lines", message, hint)])
    parts = [name.rpartition("/") for name in names]
    which = Q.create(
        [Q(order__number=number, position=int(n)) for number, _, n in parts if n.isdecimal() and len(n) < 5], connector=Q.OR
    )
    found = list(OrderLine.objects.select_related("order").filter(which, state__in=states.HOLDING)) if which else []
    if missing := sorted(set(names) - {str(line) for line in found}):
        raise NotFound(what="open order line", name=", ".join(missing), where="GET /api/v1/orders")
    return found
