"""Compiled, or by SAT: the answers about a model are those of trying everything."""

import math
from itertools import combinations, product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atoll.configure.compiled.circuit import Budget
from atoll.configure.errors import UnknownFeature, UnknownOption
from atoll.configure.model_engine import DIAGRAM, KNOWLEDGE, SAT, ModelEngine
from atoll.errors import BadInput
from atoll.io.exchange import read_constraint_model
from atoll.model.constraint import ANY, Clause, Constraint, ConstraintModel, Linear, Literal, Table, Variable

Values = tuple[int, ...]

SMALL, NONE_AT_ALL = Budget(nodes=100_000, seconds=60.0), Budget(nodes=0, seconds=0.0)
INSTANCES = Path(__file__).parents[4] / "shared" / "instances" / "configure"

variables = st.lists(st.integers(2, 4), min_size=2, max_size=5)


def variable(number: int, size: int) -> Variable:
    """A feature where there are two values, otherwise a choice of several; features have prices."""
    if size == 2:
        return Variable(f"f{number}", ("false", "true"), (("Price", number + 1),))
    return Variable(f"v{number}", tuple("abcd"[:size]))


@st.composite
def parts(draw: st.DrawFn, sizes: list[int]) -> Clause | Table | Linear:
    scope = draw(st.lists(st.integers(0, len(sizes) - 1), min_size=1, max_size=3, unique=True))
    kind = draw(st.sampled_from([Clause, Table, Linear]))
    if kind is Clause:
        return Clause(tuple(Literal(i, draw(st.integers(0, sizes[i] - 1)), draw(st.booleans())) for i in scope))
    if kind is Linear:
        amounts = tuple((i, tuple(draw(st.integers(-3, 5)) for _ in range(sizes[i]))) for i in scope)
        return Linear(amounts, draw(st.integers(-3, 8)))
    rows = [[draw(st.integers(ANY, sizes[i] - 1)) for i in scope] for _ in range(draw(st.integers(1, 4)))]
    return Table(tuple(scope), np.array(rows, dtype=np.int64), draw(st.booleans()))


@st.composite
def models(draw: st.DrawFn) -> ConstraintModel:
    sizes = draw(variables)
    rules = [
        Constraint(f"r{n}", f"rule {n}", tuple(draw(st.lists(parts(sizes), min_size=1, max_size=2))), draw(st.booleans()))
        for n in range(draw(st.integers(0, 4)))
    ]
    return ConstraintModel("random", tuple(variable(n, size) for n, size in enumerate(sizes)), tuple(rules))


def keeps(part: Clause | Table | Linear, values: Values) -> bool:
    """The meaning of a part, as its docstring says."""
    match part:
        case Clause(literals):
            return any((values[one.variable] == one.value) == one.holds for one in literals)
        case Table(scope, rows, allowed):
            found = any(all(cell in (ANY, values[i]) for i, cell in zip(scope, row, strict=True)) for row in rows.tolist())
            return found == allowed
        case Linear(amounts, bound):
            return sum(amount[values[i]] for i, amount in amounts) <= bound


def solutions(model: ConstraintModel, without: frozenset[int] = frozenset()) -> list[Values]:
    """All configurations, tried one by one; some rules may be left out."""
    rules = [rule for number, rule in enumerate(model.constraints) if number not in without]
    every = product(*(range(len(one.values)) for one in model.variables))
    return [values for values in every if all(keeps(part, values) for rule in rules for part in rule.parts)]


def choices_for(model: ConstraintModel, values: Values, count: int) -> dict[str, str]:
    return {one.name: one.values[value] for one, value in list(zip(model.variables, values, strict=True))[:count]}


def agrees(model: ConstraintModel, values: Values, choices: dict[str, str], *, but: str = "") -> bool:
    named = {one.name: one.values[value] for one, value in zip(model.variables, values, strict=True)}
    return all(named[name] == value for name, value in choices.items() if name != but)


wanted = st.tuples(models(), st.integers(0, 10**6), st.integers(0, 3))


def asked(model: ConstraintModel, number: int, count: int) -> dict[str, str]:
    """Some choices, possible or not."""
    return choices_for(model, tuple(number // 7**i % len(one.values) for i, one in enumerate(model.variables)), count)


@settings(max_examples=150)
@given(wanted)
def test_counts_and_valid_values_are_those_of_trying_everything(case: tuple[ConstraintModel, int, int]) -> None:
    model = case[0]
    choices, found = asked(*case), solutions(model)
    compiled, by_sat = ModelEngine(model, SMALL), ModelEngine(model, NONE_AT_ALL)
    assert (compiled.engine in {DIAGRAM, KNOWLEDGE}, by_sat.engine) == (True, SAT)
    assert compiled.count(choices) == sum(agrees(model, values, choices) for values in found)
    assert compiled.is_void == by_sat.is_void == (not found)
    right = {
        one.name: tuple(
            value
            for place, value in enumerate(one.values)
            if any(values[i] == place and agrees(model, values, choices, but=one.name) for values in found)
        )
        for i, one in enumerate(model.variables)
    }
    assert compiled.valid(choices) == by_sat.valid(choices) == right


@settings(max_examples=150)
@given(wanted)
def test_prices_and_release_distances_are_the_least_of_all(case: tuple[ConstraintModel, int, int]) -> None:
    model = case[0]
    choices, found, engine = asked(*case), solutions(model), ModelEngine(model, SMALL)
    price = lambda values: sum(i + 1 for i, one in enumerate(model.variables) if len(one.values) == 2 and values[i])  # noqa: E731
    cheapest, release = engine.cheapest(choices), engine.release(choices)
    for i, one in enumerate(model.variables):
        for place, value in enumerate(one.values):
            having = [values for values in found if values[i] == place]
            kept = [price(values) for values in having if agrees(model, values, choices, but=one.name)]
            given_up = [sum(not agrees(model, values, {name: chosen}) for name, chosen in choices.items()) for values in having]
            assert release is not None
            assert release[one.name].get(value, math.inf) == min(given_up, default=math.inf)
            if cheapest is not None:
                assert cheapest[one.name].get(value, math.inf) == min(kept, default=math.inf)


@settings(max_examples=150)
@given(wanted)
def test_a_clash_is_minimal_and_its_repairs_are_smallest(case: tuple[ConstraintModel, int, int]) -> None:
    model = case[0]
    choices, found, engine = asked(*case), solutions(model), ModelEngine(model, NONE_AT_ALL)
    clash = engine.clash(choices)
    if clash is None:
        assert any(agrees(model, values, choices) for values in found)
        return
    assert not any(agrees(model, values, dict(clash.choices)) for values in found)
    for name in clash.choices:
        fewer = {other: value for other, value in clash.choices.items() if other != name}
        assert any(agrees(model, values, fewer) for values in found)
    blamed = {number for number, rule in enumerate(model.constraints) if rule.text in clash.rules}
    others = set(range(len(model.constraints))) - blamed
    assert not any(agrees(model, values, dict(clash.choices)) for values in solutions(model, frozenset(others)))
    for rule in blamed:
        assert any(agrees(model, values, dict(clash.choices)) for values in solutions(model, frozenset(others | {rule})))
    sizes = [
        size
        for size in range(len(choices) + 1)
        for given_up in combinations(choices, size)
        if any(agrees(model, values, {n: v for n, v in choices.items() if n not in given_up}) for values in found)
    ]
    assert {len(repair) for repair in clash.repairs} == ({min(sizes)} if sizes else set())


@settings(max_examples=150)
@given(models())
def test_redundant_rules_can_all_be_left_out_and_no_other_one_too(model: ConstraintModel) -> None:
    found, engine = solutions(model), ModelEngine(model, NONE_AT_ALL)
    if not found:
        assert engine.anomalies().redundant == ()
        return
    texts = engine.anomalies().redundant
    redundant = {number for number, rule in enumerate(model.constraints) if rule.text in texts}
    assert solutions(model, frozenset(redundant)) == found
    for number, rule in enumerate(model.constraints):
        if not rule.is_structure and number not in redundant:
            assert solutions(model, frozenset(redundant | {number})) != found


def test_an_unknown_name_or_value_is_told_with_the_nearest_and_several_at_once() -> None:
    engine = ModelEngine(ConstraintModel("bike", (variable(0, 2), variable(1, 3)), ()), NONE_AT_ALL)
    with pytest.raises(UnknownFeature, match="f0"):
        engine.valid({"f1": "true"})
    with pytest.raises(UnknownOption, match="Known: a, b, c"):
        engine.valid({"v1": "z"})
    with pytest.raises(BadInput) as caught:
        engine.valid({"f1": "true", "v1": "z"})
    assert len(caught.value.issues) == 2


PUBLISHED = {
    "clib/pc.json": (2_729_160, DIAGRAM),
    "renault/small.xml.gz": (172_056, DIAGRAM),
    "renault/medium.xml.gz": (278_744, DIAGRAM),
    "feature_models/bank__AlHajjaji2019.dimacs": (52_582_279_903_621_926_514_707_790_823_424, KNOWLEDGE),
    "feature_models/pc-richmond__Sprey2020.xml.gz": (3_326_549_945_784_326_553_600, KNOWLEDGE),
    "feature_models/FinancialServices01__Nieke2018-2018-05-09.xml.gz": (97_451_212_554_676, KNOWLEDGE),
}


@pytest.mark.skipif(not INSTANCES.is_dir(), reason="the published models lie beside the project and are not part of it")
@pytest.mark.parametrize("name", PUBLISHED)
def test_published_models_have_their_published_number_of_configurations(name: str) -> None:
    engine = ModelEngine(read_constraint_model(INSTANCES / name))
    assert (engine.count(), engine.engine) == PUBLISHED[name]


@pytest.mark.skipif(not INSTANCES.is_dir(), reason="the published models lie beside the project and are not part of it")
@pytest.mark.parametrize(
    ("name", "redundant", "digits"),
    [("FinancialServices01__Nieke2018-2018-05-09.uvl.gz", 32, 14), ("automotive01__Kowal2016.uvl.gz", 869, 211)],
)
def test_published_models_have_their_published_redundant_rules(name: str, redundant: int, digits: int) -> None:
    engine = ModelEngine(read_constraint_model(INSTANCES / "feature_models" / name))
    assert len(engine.anomalies().redundant) == redundant
    assert len(str(engine.count())) == digits
