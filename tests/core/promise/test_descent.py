"""Going down a smooth convex function among what is not negative."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import nnls

from atoll.promise.descent import descended


@settings(max_examples=50)
@given(st.integers(1, 8), st.integers(0, 2**32 - 1))
def test_the_least_squares_that_are_not_negative_are_found(variables: int, seed: int) -> None:
    chance = np.random.default_rng(seed)
    matrix, wanted = chance.normal(size=(variables + 3, variables)), chance.normal(size=variables + 3)

    def function(x: np.ndarray) -> tuple[float, np.ndarray]:
        off = matrix @ x - wanted
        return float(off @ off) / 2, matrix.T @ off

    found, best = descended(function, np.ones(variables), 400), nnls(matrix, wanted)[0]
    assert (found >= 0).all()
    assert function(found)[0] <= function(best)[0] + 1e-6


def test_no_more_evaluations_are_made_than_allowed_and_none_makes_it_worse() -> None:
    asked: list[float] = []

    def function(x: np.ndarray) -> tuple[float, np.ndarray]:
        asked.append(float(((x - 3) ** 4).sum()))
        return asked[-1], 4 * (x - 3) ** 3

    for evaluations in (1, 2, 5):
        asked.clear()
        found = descended(function, np.zeros(2), evaluations)
        assert len(asked) == evaluations
        assert ((found - 3) ** 4).sum() <= asked[0]
