"""Replications, bounds and product families run on any executor, equal to the bit; here on Dask's worker processes."""

from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest

from atoll.model.system import AssemblySystem, OrderSizes, Supply, Window
from atoll.simulate import Experiment, Policy
from atoll.stocking.families import optimise_each, split_families
from atoll.stocking.stochastic_program import stochastic_bound
from tests.core.stocking.systems import W

TWO_FAMILIES = AssemblySystem.simple(
    [[1, 1, 0, 0], [0, 2, 0, 0], [0, 0, 1, 0]],
    rate=[1, 2, 1],
    lead_time=[3, 3, 4, 5],
    holding=[1, 2, 3, 4],
    backorder_cost=[20, 9, 9],
)


@contextmanager
def cluster(workers: int) -> Iterator[Executor]:
    """So many worker processes of Dask on this machine, which speak over the network as those of many machines do."""
    distributed = pytest.importorskip("distributed", reason="Dask is not installed: pip install atoll[cluster]")
    with (
        distributed.LocalCluster(n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=":0") as local,
        distributed.Client(local) as client,
    ):
        yield client.get_executor(pure=False)


def figures(executor: Executor | None) -> list[float]:
    """Those of replications and of a bound by batches of scenarios."""
    experiment = Experiment(W, 9, 5, window=Window(100, 9_100))
    simulation = experiment.run(Policy.base_stock([13, 12, 22], allocation="priority"), executor)
    two_stages = replace(TWO_FAMILIES, supply=Supply.fixed([2, 3, 4, 5]))
    bound = stochastic_bound(two_stages, seed=1, batches=2, executor=executor)
    return [*simulation.values.tolist(), *simulation.figures.response.tolist(), bound.value, bound.error]


def families(executor: Executor | None) -> list[tuple[list[int], float]]:
    """Levels and costs of each product family."""
    found = optimise_each(split_families(TWO_FAMILIES), seed=2, executor=executor)
    return [(one.policy.level.tolist(), float(one.value.mean)) for one in found]


@pytest.fixture(scope="module")
def here() -> list[float]:
    return figures(None)


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_a_cluster_gives_the_same_figures_to_the_bit_whatever_the_number_of_its_workers(here: list[float], workers: int) -> None:
    with cluster(workers) as executor:
        assert figures(executor) == here


def test_families_are_optimised_on_a_cluster_as_they_are_here() -> None:
    with cluster(2) as executor:
        assert families(executor) == families(None)


def test_threads_give_the_same_figures_too(here: list[float]) -> None:
    with ThreadPoolExecutor(3) as executor:
        assert figures(executor) == here


def test_families_share_no_component_and_keep_what_is_theirs() -> None:
    system = replace(TWO_FAMILIES, order_sizes=OrderSizes(np.array([1, 2]), np.array([[1.0, 0.0], [0.5, 0.5], [0.25, 0.75]])))
    first, second = split_families(system)

    assert (first.components, first.products) == (("component 1", "component 2"), ("product 1", "product 2"))
    assert (second.components, second.products) == (("component 3",), ("product 3",))
    assert (first.matrix.tolist(), second.matrix.tolist()) == ([[1, 1], [0, 2]], [[1]])
    assert (second.lead_time.tolist(), second.holding.tolist(), second.rate.tolist()) == ([4], [3], [1])
    assert second.order_sizes is not None
    assert second.order_sizes.share.tolist() == [[0.25, 0.75]]


def test_orders_that_meet_at_assembly_stations_are_one_family() -> None:
    assert len(split_families(replace(TWO_FAMILIES, stations=5, assembly_time=np.full(3, 0.1)))) == 1
