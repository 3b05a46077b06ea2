"""`atoll stock compare`: strategies for a system in a file."""

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
