"""Computations."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Field, Router, Schema
from ninja.pagination import paginate

from atoll_web.accounts.acting import actor_now
from atoll_web.door import NotFound, Paging, actor_for, answers
from atoll_web.runs import services
from atoll_web.runs.models import Run

router = Router()


class RunOut(Schema):
    """One computation, from request to result."""

    id: int
    kind: str
    state: str = Field(description="queued, running, done, failed or cancelled")
    parameters: dict[str, Any]
    seed: int | None
    progress: float = Field(description="0 to 1")
    message: str = Field(description="What it does now, or why it failed")
    result: dict[str, Any] | None
    created_by: str = Field(alias="created_by.username")
    created_at: datetime = Field(description="Business time")
    started_at: datetime | None
    ended_at: datetime | None


@router.get("/runs", response=answers(list[RunOut]))
@paginate(Paging)
def list_runs(request: HttpRequest, kind: str | None = None, state: str | None = None) -> QuerySet[Run]:
    """List computations, the newest first."""
    wanted = {name: value for name, value in (("kind", kind), ("state", state)) if value}
    return Run.objects.select_related("created_by").filter(**wanted)


@router.get("/runs/{run_id}", response=answers(RunOut))
def get_run(request: HttpRequest, run_id: int) -> Run:
    """Show a computation: how far it is, or what came out."""
    return _run(run_id)


@router.post("/runs/{run_id}/cancel", response=answers(RunOut))
def cancel_run(request: HttpRequest, run_id: int) -> Run:
    """Ask a computation to stop; who asked for it may, and planners."""
    run = _run(run_id)
    if run.created_by != request.auth:
        actor_for(request, "plan")
    return services.cancel(actor=actor_now(request.auth, "asked to stop"), run=run)


def _run(run_id: int) -> Run:
    run = Run.objects.select_related("created_by").filter(pk=run_id).first()
    if run is None:
        raise NotFound(what="run", name=run_id, where="GET /api/v1/runs")
    return run
