"""Calendars count working days."""

from datetime import date, timedelta
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atoll.model.calendar import Calendar, NoWorkingDay

EASTER = Calendar(holidays=frozenset({date(2026, 4, 3), date(2026, 4, 6)}))
"""Good Friday and Easter Monday off."""


def test_weekends_and_holidays_are_not_worked() -> None:
    assert [EASTER.works(date(2026, 4, day)) for day in range(2, 8)] == [True, False, False, False, False, True]


def test_working_days_are_added_over_weekends_and_holidays() -> None:
    assert EASTER.add(date(2026, 4, 2), 1) == date(2026, 4, 7)
    assert EASTER.add(date(2026, 4, 4), 0) == date(2026, 4, 7)


def test_a_working_day_is_its_own_next_working_day() -> None:
    assert EASTER.on_or_after(date(2026, 4, 2)) == date(2026, 4, 2)
    assert EASTER.on_or_after(date(2026, 4, 3)) == date(2026, 4, 7)


def test_a_six_day_week_works_on_saturday() -> None:
    assert Calendar(weekdays=frozenset(range(6))).works(date(2026, 4, 4))


def test_a_calendar_without_working_days_is_an_error_and_not_an_endless_search() -> None:
    with pytest.raises(NoWorkingDay, match="2026-04-01"):
        Calendar(weekdays=frozenset()).on_or_after(date(2026, 4, 1))


def test_a_weekday_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="0 \\(Monday\\) to 6"):
        Calendar(weekdays=frozenset({7}))


days = st.dates(date(2020, 1, 1), date(2030, 1, 1))
calendars = st.builds(Calendar, st.frozensets(st.integers(0, 6), min_size=1), st.frozensets(days, max_size=20))


@given(calendars, days, st.integers(0, 30))
def test_adding_days_agrees_with_counting_them(calendar: Calendar, day: date, more: int) -> None:
    """Two methods: the day reached has as many working days before it, from the start on, as were added."""
    reached = calendar.add(day, more)
    between = [day + timedelta(days=n) for n in range((reached - day).days)]
    assert calendar.works(reached)
    assert sum(map(calendar.works, between)) == more


@given(calendars, days)
def test_the_days_of_a_calendar_are_all_its_working_days_in_order(calendar: Calendar, day: date) -> None:
    found = list(islice(calendar.days(day), 10))
    span = [day + timedelta(days=n) for n in range((found[-1] - day).days + 1)]
    assert found == [each for each in span if calendar.works(each)]
