"""Optimised stocks carry their value, bound and gap, in the library and on the command line."""

import json
from functools import partial
from itertools import count
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from atoll.cli.stock import stock
from atoll.simulate import Allocation
from atoll.stocking import optimise
from atoll.stocking.fcfs import NOTHING, Requirements, draw_samples, evaluate_fcfs, optimise_fcfs
from atoll.stocking.optimise import optimise_stock
from atoll.stocking.service import ServiceTarget
from tests.core.stocking.systems import N, W

CASE = {
    "name": "N",
    "lam": [2, 1],
    "A": [[1, 0], [1, 1]],
    "L": 5,
    "h": [1, 1],
    "b": [4, 9],
}


@pytest.fixture
def case(tmp_path: Path) -> str:
    file = tmp_path / "n.json"
    file.write_text(json.dumps(CASE), encoding="utf-8")
    return str(file)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(stock, [*arguments, "--json"], standalone_mode=False, catch_exceptions=False)


def test_the_command_gives_the_exact_optimum_of_n_with_its_gap(case: str) -> None:
    found = json.loads(run("optimise", case, "--seed", "3").stdout)
    assert sum(abs(a - b) for a, b in zip(found["base_stock"], [19, 8], strict=True)) <= 1
    assert abs(found["value"]["mean"] - 10.2465) < 4 * found["value"]["se"] + 0.05
    high, low = found["value"]["mean"] + 2 * found["value"]["se"], found["bound"]["value"] - 2 * found["bound"]["se"]
    assert found["gap"] == pytest.approx(high / low - 1)
    assert found["certificate"].startswith("minimum cut")


def test_the_command_bounds_every_policy(case: str) -> None:
    bound = json.loads(run("bound", case).stdout)["bound"]
    assert 0 < bound["value"] < 10.2465
    assert bound["holds_for"] == "every policy"


def test_a_time_limit_ends_the_command_with_4_and_the_best_so_far(case: str) -> None:
    result = run("optimise", case, "--time-limit", "0")
    assert result.return_value == 4
    assert json.loads(result.stdout)["stopped"]


@pytest.mark.parametrize("seed", [3, 4, 5])
def test_fresh_orders_are_served_as_asked_also_where_the_sample_tells_little(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    asked = Requirements(targets=(ServiceTarget(0.95),))
    few = partial(draw_samples, orders=150)
    fitted = optimise_fcfs(W, asked, seed=seed, samples=few(W, asked, seed=seed))
    (served,) = evaluate_fcfs(W, fitted.levels, asked, seed=seed).service
    assert served.mean + 2 * served.se < 0.95
    monkeypatch.setattr(optimise, "draw_samples", few)
    rate = optimise_stock(W, asked, seed=seed).order_fill_rate
    assert rate.mean + 2 * rate.se >= 0.95


def test_the_report_of_a_notebook_names_levels_and_gap() -> None:
    html = optimise_stock(N, NOTHING, seed=1)._repr_html_()
    assert "certified gap" in html
    assert "component 1" in html


def test_priority_costs_less_than_first_come_first_served() -> None:
    """The W system: 20.71 by priority against 22.4218, even where the search is stopped early."""
    asked = count()
    found = optimise_stock(W, seed=1, allocation=Allocation.PRIORITY, stop=lambda: next(asked) > 12)
    assert not found.is_settled
    assert float(found.value.mean) + 4 * float(found.value.se) < 22.42
    assert found.bound.value <= float(found.value.mean)
