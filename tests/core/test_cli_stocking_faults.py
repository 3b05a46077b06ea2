"""What `atoll simulate` and `atoll stock` say of systems and wishes that cannot be: where, why, and what is possible."""

import json
from pathlib import Path
from typing import Any

import pytest

from atoll import cli

W: dict[str, Any] = {"name": "W", "lam": [1, 1], "A": [[1, 0, 1], [0, 1, 1]], "L": 10, "h": [1, 1, 2], "b": [10, 5]}
LOST = {name: value for name, value in W.items() if name != "b"} | {"lost_cost": [10, 5]}
SIMULATE = ("simulate", "FILE", "--base-stock", "5,5,5", "--replications", "2", "--horizon", "300")
OPTIMISE = ("stock", "optimise", "FILE", "--time-limit", "1")
BOUND = ("stock", "bound", "FILE")


class Console:
    """Runs commands on a case."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.file = folder / "case.json"
        self.capsys = capsys

    def run(self, case: dict[str, Any], *arguments: str) -> tuple[int, dict[str, Any]]:
        self.file.write_text(json.dumps(case))
        code = cli.run([str(self.file) if word == "FILE" else word for word in arguments] + ["--json"])
        return code, json.loads(self.capsys.readouterr().out)

    def refusal(self, case: dict[str, Any], *arguments: str) -> dict[str, Any]:
        code, document = self.run(case, *arguments)
        assert code == 3
        refused: dict[str, Any] = document["error"]
        return refused


@pytest.fixture
def console(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Console:
    return Console(tmp_path, capsys)


@pytest.mark.parametrize("command", [SIMULATE, OPTIMISE, BOUND], ids=["simulate", "optimise", "bound"])
@pytest.mark.parametrize(
    ("fault", "place", "word"),
    [
        ({"lam": [-1, 1]}, "lam[1]", "at least 0, found -1"),
        ({"lam": [0, 0]}, "lam", "No product is ordered"),
        ({"A": [[1, 0, 1], [0, 0, 0]]}, "A[2]", "The product has no components"),
        ({"A": [[10**12, 0, 1], [0, 1, 1]]}, "A[1][1]", "at most 2147483647"),
        ({"L": [10, 0, 10]}, "L[2]", "above 0, found 0"),
        ({"products": ["one"]}, "products", "2"),
    ],
)
def test_a_fault_of_the_file_is_told_with_its_place(
    console: Console, command: tuple[str, ...], fault: dict[str, Any], place: str, word: str
) -> None:
    (issue,) = console.refusal(W | fault, *command)["issues"]

    assert issue["source"] == f"case.json {place}"
    assert word in issue["message"]


@pytest.mark.parametrize(
    ("case", "command"),
    [
        (W | {"lam": [1e9, 1]}, SIMULATE),
        (W | {"lam": [1e9, 1]}, OPTIMISE),
        (W | {"L": 1e11}, BOUND),
        (W | {"A": [[10**6, 0, 1], [0, 1, 1]]}, OPTIMISE),
    ],
)
def test_what_would_not_fit_is_refused_before(console: Console, case: dict[str, Any], command: tuple[str, ...]) -> None:
    refused = console.refusal(case, *command)

    assert refused["code"] == "too-large"
    assert "larger units" in refused["hint"]


@pytest.mark.parametrize("level", ["1,2,99999999999999999999", "-1,2,3"])
def test_levels_out_of_range_are_refused(console: Console, level: str) -> None:
    assert "2147483647" in console.refusal(W, "simulate", "FILE", f"--base-stock={level}")["message"]


def test_an_unattainable_target_is_told_with_its_product_and_what_can_be(console: Console) -> None:
    """Three units of a component last for its lead time of 10 with P(Poisson(10) <= 2) = 0.28 %."""
    scarce = W | {"most_level": [3, 40, 60]}

    message = console.refusal(scarce, *OPTIMISE, "--service", "0.95", "--each-product")["message"]

    assert "95.0% of product 1 within 0 cannot be met" in message
    assert "0.2" in message.split("allowed")[1]


def test_an_unattainable_target_of_lost_sales_is_told_too(console: Console) -> None:
    scarce = LOST | {"most_level": [3, 40, 60]}

    message = console.refusal(scarce, *OPTIMISE, "--service", "0.95", "--each-product")["message"]

    assert "95.0% of product 1 within 0 cannot be met" in message


def test_an_unstable_supplier_is_named_by_the_optimiser_too(console: Console) -> None:
    refused = console.refusal(W | {"L": [0.5, 0.5, 0.6], "capacitated": 1}, *OPTIMISE)

    assert refused["code"] == "unstable"
    assert "component 3" in refused["message"]
    assert "1.200" in refused["message"]


@pytest.mark.parametrize("allocation", ["fcfs", "priority"])
def test_a_search_that_is_stopped_gives_the_best_so_far_and_says_so(console: Console, allocation: str) -> None:
    code, document = console.run(W, "stock", "optimise", "FILE", "--time-limit", "0", "--allocation", allocation)

    assert (code, document["stopped"]) == (4, True)
    assert document["certificate"].startswith("stopped: best so far")
    assert len(document["base_stock"]) == 3
    assert document["value"]["mean"] > document["bound"]["value"]


def test_too_few_samples_are_said(console: Console) -> None:
    code, document = console.run(W, "simulate", "FILE", "--base-stock", "14,13,23", "--replications", "1", "--horizon", "60")

    assert code == 0
    assert document["value"]["se"] is None
    assert any("Only 1 sample(s)" in note for note in document["notes"])
    assert any("Fewer than 30 orders" in note for note in document["notes"])
