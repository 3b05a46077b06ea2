"""Planning: run it, see what it proposes, release it."""

from datetime import date

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Field, Router, Schema, Status
from ninja.pagination import paginate

from atoll_web.door import Input, NotFound, Paging, actor_for, answers
from atoll_web.planning import services, states, tasks
from atoll_web.planning.models import PlannedOrder
from atoll_web.runs.models import Run

router = Router()


class PlanRequested(Schema):
    """A planning run that a worker takes up; look at it under `/runs/{id}`."""

    id: int
    state: str
    kind: str


class ProposalOut(Schema):
    """What planning proposes to buy or to build."""

    id: int
    run: int = Field(alias="run_id")
    item: str = Field(alias="item.code")
    kind: str = Field(description="purchase or build")
    quantity: int
    pegged: int = Field(description="Part of it that promises already rest on")
    due: date
    state: str = Field(description="proposed, released or discarded")
    reference: str = Field(description="The purchase or build order made of it")


class ReleaseIn(Input):
    """Proposals to carry out."""

    proposals: list[int] = Field(min_length=1, description="`id` of each proposal")


class ReleaseOut(Schema):
    """What came of the proposals."""

    purchase_orders: list[str]
    planned_supplies: list[int] = Field(description="Builds whose components are allocated; open build orders of them next")


@router.post("/plans", response=answers(PlanRequested, 202))
def run_plan(request: HttpRequest) -> Status[Run]:
    """Ask for a planning run. The background worker carries it out; its proposals take the place of those before."""
    return Status(202, tasks.request_plan(actor=actor_for(request, "plan")))


@router.get("/proposals", response=list[ProposalOut])
@paginate(Paging)
def list_proposals(
    request: HttpRequest, kind: str | None = None, state: str = states.PROPOSED, item: str | None = None
) -> QuerySet[PlannedOrder]:
    """List what planning proposes, the most urgent first."""
    filters = (("kind", kind), ("state", state), ("item__code", item))
    rows = PlannedOrder.objects.select_related("item").filter(**{name: value for name, value in filters if value})
    return rows.order_by("due", "id")


@router.post("/proposals/release", response=answers(ReleaseOut))
def release(request: HttpRequest, payload: ReleaseIn) -> dict:
    """Buy and build what was proposed: all of these proposals, or none.

    Purchases take the capability `purchase`, builds take `plan`.
    """
    rows = {row.pk: row for row in PlannedOrder.objects.filter(id__in=payload.proposals)}
    if missing := set(payload.proposals) - rows.keys():
        raise NotFound(what="proposal", name=min(missing), where="GET /api/v1/proposals")
    builds = [row for row in rows.values() if row.kind == "build"]
    purchases = [row for row in rows.values() if row.kind == "purchase"]
    planner = actor_for(request, "plan") if builds else None
    buyer = actor_for(request, "purchase") if purchases else None
    with transaction.atomic():
        supplies = services.release_builds(actor=planner, planned=builds) if planner else []
        orders = services.release_purchases(actor=buyer, planned=purchases) if buyer else []
    return {"purchase_orders": [order.number for order in orders], "planned_supplies": [supply.pk for supply in supplies]}
