"""Slots put the work of an order on one line, as early or as late as its free minutes allow."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from atoll.schedule import Slot, earliest_slots, latest_slots

Rows = tuple[np.ndarray, np.ndarray, np.ndarray]


def capacity(*rows: tuple[int, int, int]) -> Rows:
    """Line days as (line, day, free minutes)."""
    line, day, free = np.array(rows, dtype=np.int64).reshape(-1, 3).T
    return line, day, free


def test_work_starts_on_the_first_free_day() -> None:
    assert earliest_slots(*capacity((0, 1, 0), (0, 2, 90)), 60, 1) == (Slot(1, 60),)


def test_no_slot_is_before_the_earliest_day() -> None:
    assert earliest_slots(*capacity((0, 1, 90), (0, 2, 90)), 60, 2) == (Slot(1, 60),)


def test_what_a_day_cannot_hold_goes_on_the_next() -> None:
    assert earliest_slots(*capacity((0, 1, 40), (0, 2, 0), (0, 3, 90)), 60, 1) == (Slot(0, 40), Slot(2, 20))


def test_work_is_not_shared_between_lines() -> None:
    assert earliest_slots(*capacity((0, 1, 40), (1, 1, 40), (1, 2, 40)), 60, 1) == (Slot(1, 40), Slot(2, 20))


def test_of_lines_that_end_on_the_same_day_the_later_start_is_taken() -> None:
    assert earliest_slots(*capacity((0, 1, 40), (0, 2, 40), (1, 2, 90)), 60, 1) == (Slot(2, 60),)


def test_the_latest_slots_end_by_the_latest_day() -> None:
    rows = capacity((0, 1, 90), (0, 2, 90), (0, 3, 40), (0, 4, 90))
    assert latest_slots(*rows, 60, 1, 3) == (Slot(1, 20), Slot(2, 40))


def test_too_short_a_horizon_gives_no_slots() -> None:
    rows = capacity((0, 1, 30), (0, 2, 29))
    assert earliest_slots(*rows, 60, 1) == latest_slots(*rows, 60, 1, 2) == ()
    assert earliest_slots(*capacity(), 60, 1) == ()


def test_work_without_minutes_is_refused() -> None:
    with pytest.raises(ValueError, match="minutes >= 1, got 0"):
        earliest_slots(*capacity((0, 1, 30)), 0, 1)


@st.composite
def line_days(draw: st.DrawFn) -> Rows:
    """One to three lines with their free minutes on each of a few days."""
    lines, days = draw(st.integers(1, 3)), draw(st.integers(1, 8))
    return capacity(*((line, day, draw(st.integers(0, 60))) for day in range(days) for line in range(lines)))


def possible_slots(rows: Rows, minutes: int, first: int, last: int) -> list[tuple[int, int, int]]:
    """The slow, obvious way: each line and span of days with minutes enough, as (start, end, line)."""
    line, day, free = rows
    found = []
    for one in set(line.tolist()):
        for start in range(first, last + 1):
            for end in range(start, last + 1):
                within = (line == one) & (day >= start) & (day <= end)
                has_minutes = all(free[(line == one) & (day == edge)].sum() for edge in (start, end))
                if has_minutes and free[within].sum() >= minutes:
                    found.append((start, end, one))
    return found


def span(rows: Rows, slots: tuple[Slot, ...]) -> tuple[int, int, int]:
    line, day, _ = rows
    return int(day[slots[0].row]), int(day[slots[-1].row]), int(line[slots[0].row])


@given(line_days(), st.integers(1, 150), st.integers(0, 7), st.integers(0, 7))
def test_slots_hold_the_work_within_what_is_free_on_one_line(rows: Rows, minutes: int, first: int, last: int) -> None:
    line, day, free = rows
    for slots, end in ((earliest_slots(*rows, minutes, first), 99), (latest_slots(*rows, minutes, first, last), last)):
        if not slots:
            continue
        assert sum(slot.minutes for slot in slots) == minutes
        assert all(0 < slot.minutes <= free[slot.row] for slot in slots)
        assert len({int(line[slot.row]) for slot in slots}) == 1
        days = [int(day[slot.row]) for slot in slots]
        assert days == sorted(set(days))
        assert first <= days[0]
        assert days[-1] <= end


@given(line_days(), st.integers(1, 150), st.integers(0, 7))
def test_nothing_ends_before_the_earliest_slots(rows: Rows, minutes: int, first: int) -> None:
    slots = earliest_slots(*rows, minutes, first)
    possible = possible_slots(rows, minutes, first, 8)
    assert bool(slots) is bool(possible)
    if slots:
        assert span(rows, slots)[1] == min(end for _, end, _ in possible)


@given(line_days(), st.integers(1, 150), st.integers(0, 7), st.integers(0, 7))
def test_nothing_starts_after_the_latest_slots(rows: Rows, minutes: int, first: int, last: int) -> None:
    slots = latest_slots(*rows, minutes, first, last)
    possible = possible_slots(rows, minutes, first, last)
    assert bool(slots) is bool(possible)
    if slots:
        start, _, line = span(rows, slots)
        assert (start, line) == max(((s, one) for s, _, one in possible), key=lambda pair: (pair[0], -pair[1]))


@given(line_days(), st.integers(1, 150), st.integers(0, 7), st.integers(0, 7))
def test_both_find_slots_or_neither_does(rows: Rows, minutes: int, first: int, last: int) -> None:
    line, day, free = rows
    within = day <= last
    early = earliest_slots(line[within], day[within], free[within], minutes, first)
    assert bool(early) is bool(latest_slots(*rows, minutes, first, last))
