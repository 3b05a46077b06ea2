"""The engine against plain enumeration of small random models, and against an SMT solver on a larger one."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import chain, combinations, product

import numpy as np
import pytest
import z3
from hypothesis import given, settings
from hypothesis import strategies as st

from atoll.configure import Configurator, InvalidConfiguration, read_product_model
from atoll.configure.compiled.circuit import Budget
from atoll.configure.compiled.passes import Compiled
from atoll.configure.encoding import Encoding, limits_of
from atoll.configure.evaluate import is_kept
from atoll.configure.tabulation import axes_of, compile_product
from atoll.model.expression import (
    Arithmetic,
    Attribute,
    Choice,
    Chosen,
    Comparison,
    Count,
    Logical,
    Not,
    Number,
    OneOf,
    Sum,
    Word,
)
from atoll.model.product import NONE, Feature, FeatureKind, Option, ProductModel, Rule

NAMES = ("a", "b", "c", "d")
amounts = st.sampled_from([1, 2, 3, 0.5, 1.25, -1])


@st.composite
def options(draw):
    attributes = {}
    if draw(st.booleans()):
        attributes["size"] = draw(amounts)
    if draw(st.booleans()):
        attributes["fit"] = draw(st.sampled_from(["x", "y", ("x", "y"), "2"]))
    return attributes


@st.composite
def features(draw, code):
    kind = draw(st.sampled_from(FeatureKind))
    if kind in {FeatureKind.QUANTITY, FeatureKind.NUMBER}:
        step = Decimal(1) if kind is FeatureKind.QUANTITY else Decimal("0.5")
        attributes = {"size": 2} if kind is FeatureKind.QUANTITY and draw(st.booleans()) else {}
        low = Decimal(draw(st.integers(0, 1)))
        return Feature(code, code, kind, minimum=low, maximum=low + step * 2, step=step, attributes=attributes)
    if kind is FeatureKind.TEXT:
        return Feature(code, code, kind)
    number = draw(st.integers(1, 3))
    made = tuple(Option(f"{code}{n}", f"{code}{n}", share=n, attributes=draw(options())) for n in range(number))
    least = draw(st.integers(0, 1)) if kind is FeatureKind.MANY else 0
    most = draw(st.integers(1, number)) if kind is FeatureKind.MANY else 0
    return Feature(code, code, kind, made, minimum=Decimal(least), maximum=Decimal(most))


def numbers(model_features):
    with_options = [f for f in model_features if f.kind in {FeatureKind.ONE, FeatureKind.OPTIONAL, FeatureKind.QUANTITY}]
    leaves = [
        amounts.map(lambda n: Number(Decimal(str(n)))),
        st.just(Sum("size")),
        *(st.just(Attribute(f.code, "size")) for f in with_options),
        *(st.just(Count(f.code)) for f in model_features if f.kind not in {FeatureKind.NUMBER, FeatureKind.TEXT}),
        *(st.just(Choice(f.code)) for f in model_features if f.kind in {FeatureKind.NUMBER, FeatureKind.QUANTITY}),
    ]
    return st.recursive(st.one_of(leaves), lambda part: st.builds(Arithmetic, st.sampled_from("+-*"), part, part), max_leaves=4)


def conditions(model_features):
    number = numbers(model_features)
    leaves = [
        st.builds(Comparison, st.sampled_from(["=", "!=", "<", "<=", ">", ">="]), number, number),
        *(st.just(Chosen(f.code)) for f in model_features),
    ]
    fits = []
    for f in model_features:
        if f.kind in {FeatureKind.ONE, FeatureKind.OPTIONAL}:
            words = st.sampled_from([*f.values()])
            leaves.append(st.builds(Comparison, st.sampled_from(["=", "!="]), st.just(Choice(f.code)), words.map(Word)))
            leaves.append(st.builds(OneOf, st.just(Choice(f.code)), st.lists(words, min_size=1, max_size=2).map(tuple)))
            fits.append(Attribute(f.code, "fit"))
        if f.kind is FeatureKind.MANY:
            words = st.sampled_from([*f.values()]).map(Word)
            leaves.append(st.builds(Comparison, st.just("contains"), st.just(Choice(f.code)), words))
    if fits:
        fit = st.sampled_from(fits)
        leaves.append(st.builds(Comparison, st.sampled_from(["=", "!=", "contains"]), fit, fit))
        leaves.append(fit)
    signs = st.sampled_from(["and", "or", "->", "<->"])
    return st.recursive(
        st.one_of(leaves), lambda part: st.builds(Not, part) | st.builds(Logical, signs, part, part), max_leaves=5
    )


@st.composite
def models(draw):
    made = tuple(draw(features(code)) for code in NAMES[: draw(st.integers(2, 4))])
    rules = draw(st.lists(conditions(made), max_size=4))
    named = tuple(Rule(f"r{n}", f"rule {n}", condition) for n, condition in enumerate(rules))
    return ProductModel("m", "M", "end", "1", Decimal(0), "USD", made, named)


def values_of(feature):
    """Every value of a feature; of texts one that is empty and one that is not."""
    if feature.kind is FeatureKind.MANY:
        codes = [option.code for option in feature.options]
        return list(chain.from_iterable(combinations(codes, n) for n in range(len(codes) + 1)))
    return ["", "text"] if feature.kind is FeatureKind.TEXT else list(feature.values())


def all_rules(model):
    return (*limits_of(model), *model.rules)


def enumerated(model, rules=None) -> Iterator[dict]:
    """Every valid configuration, by trying them all."""
    codes = [feature.code for feature in model.features]
    for combination in product(*(values_of(feature) for feature in model.features)):
        values = dict(zip(codes, combination, strict=True))
        if all(is_kept(rule, values, model) for rule in (all_rules(model) if rules is None else rules)):
            yield values


def agrees(values, choices) -> bool:
    return all(values[code] == value for code, value in choices.items())


@st.composite
def models_and_choices(draw):
    model = draw(models())
    chosen = draw(st.permutations([feature for feature in model.features if draw(st.booleans())]))
    return model, {feature.code: draw(st.sampled_from(values_of(feature))) for feature in chosen}


@settings(max_examples=150)
@given(models_and_choices())
def test_domains_are_exactly_the_values_of_valid_configurations(case):
    model, choices = case
    valid = list(enumerated(model))
    domains = Configurator(model).domains(choices)
    for feature in model.features:
        others = {code: value for code, value in choices.items() if code != feature.code}
        found = [values[feature.code] for values in valid if agrees(values, others)]
        if feature.kind is FeatureKind.TEXT:
            expected = {}
        elif feature.kind is not FeatureKind.MANY:
            expected = {value: value in found for value in feature.values()}
        elif feature.code in choices:
            stay = {code: set(choices[feature.code]) | {code} for code in feature.values()}
            expected = {code: any(set(value) == stay[code] for value in found) for code in feature.values()}
        else:
            expected = {code: any(code in value for value in found) for code in feature.values()}
        assert domains[feature.code] == expected


@settings(max_examples=150)
@given(models_and_choices())
def test_a_configuration_is_valid_and_keeps_every_choice_or_there_is_none(case):
    model, choices = case
    texts = {f.code: "" for f in model.features if f.kind is FeatureKind.TEXT and f.code not in choices}
    possible = [values for values in enumerated(model) if agrees(values, choices | texts)]
    try:
        found = Configurator(model).configuration(choices)
    except InvalidConfiguration:
        assert not possible
    else:
        assert dict(found.values) in possible


@settings(max_examples=150)
@given(models_and_choices())
def test_an_explanation_is_a_conflict_and_nothing_of_it_can_be_left_out(case):
    model, choices = case
    conflict = Configurator(model).explain(choices)
    if conflict is None:
        assert any(agrees(values, choices) for values in enumerated(model))
        return
    made = dict(conflict.choices)
    assert made.items() <= choices.items()
    assert list(made) == [code for code in choices if code in made]
    assert not any(agrees(values, made) for values in enumerated(model, conflict.rules))
    for code in made:
        fewer = {name: value for name, value in made.items() if name != code}
        assert any(agrees(values, fewer) for values in enumerated(model, conflict.rules))
    for rule in conflict.rules:
        fewer_rules = [other for other in conflict.rules if other is not rule]
        assert any(agrees(values, made) for values in enumerated(model, fewer_rules))


@settings(max_examples=150)
@given(models_and_choices())
def test_repairs_are_the_smallest_sets_of_choices_to_give_up(case):
    model, choices = case
    valid = list(enumerated(model))

    def resolves(given_up) -> bool:
        rest = {code: value for code, value in choices.items() if code not in given_up}
        return any(agrees(values, rest) for values in valid)

    repairs = Configurator(model).repairs(choices)
    if resolves(()) or not valid:
        assert repairs == []
        return
    smallest = next(
        found for size in range(1, 5) if (found := [codes for codes in combinations(choices, size) if resolves(codes)])
    )
    assert [tuple(code for code, _ in repair) for repair in repairs] == smallest[:3]
    assert all(pair in choices.items() for repair in repairs for pair in repair)


@settings(max_examples=100)
@given(models(), st.integers(0, 2**32))
def test_a_drawn_configuration_is_valid_and_the_same_for_the_same_seed(model, seed):
    texts = {f.code: "" for f in model.features if f.kind is FeatureKind.TEXT}
    valid = [values for values in enumerated(model) if agrees(values, texts)]
    engine = Configurator(model)
    try:
        drawn = engine.sample(np.random.default_rng(seed))
    except InvalidConfiguration:
        assert not valid
        return
    assert dict(drawn.values) in valid
    engine.domains({})
    assert engine.sample(np.random.default_rng(seed)) == drawn


@settings(max_examples=100)
@given(models_and_choices())
def test_completion_follows_shares_feature_by_feature(case):
    """Each feature that is not chosen has the first wish that is possible after those before it."""
    model, choices = case
    texts = {f.code: "" for f in model.features if f.kind is FeatureKind.TEXT and f.code not in choices}
    possible = [values for values in enumerated(model) if agrees(values, choices | texts)]
    for feature in model.features if possible else ():
        if feature.code in choices or feature.kind is FeatureKind.TEXT:
            continue
        best = min((values[feature.code] for values in possible), key=lambda value: _wish(feature, value))
        possible = [values for values in possible if values[feature.code] == best]
    if possible:
        assert dict(Configurator(model).configuration(choices).values) == possible[0]


def _wish(feature, value):
    """Smaller is wished for more; options were given the shares 0, 1, 2."""
    places = [option.code for option in feature.options]
    if feature.kind is FeatureKind.MANY:
        return [code in value for code in places]
    return -9 if value == NONE else -places.index(value) if places else value


@settings(max_examples=150)
@given(models())
def test_the_compiled_form_counts_the_configurations_with_each_value(model):
    encoding = Encoding(model, None)
    compiled = Compiled(compile_product(encoding, Budget(nodes=100_000, seconds=30)), axes_of(encoding))
    valid = list(enumerated(model))
    expected = [
        sum(has_value(axis, values[axis.feature.code], value) for values in valid)
        for axis in encoding.all_axes()
        for value in axis.literals
    ]
    assert compiled.counts() == expected
    assert compiled.count() == len(valid)


def has_value(axis, chosen, value) -> bool:
    if axis.option is not None:
        return (axis.option in chosen) == value
    return bool(chosen) == bool(value) if axis.feature.kind is FeatureKind.TEXT else chosen == value


def test_a_larger_model_agrees_with_an_smt_solver():
    """Twelve features of ten options each with sums, sockets and a table; z3 is asked for every domain, in its own words."""
    rng = np.random.default_rng(5)
    parts = [[(int(rng.integers(1, 40)), int(rng.integers(0, 3))) for _ in range(10)] for _ in range(12)]
    forbidden = [(int(rng.integers(10)), int(rng.integers(10))) for _ in range(30)]
    document = {
        "code": "m", "name": "M", "end_item": "e", "revision": "1", "base_price": 0, "currency": "USD",
        "features": [
            {
                "code": f"f{i}", "name": f"F{i}", "kind": "one",
                "options": [
                    {"code": f"o{n}", "name": f"O{n}", "attributes": {"power": power, "socket": f"s{socket}"}}
                    for n, (power, socket) in enumerate(part)
                ],
            }
            for i, part in enumerate(parts)
        ],
        "rules": [
            {"name": "power", "rule": "sum(power) <= 150"},
            {"name": "even", "rule": "f10.power - f11.power * 2 >= f9.power - 25"},
            *({"name": f"socket {i}", "rule": f"f{i}.socket = f{i + 1}.socket"} for i in range(0, 8, 2)),
        ],
        "tables": [{"name": "t", "features": ["f0", "f9"], "forbidden": [[f"o{a}", f"o{b}"] for a, b in forbidden]}],
    }  # fmt: skip
    model = read_product_model(document, {})
    x = [[z3.Bool(f"x{i}_{n}") for n in range(10)] for i in range(12)]
    power = [z3.Sum([z3.If(v, p, 0) for v, (p, _) in zip(x[i], parts[i], strict=True)]) for i in range(12)]
    solver = z3.Solver()
    solver.add([z3.PbEq([(v, 1) for v in row], 1) for row in x])
    solver.add(z3.Sum(power) <= 150, power[10] - 2 * power[11] >= power[9] - 25)
    for i in range(0, 8, 2):
        for n, m in product(range(10), range(10)):
            if parts[i][n][1] != parts[i + 1][m][1]:
                solver.add(z3.Not(z3.And(x[i][n], x[i + 1][m])))
    solver.add([z3.Not(z3.And(x[0][a], x[9][b])) for a, b in forbidden])
    choices = {"f0": 2, "f5": 4, "f11": 7}
    domains = Configurator(model).domains({code: f"o{n}" for code, n in choices.items()})
    truths = []
    for i, n in product(range(12), range(10)):
        others = [x[int(code[1:])][m] for code, m in choices.items() if code != f"f{i}"]
        truths.append(solver.check(*others, x[i][n]) == z3.sat)
        assert domains[f"f{i}"][f"o{n}"] == truths[-1]
    assert 30 < sum(truths) < 110


def test_dated_rules_hold_on_their_days_only():
    feature = Feature("a", "A", FeatureKind.ONE, (Option("x", "X"), Option("y", "Y")))
    rule = Rule("no x", "X is no longer made", Comparison("!=", Choice("a"), Word("x")), "", date(2026, 3, 1), date(2026, 4, 1))
    model = ProductModel("m", "M", "e", "1", Decimal(0), "USD", (feature,), (rule,))
    found = [Configurator(model, date(2026, *day)).domains({})["a"]["x"] for day in ((2, 28), (3, 1), (3, 31), (4, 1))]
    assert found == [True, False, False, True]
    assert replace(rule, valid_until=None).holds_on(date(2030, 1, 1))


@pytest.mark.parametrize("sign", ["<", "<=", ">", ">=", "=", "!="])
def test_decimal_sums_are_exact(sign):
    """0.1 + 0.2 is 0.3, which binary fractions miss."""
    made = tuple(
        Feature(code, code, FeatureKind.ONE, (Option(code, code, attributes={"weight": weight}),))
        for code, weight in (("a", 0.1), ("b", 0.2))
    )
    condition = Comparison(sign, Sum("weight"), Number(Decimal("0.3")))
    model = ProductModel("m", "M", "e", "1", Decimal(0), "USD", made, (Rule("r", "r", condition),))
    assert (Configurator(model).explain({}) is None) == (sign in {"<=", ">=", "="})
