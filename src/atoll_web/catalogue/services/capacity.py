"""Use cases of the capacity calendar: it reaches the horizon, lines have weeks of their own and days that are otherwise."""

from collections.abc import Iterable, Sequence
from datetime import date

from atoll.model.company import AssemblyLine as LineValue
from atoll_web.accounts.acting import Actor, acting, begun_again_after_deadlock
from atoll_web.accounts.models import Company
from atoll_web.catalogue.errors import DayIsPast, NotAWeek
from atoll_web.catalogue.models import AssemblyLine, LineException, ProductModel
from atoll_web.catalogue.triggers import KEEP_CALENDAR, LOCK_LINES

LOCK = f"SELECT {LOCK_LINES}"
KEEP = f"{KEEP_CALENDAR.format(until='%s')} RETURNING id"


def save_lines(actor: Actor, lines: Iterable[LineValue]) -> None:
    """Write assembly lines, which models each one builds and on which days it works otherwise; the models must be there."""
    models = dict(ProductModel.objects.values_list("code", "id"))
    with acting(actor):
        for value in lines:
            fields = ("name", "minutes_per_day", "overtime_minutes", "overtime_rate")
            written = {name: getattr(value, name) for name in fields} | {"weekday_minutes": list(value.weekday_minutes)}
            line, _ = AssemblyLine.objects.update_or_create(code=value.code, defaults=written)
            line.builds.set([models[code] for code in value.models])
            line.exceptions.all().delete()
            LineException.objects.bulk_create(LineException(line=line, day=d, minutes=m) for d, m in value.exceptions.items())


@begun_again_after_deadlock
def extend_calendar(*, actor: Actor, until: date | None = None) -> int:
    """Open the days of all lines up to the company's horizon, and bring those that are open in line with the calendar.

    The database does the same by itself when the calendar, the horizon or the business date of the company changes, or the week
    or a day of a line; only where the clock moves the date it has to be asked for.

    Parameters
    ----------
    until
        A day beyond the horizon up to which days are opened too.

    Returns
    -------
    int
        Line days that were added.
    """
    with acting(actor, [(LOCK, []), (KEEP, [until])]) as (_, added):
        return len(added)


@begun_again_after_deadlock
def set_horizon(*, actor: Actor, days: int) -> None:
    """Let the calendar reach so many calendar days ahead, from now on."""
    with acting(actor):
        Company.objects.update(horizon_days=days)
        extend_calendar(actor=actor)


@begun_again_after_deadlock
def set_week(*, actor: Actor, line: AssemblyLine, minutes_per_day: int, weekday_minutes: Sequence[int] = ()) -> None:
    """Say how long a line works: the same on each weekday of the company, or in a week of its own. Days to come follow.

    Promises whose minutes no longer fit are marked at risk.

    Raises
    ------
    NotAWeek
    """
    if minutes_per_day < 1 or len(weekday_minutes) not in (0, 7) or (weekday_minutes and max(weekday_minutes) < 1):
        raise NotAWeek(line=line.code)
    with acting(actor):
        AssemblyLine.objects.filter(pk=line.pk).update(minutes_per_day=minutes_per_day, weekday_minutes=list(weekday_minutes))


@begun_again_after_deadlock
def set_exception(*, actor: Actor, line: AssemblyLine, day: date, minutes: int | None) -> None:
    """Let a line work other minutes on a day, 0 when it is closed; None for what its week says again. The day follows.

    Promises whose minutes no longer fit are marked at risk.

    Raises
    ------
    DayIsPast
    """
    if day < actor.today:
        raise DayIsPast(day=day, today=actor.today)
    with acting(actor):
        if minutes is None:
            line.exceptions.filter(day=day).delete()
        else:
            LineException.objects.update_or_create(line=line, day=day, defaults={"minutes": minutes})
