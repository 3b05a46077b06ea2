"""The compiled form of a product model: both compilers, the SAT engine and plain enumeration give the same answers."""

from collections import Counter
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from atoll.configure import Configurator, Need, order_bill, price, read_product_model
from atoll.configure.choice import read_choices
from atoll.configure.compiled.circuit import Budget
from atoll.configure.compiled.storing import FormNotReadable
from atoll.configure.product_form import Outline
from atoll.model.bill import BillLine
from atoll.model.item import Item, Kind
from atoll.model.product import Configuration, FeatureKind
from tests.core.configure.test_agreement import agrees, enumerated, models_and_choices

BUDGET = Budget(nodes=200_000, seconds=20)
COMPILERS = (lambda outline: outline.compile(BUDGET), lambda outline: outline.compile_clauses(BUDGET))


def items_of(*codes, minutes=3, **costs):
    return {
        code: Item(code, code, Kind.COMPONENT, Decimal(costs.get(code.replace("-", "_"), 1)), assembly_minutes=minutes)
        for code in codes
    }


TOWER_ITEMS = items_of(
    "CPU-I5",
    "CPU-I9",
    "B1",
    "B2",
    "G1",
    "G2",
    "P300",
    "P500",
    "P800",
    "FAN",
    "BRACKET",
    "KIT",
    "KIT2",
    "PASTE-A",
    KIT=90,
    KIT2=50,
)


def outline_of(model, bills=None, items=None):
    return Outline(model, None, bills or {"CABLES": (BillLine("FAN", 1),)}, items or TOWER_ITEMS)


@settings(max_examples=30, deadline=None)
@given(models_and_choices())
def test_both_compilers_give_the_values_and_counts_of_the_sat_engine_and_of_enumeration(case):
    model, choices = case
    outline, engine = outline_of(model), Configurator(model)
    made = read_choices(model, choices)
    domains = {
        code: values for code, values in engine.domains(choices).items() if model.feature(code).kind is not FeatureKind.TEXT
    }
    texts = {feature.code: "" for feature in model.features if feature.kind is FeatureKind.TEXT}
    count = sum(1 for values in enumerated(model) if agrees(values, texts | made))
    for compiler in COMPILERS:
        form = compiler(outline)
        assert {code: dict(values) for code, values in form.possible(made).items() if values} == {
            code: dict(values) for code, values in domains.items() if values
        }
        assert form.count(made) == count


@settings(max_examples=30, deadline=None)
@given(models_and_choices())
def test_the_release_distance_is_the_fewest_other_choices_to_give_up(case):
    model, choices = case
    made = read_choices(
        model, {code: value for code, value in choices.items() if model.feature(code).kind is not FeatureKind.MANY}
    )
    configurations = list(enumerated(model))
    for compiler in COMPILERS:
        for code, values in compiler(outline_of(model)).release(made).items():
            for value, distance in values.items():
                others = {name: chosen for name, chosen in made.items() if name != code}
                if model.feature(code).kind is FeatureKind.MANY:
                    having = [found for found in configurations if value in found[code]]
                else:
                    having = [found for found in configurations if found[code] == value]
                fewest = min((sum(found[name] != v for name, v in others.items()) for found in having), default=np.inf)
                assert distance == fewest


def test_the_lowest_price_of_each_value_is_that_of_the_cheapest_configuration(rich):
    rich["prices"] = [rule for rule in rich["prices"] if rule["name"] == "upgrade"]
    model = read_product_model(rich, {})
    made = read_choices(model, {"cpu": "i9", "engraving": "Anna"})
    cheapest: Counter = Counter()
    for values in enumerated(model):
        if values["cpu"] == "i9" and values["engraving"]:
            total = price(model, Configuration("", "", tuple(values.items()), "")).total
            for code, value in values.items():
                for part in value if isinstance(value, tuple) else (value,):
                    cheapest[code, part] = min(cheapest.get((code, part), total), total)
    for compiler in COMPILERS:
        found = compiler(outline_of(model)).lowest_price(made)
        for code, values in found.items():
            for value, amount in values.items():
                if code != "cpu":
                    assert (
                        (code, value) not in cheapest if amount == np.inf else Decimal(int(amount)) / 100 == cheapest[code, value]
                    )


def test_prices_that_are_not_looked_through_are_not_told(rich):
    assert outline_of(read_product_model(rich, {})).compile(BUDGET).lowest_price({}) is None


BILLS = {
    "KIT": (BillLine("CPU-I5", 1), BillLine("B2", 1)),
    "KIT2": (BillLine("CPU-I5", 1), BillLine("P500", 1)),
}


def tower(document, *subassemblies):
    return read_product_model(document | {"subassemblies": list(subassemblies)}, {})


@pytest.mark.parametrize("kits", [(), ("KIT",), ("KIT", "KIT2")])
@pytest.mark.parametrize("seed", range(2))
def test_the_earliest_day_and_the_least_minutes_are_those_of_the_order_bills(document, kits, seed):
    """The fans come as so many units; a bracket under a condition; subassemblies stand in for their components."""
    model = tower(document, *kits)
    days = dict(zip(TOWER_ITEMS, np.random.default_rng(seed).integers(0, 30, len(TOWER_ITEMS)).tolist(), strict=True))

    def day_of(need):
        return float(days[need.item] + 2 * (need.quantity - 1))

    outline = outline_of(model, BILLS, TOWER_ITEMS)
    assert not outline.materials[0].is_partial
    made = read_choices(model, {"cpu": "i5"})
    earliest, minutes = {}, {}
    for values in enumerated(model):
        if values["cpu"] != "i5":
            continue
        bill = order_bill(model, Configuration("", "", tuple(values.items()), ""), BILLS, TOWER_ITEMS)
        day = max(day_of(line) for line in bill.lines)
        for code, value in values.items():
            for part in value if isinstance(value, tuple) else (value,):
                earliest[code, part] = min(earliest.get((code, part), day), day)
                minutes[code, part] = min(minutes.get((code, part), bill.minutes), bill.minutes)
    for compiler in COMPILERS:
        form = compiler(outline)
        for told, expected in ((form.earliest(made, day_of), earliest), (form.least_minutes(made), minutes)):
            for code, values in told.items():
                for value, answer in values.items() if code not in {"cpu", "engraving"} else ():
                    assert answer == expected.get((code, value), np.inf), (code, value)


def test_what_a_line_needs_comes_with_its_alternates_unless_a_phantom_or_a_subassembly_is_in_its_place(document):
    """A paste may be taken for the bracket; the fans that a bundle of cables is made of are those of the bundle."""
    lines = [{"item": "BRACKET", "alternates": ["PASTE-A"]}, {"item": "CABLES", "alternates": ["FAN"], "quantity": 2}]
    model = read_product_model(document | {"lines": lines, "phantoms": ["CABLES"], "subassemblies": ["KIT"]}, {})
    bills = {"CABLES": (BillLine("P800", 1),), "KIT": (BillLine("BRACKET", 1), BillLine("G1", 1))}
    form = outline_of(model, bills, TOWER_ITEMS | items_of("CABLES")).compile(BUDGET)
    needs = {need for need in form.needs if need.item in {"BRACKET", "P800", "KIT"}}
    assert needs >= {Need("BRACKET", 1, ("PASTE-A",)), Need("P800", 2), Need("KIT", 1)}
    days = {"BRACKET": 20.0, "PASTE-A": 8.0, "KIT": 12.0}

    def day_of(need):
        return min(days.get(item, 3.0) for item in (need.item, *need.alternates))

    told = form.earliest({}, day_of)["gpu"]
    assert (told["g1"], told["g2"]) == (12.0, 8.0)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_material_that_comes_in_two_ways_is_never_told_later_than_it_is(seed):
    """Two places for memory, each of the same items, and a subassembly that holds one of them: dates are bounds."""
    rng = np.random.default_rng(seed)
    options = [{"code": code, "name": code, "item": code} for code in ("M1", "M2")]
    document = {
        "code": "m", "name": "M", "end_item": "END", "revision": "1", "base_price": 1, "currency": "USD",
        "features": [
            {"code": "cpu", "name": "C", "kind": "one", "options": [{"code": c, "name": c, "item": c} for c in ("C1", "C2")]},
            {"code": "first", "name": "F", "kind": "one", "options": options},
            {"code": "second", "name": "S", "kind": "optional", "options": options},
        ],
        "subassemblies": ["KA", "KB"],
    }  # fmt: skip
    model = read_product_model(document, {})
    items = items_of("C1", "C2", "M1", "M2", "KA", "KB", KA=int(rng.integers(1, 9)), KB=int(rng.integers(1, 9)))
    bills = {"KA": (BillLine("C1", 1), BillLine("M1", 1)), "KB": (BillLine("C1", 1), BillLine("M2", int(rng.integers(1, 3))))}
    days = dict(zip(items, rng.integers(0, 20, len(items)).tolist(), strict=True))
    form = outline_of(model, bills, items).compile(BUDGET)
    for values in enumerated(model):
        bill = order_bill(model, Configuration("", "", tuple(values.items()), ""), bills, items)
        day = max(days[line.item] for line in bill.lines)
        told, least = form.earliest(values, lambda need: float(days[need.item])), form.least_minutes(values)
        for code, value in values.items():
            assert told[code][value] <= day
            assert least[code][value] <= bill.minutes


@settings(max_examples=40, deadline=None)
@given(models_and_choices(), st.integers(0, 100))
def test_samples_are_valid_and_keep_the_choices(case, seed):
    model, choices = case
    form, made = outline_of(model).compile(BUDGET), read_choices(model, choices)
    assume(form.count(made))
    configurations = list(enumerated(model))
    for values in form.samples(made, np.random.default_rng(seed), 5):
        assert agrees(values, made)
        assert {
            code: v if model.feature(code).kind is not FeatureKind.TEXT else "text" * bool(v) for code, v in values.items()
        } in (configurations)


def test_samples_are_even(document):
    model = read_product_model(document, {})
    form = outline_of(model).compile(BUDGET)
    made = read_choices(model, {"gpu": "none", "width": "2"})
    expected = {code: {v: n / form.count(made) for v, n in values.items()} for code, values in form.counts(made).items()}
    drawn = form.samples(made, np.random.default_rng(3), 4000)
    for fans in range(5):
        assert sum(values["fans"] == fans for values in drawn) / 4000 == pytest.approx(expected["fans"][fans], abs=0.03)


def test_the_earliest_completion_keeps_choices_and_texts_and_as_much_as_it_can_of_what_is_usual(document):
    model = read_product_model(document, {})
    engine, form = Configurator(model), outline_of(model, {}, TOWER_ITEMS).compile(BUDGET)
    choices = {"gpu": "g1", "engraving": "Anna"}
    usual = dict(engine.configuration(choices).values)
    assert usual["cpu"] == "i5"
    late = {"CPU-I5": 20.0}
    best = form.earliest_completion(read_choices(model, choices), usual, lambda need: late.get(need.item, 2.0))
    assert best["cpu"] == "i9"
    assert (best["gpu"], best["engraving"], best["extras"], best["fans"]) == ("g1", "Anna", usual["extras"], usual["fans"])
    assert engine.allows(best)
    with pytest.raises(ValueError, match="days that are known"):
        form.earliest_completion(read_choices(model, choices), usual, lambda need: np.inf)


def test_a_form_is_read_as_it_was_written_and_only_by_its_own_outline(rich):
    rich["prices"] = rich["prices"][1:2]
    model = read_product_model(rich, {})
    outline = outline_of(model)
    form = outline.compile(BUDGET)
    data = form.write()
    again = outline_of(model).read(data, form.engine)
    assert again.count({}) == form.count({}) > 0
    assert again.lowest_price({}) == form.lowest_price({})
    assert (again.engine, again.nodes) == ("decision diagram", form.nodes)
    other = outline_of(replace(model, features=model.features[1:], rules=(), prices=(), packages=()))
    assert other.digest != outline.digest
    with pytest.raises(FormNotReadable, match="another model"):
        other.read(data, form.engine)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damaged_bytes_are_refused(data):
    model = read_product_model({
        "code": "cup", "name": "Cup", "end_item": "CUP", "revision": "1", "base_price": 5, "currency": "EUR",
        "features": [{"code": "size", "name": "Size", "kind": "one", "options": [{"code": c, "name": c} for c in "ab"]}],
    }, {})  # fmt: skip
    outline = outline_of(model)
    written = bytearray(outline.compile(BUDGET).write())
    place = data.draw(st.integers(0, len(written) - 1))
    written[place] ^= data.draw(st.integers(1, 255))
    for damaged in (bytes(written), bytes(written[:place]), data.draw(st.binary(max_size=60))):
        with pytest.raises(FormNotReadable):
            outline.read(damaged, "decision diagram")


def test_what_is_beyond_the_budget_of_the_diagram_is_compiled_to_a_d_dnnf(document):
    outline = outline_of(read_product_model(document, {}))
    assert outline.compile_clauses(BUDGET).engine == "d-DNNF"
    assert outline.compile(BUDGET).count({}) == outline.compile_clauses(BUDGET).count({})
