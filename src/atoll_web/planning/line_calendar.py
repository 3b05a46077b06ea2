"""The calendar of an assembly line: its week, the days on which it works otherwise, how far it reaches."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.views.decorators.http import require_POST

from atoll_web.accounts.acting import actor_now
from atoll_web.catalogue import services as catalogue
from atoll_web.catalogue.models import AssemblyLine, LineDay
from atoll_web.forms import day, whole
from atoll_web.pages import attempt, document, needs, today
from atoll_web.sales.models import Promise

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
SHOWN_DAYS = 28


def line_calendar(request: HttpRequest, code: str) -> HttpResponse:
    """When a line works, and its next weeks."""
    return render(request, "planning/line_calendar.html", _seen(request, code))


def line_calendar_document(request: HttpRequest, code: str) -> HttpResponse:
    """The same for programs."""
    seen = _seen(request, code)
    line, fields = seen["line"], ("day", "capacity", "overtime", "reserved", "overload")
    return document(
        {"line": line.code}
        | {name: getattr(line, name) for name in ("minutes_per_day", "weekday_minutes", "overtime_minutes")}
        | {"exceptions": [{"day": row.day, "minutes": row.minutes} for row in seen["exceptions"]]}
        | {"days": [{name: getattr(row, name) for name in fields} for row in seen["days"]]}
    )


def _seen(request: HttpRequest, code: str) -> dict[str, Any]:
    line, first = get_object_or_404(AssemblyLine, code=code), today(request)
    return {
        "line": line,
        "week": list(zip(WEEKDAYS, line.weekday_minutes or [""] * 7, strict=True)),
        "exceptions": line.exceptions.filter(day__gte=first),
        "days": LineDay.objects.filter(line=line, day__gte=first, day__lt=first + timedelta(days=SHOWN_DAYS)),
    }


@require_POST
@needs("catalogue")
def set_week(request: HttpRequest, code: str) -> HttpResponse:
    """Let a line work the same on all weekdays of the company, or in a week of its own."""
    line = get_object_or_404(AssemblyLine, code=code)

    def use_case() -> None:
        minutes = whole(request.POST, "minutes_per_day", "Minutes on a working day", least=1)
        catalogue.set_week(
            actor=actor_now(request.user, "calendar of a line"),
            line=line,
            minutes_per_day=minutes,
            weekday_minutes=_week(request.POST),
        )

    return _changed(request, code, use_case)


def _week(entered: Mapping[str, str]) -> list[int]:
    """Minutes of Monday to Sunday; empty when no field was filled in."""
    if not any(entered.get(name, "").strip() for name in WEEKDAYS):
        return []
    return [whole(entered, name, f"Minutes on {name}") for name in WEEKDAYS]


@require_POST
@needs("catalogue")
def set_exception(request: HttpRequest, code: str) -> HttpResponse:
    """Let a line work otherwise on a day, or again as its week says."""
    line = get_object_or_404(AssemblyLine, code=code)

    def use_case() -> None:
        when = day(request.POST, "day", "The day")
        minutes = None if "remove" in request.POST else whole(request.POST, "minutes", "Minutes")
        catalogue.set_exception(actor=actor_now(request.user, "calendar of a line"), line=line, day=when, minutes=minutes)

    return _changed(request, code, use_case)


def _changed(request: HttpRequest, code: str, use_case: Callable[[], None]) -> HttpResponse:
    before = _at_risk()

    def done() -> str:
        more = _at_risk() - before
        lost = f" {more} promise(s) do not fit any more and are at risk: promise them anew." if more else ""
        return f"The days to come are changed.{lost}"

    attempt(request, use_case, done)
    return redirect("line-calendar", code)


def _at_risk() -> int:
    return Promise.objects.filter(in_force=True, at_risk=True).count()


@require_POST
@needs("catalogue")
def reach(request: HttpRequest) -> HttpResponse:
    """Let the calendar of all lines reach so many days ahead."""

    def use_case() -> None:
        days = whole(request.POST, "days", "Calendar days ahead", least=1, most=3660)
        catalogue.set_horizon(actor=actor_now(request.user, "the calendar reaches further"), days=days)

    attempt(request, use_case, "The calendar reaches as far as you said.")
    return redirect("capacity")


urlpatterns = [
    path("lines/<str:code>.json", line_calendar_document, name="line-calendar-json"),
    path("lines/<str:code>", line_calendar, name="line-calendar"),
    path("lines/<str:code>/week", set_week, name="line-week"),
    path("lines/<str:code>/exception", set_exception, name="line-exception"),
    path("capacity/reach", reach, name="calendar-reach"),
]
