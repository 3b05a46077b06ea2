"""Stocking: decoupling points, serial systems and supply under capacity; the rows A14 to A18 of the published numbers.

Times are those of the processor. Rows of files that are not beside the project are left out.
"""

import json
import sys
from collections.abc import Generator
from importlib.util import find_spec
from pathlib import Path
from time import process_time

import numpy as np

from benchmarks.measure import Row, measured, times

INSTANCES = Path(__file__).parent.parent.parent / "shared" / "instances" / "stocking"
CHAINS = range(1, 39)
FEW_CHAINS = (1, 4, 7, 10, 13, 16, 22, 29, 38)
PUBLISHED_SIZES = {34: (1206, 4063), 38: (2025, 16225)}
SMALLEST_PROFIT = 11.3e6
EXAMPLE_6_5 = 8.277917
ROUNDS = 20
"""Calls of each solver of which the median counts."""


def run(*, quick: bool) -> list[Row]:
    """Rows A14 to A18."""
    return measured(supply_under_capacity(quick=quick), chains(quick=quick), serial(), beside_stockpyl())


def supply_under_capacity(*, quick: bool) -> Generator[Row, None, None]:
    """A14: mean profit of the rolling planner on the plant of Gioia, Fadda and Brandimarte (2024)."""
    from atoll.io.stocking import read_case
    from atoll.plan.rolling_horizon import RollingPlanner, follow

    file = INSTANCES / "gioia_default_ye3.json"
    if not file.is_file():
        return
    plan = read_case(file)
    profits, seconds = [], []
    for path in plan.paths[: 1 if quick else None]:
        start = process_time()
        profits.append(follow(plan, RollingPlanner(plan), path).profit.sum())
        seconds.append((process_time() - start) / path.shape[1])
    short = max(0.0, SMALLEST_PROFIT - float(np.mean(profits)))
    yield Row(f"A14 supply plan: mean profit on {len(profits)} paths", float(np.mean(profits)) / 1e6, "M")
    yield Row(f"A14 supply plan: profit missing to {SMALLEST_PROFIT / 1e6:g} M", short / 1e6, "M", 0.0)
    yield Row("A14 supply plan: one step", max(seconds), "s", 2.0)


def chains(*, quick: bool) -> Generator[Row, None, None]:
    """A15 and A16: the networks of Willems (2008), with the costs that the published table has for them."""
    if not (INSTANCES / "willems38").is_dir():
        return
    from atoll.io.stocking import read_case
    from atoll.stocking.decoupling import find_decoupling_points

    published = json.loads((INSTANCES / "gsm_willems38_published.json").read_text())["results"]
    chosen = FEW_CHAINS if quick else CHAINS
    ratios, gaps, seconds, wrong_sizes = [], [], [], 0
    for number in chosen:
        file = INSTANCES / "willems38" / f"willems_{number:02d}.json"
        raw, entry = read_case(file), published[f"{number:02d}"]
        size = len(raw.stages), len(raw.arc)
        wrong_sizes += size != (entry["stages"], entry["arcs"]) or size != PUBLISHED_SIZES.get(number, size)
        start = process_time()
        plan = find_decoupling_points(as_published(raw, json.loads(file.read_text())["stages"]))
        seconds.append(process_time() - start)
        ratios.append(plan.cost / entry["recomputed_cost_of_published_solution"])
        gaps.append(plan.gap)
    above = int((np.array(ratios) > 1 + 1e-6).sum())
    yield Row(f"A15 guaranteed service: of {len(ratios)} chains, those above the published cost", above, "", 0.0)
    yield Row("A15 guaranteed service: mean cost against the published", 100 * float(np.mean(ratios)), "%")
    yield Row("A15 guaranteed service: median gap to the lower bound", 100 * float(np.median(gaps)), "%")
    yield Row("A15 guaranteed service: largest gap to the lower bound", 100 * max(gaps), "%")
    yield Row("A15 guaranteed service: slowest chain", max(seconds), "s", 20.0)
    yield Row("A16 Willems import: chains of other size than published", wrong_sizes, "", 0.0)


def as_published(raw: object, stages: list[dict]) -> object:
    """A chain with the costs of the published table, which adds up in the order of the depths in the file.

    In chains 19, 23 and 24 some stages are no deeper than a stage which they supply; there that order loses a part of the demand
    or of the worth that Atoll counts.
    """
    from dataclasses import replace

    from scipy.stats import norm

    from atoll.stocking.service_network import service_network

    depth = np.array([stage["relDepth"] for stage in stages])
    variance, worth = raw.demand_deviation**2, raw.cost.copy()
    for i in np.argsort(depth, kind="stable"):
        variance[raw.arc[raw.arc[:, 1] == i, 0]] += variance[i]
    for i in np.argsort(-depth, kind="stable"):
        worth[raw.arc[raw.arc[:, 0] == i, 1]] += worth[i]
    return replace(service_network(raw), safety_cost=0.2 * norm.ppf(raw.service_level.max()) * worth * np.sqrt(variance))


def serial() -> Generator[Row, None, None]:
    """A17 and A18: the serial system, and examples 6.1 and 6.5 of Snyder and Shen (2019)."""
    from atoll.stocking.decoupling import find_decoupling_points
    from atoll.stocking.serial import serial_base_stock

    a17 = serial_base_stock(echelon_holding=[4, 3, 1], lead_time=[1, 1, 2], backorder_cost=40, demand_mean=10, demand_deviation=2)
    a18 = serial_base_stock(
        echelon_holding=[3, 2, 2], lead_time=[1, 1, 2], backorder_cost=37.12, demand_mean=5, demand_deviation=1
    )
    levels = np.abs(a17.echelon_level - [12.765, 23.497, 46.280]).max()
    yield Row("A17 serial system: largest difference of a level", float(levels), "", 0.04)
    yield Row("A17 serial system: difference of the cost", 100 * abs(a17.cost / 86.0253 - 1), "%", 0.02)
    yield Row("A18 example 6.1: difference of the cost", 100 * abs(a18.cost / 47.665 - 1), "%", 0.02)
    yield Row("A18 example 6.5: difference of the cost", abs(find_decoupling_points(example_6_5()).cost - EXAMPLE_6_5), "", 1e-6)


def example_6_5() -> object:
    """A tree of four stages; the first supplies the third, which supplies the others."""
    from atoll.stocking.service_network import ServiceNetwork

    root = np.sqrt(2)
    return ServiceNetwork(
        names=("1", "2", "3", "4"),
        stage_time=np.array([2.0, 1, 1, 1]),
        safety_cost=np.array([root, 3, 2 * root, 3]),
        arc=np.array([[0, 2], [2, 1], [2, 3]]),
        inbound_time=np.array([1.0, 0, 0, 0]),
        promised_time=np.array([np.inf, 0, np.inf, 1]),
    )


def beside_stockpyl() -> Generator[Row, None, None]:
    """The same tree by stockpyl (Snyder 2023), which finds the same cost."""
    if not find_spec("stockpyl"):
        print("stockpyl is not installed, so its rows are left out: pip install stockpyl", file=sys.stderr)
        return
    from stockpyl.gsm_tree import optimize_committed_service_times, preprocess_tree
    from stockpyl.instances import load_instance

    from atoll.stocking.decoupling import find_decoupling_points

    ours, theirs = example_6_5(), preprocess_tree(load_instance("example_6_5"))
    _, cost = optimize_committed_service_times(tree=theirs)
    yield Row("A18 example 6.5: difference of stockpyl's cost", abs(cost - EXAMPLE_6_5), "", 1e-6)
    by_us = times(iter([lambda: find_decoupling_points(ours)] * ROUNDS))
    by_them = times(iter([lambda: optimize_committed_service_times(tree=theirs)] * ROUNDS))
    yield Row("A18 example 6.5: stockpyl's time over Atoll's", round(float(np.median(by_them) / np.median(by_us)), 1), "times")
