"""`atoll stock decouple`: decoupling points of a network in a file."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from atoll.cli.decouple import decouple
from atoll.errors import BadInput

CHAIN = {
    "name": "chain",
    "stages": [
        {"Stage Name": "part", "stageCost": 1, "stageTime": 5, "stageClassification": "Part"},
        {
            "Stage Name": "product",
            "stageCost": 2,
            "stageTime": 1,
            "stageClassification": "Manuf",
            "avgDemand": 10,
            "stdDevDemand": 1,
            "maxServiceTime": 0,
            "serviceLevel": 0.8413447460685429,
        },
    ],
    "arcs": [["part", "product"]],
}


@pytest.fixture
def chain(tmp_path: Path) -> str:
    file = tmp_path / "chain.json"
    file.write_text(json.dumps(CHAIN))
    return str(file)


def asked(*arguments: str) -> dict[str, object]:
    outcome = CliRunner().invoke(decouple, [*arguments, "--json"], catch_exceptions=False)
    document: dict[str, object] = json.loads(outcome.output)
    return document


def test_it_says_what_to_stock_and_what_it_costs(chain: str) -> None:
    """z = 1: a fifth of 1·√5 + 3·√1 = 5.236 is less than a fifth of 3·√6."""
    document = asked(chain)

    assert document["cost"] == pytest.approx(0.2 * (5**0.5 + 3))
    assert (document["stocked"], document["built_ahead"]) == (["part", "product"], ["product"])
    assert document["service_times"] == {"part": 0, "product": 0}
    assert (document["bound"], document["gap"]) == (document["cost"], 0)


def test_it_compares_promises(chain: str) -> None:
    sweep = asked(chain, "--promise", "6", "--promise", "0", "--promise", "1")["sweep"]

    assert isinstance(sweep, list)
    assert [(plan["promise"], plan["stocked"]) for plan in sweep] == [(0, ["part", "product"]), (1, ["part"]), (6, [])]


def test_it_tells_in_words(chain: str) -> None:
    outcome = CliRunner().invoke(decouple, [chain], catch_exceptions=False)

    assert outcome.output.splitlines() == [
        "safety stock costs 1.05, at most 0.00% of it too much; 2 of 2 stages hold stock",
        "  part",
        "  product, built ahead",
    ]


def test_another_kind_of_case_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "costs.json"
    file.write_text(json.dumps({"X": [], "Y": []}))
    with pytest.raises(BadInput):
        CliRunner().invoke(decouple, [str(file), "--json"], catch_exceptions=False)
