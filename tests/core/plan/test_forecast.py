"""Forecasts come down through planning bills, and orders use them up."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from atoll.plan import component_forecast, consume_forecast


def test_components_follow_option_shares_and_quantities_per() -> None:
    forecast = component_forecast(np.array([100.0, 40.0]), np.array([0.6, 0.4]), np.array([[1.0, 0.0], [2.0, 4.0]]))
    np.testing.assert_allclose(forecast, [[60, 24], [280, 112]])


def test_shares_drawn_from_configurations_give_the_mean_of_what_they_take() -> None:
    drawn = np.random.default_rng(7).integers(0, 2, (50, 3)).astype(float)
    quantity_per = np.array([[1.0, 2.0, 0.0], [0.0, 1.0, 3.0]])
    one_by_one = np.mean([quantity_per @ configuration for configuration in drawn], axis=0)
    np.testing.assert_allclose(component_forecast(np.array([1.0]), drawn.mean(axis=0), quantity_per)[:, 0], one_by_one)


def test_orders_use_up_their_own_period_first_then_earlier_then_later_ones() -> None:
    eaten = consume_forecast(np.array([10, 10, 10, 10]), np.array([0, 0, 25, 0]), backward=1, forward=1)
    assert (eaten.remaining.tolist(), eaten.abnormal.tolist()) == ([10, 0, 0, 5], [0, 0, 0, 0])


def test_orders_beyond_the_window_are_abnormal_demand() -> None:
    eaten = consume_forecast(np.array([10, 10, 10]), np.array([0, 0, 35]), backward=1, forward=4)
    assert (eaten.remaining.tolist(), eaten.abnormal.tolist()) == ([10, 0, 0], [0, 0, 15])


def test_a_negative_window_is_refused() -> None:
    with pytest.raises(ValueError, match="backward and forward >= 0"):
        consume_forecast(np.array([1]), np.array([1]), backward=-1, forward=0)


units = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=1, max_size=12)


@given(units, st.integers(0, 4), st.integers(0, 4))
def test_each_unit_of_an_order_uses_up_one_of_forecast_or_is_abnormal(
    periods: list[tuple[int, int]], backward: int, forward: int
) -> None:
    forecast, orders = np.array(periods).T
    eaten = consume_forecast(forecast, orders, backward=backward, forward=forward)
    assert (eaten.remaining >= 0).all()
    assert (eaten.remaining <= forecast).all()
    assert ((eaten.abnormal >= 0) & (eaten.abnormal <= orders)).all()
    assert forecast.sum() - eaten.remaining.sum() == orders.sum() - eaten.abnormal.sum()


@given(units)
def test_with_an_open_window_demand_is_the_larger_of_forecast_and_orders(periods: list[tuple[int, int]]) -> None:
    forecast, orders = np.array(periods).T
    eaten = consume_forecast(forecast, orders, backward=20, forward=20)
    assert eaten.remaining.sum() + orders.sum() == max(forecast.sum(), orders.sum())
