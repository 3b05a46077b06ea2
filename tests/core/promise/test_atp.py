"""Available to promise looks ahead: a promise made now never takes what a later commitment rests on."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from atoll.promise import available_to_promise


def atp(on_hand: int, receipts: list[int], commitments: list[int]) -> list[int]:
    return available_to_promise(on_hand, np.array(receipts), np.array(commitments)).tolist()


def test_the_pumps_of_the_textbook() -> None:
    """Stevenson, Operations Management, master scheduling: 64 pumps, lots of 70 in weeks 3, 5, 7 and 8.

    Its discrete figures 11, 56, 68, 70 and 70 stand for what each lot adds; here they are added up.
    """
    receipts = [0, 0, 70, 0, 70, 0, 70, 70]
    orders = [33, 20, 10, 4, 2, 0, 0, 0]
    assert atp(64, receipts, orders) == [11, 11, 67, 67, 135, 135, 205, 275]


def test_a_later_lot_that_is_overbooked_takes_from_the_earlier_ones() -> None:
    """Without look-ahead, 15 would seem free in the first two periods, and the commitment of 35 would be broken."""
    assert atp(20, [0, 0, 30, 30], [5, 0, 35, 0]) == [10, 10, 10, 40]


def test_more_committed_than_there_will_be_is_a_negative_figure() -> None:
    assert atp(3, [0, 4], [5, 4]) == [-2, -2]


periods = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=1, max_size=10)


@given(st.integers(0, 30), periods, st.data())
def test_what_is_available_can_be_promised_and_not_one_unit_more(
    on_hand: int, rows: list[tuple[int, int]], data: st.DataObject
) -> None:
    receipts, commitments = map(list, zip(*rows, strict=True))
    period = data.draw(st.integers(0, len(rows) - 1))
    free = atp(on_hand, receipts, commitments)[period]

    def is_kept(units: int) -> bool:
        """Whether no balance from the period on is negative after promising so many units."""
        balance = on_hand + np.cumsum(receipts) - np.cumsum(commitments) - units
        return bool((balance[period:] >= 0).all())

    assert is_kept(free)
    assert not is_kept(free + 1)


@given(st.integers(0, 30), periods, st.integers(0, 9))
def test_more_on_hand_raises_every_figure_by_as_much(on_hand: int, rows: list[tuple[int, int]], more: int) -> None:
    receipts, commitments = map(list, zip(*rows, strict=True))
    before, after = (atp(units, receipts, commitments) for units in (on_hand, on_hand + more))
    assert after == [units + more for units in before]


@given(st.integers(0, 30), periods)
def test_it_never_decreases_and_never_exceeds_the_projected_balance(on_hand: int, rows: list[tuple[int, int]]) -> None:
    receipts, commitments = map(list, zip(*rows, strict=True))
    free = available_to_promise(on_hand, np.array(receipts), np.array(commitments))
    assert (np.diff(free) >= 0).all()
    assert (free <= on_hand + np.cumsum(receipts) - np.cumsum(commitments)).all()
