"""Assembly lines over the API: their weeks, the days on which they work otherwise, how far the calendar reaches."""

from datetime import date, timedelta
from typing import Annotated

from django.db.models import Max
from django.http import HttpRequest
from ninja import Field, Router, Schema

from atoll_web.accounts.acting import business_time
from atoll_web.accounts.errors import NoCompany
from atoll_web.accounts.models import Company
from atoll_web.catalogue import services
from atoll_web.catalogue.models import AssemblyLine, LineDay
from atoll_web.door import Input, NotFound, actor_for, answers

router = Router()

Minutes = Annotated[int, Field(ge=0, le=1_000_000)]


class ExceptionOut(Schema):
    """A day on which a line works otherwise."""

    day: date
    minutes: int = Field(description="0 when the line is closed")


class LineOut(Schema):
    """An assembly line and when it works."""

    code: str
    name: str
    minutes_per_day: int = Field(description="Capacity of each weekday on which the company works")
    weekday_minutes: list[int] = Field(description="Its own week in place of that, from Monday on; empty when it has none")
    overtime_minutes: int
    exceptions: list[ExceptionOut] = Field(description="Those from today on")


class WeekIn(Input):
    """When a line works."""

    minutes_per_day: Minutes | None = Field(None, description="As it is when left out")
    weekday_minutes: list[Minutes] = Field([], description="Seven numbers from Monday on; empty for the company's weekdays")


class ExceptionIn(Input):
    """What a line works on a day."""

    minutes: Minutes = Field(description="0 when it is closed")


class CalendarIn(Input):
    """How far the calendar reaches."""

    horizon_days: int = Field(ge=1, le=3660, description="Calendar days ahead for which capacity is kept")


class CalendarOut(Schema):
    """How far the calendar reaches."""

    horizon_days: int
    last_day: date | None = Field(description="The last day for which there is capacity")


@router.get("/lines", response=answers(list[LineOut]))
def list_lines(request: HttpRequest) -> list[dict]:
    """List the assembly lines and when they work."""
    today = business_time().date()
    lines = AssemblyLine.objects.prefetch_related("exceptions")
    return [_line(line, today) for line in lines]


@router.put("/lines/{code}/week", response=answers(LineOut))
def set_week(request: HttpRequest, code: str, payload: WeekIn) -> dict:
    """Say when a line works. Days to come follow, and promises that no longer fit are marked at risk."""
    actor, line = actor_for(request, "catalogue"), _found(code)
    minutes = line.minutes_per_day if payload.minutes_per_day is None else payload.minutes_per_day
    services.set_week(actor=actor, line=line, minutes_per_day=minutes, weekday_minutes=payload.weekday_minutes)
    return _line(_found(code), actor.today)


@router.put("/lines/{code}/exceptions/{day}", response=answers(LineOut))
def set_exception(request: HttpRequest, code: str, day: date, payload: ExceptionIn) -> dict:
    """Let a line work other minutes on a day, or close it. Promises that no longer fit are marked at risk."""
    actor, line = actor_for(request, "catalogue"), _found(code)
    services.set_exception(actor=actor, line=line, day=day, minutes=payload.minutes)
    return _line(line, actor.today)


@router.delete("/lines/{code}/exceptions/{day}", response=answers(LineOut))
def remove_exception(request: HttpRequest, code: str, day: date) -> dict:
    """Let a line work on a day as its week says."""
    actor, line = actor_for(request, "catalogue"), _found(code)
    services.set_exception(actor=actor, line=line, day=day, minutes=None)
    return _line(line, actor.today)


@router.put("/calendar", response=answers(CalendarOut))
def set_horizon(request: HttpRequest, payload: CalendarIn) -> dict:
    """Let the capacity calendar reach so many days ahead."""
    services.set_horizon(actor=actor_for(request, "catalogue"), days=payload.horizon_days)
    return _calendar()


@router.get("/calendar", response=answers(CalendarOut))
def get_calendar(request: HttpRequest) -> dict:
    """Say how far the capacity calendar reaches."""
    return _calendar()


def _calendar() -> dict:
    company = Company.objects.first()
    if company is None:
        raise NoCompany()
    reach = business_time().date() + timedelta(days=company.horizon_days)
    last = LineDay.objects.filter(day__lte=reach).aggregate(last=Max("day"))["last"]
    return {"horizon_days": company.horizon_days, "last_day": last}


def _found(code: str) -> AssemblyLine:
    line = AssemblyLine.objects.filter(code=code).first()
    if line is None:
        raise NotFound(what="assembly line", name=code, where="GET /api/v1/lines")
    return line


def _line(line: AssemblyLine, today: date) -> dict:
    fields = ("code", "name", "minutes_per_day", "weekday_minutes", "overtime_minutes")
    exceptions = [row for row in line.exceptions.all() if row.day >= today]
    return {name: getattr(line, name) for name in fields} | {"exceptions": exceptions}
