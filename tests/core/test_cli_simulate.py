"""`atoll simulate`: a policy for a system in a file."""

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


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, dict]:
    code = cli.run(["simulate", *(str(argument) for argument in arguments), "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_value_and_service_come_with_their_errors(w_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, document = run(capsys, w_file, "--base-stock", "14,13,23", "--replications", 20, "--seed", 1, "--window", 2)

    value, service = document["value"], document["service"]
    assert (code, value["is"], document["notes"]) == (0, "cost", [])
    assert abs(value["mean"] - 22.42177764) < 4 * value["se"]
    assert service["window_service"]["mean"] > service["order_fill_rate"]["mean"]
    assert list(document["products"]) == ["product 1", "product 2"]
    assert document["seconds"] > 0


def test_the_same_seed_gives_the_same_figures_in_any_number_of_processes(
    w_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    common = (w_file, "--base-stock", "13,12,22", "--allocation", "priority", "--replications", 8, "--horizon", 2000)
    (_, one), (_, two) = run(capsys, *common), run(capsys, *common, "--workers", 2)

    assert one | {"seconds": 0} == two | {"seconds": 0}


def test_people_read_figures_and_notes_apart(w_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["simulate", str(w_file), "--base-stock", "14,13,23", "--replications", "2"]) == 0

    output = capsys.readouterr()
    assert output.out.startswith("cost")
    assert "Only 2 sample(s)" in output.err


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (["--base-stock", "1,2"], 3, "2 levels for 3 components"),
        (["--base-stock", "1,2,x"], 2, "Expected whole numbers"),
        (["--base-stock", "1,2,99999999999999999999999"], 3, "at most 2147483647"),
        (["--base-stock", "1,2,3", "--reserve", "1"], 3, "1 reserves for 2 products"),
        (["--base-stock", "1,2,3", "--reserve", "1,1"], 3, "cannot leave a reserve"),
        (["--base-stock", "1,2,3", "--warm-up", "10", "--horizon", "5"], 2, "after the warm-up"),
        (["--base-stock", "1,2,3", "--system", "N"], 2, "Choose one of the systems"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_reason(
    w_file: Path, arguments: list[str], code: int, word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found, document = run(capsys, w_file, *arguments)

    assert found == code
    assert word in document["error"]["message"]


def test_an_unstable_supplier_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "busy.json"
    path.write_text(json.dumps(W | {"L": [0.5, 0.5, 0.6], "capacitated": 1}))

    code, document = run(capsys, path, "--base-stock", "5,5,5")

    assert code == 3
    assert document["error"]["code"] == "unstable"
    assert "component 3 is asked for more than it can do: its utilisation is 1.200" in document["error"]["message"]


def test_faults_of_the_file_are_told_all_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "bad.json"
    path.write_text(json.dumps(W | {"lam": [-1, 1], "L": [10, 0, 10]}))

    code, document = run(capsys, path, "--base-stock", "5,5,5")

    assert code == 3
    assert [issue["source"] for issue in document["error"]["issues"]] == ["bad.json lam[1]", "bad.json L[2]"]
