"""`atoll stock compare` and `atoll stock variety`: strategies, and what variety costs, for a system in a file."""

import json
from pathlib import Path

import pytest

from atoll import cli

W = {"name": "W", "lam": [1, 1], "A": [[1, 0, 1], [0, 1, 1]], "L": 10, "h": [1, 1, 2], "b": [10, 5]}


@pytest.fixture
def w_file(tmp_path: Path) -> Path:
    """The W system of Song (1998)."""
    path = tmp_path / "w.json"
    path.write_text(json.dumps(W))
    return path


def test_three_strategies_are_told_apart(w_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["stock", "compare", str(w_file), "--base-stock", "16,16,29", "--horizon", "30", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert list(document["strategies"]) == ["assemble to order", "make to stock", "make to order"]
    assert document["strategies"]["make to order"]["response"]["0.5"] == 10
    assert document["equal_service"] is True
    assert document["horizon"] == 30


def test_a_file_or_the_company_must_be_named(w_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["stock", "compare"]) == cli.USAGE
    assert cli.run(["stock", "compare", str(w_file), "--company"]) == cli.USAGE
    assert "--company for the one in the database" in capsys.readouterr().err


def test_what_a_shared_component_saves_is_told(w_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["stock", "variety", str(w_file), "--merge", "component 1,component 2", "--base-stock", "16,16,29", "--json"]
    assert cli.run(asked) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["levels"]["apart"] == {"component 1": 16, "component 2": 16}
    assert 20 < document["levels"]["together"]["component 1"] < 32
    assert document["served"]["together"] >= document["served"]["apart"]
    assert 0 < document["apart_costs_more"]["low"] < document["apart_costs_more"]["high"]


def test_variety_asks_for_components_of_the_system(w_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    levels = ["--base-stock", "16,16,29"]
    assert cli.run(["stock", "variety", str(w_file), *levels]) == cli.USAGE
    assert cli.run(["stock", "variety", str(w_file), "--like", "nothing", *levels]) == cli.USAGE
    assert "components of the system, got nothing" in capsys.readouterr().err
