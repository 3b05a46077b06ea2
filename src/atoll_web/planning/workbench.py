"""The stocking workbench: what service costs, which levels a point of the frontier changes and why, and applying them."""

from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST

from atoll_web.accounts.acting import actor_now
from atoll_web.forms import decimal, keys, whole
from atoll_web.pages import attempt, company_of, document, needs
from atoll_web.planning import tasks
from atoll_web.planning.models import LevelProposal
from atoll_web.planning.services import stocking
from atoll_web.planning.services.frontier import frontier_picture
from atoll_web.runs import states as run_states
from atoll_web.runs.models import Run

ASKED = {"service": 90, "window": 0, "holding_rate": 20, "seed": 1}
"""What the form says at first: order fill rate and yearly cost of holding in percent, days that an order may wait, the seed."""

HIGH_COVER = 3.0
"""Standard deviations above the mean from which a level counts as well covered."""


def workbench(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """The latest optimisation, or the one asked for, with the levels of one point of its frontier."""
    return render(request, "planning/workbench.html", _seen(pk, request.GET))


def workbench_document(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """The same for programs."""
    seen = _seen(pk, request.GET)
    run = seen["run"]
    fields = ("before", "in_force", "base_stock", "daily_demand", "lead_time_days", "cover", "applied_at")
    levels = [
        {"item": row.item.code} | {name: getattr(row, name) for name in fields} | {"value_change": float(row.change), "why": why}
        for row, why in seen["levels"]
    ]
    found = (
        {"run": run.pk, "state": run.state, "parameters": run.parameters, "seed": run.seed, "result": run.result} if run else {}
    )
    return document(found | {"target": seen["target"], "levels": levels})


def _seen(pk: int | None, query: Mapping[str, str]) -> dict[str, Any]:
    optimisations = Run.objects.filter(kind=stocking.OPTIMISATION).order_by("-id")
    run = optimisations.first() if pk is None else get_object_or_404(optimisations, pk=pk)
    result = (run.result or {}) if run else {}
    points = [point | {"percent": _percent(point["target"])} for point in result.get("frontier", ())]
    target = _target(run, points, query)
    rows = list(stocking.proposals_of(run, target)) if run and points else []
    return {
        "run": run,
        "result": result,
        "points": points,
        "target": target,
        "target_percent": _percent(target),
        "is_open": run is not None and run.state in {run_states.QUEUED, run_states.RUNNING},
        "asked": _asked(run),
        "levels": [(row, why(row)) for row in rows],
        "waiting": sum(row.in_force != row.base_stock for row in rows),
        "change": sum(row.change for row in rows),
        "evidence": [(code, result["items"][code]) for code in sorted(result.get("items", ()))],
    }


def _asked(run: Run | None) -> dict[str, float]:
    """What the form says: what the run was asked."""
    if run is None:
        return dict(ASKED)
    shares = {name: _percent(run.parameters[name]) for name in ("service", "holding_rate")}
    return shares | {"window": run.parameters["window"], "seed": run.seed or 0}


def _target(run: Run | None, points: list[dict[str, Any]], query: Mapping[str, str]) -> float:
    """The target whose levels are shown: the one asked for in the address, or the run's own."""
    if run is None:
        return ASKED["service"] / 100
    if "target" not in query:
        return float(run.parameters["service"])
    found = [point["target"] for point in points if str(point["percent"]) == query["target"]]
    if not found:
        raise Http404
    return float(found[0])


def _percent(share: float) -> float:
    return round(100 * share, 2)


def why(row: LevelProposal) -> str:
    """Why a level changes, in words."""
    mean = row.daily_demand * row.lead_time_days
    turn = "As it was" if row.base_stock == row.before else "More" if row.base_stock > row.before else "Less"
    if not row.daily_demand:
        return "No order takes it."
    if row.cover >= HIGH_COVER:
        role = "cheap beside what waits for it, so it should never be short"
    elif row.cover >= 1:
        role = "its shortage would delay whole orders"
    else:
        role = "dear for the few orders that it would save"
    return f"{turn}: {mean:,.1f} units on average in {row.lead_time_days:.0f} days, {row.cover:+.1f} deviations; {role}."


def picture(request: HttpRequest, pk: int) -> HttpResponse:
    """The frontier of an optimisation; no script of it ever runs."""
    run = get_object_or_404(Run, pk=pk, kind=stocking.OPTIMISATION)
    company = company_of(request)
    if company is None or not (run.result or {}).get("frontier"):
        raise Http404
    seen = _seen(pk, request.GET)
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"
    drawn = frontier_picture(run, company.currency, seen["target"])
    return HttpResponse(drawn, content_type="image/svg+xml", headers={"Content-Security-Policy": policy})


@require_POST
@needs("plan")
def optimise(request: HttpRequest) -> HttpResponse:
    """Ask for optimised levels."""

    def use_case() -> None:
        tasks.request_optimisation(
            actor=actor_now(request.user, "asked for by hand"),
            service=decimal(request.POST, "service", "Order fill rate in percent", least=50, most=99) / 100,
            window=decimal(request.POST, "window", "Days that an order may wait", most=365),
            holding_rate=decimal(request.POST, "holding_rate", "Yearly cost of holding in percent", least=1, most=100) / 100,
            seed=whole(request.POST, "seed", "Seed"),
        )

    attempt(request, use_case, "Asked for. The worker tells below how far it is.")
    return redirect("workbench")


@require_POST
@needs("plan")
def apply(request: HttpRequest, pk: int) -> HttpResponse:
    """Put the chosen levels of a target in force, or all."""
    run = get_object_or_404(Run, pk=pk)
    items = None if "all" in request.POST else keys(request.POST.getlist("item"))
    actor = actor_now(request.user, f"levels of run {pk}")

    def use_case() -> None:
        target = decimal(request.POST, "target", "Target in percent", most=100)
        stocking.apply_levels(actor=actor, run=run, target=round(target / 100, 4), items=items)

    attempt(request, use_case, "The levels are in force; the next planning run orders up to them.")
    return redirect(f"{reverse('workbench-run', args=[pk])}?{urlencode({'target': request.POST.get('target', '')})}")


urlpatterns = [
    path("stocking.json", workbench_document, name="workbench-json"),
    path("stocking", workbench, name="workbench"),
    path("stocking/optimise", optimise, name="optimise-stock"),
    path("stocking/<int:pk>.json", workbench_document, name="workbench-run-json"),
    path("stocking/<int:pk>", workbench, name="workbench-run"),
    path("stocking/<int:pk>/frontier.svg", picture, name="frontier-picture"),
    path("stocking/<int:pk>/apply", apply, name="apply-levels"),
]
