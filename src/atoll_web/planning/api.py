"""Planning: run it, see what it proposes."""

from datetime import date

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Field, Router, Schema, Status
from ninja.pagination import paginate

from atoll_web.door import Paging, actor_for, answers
from atoll_web.planning import states, tasks
from atoll_web.planning.models import PlannedOrder
from atoll_web.runs.models import Run

router = Router()


class PlanRequested(Schema):
    """A planning run that a worker takes up; look at it under `/runs/{id}`."""

    id: int
    state: str
    kind: str


class PlannedSupplyOut(Schema):
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


@router.post("/plans", response=answers(PlanRequested, 202))
def run_plan(request: HttpRequest) -> Status[Run]:
    """Ask for a planning run. The background worker carries it out; its proposals take the place of those before."""
    return Status(202, tasks.request_plan(actor=actor_for(request, "plan")))


@router.get("/proposals", response=answers(list[PlannedSupplyOut]))
@paginate(Paging)
def list_proposals(
    request: HttpRequest, kind: str | None = None, state: str = states.PROPOSED, item: str | None = None
) -> QuerySet[PlannedOrder]:
    """List what planning proposes, the most urgent first."""
    filters = (("kind", kind), ("state", state), ("item__code", item))
    rows = PlannedOrder.objects.select_related("item").filter(**{name: value for name, value in filters if value})
    return rows.order_by("due", "id")
