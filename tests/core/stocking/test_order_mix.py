"""A company's orders and receipts as an assemble-to-order system, and its levels with subassemblies."""

import numpy as np
import pytest

from atoll.model.system import AssemblySystem, OrderSizes, QuantityPer
from atoll.simulate import Policy
from atoll.stocking.builds_as_orders import with_builds_as_orders
from atoll.stocking.built_ahead import measure, optimise_built_ahead
from atoll.stocking.order_mix import ItemSupply, ModelDemand, learn_system, order_sizes, prior_weight
from atoll.stocking.service_cut import ServiceCuts

RED, BLUE = (("frame", 1), ("red", 1)), (("blue", 2), ("frame", 1))
ITEMS = {
    "frame": ItemSupply(100.0, (2.0,), (("tube", 3),)),
    "tube": ItemSupply(5.0, (10.0,), lot=4),
    "red": ItemSupply(10.0, (5.0, 7.0)),
    "blue": ItemSupply(20.0, (6.0,)),
    "never": ItemSupply(1.0, (1.0,)),
}


def test_orders_are_smoothed_by_what_could_be_ordered() -> None:
    model = ModelDemand("bike", 3.0, 1.0, ((RED, 1),) * 10, (RED, BLUE))
    learned = learn_system([model], ITEMS, holding_rate=0.365)
    system, alpha = learned.system, prior_weight(10, 1)
    assert system.components == ("blue", "frame", "red", "tube")
    assert system.rate.sum() == pytest.approx(3.0)
    share = dict(zip(learned.known.tolist(), (system.rate / 3).tolist(), strict=True))
    assert share[False] == pytest.approx(alpha / (10 + alpha) / 2)
    assert learned.new_share == pytest.approx(share[False])
    assert system.holding.tolist() == pytest.approx([0.02, 0.1, 0.01, 0.005])
    assert learned.lot.tolist() == [1, 1, 1, 4]
    assert system.subassembly.dense(4)[1].tolist() == [0, 0, 0, 3]


def test_lead_times_as_seen_are_drawn_from() -> None:
    system = learn_system([ModelDemand("bike", 1.0, 1.0, (), (RED,))], ITEMS).system
    assert system.lead_time.tolist() == [2.0, 6.0, 10.0]
    assert sorted(system.supply.seen[1].tolist()) == [5.0, 7.0]


@pytest.mark.parametrize(("orders", "alpha"), [(100, 5.0), (2000, 300.0)])
def test_the_weight_of_the_prior_is_the_one_that_explains_how_many_differ(orders: int, alpha: float) -> None:
    expected = (alpha / (alpha + np.arange(orders))).sum()  # Ewens
    assert prior_weight(orders, round(expected)) == pytest.approx(alpha, rel=0.05)


def test_without_orders_two_sizes_have_the_stated_lumpiness() -> None:
    sizes = order_sizes(ModelDemand("bike", 1.0, 6.4, (), (RED,)))
    mean, square = (sum(units**power * share for units, share in sizes.items()) for power in (1, 2))
    assert square / mean == pytest.approx(6.4, rel=0.05)


def test_the_stated_lumpiness_tells_of_large_orders_that_have_not_come_yet() -> None:
    (large,) = order_sizes(ModelDemand("bike", 1.0, 6.4, (), (RED,))).keys() - {1}
    for past in (50, 200, 1800):
        sizes = order_sizes(ModelDemand("bike", 1.0, 6.4, ((RED, 1),) * past, ()))
        assert sum(sizes.values()) == pytest.approx(1.0)
        assert sizes[large] == pytest.approx(2 / (past + 200))


def test_past_orders_tell_their_sizes() -> None:
    model = ModelDemand("bike", 3.5, 1.0, ((RED, 1), (RED, 6)), ())
    assert order_sizes(model) == {1: 0.5, 6: 0.5}
    system = learn_system([model], ITEMS).system
    assert system.unit_rate.sum() == pytest.approx(3.5)


def test_demand_lead_times_are_those_of_past_orders_model_by_model() -> None:
    bike = ModelDemand("bike", 3.0, 1.0, ((RED, 1),) * 4, (RED, BLUE), ahead=(0, 14, 14, 0))
    scooter = ModelDemand("scooter", 1.0, 1.0, (), (BLUE,))
    found = learn_system([bike, scooter], ITEMS).system.demand_lead_times
    assert found.time.tolist() == [0.0, 14.0]
    assert found.share.tolist() == [[0.5, 0.5], [0.5, 0.5], [1.0, 0.0]]
    at_once = ModelDemand("bike", 3.0, 1.0, ((RED, 1),) * 4, (RED,), ahead=(0, 0, 0, 0))
    assert learn_system([at_once], ITEMS).system.demand_lead_times is None
    with pytest.raises(ValueError, match="ahead"):
        ModelDemand("bike", 3.0, 1.0, ((RED, 1),) * 4, (RED,), ahead=(1,))


def two_levels() -> AssemblySystem:
    """A frame of three tubes, built in 2; a lamp takes a frame and a shade."""
    return AssemblySystem.simple(
        [[1, 1, 0]],
        rate=[1.0],
        lead_time=[2.0, 4.0, 10.0],
        holding=[10.0, 2.0, 1.0],
        components=("frame", "shade", "tube"),
        subassembly=QuantityPer.of([[0, 0, 3], [0, 0, 0], [0, 0, 0]]),
    )


def test_each_build_is_an_order_for_its_parts() -> None:
    flat = with_builds_as_orders(two_levels())
    assert flat.is_flat
    assert flat.products == ("product 1", "build of frame")
    assert flat.matrix.tolist() == [[1, 1, 0], [0, 0, 3]]
    assert flat.component_rate.tolist() == two_levels().component_rate.tolist() == [1.0, 1.0, 3.0]


def test_builds_for_builds_are_orders_too() -> None:
    """A lamp takes a foot, in ones or threes; a foot takes two drivers, a driver a board."""
    system = AssemblySystem.simple(
        [[1, 0, 0]],
        rate=[2.0],
        lead_time=[1.0, 1.0, 5.0],
        holding=[3.0, 2.0, 1.0],
        components=("foot", "driver", "board"),
        subassembly=QuantityPer.of([[0, 2, 0], [0, 0, 1], [0, 0, 0]]),
        order_sizes=OrderSizes(np.array([1, 3]), np.array([[0.75, 0.25]])),
    )
    flat = with_builds_as_orders(system)
    assert flat.products == ("product 1", "build of foot", "build of driver")
    assert flat.rate.tolist() == [2.0, 2.0, 2.0]
    assert flat.component_rate.tolist() == system.component_rate.tolist() == [3.0, 6.0, 6.0]
    assert flat.order_sizes.units.tolist() == [1, 2, 3, 6]
    assert flat.order_sizes.share.tolist() == [[0.75, 0, 0.25, 0], [0.75, 0, 0.25, 0], [0, 0.75, 0, 0.25]]


def test_levels_with_subassemblies_serve_what_was_asked_and_cost_no_less_than_the_bound() -> None:
    system, told = two_levels(), []
    found = optimise_built_ahead(system, 0.9, seed=1, tell=lambda share, words: told.append((share, words)))
    assert found.is_settled
    assert found.service.mean > 0.9 - 0.01
    bound = ServiceCuts.draw(system, seed=4).bound(0.9)
    assert 0 < bound.low <= found.holding_cost.mean + 3 * found.holding_cost.se
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert told[-1][1].startswith("Order fill rate between")
    again = optimise_built_ahead(system, 0.9, seed=1)
    assert again.level.tolist() == found.level.tolist()


def test_a_stop_ends_the_search_with_the_best_so_far() -> None:
    found = optimise_built_ahead(two_levels(), 0.9, seed=1, stop=lambda: True)
    assert not found.is_settled
    assert found.tries == 0
    assert found.why == "stopped: best so far"


def test_the_interval_narrows_with_replications() -> None:
    widths = []
    for rounds in ((4,), (4, 16)):
        low, high = measure(two_levels(), Policy.base_stock([3, 6, 40]), seed=1, rounds=rounds).window_service.interval()
        widths.append(high - low)
    assert widths[1] < widths[0]
