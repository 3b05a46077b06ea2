"""Pages of kits across orders: what is clear to build, a proposal whose lines get their kits, and its release."""

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.views.decorators.http import require_POST

from atoll.errors import AtollError
from atoll_web.accounts.acting import actor_now
from atoll_web.assembly import services
from atoll_web.assembly.record import clear_to_build_record, waiting_line_record
from atoll_web.assembly.services import HORIZON_DAYS, KINDS_OF_RULES, MOST_DAYS, MOST_HOURS, ClearToBuild, KitRule
from atoll_web.catalogue.models import AssemblyLine
from atoll_web.forms import decimal, whole
from atoll_web.lists import csv_answer
from atoll_web.pages import attempt, company_of, document, needs, sentences, today
from atoll_web.runs.models import Run

SHOWN = 100
"""Lines of each group on the page; the twins have all."""

GROUPS = ("clear", "short by one item", "short")


def clear_to_build(request: HttpRequest) -> HttpResponse:
    """Confirmed lines by what their kits lack, the components that would release most of them, and a form for proposals."""
    faults: list[str] = []
    try:
        seen = _seen(request)
    except AtollError as refusal:
        faults, seen = sentences(refusal), ClearToBuild(HORIZON_DAYS, (), (), None)
    groups = [(group, [row for row in seen.lines if row.group == group]) for group in GROUPS]
    return render(
        request,
        "assembly/clear_to_build.html",
        {
            "seen": seen,
            "faults": faults,
            "groups": [(group, rows[:SHOWN], len(rows)) for group, rows in groups],
            "asked": request.GET,
            "horizon": HORIZON_DAYS,
            "sequences": KINDS_OF_RULES["whole kits, asked by"],
            "rules": KINDS_OF_RULES,
            "assembly_lines": AssemblyLine.objects.order_by("code"),
            "currency": company_of(request).currency if company_of(request) else "",
        },
    )


def clear_to_build_document(request: HttpRequest) -> HttpResponse:
    """The same for programs."""
    return document(clear_to_build_record(_seen(request)))


def clear_to_build_csv(request: HttpRequest) -> HttpResponse:
    """The lines for spreadsheets, one row for each component that a line lacks."""
    names = ("line", "customer", "model", "quantity", "assembly", "promised", "group", "item", "missing")
    rows = (
        (*waiting_line_record(row.line).values(), row.group, item, units)
        for row in _seen(request).lines
        for item, units in row.missing.items() or (("", 0),)
    )
    return csv_answer("clear-to-build", names, rows)


def _seen(request: HttpRequest) -> ClearToBuild:
    asked = {name: value for name, value in request.GET.items() if value}
    return services.clear_to_build(
        today=today(request),
        by=asked.get("by", KitRule().by),
        within_days=whole(asked, "within", "Assembly within days", most=MOST_DAYS) if "within" in asked else HORIZON_DAYS,
        budget=decimal(asked, "budget", "Budget") if "budget" in asked else None,
    )


@require_POST
@needs("release")
def propose_kits(request: HttpRequest) -> HttpResponse:
    """Ask for a proposal, which changes nothing."""
    made: list[Run] = []

    def use_case() -> None:
        made.append(services.propose_kits(actor=actor_now(request.user), rule=_rule(request.POST)))

    if not attempt(request, use_case, "Nothing has changed yet. Look at the proposal, then release it."):
        return redirect("clear-to-build")
    return redirect("kit-proposal", made[0].pk)


def _rule(given: Mapping[str, str]) -> KitRule:
    asked = {name: value for name, value in given.items() if value}
    return KitRule(
        by=asked.get("by", KitRule().by),
        longest_wait=whole(asked, "wait", "Longest wait", most=MOST_DAYS) if "wait" in asked else None,
        within_days=whole(asked, "within", "Assembly within days", most=MOST_DAYS) if "within" in asked else HORIZON_DAYS,
        line=asked.get("line", ""),
        hours=decimal(asked, "hours", "Hours", least=0.1, most=MOST_HOURS) if "hours" in asked else None,
    )


def kit_proposal(request: HttpRequest, pk: int) -> HttpResponse:
    """Which lines would be released, and which others would rest on another supply."""
    run = _proposal(pk)
    return render(request, "assembly/kit_proposal.html", {"run": run, "result": run.result, "rule": run.parameters})


def kit_proposal_document(request: HttpRequest, pk: int) -> HttpResponse:
    """The same for programs."""
    run = _proposal(pk)
    return document({"id": run.pk, "rule": run.parameters, **run.result})


def _proposal(pk: int) -> Run:
    return get_object_or_404(Run, pk=pk, kind=services.KIND, result__isnull=False)


@require_POST
@needs("release")
def apply_kits(request: HttpRequest, pk: int) -> HttpResponse:
    """Release all lines of a proposal, or none."""
    run, actor = _proposal(pk), actor_now(request.user, f"kits of proposal {pk}")
    count = len(run.result["release"])
    done = attempt(
        request, lambda: services.apply_kits(actor=actor, run=run), f"{count} lines are released with their whole kits."
    )
    return redirect("work") if done else redirect("kit-proposal", pk)


urlpatterns = [
    path("clear-to-build", clear_to_build, name="clear-to-build"),
    path("clear-to-build.json", clear_to_build_document, name="clear-to-build-json"),
    path("clear-to-build.csv", clear_to_build_csv, name="clear-to-build-csv"),
    path("kit-proposals", propose_kits, name="propose-kits"),
    path("kit-proposals/<int:pk>", kit_proposal, name="kit-proposal"),
    path("kit-proposals/<int:pk>.json", kit_proposal_document, name="kit-proposal-json"),
    path("kit-proposals/<int:pk>/apply", apply_kits, name="apply-kits"),
]
