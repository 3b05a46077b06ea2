"""`atoll check` and `atoll configure`: a model in a file, without database."""

import gzip
import json
from pathlib import Path

import pytest

from atoll import cli
from atoll.demo.company import FOLDER

BIKE = """features
    Bike
        mandatory
            Drive
                alternative
                    Chain
                    Belt
        optional
            Hub {Price 80}
            Bell {Price 5}
constraints
    Belt => Hub
    Hub => !Bell
    Belt => !Bell
"""

ARIA = FOLDER / "electronics" / "models" / "aria.toml"


@pytest.fixture
def bike(tmp_path: Path) -> Path:
    """A feature model of six configurations, packed."""
    file = tmp_path / "bike.uvl.gz"
    file.write_bytes(gzip.compress(BIKE.encode()))
    return file


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, dict]:
    code = cli.run([str(argument) for argument in (*arguments, "--json")])
    return code, json.loads(capsys.readouterr().out)


def test_check_counts_and_finds_what_is_forced_and_redundant(bike: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, document = run(capsys, "check", bike)
    assert (code, document["void"], document["configurations"], document["engine"]) == (0, False, "4", "d-DNNF")
    assert (document["dead"], document["forced"]) == ([], ["Bike", "Drive"])
    assert (document["redundant_rules"], document["redundant"]) == (1, ["Belt => !Bell"])


def test_without_time_to_compile_sat_answers_what_it_can(bike: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, document = run(capsys, "check", bike, "--time-limit", "0")
    assert (code, document["configurations"], document["engine"], document["redundant_rules"]) == (0, None, "SAT", 1)


def test_a_model_of_which_nothing_can_be_made_ends_with_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "void.uvl"
    file.write_text(BIKE + "    !Bike\n", encoding="utf-8")
    code, document = run(capsys, "check", file)
    assert (code, document["void"], document["configurations"]) == (1, True, "0")


def test_configure_tells_values_prices_and_what_each_would_cost_in_choices(
    bike: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, document = run(capsys, "configure", bike, "--choose", "Belt=true")
    assert (code, document["configurations"], document["valid"]["Bell"]) == (0, "1", ["false"])
    assert document["valid"]["Belt"] == ["false", "true"]  # a choice can be changed
    assert document["cheapest"]["Hub"] == {"true": 80.0}
    assert document["release"]["Bell"] == {"false": 0.0, "true": 1.0}


def test_choices_that_contradict_are_explained_with_repairs_and_end_with_1(
    bike: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, document = run(capsys, "configure", bike, "--choose", "Belt=true", "--choose", "Bell=true")
    assert code == 1
    assert document["explanation"]["choices"] == {"Belt": "true", "Bell": "true"}
    assert document["explanation"]["rules"] in (["Belt => Hub", "Hub => !Bell"], ["Belt => !Bell"])
    assert sorted(document["repairs"], key=str) == [{"Bell": "true"}, {"Belt": "true"}]


def test_a_product_model_is_checked_and_configured_alike(capsys: pytest.CaptureFixture[str]) -> None:
    code, document = run(capsys, "check", ARIA)
    assert (code, document["engine"], document["dead"]) == (0, "decision diagram", [])
    assert int(document["configurations"]) > 1000
    code, document = run(capsys, "configure", ARIA, "--choose", "colour=CUP-NVY")
    assert code == 0
    assert "CUP-RED" in document["valid"]["colour"]
    assert document["release"]["colour"]["CUP-RED"] == 1


def test_an_unknown_choice_is_bad_input(bike: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, document = run(capsys, "configure", bike, "--choose", "Hubb=true")
    assert code == 3
    assert "Did you mean `Hub`" in document["error"]["message"]


def test_a_broken_file_is_bad_input_with_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "broken.uvl"
    file.write_text(BIKE.replace("Belt => Hub", "Belt => => Hub"), encoding="utf-8")
    code, document = run(capsys, "check", file)
    assert code == 3
    assert document["error"]["issues"][0]["source"].startswith("broken.uvl:12")


def test_a_choice_without_value_is_wrong_usage(bike: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "configure", bike, "--choose", "Bell")[0] == 2


def test_somebody_chooses_step_by_step(bike: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    lines = iter(["Belt=true", "Bell=true", "-Belt", "Bell=true", ""])
    monkeypatch.setattr("click.prompt", lambda *arguments, **options: next(lines))
    assert cli.run(["configure", str(bike)]) == 0
    output = capsys.readouterr()
    assert "give up Bell = true" in output.out
    assert output.err.splitlines()[-1] == "1 configurations, by d-DNNF."


def test_a_product_model_is_exported_as_uvl_and_what_that_cannot_say_is_told_apart(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["export-model", str(ARIA)]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("namespace ARIA\n")
    code, document = run(capsys, "export-model", ARIA)
    assert code == 0
    assert document["text"] == out
    assert len(document["issues"]) == len(err.splitlines()) > 0
    assert all(line.startswith("product model ARIA: ") for line in err.splitlines())


def test_a_feature_model_is_exported_with_its_rules(bike: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, document = run(capsys, "export-model", bike)
    assert code == 0
    assert document["issues"] == []
    assert "!Belt | Hub" in document["text"]
