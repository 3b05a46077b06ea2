"""The search over whole numbers."""

from collections.abc import Sequence

import numpy as np

from atoll.model.system import Floats, Integers
from atoll.stocking.search import Search

PEAK = np.array([5, 11])


def bowl(vectors: Sequence[Integers]) -> Floats:
    return np.array([float(((vector - PEAK) ** 2).sum()) for vector in vectors])


def ridge(vectors: Sequence[Integers]) -> Floats:
    """Only steps along both coordinates at once go down."""
    return np.array([10.0 * abs(v[0] - v[1]) - v[0] for v in vectors])


def limits() -> tuple[Integers, Integers]:
    return np.array([0, 0]), np.array([9, 20])


def test_descent_ends_where_no_step_improves() -> None:
    search = Search(bowl, *limits())
    assert search.descend(np.array([0, 20]), np.array([4, 4])).tolist() == [5, 11]
    assert search.found().finalists[0].tolist() == [5, 11]
    assert search.found().is_settled


def test_pair_moves_follow_a_ridge_to_the_limit() -> None:
    assert Search(ridge, *limits()).look_around(np.array([2, 2])).tolist() == [9, 9]


def test_a_stopped_search_gives_the_best_so_far() -> None:
    asked = iter([False, False, True, *[True] * 50])
    search = Search(bowl, *limits(), stop=lambda: next(asked))
    search.descend(np.array([0, 20]), np.array([4, 4]))
    assert not search.found().is_settled
    assert len(search.found().finalists) >= 1
