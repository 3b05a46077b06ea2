"""Product models as UVL have as many configurations as before, and what UVL cannot say is told."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atoll.configure import read_product_model
from atoll.configure.compiled.circuit import Budget
from atoll.configure.engine import Configurator
from atoll.configure.model_engine import ModelEngine
from atoll.configure.product_engine import ProductEngine
from atoll.configure.uvl import write_product_uvl
from atoll.io import read_catalogue
from atoll.io.faults import Faults
from atoll.io.uvl import read_uvl
from tests.core.configure.test_agreement import models

BY_SAT = Budget(0, 0)


def read_again(text):
    """The feature model of a UVL text, which has no fault."""
    faults = Faults()
    model = read_uvl(text, "model", "model.uvl", faults)
    assert not faults.issues, [*map(str, faults.issues)]
    return model


def count_of(text):
    return ModelEngine(read_again(text)).count()


def test_a_computer_has_as_many_configurations_in_uvl(document):
    model = read_product_model(document, {})
    assert count_of(write_product_uvl(model).text) == ProductEngine(model).count() == 2880


def test_a_model_with_all_the_rest_of_the_language_has_too(rich):
    model = read_product_model(rich, {})
    assert count_of(write_product_uvl(model).text) == ProductEngine(model).count() == 2176


@pytest.mark.parametrize(("company", "code"), [("electronics", "PICO"), ("vehicles", "CITY")])
def test_a_model_of_a_demonstration_has_too(company, code):
    data = read_catalogue(Path("src/atoll/demo/companies") / company)
    model = read_product_model(data.models[code], data.items)
    assert count_of(write_product_uvl(model).text) == ProductEngine(model).count()


@settings(max_examples=80, deadline=None)
@given(models(), st.booleans())
def test_any_rules_leave_as_many_configurations_in_uvl(model, are_tables):
    if not are_tables:  # then rules are written part by part, and not as rows
        model = replace(model, rules=tuple(replace(rule, source="written") for rule in model.rules))
    document = write_product_uvl(model)
    assert not [issue for issue in document.issues if "rule" in issue.source]
    engine = ModelEngine(read_again(document.text), BY_SAT)
    assert engine.is_void == (Configurator(model).explain({}) is not None)
    assert count_of(document.text) == ProductEngine(model).count()


def test_rules_are_written_in_the_words_of_the_arithmetic_level(document):
    lines = write_product_uvl(read_product_model(document, {})).text.expandtabs(2).splitlines()
    written = [line.strip() for line in lines]
    assert "((sum(power) + 5 * fans) * 1.2) <= sum(watts, psu)" in written
    assert "(gpu & (sum(length, gpu) > 320)) => (fans >= 2)" in written
    assert "// long: A long card needs two fans" in written
    assert "engraving => a" in written
    assert "Integer fans {name 'Fans', price_each 9, item 'FAN', power_each 5}" in written
    assert "i9 {name 'i9', price 300, share 1.0, item 'CPU-I9', power 125, socket 'B'}" in written


def test_prices_of_options_are_those_that_a_feature_model_has(document):
    document["features"] = [feature for feature in document["features"] if feature["kind"] in {"one", "optional"}]
    document |= {"rules": document["rules"][:1], "tables": [], "lines": [], "operations": []}
    model = read_product_model(document, {})
    cheapest = ModelEngine(read_again(write_product_uvl(model).text)).cheapest({})
    assert cheapest["i9"]["true"] == ProductEngine(model).cheapest({})["cpu"]["i9"] == pytest.approx(99.5 + 300 + 50)


def test_what_uvl_cannot_say_is_told_and_never_dropped_in_silence(rich):
    told = [
        issue.source.removeprefix("product model tower: ") for issue in write_product_uvl(read_product_model(rich, {})).issues
    ]
    assert told == [
        "feature `engraving`",
        "price rule `quiet`",
        "price rule `upgrade`",
        "price rule `power`",
        "price of the package `cooling kit`",
        "price of the package `all round`",
        "price from 10 units on",
        "price from 50 units on",
        "currency CHF",
        "currency JPY",
        "currency USD",
        "preference `board = b2`",
        "preference `extras contains c`",
        "preference `fans = 2`",
        "example `gaming`",
        "3 lines",
        "3 operations",
        "1 subassemblies",
        "1 phantoms",
    ]


def test_rules_of_a_day_are_written_for_that_day_and_their_days_are_told_without_one(document):
    document["rules"][1] |= {"valid_from": "2026-06-01"}
    model = read_product_model(document, {})
    before, after = (write_product_uvl(model, date(2026, month, 1)) for month in (5, 6))
    assert "// power" not in before.text
    assert "// power" in after.text
    assert "product model tower: days of the rule `power`" in [issue.source for issue in write_product_uvl(model).issues]
    assert count_of(before.text) > count_of(after.text)


def test_names_that_are_alike_or_strange_are_told_apart():
    options = [{"code": code, "name": code, "attributes": {"or": 1}} for code in ("a", "or", 'inch 3"', "inch 3'", "ü\nö")]
    document = {
        "code": "features", "name": "It's \"this\"", "end_item": "E", "revision": "1", "base_price": 0, "currency": "EUR",
        "features": [{"code": code, "name": code, "kind": "one", "options": options} for code in ("a", "b")],
        "rules": [{"name": "one", "rule": "a != 'a' or b != 'a' and sum(or) = 2"}],
    }  # fmt: skip
    written = write_product_uvl(read_product_model(document, {}))
    assert count_of(written.text) == 5 * 5 - 1
    assert 'product model features: name of "features"' in [issue.source for issue in written.issues]


def test_a_number_that_is_too_long_for_uvl_is_told_with_the_rule_that_speaks_of_it(document):
    document["rules"][0]["rule"] = "sum(power) < 999999999999.123456789"
    written = write_product_uvl(read_product_model(document, {}))
    assert [issue.source for issue in written.issues if "rule" in issue.source] == ["product model tower: rule `socket`"]
    assert "// socket" not in written.text


def test_a_model_without_any_configuration_has_none_in_uvl(document):
    document["rules"].append({"name": "never", "rule": "fans > 4 and cpu = i5"})
    document["rules"].append({"name": "nothing", "rule": "1 = 2"})
    model = read_product_model(document, {})
    assert count_of(write_product_uvl(model).text) == 0


def test_a_quantity_in_steps_and_a_number_below_zero_keep_their_values():
    features = [
        {"code": "feet", "name": "Feet", "kind": "quantity", "minimum": 2, "maximum": 8, "step": 3},
        {"code": "tilt", "name": "Tilt", "kind": "number", "minimum": "-1.5", "maximum": "1.5", "step": "0.5"},
    ]
    document = {"code": "m", "name": "M", "end_item": "E", "revision": "1", "base_price": 0, "currency": "EUR"}
    rules = [{"name": "r", "rule": "tilt < -1 -> feet > 4"}]
    model = read_product_model(document | {"features": features, "rules": rules}, {})
    assert count_of(write_product_uvl(model).text) == 3 * 7 - 1
    assert model.features[0].values() == (2, 5, 8)
    assert model.features[1].values()[0] == Decimal("-1.5")
