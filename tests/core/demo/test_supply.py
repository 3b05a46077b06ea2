"""Deliveries are late as often and as long as their supplier's figures say."""

import numpy as np
import pytest

from atoll.demo import supply_outcome

DELIVERIES = 20_000


def delays(on_time: float, mean: float, seed: int = 1) -> np.ndarray:
    return np.array([supply_outcome(on_time, mean, seed, f"PO-{n}/A").delay_days for n in range(DELIVERIES)])


@pytest.mark.parametrize(("on_time", "mean"), [(0.75, 5.0), (0.95, 2.5), (0.0, 1.0)])
def test_the_share_of_late_deliveries_and_their_mean_delay_are_the_supplier_s(on_time: float, mean: float) -> None:
    days = delays(on_time, mean)
    late = days[days > 0]
    assert len(late) / DELIVERIES == pytest.approx(1 - on_time, abs=4 * np.sqrt(on_time * (1 - on_time) / DELIVERIES))
    assert late.mean() == pytest.approx(mean, abs=4 * np.sqrt(mean * (mean - 1) / len(late)))


def test_a_supplier_who_is_always_on_time_never_delays() -> None:
    assert not delays(1.0, 9).any()


def test_who_is_late_is_late_by_a_day_at_least() -> None:
    assert set(delays(0.0, 0.0)) == {1}


def test_an_outcome_depends_on_seed_and_key_alone() -> None:
    keys = [f"PO-{n}" for n in range(200)]
    forward = {key: supply_outcome(0.5, 4, 1, key) for key in keys}
    backward = {key: supply_outcome(0.5, 4, 1, key) for key in reversed(keys)}
    assert forward == backward
    assert forward != {key: supply_outcome(0.5, 4, 2, key) for key in keys}
