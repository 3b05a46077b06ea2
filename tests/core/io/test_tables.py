"""Models of tables: XCSP 2.1, and JSON."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atoll.errors import Issue
from atoll.model.constraint import ConstraintModel, Table

ReadText = Callable[..., ConstraintModel]
Configurations = Callable[[ConstraintModel], set[frozenset[str]]]
Faults = Callable[..., tuple[Issue, ...]]

CAR = """\
<instance>
 <presentation format="XCSP 2.1" type="CSP" name="car"/>
 <domains nbDomains="2">
  <domain name="D0" nbValues="3">2 0..1</domain>
  <domain name="D1" nbValues="2" optional="-1"> 0 -1 </domain>
 </domains>
 <variables nbVariables="3">
  <variable name="engine" domain="D0"/>
  <variable name="trim" domain="D0"/>
  <variable name="hook" domain="D1"/>
 </variables>
 <relations nbRelations="2">
  <relation name="same" arity="2" nbTuples="4" semantics="supports"> 0 0 |
 1 1|2 1|
 7 -1 |</relation>
  <relation name="not" arity="2" nbTuples="1" semantics="conflicts">2 0</relation>
 </relations>
 <constraints nbConstraints="3">
  <constraint name="c1" arity="2" reference="same" scope="engine trim"/>
  <constraint name="c2" arity="2" reference="not" scope="engine hook"/>
  <constraint name="c3" arity="2" reference="same" scope="trim engine"/>
 </constraints>
</instance>
"""


def test_a_car_has_the_configurations_that_one_counts_by_hand(read_text: ReadText, configurations: Configurations) -> None:
    model = read_text(CAR.replace('reference="same" scope="trim engine"', 'reference="not" scope="trim hook"'), "car.xml")

    # Engine and trim: (0, 0), (1, 1), (2, 1); the row with 7 is possible for nobody. Engine 2 has no hook 0.
    assert configurations(model) == {
        frozenset({f"engine={engine}", f"trim={trim}", f"hook={hook}"})
        for engine, trim in [(0, 0), (1, 1), (2, 1)]
        for hook in (0, -1)
        if (engine, hook) != (2, 0)
    }
    assert model.name == "car"
    assert model.variables[0].values == ("2", "0", "1")
    assert model.constraints[0].text == "engine, trim: 3 allowed combinations"


def test_constraints_share_the_rows_of_a_relation(read_text: ReadText) -> None:
    model = read_text(CAR, "car.xml")
    first, _, third = (constraint.parts[0] for constraint in model.constraints)

    assert isinstance(first, Table)
    assert isinstance(third, Table)
    assert first.scope == (0, 1)
    assert third.scope == (1, 0)
    assert np.array_equal(first.rows, third.rows)


@pytest.mark.parametrize(
    ("old", "new", "source", "message"),
    [
        ("2 0..1", "2 x", "car.xml:4", "found `x`"),
        ("2 0..1", "", "car.xml:4", "The domain D0 has no value."),
        ("2 0..1", "0..1000000000", "car.xml:4", "more than 100,000 values"),
        ('name="trim" domain="D0"', 'name="trim" domain="D7"', "car.xml:9", "There is no domain D7."),
        ('name="trim"', 'name="hook"', "car.xml:10", "The variable hook is there already, in line 9."),
        ("2 1|", "2 1 1|", "car.xml:13", "Row 3 has 3 numbers, expected 2."),
        ("1 1|2 1|", "1 1 2|1|", "car.xml:13", "Row 2 has 3 numbers, expected 2."),
        ("1 1|", "1 1||", "car.xml:13", "Row 3 has 0 numbers, expected 2."),
        ("2 1|", "2 a|", "car.xml:13", "Expected rows of whole numbers"),
        ("2 1|", "2 12345678901234567890|", "car.xml:13", "Expected rows of whole numbers"),
        ("2 1|", "2 1-1|", "car.xml:13", "Expected rows of whole numbers"),
        ('reference="same" scope="engine trim"', 'reference="x" scope="engine trim"', "car.xml:19", "There is no relation x."),
        ('reference="same" scope="engine trim"', 'reference="same" scope="engine y"', "car.xml:19", "There is no variable y."),
        ('reference="same" scope="engine trim"', 'reference="same" scope="engine"', "car.xml:19", "2 columns, `scope` names 1"),
        ('scope="engine trim"', 'scope="trim trim"', "car.xml:19", "`scope` names a variable twice"),
        ('reference="same"', 'reference="global:allDifferent"', "car.xml:19", "tables only"),
        ('semantics="conflicts"', 'semantics="soft"', "car.xml:16", "`soft` relations are not read."),
        ('arity="2" nbTuples="1"', 'arity="two"', "car.xml:16", "Expected a number for `arity`, found `two`."),
        ("<domains ", "<predicates/><domains ", "car.xml:1", "Predicates and functions are not read"),
    ],
)
def test_a_fault_is_told_with_its_line(old: str, new: str, source: str, message: str, faults_of: Faults) -> None:
    assert old in CAR
    issues = faults_of(CAR.replace(old, new, 1), "car.xml")

    assert issues[0].source == source
    assert message in issues[0].message


def test_a_million_rows_are_read(read_text: ReadText) -> None:
    some = np.random.default_rng(1).integers(0, 100, (10_000, 4))
    values = " ".join(map(str, range(100)))
    variables = "".join(f'<variable name="v{n}" domain="D"/>' for n in range(4))
    text = "|".join(["|".join(map(" ".join, some.astype(str).tolist()))] * 100)
    model = read_text(
        f'<instance><domains><domain name="D">{values}</domain></domains><variables>{variables}</variables>'
        f'<relations><relation name="r" arity="4" semantics="supports">{text}</relation></relations>'
        '<constraints><constraint name="c" arity="4" reference="r" scope="v0 v1 v2 v3"/></constraints></instance>',
        "large.xml",
    )

    part = model.constraints[0].parts[0]
    assert isinstance(part, Table)
    assert np.array_equal(part.rows, np.tile(some, (100, 1)))


@settings(max_examples=200)
@given(data=st.data())
def test_damaged_xml_is_refused_and_nothing_else(data: st.DataObject, faults_of: Faults) -> None:
    start = data.draw(st.integers(0, len(CAR)))
    end = data.draw(st.integers(start, min(len(CAR), start + 20)))
    pieces = ["|", "-", "0..9", "9999999999999999", "\xa0", "<domain/>", "</relation>", "D1", "٣"]
    piece = data.draw(st.sampled_from(pieces) | st.text(max_size=3))

    assert all(issue.source.startswith("car.xml") for issue in faults_of(CAR[:start] + piece + CAR[end:], "car.xml"))


BIKE: dict[str, Any] = {
    "name": "bike",
    "variables": {"frame": ["S", "M"], "gears": [8, 11], "bell": [True, False]},
    "tables": [
        {"name": "sizes", "scope": ["frame", "gears"], "tuples": [["S", 8], ["M", 8], ["M", 11]]},
        {"name": "bells", "scope": ["gears", "bell"], "tuples": [[8, True], [8, False], [11, True]]},
    ],
}


def test_tables_in_json_allow_their_rows(read_text: ReadText, configurations: Configurations) -> None:
    model = read_text(json.dumps(BIKE), "bike.json")

    assert configurations(model) == {
        frozenset({"frame=S", "gears=8", "bell"}),
        frozenset({"frame=S", "gears=8"}),
        frozenset({"frame=M", "gears=8", "bell"}),
        frozenset({"frame=M", "gears=8"}),
        frozenset({"frame=M", "gears=11", "bell"}),
    }
    assert model.constraints[0].name == "sizes"


@pytest.mark.parametrize(
    ("old", "new", "source", "message"),
    [
        ('"scope": ["frame", "gears"]', '"scope": ["frame", "size"]', "bike.json tables[1] scope", "There is no variable size."),
        (
            '"scope": ["frame", "gears"]',
            '"scope": ["gears", "gears"]',
            "bike.json tables[1] scope",
            "names of different variables",
        ),
        ('["M", 11]', '["L", 11]', "bike.json tables[1] tuples[3]", "`L` is no value of frame."),
        ('["M", 11]', '["M", [11]]', "bike.json tables[1] tuples[3]", "is no value of gears."),
        ('["M", 11]', '["M"]', "bike.json tables[1] tuples[3]", "Expected 2 values."),
        ('["S", "M"]', '["S", "S"]', "bike.json variables.frame", "Expected a list of different values"),
        ('["S", "M"]', '["S", null]', "bike.json variables.frame", "Expected a list of different values"),
        ('"variables"', '"features"', "bike.json variables", "Expected an object."),
        ('"gears": [8', '"frame": [8', "bike.json", "`frame` stands there twice."),
        ('{"name": "bike",', "{", "bike.json:1", "Column 2: this is no JSON"),
    ],
)
def test_a_fault_in_json_is_told_with_its_place(old: str, new: str, source: str, message: str, faults_of: Faults) -> None:
    text = json.dumps(BIKE)
    assert old in text
    issues = faults_of(text.replace(old, new, 1) if new != "{" else "{bad", "bike.json")

    assert issues[0].source == source
    assert message in issues[0].message


@pytest.mark.parametrize(
    "text", ["[]", "[" * 100_000, '{"a":' * 100_000, "{}", "1" * 5000, '{"variables": {"a": [1]}, "tables": 3}']
)
def test_other_json_is_refused(text: str, faults_of: Faults) -> None:
    assert faults_of(text, "bike.json")


@settings(max_examples=200)
@given(data=st.data())
def test_damaged_json_is_refused_and_nothing_else(data: st.DataObject, faults_of: Faults) -> None:
    text = json.dumps(BIKE)
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 12)))
    pieces = ["[", "]", "{", "}", "null", "NaN", "1e999", '"', ",", "[[]]", "\\ud800", "{}"]
    piece = data.draw(st.sampled_from(pieces) | st.text(max_size=3))

    assert all(issue.source.startswith("bike.json") for issue in faults_of(text[:start] + piece + text[end:], "bike.json"))
