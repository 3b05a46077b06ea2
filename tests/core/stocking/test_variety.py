"""What sharing saves and what an option costs, where the service stays."""

import numpy as np
import pytest
from scipy.stats import poisson

from atoll.model.system import AssemblySystem, QuantityPer
from atoll.simulate import Policy
from atoll.stocking.variety import option_costs, sharing_saves, split_component

TWO = AssemblySystem.simple([[1, 0], [0, 1]], rate=[1.0, 1.0], lead_time=4, holding=[1.0, 1.0], components=("red", "blue"))
"""Two products of one component each."""


def on_hand(level: int, mean: float) -> float:
    """E(S − D)⁺ for Poisson demand."""
    return sum((level - d) * float(poisson.pmf(d, mean)) for d in range(level))


def test_pooling_two_equal_components_saves_what_the_poisson_laws_say() -> None:
    """Level 8 fills P(Poisson(4) ≤ 7) = 94.9 % of the orders; the pool fills 93.6 % at 13 and 96.6 % at 14."""
    found = sharing_saves(TWO, Policy.base_stock([8, 8]), ("red", "blue"), seed=1)
    assert found.together.policy.level.tolist() == [14]
    low, high = found.cost.interval(0.999)
    assert low < 2 * on_hand(8, 4.0) - on_hand(14, 8.0) < high


def test_a_new_option_costs_what_sharing_it_would_save() -> None:
    one = AssemblySystem.simple([[1]], rate=[2.0], lead_time=4, holding=[1.0], components=("red",))
    split = split_component(one, "red", 0.5, "blue")
    assert split.components == ("red", "blue")
    assert split.rate.tolist() == [1.0, 1.0]
    assert split.matrix.tolist() == [[1, 0], [0, 1]]
    found = option_costs(one, Policy.base_stock([13]), "red", 0.5, name="blue", seed=1)
    assert found.apart.policy.level.tolist() == [8, 8]  # P(Poisson(4) ≤ 7) = 0.949 ≥ 0.936 > P(Poisson(4) ≤ 6)
    assert found.cost.interval()[0] > 0


def test_a_rarer_option_costs_less_than_one_for_half_of_the_orders() -> None:
    one = AssemblySystem.simple([[1, 1]], rate=[2.0], lead_time=4, holding=[1.0, 3.0], components=("red", "other"))
    policy = Policy.base_stock([14, 14])
    costs = [float(option_costs(one, policy, "red", share, seed=1).cost.mean) for share in (0.02, 0.5)]
    assert 0 < costs[0] < costs[1]


def test_parts_of_subassemblies_can_be_shared_and_built_items_not() -> None:
    system = AssemblySystem.simple(
        [[1, 0, 0, 0], [0, 0, 1, 0]],
        rate=[1.0, 1.0],
        lead_time=[1.0, 5.0, 5.0, 5.0],
        holding=[3.0, 1.0, 1.0, 1.0],
        components=("frame", "screw", "bolt", "spare"),
        subassembly=QuantityPer.of([[0, 2, 0, 0], [0] * 4, [0] * 4, [0] * 4]),
    )
    policy = Policy.base_stock([4, 18, 10, 0])
    found = sharing_saves(system, policy, ("screw", "bolt"), seed=2)
    assert found.together.system.components == ("frame", "screw", "spare")
    assert found.together.policy.level[1] < 28
    assert np.array_equal(found.together.policy.level[[0, 2]], policy.level[[0, 3]])
    with pytest.raises(ValueError, match="bought"):
        sharing_saves(system, policy, ("frame", "bolt"), seed=2)
    with pytest.raises(ValueError, match="take spare"):
        split_component(system, "spare", 0.1, "new")
