"""Bounds for a share of orders in time, by minimum cuts on samples."""

from itertools import product

import numpy as np
import pytest
from scipy.stats import poisson

from atoll.model.system import AssemblySystem, QuantityPer
from atoll.stocking.builds_as_orders import draw_with_builds
from atoll.stocking.closed_form import exact_waits
from atoll.stocking.decomposition import service_bound
from atoll.stocking.order_sample import draw_sample
from atoll.stocking.service import ServiceTarget
from atoll.stocking.service_cut import ServiceCut, ServiceCuts
from tests.core.stocking.systems import DESKTOP, W


def test_on_a_small_sample_the_cut_is_the_best_of_all_levels() -> None:
    sample = draw_sample(W, orders=60, stride=5, rng=np.random.default_rng(2))
    costs = [holding * np.arange(60.0) for holding in W.holding]
    cut = ServiceCut.of(sample, costs, 0.0)
    order = np.repeat(np.arange(sample.orders), np.diff(sample.start))
    needed = np.zeros(len(sample.component), dtype=np.int64)
    for entry, (n, i) in enumerate(zip(order, sample.component, strict=True)):
        at = int(sample.last[entry])
        while at >= sample.first[i] and sample.arrival[at] > sample.time[n]:
            at, needed[entry] = at - 1, needed[entry] + 1
    price, best = 80.0, np.inf
    for levels in product(range(20), range(20), range(36)):
        late = np.unique(order[needed > np.array(levels)[sample.component]])
        best = min(best, float(W.holding @ np.array(levels)) + price * len(late) / sample.orders)
    assert cut.cheapest(price) == pytest.approx(best, rel=1e-5)


def test_it_lies_between_the_decomposition_and_the_cheapest_levels_that_serve() -> None:
    """W with closed forms of Song and Zipkin (2003): vectors around the cheapest; mean demands are 10, 10 and 20."""
    share, kit = 0.8, W.quantity.collect(W.holding)
    cheapest = np.inf
    for levels in product(range(13, 17), range(13, 17), range(23, 28)):
        waits = exact_waits(W, np.array(levels))
        if float(waits.order_fill_rate @ W.rate / W.rate.sum()) >= share:
            cost = float(W.holding @ (np.array(levels) - 10 * W.component_rate) + kit @ (W.rate * waits.mean_wait))
            cheapest = min(cheapest, cost)
    found = ServiceCuts.draw(W, seed=1).bound(share)
    assert service_bound(W, (ServiceTarget(share),)).value < found.low
    assert 0.85 * cheapest < found.value
    assert found.low <= cheapest


def test_of_one_component_it_is_the_cheapest_reorder_point_with_its_lot() -> None:
    """The inventory position is uniform on R + 1 … R + 4; each order of one unit finds it as it is in the long run."""
    one = AssemblySystem.simple([[1]], rate=[2.0], lead_time=3, holding=[1.0])
    law = poisson(6.0)

    def stock_and_fill(point: int) -> tuple[float, float]:
        levels = range(point + 1, point + 5)
        stock = [sum((level - d) * law.pmf(d) for d in range(level)) for level in levels]
        return float(np.mean(stock)), float(np.mean([law.cdf(level - 1) for level in levels]))

    # Between two points the bound mixes them, as its price allows.
    (low, low_fill), (high, high_fill) = next(
        pair for point in range(20) if (pair := (stock_and_fill(point), stock_and_fill(point + 1)))[1][1] >= 0.9
    )
    mixed = low + (high - low) * (0.9 - low_fill) / (high_fill - low_fill)
    found = ServiceCuts.draw(one, lot=np.array([4]), seed=1).bound(0.9)
    assert 0.95 * mixed < found.value < mixed + 3 * found.error  # the best of a sample is a little too good


def test_a_bound_is_no_higher_than_the_stock_of_a_system_with_subassemblies_and_more_service_costs_more() -> None:
    cuts = ServiceCuts.draw(DESKTOP, seed=1)
    bounds = [cuts.bound(share).value for share in (0.7, 0.85, 0.95)]
    assert bounds == sorted(bounds)
    assert ServiceCuts.draw(DESKTOP, seed=1).bound(0.7).value == bounds[0]


def test_a_stopped_draw_gives_no_bound_instead_of_a_wrong_one() -> None:
    stopped = ServiceCuts.draw(W, seed=1, stop=lambda: True).bound(0.9)
    assert (stopped.value, stopped.error) == (0.0, 0.0)
    assert "stopped" in stopped.method


def test_builds_take_their_parts_when_their_order_comes() -> None:
    """A lamp takes a frame and two bolts, a frame three bolts: five bolts an order, two of which an order must have."""
    lamp = AssemblySystem.simple(
        [[1, 2]], rate=[1.0], lead_time=[2.0, 5.0], holding=[1.0, 1.0], subassembly=QuantityPer.of([[0, 3], [0, 0]])
    )
    sample = draw_with_builds(lamp, orders=50, stride=2, rng=np.random.default_rng(1), lot=np.ones(2, dtype=np.int64))
    frames, bolts = np.diff(sample.first)
    assert bolts == 5 * frames
    assert sample.product.tolist() == [0] * sample.orders
    assert np.diff(sample.start).tolist() == [2] * sample.orders
