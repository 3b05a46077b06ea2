"""Figures of policies show their numbers and speak for themselves."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from atoll.plots import draw_level_changes, draw_response_distribution, level_changes, response_distribution, to_svg


def test_the_share_served_rises_to_all_orders_at_the_longest_response() -> None:
    ax = Figure().subplots()
    draw_response_distribution({"fcfs": [0.0, 0.0, 0.0, 4.0]}, ax=ax)

    curve = ax.lines[0].get_xydata()
    assert curve[2].tolist() == [0, 0.75]
    assert curve[-1].tolist() == [4, 1]


def test_response_times_are_told_in_words() -> None:
    drawn = to_svg(response_distribution({"fcfs": np.arange(101.0), "priority": np.zeros(3)}))

    assert "fcfs: 50, 90, 99 days; priority: 0, 0, 0 days." in drawn
    assert "priority" in drawn


def test_the_item_whose_level_rises_most_stands_on_top() -> None:
    ax = Figure().subplots()
    draw_level_changes(["case", "disk", "fan"], [5, 5, 5], [6, 9, 1], ax=ax)

    assert [label.get_text() for label in ax.get_yticklabels()] == ["fan", "case", "disk"]
    before, after = (line.get_xdata().tolist() for line in ax.lines)
    assert (before, after) == ([5, 5, 5], [1, 6, 9])


def test_levels_are_told_in_words_and_drawn_alike_each_time() -> None:
    drawn = to_svg(level_changes(["case", "disk"], [5, 7], [6, 2]))

    assert "case: 5 to 6; disk: 7 to 2." in drawn
    assert drawn == to_svg(level_changes(["case", "disk"], [5, 7], [6, 2]))


def test_what_does_not_fit_together_is_refused() -> None:
    with pytest.raises(ValueError, match="each of 2 items"):
        level_changes(["case", "disk"], [5], [6, 2])
    with pytest.raises(ValueError, match="response times of fcfs"):
        response_distribution({"fcfs": []})
