"""The capacity calendar: it reaches its horizon, a change reaches the days to come, lines have weeks and days of their own."""

import json
from collections.abc import Callable
from contextlib import nullcontext
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
from click.testing import CliRunner
from django.db.models import F
from django.test import Client

from atoll_web import cli, invariants
from atoll_web.accounts.models import Company
from atoll_web.catalogue import services as catalogue
from atoll_web.catalogue.errors import DayIsPast, NotAWeek
from atoll_web.catalogue.models import AssemblyLine, LineDay
from atoll_web.catalogue.tasks import keep_calendar
from atoll_web.sales import services as sales
from atoll_web.sales.errors import RequestDateTooFar
from atoll_web.sales.models import Promise, SlotReservation
from atoll_web.sales.snapshot import master
from tests.lamps import HORIZON_DAYS, MONDAY, Lamps

pytestmark = pytest.mark.django_db

TUESDAY, WEDNESDAY, SATURDAY, SUNDAY = (MONDAY + timedelta(days=n) for n in (1, 2, 5, 6))


def lamps(quantity: int = 1, request_date: date | None = None) -> sales.NewLine:
    return sales.NewLine("DL", {}, quantity, request_date)


def minutes(day: date) -> int | None:
    """Capacity of the lamp line; None when it is closed."""
    return LineDay.objects.filter(day=day).values_list("capacity", flat=True).first()


def last_day() -> date:
    return LineDay.objects.latest("day").day


def at_risk() -> set[int]:
    """Units of the lines whose promise is at risk."""
    return set(Promise.objects.filter(in_force=True, at_risk=True).values_list("line__quantity", flat=True))


def days_of(quantity: int) -> list[date]:
    slots = SlotReservation.objects.filter(line__quantity=quantity).order_by("line_day__day")
    return list(slots.values_list("line_day__day", flat=True))


def assert_in_order() -> None:
    assert not [check.name for check in invariants.check() if check.violations]


@pytest.fixture
def line(company: Lamps) -> AssemblyLine:
    return AssemblyLine.objects.get()


@pytest.fixture
def order(company: Lamps) -> Callable[..., date]:
    """Orders lamps; the day on which they ship."""

    def enter(quantity: int = 1, request_date: date | None = None) -> date:
        order = sales.enter_order(actor=company.actor("sales"), customer="ACME", lines=[lamps(quantity, request_date)])
        return Promise.objects.get(line__order=order, in_force=True).ship_date

    return enter


def test_the_calendar_goes_on_with_the_business_date(company: Lamps) -> None:
    after = MONDAY + timedelta(days=HORIZON_DAYS + 1)
    catalogue.set_company(actor=company.actor("manager"), business_date=after)
    assert last_day() >= after + timedelta(days=HORIZON_DAYS - 2)
    assert sales.inquire(line=lamps(), today=after).ship_date > after


def test_the_worker_lets_the_calendar_go_on_with_the_clock(company: Lamps) -> None:
    LineDay.objects.filter(day__gt=WEDNESDAY).delete()  # as when nobody was there for a long time
    keep_calendar(timestamp=0)
    assert last_day() >= MONDAY + timedelta(days=HORIZON_DAYS - 2)
    there = LineDay.objects.count()
    keep_calendar(timestamp=0)
    assert LineDay.objects.count() == there


def test_the_calendar_reaches_as_far_as_the_company_wants(company: Lamps) -> None:
    far = MONDAY + timedelta(days=100)
    with pytest.raises(RequestDateTooFar, match=r"page Capacity or with `atoll calendar --horizon DAYS`"):
        sales.inquire(line=lamps(1, far), today=MONDAY)
    catalogue.set_horizon(actor=company.actor("planner"), days=120)
    assert sales.inquire(line=lamps(1, far), today=MONDAY).ship_date == far


def test_nothing_is_promised_beyond_a_horizon_that_was_cut_and_what_was_booked_there_stays(company: Lamps) -> None:
    """The days up to the former horizon stay open for those who booked them, and for nobody else."""
    far = sales.enter_order(actor=company.actor("sales"), customer="ACME", lines=[lamps(2, MONDAY + timedelta(days=50))])
    before = Promise.objects.values_list("ship_date", "at_risk").get()
    catalogue.set_horizon(actor=company.actor("planner"), days=10)
    assert last_day() == MONDAY + timedelta(days=HORIZON_DAYS)
    assert_in_order()
    for day in (11, 50):
        with pytest.raises(RequestDateTooFar, match="2026-03-12"):
            sales.inquire(line=lamps(1, MONDAY + timedelta(days=day)), today=MONDAY)
    assert master(MONDAY).last_day == MONDAY + timedelta(days=10)
    planner = company.actor("planner")
    sales.compute_proposal(actor=planner, proposal=sales.ask_proposal(actor=planner, policy=sales.Policy.KEEP))
    sales.repromise(actor=planner, lines=list(far.lines.all()))
    assert (before, before[1]) == (Promise.objects.filter(in_force=True).values_list("ship_date", "at_risk").get(), False)

    Promise.objects.update(at_risk=True)
    sales.repromise(actor=planner)  # its work is done within the calendar; its customer is told no other day
    promise = Promise.objects.get(in_force=True)
    assert (promise.ship_date, promise.at_risk) == before
    assert max(days_of(2)) <= MONDAY + timedelta(days=10)
    assert_in_order()


def test_a_holiday_reaches_the_days_to_come(company: Lamps) -> None:
    tenth, eleventh = date(2026, 3, 10), date(2026, 3, 11)
    assert sales.inquire(line=lamps(1, eleventh), today=MONDAY).need_date == tenth
    catalogue.set_company(actor=company.actor("manager"), holidays=[tenth])
    assert minutes(tenth) is None
    assert sales.inquire(line=lamps(1, eleventh), today=MONDAY).need_date == date(2026, 3, 9)
    catalogue.set_company(actor=company.actor("manager"), holidays=[], weekdays=[0, 1, 2, 3, 4, 5])
    assert (minutes(tenth), minutes(SATURDAY)) == (480, 480)


def test_other_minutes_of_a_line_reach_the_days_to_come(company: Lamps, line: AssemblyLine) -> None:
    catalogue.set_week(actor=company.actor("planner"), line=line, minutes_per_day=60)
    assert set(LineDay.objects.values_list("capacity", flat=True)) == {60}
    assert sales.inquire(line=lamps(8), today=MONDAY).ship_date > sales.inquire(line=lamps(4), today=MONDAY).ship_date


def test_a_line_has_a_week_of_its_own_and_days_on_which_it_works_otherwise(company: Lamps, line: AssemblyLine) -> None:
    planner = company.actor("planner")
    catalogue.set_company(actor=company.actor("manager"), holidays=[WEDNESDAY])
    catalogue.set_week(actor=planner, line=line, minutes_per_day=480, weekday_minutes=[960] * 5 + [240, 0])
    assert [minutes(MONDAY + timedelta(days=n)) for n in range(7)] == [960, 960, None, 960, 960, 240, None]
    catalogue.set_exception(actor=planner, line=line, day=TUESDAY, minutes=0)
    catalogue.set_exception(actor=planner, line=line, day=WEDNESDAY, minutes=100)
    catalogue.set_exception(actor=planner, line=line, day=SUNDAY, minutes=120)
    assert [minutes(day) for day in (TUESDAY, WEDNESDAY, SATURDAY, SUNDAY)] == [None, 100, 240, 120]
    catalogue.set_exception(actor=planner, line=line, day=TUESDAY, minutes=None)
    catalogue.set_week(actor=planner, line=line, minutes_per_day=480)
    assert [minutes(day) for day in (TUESDAY, WEDNESDAY, SATURDAY, SUNDAY)] == [480, 100, None, 120]


def works(day: date, company: Company, line: AssemblyLine) -> int:
    """What the line works on a day, said once more in Python."""
    for exception in line.exceptions.all():
        if exception.day == day:
            return exception.minutes
    if day in company.holidays:
        return 0
    if line.weekday_minutes:
        return line.weekday_minutes[day.weekday()]
    return line.minutes_per_day if day.weekday() in company.weekdays else 0


@pytest.mark.parametrize("seed", range(5))
def test_any_changes_leave_the_calendar_as_it_is_defined_and_all_invariants(
    company: Lamps, line: AssemblyLine, order: Callable[..., date], seed: int
) -> None:
    draw, planner, manager = Random(seed), company.actor("planner"), company.actor("manager")
    day = lambda: MONDAY + timedelta(days=draw.randrange(14))  # noqa: E731
    for _ in range(12):
        match draw.randrange(6):
            case 0:
                order(draw.randint(1, 2))
            case 1:
                catalogue.set_company(
                    actor=manager, holidays=[day() for _ in range(3)], weekdays=sorted(draw.sample(range(7), 4))
                )
            case 2:
                week = draw.choice([(), [draw.choice([0, 40, 900]) for _ in range(6)] + [100]])
                catalogue.set_week(actor=planner, line=line, minutes_per_day=draw.choice([50, 480]), weekday_minutes=week)
            case 3:
                catalogue.set_exception(actor=planner, line=line, day=day(), minutes=draw.choice([None, 0, 30, 500]))
            case 4:
                sales.repromise(actor=planner)
            case 5:  # as when overtime is agreed
                longer = {"capacity": F("capacity") + 60, "overtime": F("overtime") + 60}
                LineDay.objects.filter(day=day()).update(**longer)
        row = AssemblyLine.objects.prefetch_related("exceptions").get()
        wanted = {MONDAY + timedelta(days=n): works(MONDAY + timedelta(days=n), Company.objects.get(), row) for n in range(61)}
        open_days = dict(LineDay.objects.values_list("day", F("capacity") - F("overtime")))
        assert {d: open_days.get(d, 0) for d in wanted} == wanted
    assert_in_order()
    sales.repromise(actor=planner)
    assert not LineDay.objects.filter(reserved__gt=F("capacity")).exists()
    assert_in_order()


@pytest.mark.parametrize("week", [[480] * 6, [0] * 7])
def test_a_week_that_is_none_is_refused(company: Lamps, line: AssemblyLine, week: list[int]) -> None:
    with pytest.raises(NotAWeek, match="seven numbers from Monday on"):
        catalogue.set_week(actor=company.actor("planner"), line=line, minutes_per_day=480, weekday_minutes=week)


def test_the_calendar_of_the_past_stays(company: Lamps, line: AssemblyLine) -> None:
    with pytest.raises(DayIsPast):
        catalogue.set_exception(actor=company.actor("planner"), line=line, day=MONDAY - timedelta(days=1), minutes=0)
    catalogue.set_company(actor=company.actor("manager"), business_date=WEDNESDAY)
    catalogue.set_week(actor=company.actor("planner"), line=line, minutes_per_day=60)
    assert [minutes(day) for day in (TUESDAY, WEDNESDAY)] == [480, 60]


def test_work_on_a_saturday_can_take_overtime_and_ships_after_the_weekend(
    company: Lamps, line: AssemblyLine, order: Callable[..., date]
) -> None:
    AssemblyLine.objects.update(overtime_minutes=300, overtime_rate=1)
    planner = company.actor("planner")
    for n in (1, 2, 3, 4, 7):
        catalogue.set_exception(actor=planner, line=line, day=MONDAY + timedelta(days=n), minutes=0)
    catalogue.set_exception(actor=planner, line=line, day=SATURDAY, minutes=60)
    asked = sales.explore(lines=[lamps(4)], today=MONDAY).lines[0]
    assert asked.ship_date == date(2026, 3, 11)
    assert any(lever.kind == "overtime" and "7 Mar 2026" in lever.words for lever in asked.faster)
    assert order(1) == date(2026, 3, 10)
    assert days_of(1) == [SATURDAY]
    assert_in_order()


def test_whoever_reserved_last_loses_a_day_that_is_cut_and_is_promised_anew(
    company: Lamps, line: AssemblyLine, order: Callable[..., date], signed_in: Callable[[str], Client]
) -> None:
    for quantity in (4, 2, 1):
        order(quantity)
    assert days_of(4) == days_of(2) == days_of(1) == [TUESDAY]
    each = SlotReservation.objects.get(line__quantity=4).minutes // 4
    catalogue.set_exception(actor=company.actor("planner"), line=line, day=TUESDAY, minutes=5 * each)
    tuesday = LineDay.objects.get(day=TUESDAY)
    assert (tuesday.capacity, tuesday.reserved, tuesday.overload) == (5 * each, 7 * each, 2 * each)
    assert at_risk() == {2, 1}  # five of the seven fit: the first four keep their day
    assert_in_order()
    late = SlotReservation.objects.get(line__quantity=1).line.order
    words = f"L1 works {5 * each} minutes on 3 Mar 2026, and {7 * each} are reserved."
    assert words in signed_in("sales").get(f"/orders/{late.number}/1/why").text

    sales.repromise(actor=company.actor("planner"))

    tuesday.refresh_from_db()
    assert tuesday.reserved <= tuesday.capacity
    assert (tuesday.overload, at_risk(), days_of(4)) == (0, set(), [TUESDAY])
    assert max(days_of(2) + days_of(1)) > TUESDAY
    assert_in_order()


def test_nobody_takes_what_leaves_an_overloaded_day(company: Lamps, line: AssemblyLine, order: Callable[..., date]) -> None:
    """Also not whoever is looked at as if they had given back what they hold."""
    for quantity in (4, 3):
        order(quantity)
    catalogue.set_exception(actor=company.actor("planner"), line=line, day=TUESDAY, minutes=0)
    first = SlotReservation.objects.filter(line__quantity=4).get().line.order
    sales.cancel(actor=company.actor("sales"), order=first)
    tuesday = LineDay.objects.get(day=TUESDAY)
    assert (tuesday.capacity, tuesday.reserved, tuesday.overload) == (0, tuesday.overload, tuesday.reserved)
    order(1)
    assert days_of(1) == [WEDNESDAY]
    proposal = sales.compute_proposal(
        actor=company.actor("planner"), proposal=sales.ask_proposal(actor=company.actor("planner"), policy=sales.Policy.FIFO)
    )
    sales.apply_proposal(actor=company.actor("planner"), proposal=proposal)
    assert TUESDAY not in days_of(3)
    keep_calendar(timestamp=0)
    assert minutes(TUESDAY) is None
    assert_in_order()


def test_a_restored_day_has_its_room_again(company: Lamps, line: AssemblyLine, order: Callable[..., date]) -> None:
    order(4)
    catalogue.set_exception(actor=company.actor("planner"), line=line, day=TUESDAY, minutes=0)
    catalogue.set_exception(actor=company.actor("planner"), line=line, day=TUESDAY, minutes=None)
    tuesday = LineDay.objects.get(day=TUESDAY)
    assert (tuesday.capacity, tuesday.overload) == (480, 0)
    sales.repromise(actor=company.actor("planner"))
    assert (days_of(4), at_risk()) == ([TUESDAY], set())


def test_a_planner_keeps_the_calendar_of_a_line_on_its_page(
    company: Lamps, order: Callable[..., date], signed_in: Callable[[str], Client]
) -> None:
    order(4)
    browser = signed_in("planner")
    week = dict(zip(("Monday", "Tuesday", "Wednesday", "Thursday", "Friday"), ["960"] * 5, strict=True))
    entered = {"minutes_per_day": "480", **week, "Saturday": "240", "Sunday": "0"}
    assert "are changed" in browser.post("/lines/L1/week", entered, follow=True).text
    assert (minutes(WEDNESDAY), minutes(SATURDAY), minutes(SUNDAY)) == (960, 240, None)
    answer = browser.post("/lines/L1/week", entered | {"Sunday": ""}, follow=True).text
    assert "Minutes on Sunday: “” is not a whole number" in answer

    answer = browser.post("/lines/L1/exception", {"day": TUESDAY.isoformat(), "minutes": "60"}, follow=True).text
    assert "1 promise(s) do not fit any more and are at risk" in answer
    assert "min too many" in browser.get("/capacity").text
    assert "promise them anew" in browser.get(f"/capacity/L1/{TUESDAY}").text
    found = browser.get("/lines/L1.json").json()
    assert found["exceptions"] == [{"day": TUESDAY.isoformat(), "minutes": 60}]
    assert found["days"][1]["overload"] > 0
    browser.post("/lines/L1/exception", {"day": TUESDAY.isoformat(), "remove": "1"})
    assert minutes(TUESDAY) == 960

    assert "reaches as far" in browser.post("/capacity/reach", {"days": "90"}, follow=True).text
    assert last_day() == MONDAY + timedelta(days=89)  # a Saturday; on the Sunday the line is closed
    assert signed_in("sales").post("/capacity/reach", {"days": "200"}).status_code == 403


def test_a_line_that_is_new_in_the_back_office_has_days_at_once(company: Lamps, signed_in: Callable[[str], Client]) -> None:
    entered = {"code": "L2", "name": "Second line", "minutes_per_day": 100, "weekday_minutes": "", "builds": "1"}
    entered |= {"builds": AssemblyLine.objects.get().builds.get().pk, "overtime_minutes": 0, "overtime_rate": 0}
    answer = signed_in("admin").post("/admin/catalogue/assemblyline/add/", entered)
    assert answer.status_code == 302, answer.text
    assert LineDay.objects.filter(line__code="L2", capacity=100).count() == LineDay.objects.filter(line__code="L1").count()


def test_programs_keep_the_calendar(company: Lamps, program: Callable[[str], Any]) -> None:
    client = program("planner").client
    put = lambda path, body: client.put(f"/api/v1{path}", body, content_type="application/json")  # noqa: E731
    answer = put("/lines/L1/week", {"weekday_minutes": [960] * 5 + [240, 0]})
    assert (answer.status_code, answer.json()["minutes_per_day"], minutes(SATURDAY)) == (200, 480, 240)
    assert put("/lines/L1/week", {"weekday_minutes": [960]}).json()["code"] == "not-a-week"
    answer = put(f"/lines/L1/exceptions/{TUESDAY}", {"minutes": 0})
    assert (answer.json()["exceptions"], minutes(TUESDAY)) == ([{"day": TUESDAY.isoformat(), "minutes": 0}], None)
    assert client.get("/api/v1/lines").json() == [answer.json()]
    assert client.delete(f"/api/v1/lines/L1/exceptions/{TUESDAY}").json()["exceptions"] == []
    assert put("/calendar", {"horizon_days": 90}).json() == {"horizon_days": 90, "last_day": "2026-05-30"}
    assert client.get("/api/v1/calendar").json()["horizon_days"] == 90
    assert put("/calendar", {"horizon_days": 10}).json() == {"horizon_days": 10, "last_day": "2026-03-12"}
    assert put("/lines/NONE/week", {}).status_code == 404
    refused = program("sales").client.put("/api/v1/calendar", {"horizon_days": 9}, content_type="application/json")
    assert refused.status_code == 403


def test_the_command_keeps_the_calendar(company: Lamps, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "application", nullcontext)
    LineDay.objects.filter(day__gt=WEDNESDAY).delete()
    run = lambda *arguments: CliRunner().invoke(cli.calendar_command, arguments, catch_exceptions=False)  # noqa: E731
    assert run().output.split() == ["L1", "2026-05-01"]
    found = json.loads(run("--horizon", "90", "--json").output)
    assert found["lines"] == [{"code": "L1", "last_day": "2026-05-29"}]
    assert Company.objects.get().horizon_days == 90
    assert run("--horizon", "10").output.split() == ["L1", "2026-03-12"]
