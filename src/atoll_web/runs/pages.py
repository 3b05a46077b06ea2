"""Pages of runs: every computation with its progress and result."""

from collections.abc import Mapping
from pathlib import Path

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_POST

from atoll_web import home
from atoll_web.accounts.acting import actor_now
from atoll_web.lists import Column, Facet, ListPage
from atoll_web.pages import attempt, check, document
from atoll_web.runs import services, states
from atoll_web.runs.models import Run
from atoll_web.runs.result import facts, figures, parts


def runs() -> QuerySet[Run]:
    """Computations."""
    return Run.objects.select_related("created_by")


RUNS = ListPage(
    name="runs",
    title="Runs",
    rows=runs,
    columns=(
        Column("id", "Run", link=lambda row: reverse("run", args=[row.pk])),
        Column("kind", "Kind"),
        Column("state", "State", kind="state"),
        Column("progress", "Progress", kind="percent"),
        Column("message", "Message"),
        Column("created_by", "Asked for by", value="created_by.username"),
        Column("created_at", "On", kind="moment"),
        Column("seconds", "Seconds", kind="number", value=lambda row: _seconds(row)),
    ),
    facets=(Facet("kind", "Kind"), Facet("state", "State")),
    search=("kind", "message"),
    order="-id",
    intro="Every computation is kept with what it was asked, and what came out.",
)


def run(request: HttpRequest, pk: int) -> HttpResponse:
    """A computation: how far it is, or what came out."""
    row = get_object_or_404(runs(), pk=pk)
    seen = {
        "run": row,
        "is_open": row.state in {states.QUEUED, states.RUNNING},
        "may_cancel": row.created_by == request.user or request.user.may("plan"),
        "seconds": _seconds(row),
        "parameters": facts(row.parameters),
        "figures": figures(row.result or {}),
        "parts": list(parts(row.result or {})),
        "has_picture": _picture(row) is not None,
    }
    return render(request, "runs/run.html", seen)


def run_document(request: HttpRequest, pk: int) -> HttpResponse:
    """The same for programs."""
    row = get_object_or_404(runs(), pk=pk)
    fields = (
        "id",
        "kind",
        "state",
        "parameters",
        "seed",
        "progress",
        "message",
        "created_at",
        "started_at",
        "ended_at",
        "result",
    )
    return document({name: getattr(row, name) for name in fields} | {"created_by": row.created_by.username})


def picture(request: HttpRequest, pk: int) -> HttpResponse:
    """The picture of a run's report. Nothing outside the folder of reports is shown."""
    file = _picture(get_object_or_404(Run, pk=pk))
    if file is None:
        raise Http404
    # Drawn by us, but still only a picture: no script of it ever runs.
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"
    return HttpResponse(file.read_bytes(), content_type="image/svg+xml", headers={"Content-Security-Policy": policy})


def _picture(row: Run) -> Path | None:
    files = (row.result or {}).get("files")
    named = files.get("Picture") if isinstance(files, Mapping) else None
    if not isinstance(named, str):
        return None
    file = Path(named).resolve()
    is_ours = file.suffix == ".svg" and file.is_relative_to(home.folder("reports").resolve())
    return file if is_ours and file.is_file() else None


@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask a computation to stop; who asked for it may, and planners."""
    row = get_object_or_404(runs(), pk=pk)
    if row.created_by != request.user:
        check(request, "plan")
    actor = actor_now(request.user, "asked to stop")
    attempt(request, lambda: services.cancel(actor=actor, run=row), f"Run {pk} was asked to stop.")
    return redirect("run", pk)


def _seconds(row: Run) -> float | None:
    return round((row.ended_at - row.started_at).total_seconds(), 2) if row.ended_at and row.started_at else None


urlpatterns = [
    *RUNS.urls(),
    path("runs/<int:pk>.json", run_document, name="run-json"),
    path("runs/<int:pk>", run, name="run"),
    path("runs/<int:pk>/picture.svg", picture, name="run-picture"),
    path("runs/<int:pk>/cancel", cancel, name="cancel-run"),
]
