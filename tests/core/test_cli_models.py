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

DESK = """
code = "DESK"
name = "Desk"
end_item = "DESK"
revision = "A"
base_price = 100
currency = "EUR"

[[features]]
code = "top"
name = "Top"
kind = "one"
options = [{ code = "pine", name = "Pine" }, { code = "oak", name = "Oak", price = 80 }]

[[features]]
code = "lamp"
name = "Lamp"
kind = "optional"
options = [{ code = "clamp", name = "Clamp lamp", price = 30 }]

[[features]]
code = "extras"
name = "Extras"
kind = "many"
options = [{ code = "drawer", name = "Drawer", price = 40 }, { code = "mat", name = "Mat", price = 10 }]

[[rules]]
name = "oak"
text = "An oak desk has a drawer"
rule = "top = oak -> extras contains drawer"

[[packages]]
name = "set"
text = "Oak with lamp and drawer"
choices = { top = "oak", lamp = "clamp", extras = ["drawer"] }
price = 105

[[prices]]
name = "winter"
text = "A mat costs less with a lamp"
feature = "extras"
option = "mat"
amount = -4
when = "lamp = clamp"
valid_until = 2026-03-01
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
    assert document["explanation"]["text"].startswith("Belt = true with Bell = true goes against: ")


def test_a_product_model_is_checked_and_configured_alike(capsys: pytest.CaptureFixture[str]) -> None:
    code, document = run(capsys, "check", ARIA)
    assert (code, document["engine"], document["dead"]) == (0, "decision diagram", [])
    assert int(document["configurations"]) > 1000
    code, document = run(capsys, "configure", ARIA, "--choose", "colour=CUP-NVY")
    assert code == 0
    assert "CUP-RED" in document["valid"]["colour"]
    assert document["release"]["colour"]["CUP-RED"] == 1


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A product model with a package and a price rule."""
    file = tmp_path / "desk.toml"
    file.write_text(DESK, encoding="utf-8")
    return file


def test_the_cheapest_product_with_each_value_counts_packages_and_price_rules(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, document = run(capsys, "configure", desk)
    assert (code, document["cheapest"]["top"]) == (0, {"pine": 100, "oak": 205})  # the package with its lamp, not 100 + 80 + 40
    assert document["cheapest"]["lamp"] == {"none": 100, "clamp": 130}
    assert run(capsys, "configure", desk, "--choose", "top=oak")[1]["cheapest"]["lamp"] == {"none": 220, "clamp": 205}
    with_mat = run(capsys, "configure", desk, "--choose", "extras=mat,drawer", "--choose", "lamp=clamp")[1]
    assert with_mat["cheapest"]["top"] == {"pine": 176, "oak": 211}
    assert with_mat["release"]["lamp"] == {"none": 1, "clamp": 0}


def test_price_rules_of_another_day_do_not_count(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    choices = ("--choose", "extras=mat,drawer", "--choose", "lamp=clamp")
    assert run(capsys, "configure", desk, *choices, "--on", "2026-02-28")[1]["cheapest"]["top"]["pine"] == 176
    assert run(capsys, "configure", desk, *choices, "--on", "2026-03-01")[1]["cheapest"]["top"]["pine"] == 180


def test_two_values_for_one_name_are_wrong_usage(bike: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, document = run(capsys, "configure", bike, "--choose", "Bell=true", "--choose", "Bell=false")
    assert code == 2
    assert "Bell is chosen twice: true and false" in document["error"]["message"]


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
