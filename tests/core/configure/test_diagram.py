"""The decision-diagram compiler: against enumeration, published counts, and the SAT engine on product models."""

from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atoll.configure import Configurator, read_product_model
from atoll.configure.compiled.circuit import Axes, Budget
from atoll.configure.compiled.diagram import compile_model, extended_diagram, joint_diagram
from atoll.configure.compiled.layered import circuit_of, conjunction
from atoll.configure.compiled.passes import Compiled
from atoll.configure.compiled.rule_diagram import part_of, table_part
from atoll.configure.compiled.sifting import sifted
from atoll.configure.compiled.variable_order import orders
from atoll.configure.encoding import Encoding
from atoll.configure.evaluate import is_true
from atoll.configure.tabulation import axes_of, compile_product
from atoll.errors import LimitReached
from atoll.io.catalogue import read_catalogue
from atoll.io.exchange import read_constraint_model
from atoll.model.constraint import ANY, Clause, Constraint, ConstraintModel, Linear, Literal, Table, Variable
from atoll.model.expression import parse
from atoll.model.product import FeatureKind

INSTANCES = Path(__file__).parents[4] / "shared" / "instances" / "configure"
COMPANIES = Path(__file__).parents[3] / "src" / "atoll" / "demo" / "companies"
AMPLE = Budget(nodes=500_000, seconds=60)


def compiled(model: ConstraintModel, budget: Budget = AMPLE) -> Compiled:
    return Compiled(compile_model(model, budget), Axes.of(model.variables))


def model_of(sizes, *parts) -> ConstraintModel:
    variables = tuple(Variable(f"x{i}", tuple(f"{v}" for v in range(size))) for i, size in enumerate(sizes))
    return ConstraintModel("m", variables, tuple(Constraint(f"c{i}", "", (part,)) for i, part in enumerate(parts)))


@st.composite
def models(draw):
    sizes = draw(st.lists(st.integers(1, 4), min_size=1, max_size=5))
    count = len(sizes)
    scopes = st.lists(st.integers(0, count - 1), min_size=1, max_size=3, unique=True)

    def table(scope):
        cells = st.tuples(*(st.integers(ANY if draw(st.booleans()) else 0, sizes[v] - 1) for v in scope))
        rows = draw(st.lists(cells, max_size=6))
        return Table(tuple(scope), np.array(rows, np.int64).reshape(-1, len(scope)), draw(st.booleans()))

    def clause(scope):
        return Clause(tuple(Literal(v, draw(st.integers(0, sizes[v] - 1)), draw(st.booleans())) for v in scope + scope[:1]))

    def linear(scope):
        amounts = [(v, tuple(draw(st.integers(-3, 3)) for _ in range(sizes[v]))) for v in scope + scope[:1]]
        return Linear(tuple(amounts), draw(st.integers(-4, 4)))

    makers = draw(st.lists(st.sampled_from([table, clause, linear]), max_size=4))
    return model_of(sizes, *(make(draw(scopes)) for make in makers))


def keeps(part, values) -> bool:
    match part:
        case Clause(literals):
            return any((values[literal.variable] == literal.value) == literal.holds for literal in literals)
        case Table(scope, rows, allowed):
            fits = any(all(cell in (ANY, values[v]) for v, cell in zip(scope, row, strict=True)) for row in rows.tolist())
            return fits == allowed
        case Linear(amounts, bound):
            return sum(amount[values[v]] for v, amount in amounts) <= bound


def enumerated(model):
    parts = [part for constraint in model.constraints for part in constraint.parts]
    everything = product(*(range(len(variable.values)) for variable in model.variables))
    return [values for values in everything if all(keeps(part, values) for part in parts)]


@settings(max_examples=300)
@given(models())
def test_a_diagram_has_exactly_the_valid_configurations(model):
    valid = enumerated(model)
    found = compiled(model)
    assert found.count() == len(valid)
    expected = [
        sum(v[i] == value for v in valid) for i, variable in enumerate(model.variables) for value in range(len(variable.values))
    ]
    assert found.counts() == expected
    if valid:
        assert {*map(tuple, found.draw(np.random.default_rng(1), 20).tolist())} <= {*valid}


@pytest.mark.parametrize(
    ("file", "count"),
    [("renault/small.xml.gz", 172_056), ("renault/medium.xml.gz", 278_744), ("clib/pc.json", 2_729_160)],
)
def test_published_counts_come_out(file, count):
    if not (INSTANCES / file).exists():
        pytest.skip("without the published models")
    found = compiled(read_constraint_model(INSTANCES / file))
    assert found.count() == count
    assert np.exp(found.log_counts()).max() <= count * (1 + 1e-9)


def test_a_sum_over_many_variables_counts_like_binomial_coefficients():
    """Of thirty switches at most ten are on: the sum of C(30, k) for k up to 10."""
    model = model_of([2] * 30, Linear(tuple((v, (0, 1)) for v in range(30)), 10))
    assert compiled(model).count() == 53_009_102


def test_a_table_of_many_rows_becomes_small_where_its_rows_are_regular():
    rows = np.array([row for row in product(range(30), repeat=3) if sum(row) % 2 == 0])
    found = compiled(model_of([30, 30, 30], Table((2, 0, 1), rows)))
    assert found.count() == len(rows)
    assert found.edges < 1000


def test_a_budget_of_nodes_or_of_seconds_is_kept():
    """Every pair of neighbours differs, and so do the opposite ones, which no order has near to each other."""
    differ = np.array([(v, v) for v in range(4)])
    pairs = [*((i, (i + 1) % 20) for i in range(20)), *((i, i + 10) for i in range(10))]
    model = model_of([4] * 20, *(Table(pair, differ, allowed=False) for pair in pairs))
    with pytest.raises(LimitReached, match="100 nodes"):
        compile_model(model, Budget(nodes=100, seconds=60))
    with pytest.raises(LimitReached, match="0 seconds"):
        compile_model(model, Budget(nodes=500_000, seconds=0))


def equal_pairs(count: int) -> list[tuple[int, int]]:
    """The pairs of switches that have to be equal: the first with the first of the second half, and so on."""
    return [(v, v + count) for v in range(count)]


def test_partners_that_stand_far_apart_are_read_one_after_the_other():
    """Ten pairs of equal switches: far apart, all first ones are remembered, 2 + 4 + … + 1024 edges, and each second one says
    one thing of them, 1024 + 512 + … + 2; side by side a pair takes two edges to begin and two to end."""
    same = np.array([[0, 0], [1, 1]])
    diagrams = [table_part(pair, [2] * 20, same, allowed=True).diagram(pair) for pair in equal_pairs(10)]
    far = conjunction(range(20), [2] * 20, diagrams, AMPLE)
    near = sifted(far)
    assert (far.edges, near.edges) == (4092, 40)
    place = {variable: level for level, variable in enumerate(near.variables)}
    assert all(abs(place[left] - place[right]) == 1 for left, right in equal_pairs(10))


@given(models(), st.randoms(use_true_random=False))
def test_a_diagram_whose_variables_are_moved_allows_the_same(model, rng):
    sizes, axes = [len(variable.values) for variable in model.variables], Axes.of(model.variables)
    parts = [part_of(part, sizes) for constraint in model.constraints for part in constraint.parts]
    order = rng.sample(range(len(sizes)), len(sizes))
    diagrams = [part.diagram(tuple(v for v in order if v in part.scope)) for part in parts]
    before = conjunction(order, sizes, diagrams, AMPLE)
    after = sifted(before)
    first, second = (Compiled(circuit_of(diagram, axes.literals), axes) for diagram in (before, after))
    assert first.counts() == second.counts()
    assert after.edges <= before.edges


def test_orders_do_not_depend_on_time():
    """Partners that stand far apart, under one sum that ties everything to everything."""
    rng = np.random.default_rng(1)
    sizes = [6] * 12
    allowed = np.argwhere(rng.random((6, 6)) < 0.4)
    sums = Linear(tuple((v, tuple(rng.integers(0, 40, 6).tolist())) for v in range(12)), 200)
    model = model_of(sizes, sums, *(Table(pair, allowed) for pair in equal_pairs(6)))
    parts = [part_of(part, sizes) for constraint in model.constraints for part in constraint.parts]
    first, second = (joint_diagram(sizes, parts, Budget(nodes=500_000, seconds=seconds)) for seconds in (60, 600))
    assert first.variables == second.variables
    counted = {
        Compiled(circuit_of(diagram, Axes.of(model.variables).literals), Axes.of(model.variables)).count()
        for diagram in (first, extended_diagram(joint_diagram(sizes, parts[1:], AMPLE), sizes, parts[:1], AMPLE))
    }
    assert len(counted) == 1


def test_models_without_variables_or_without_configurations():
    assert compiled(model_of([])).count() == 1
    nothing = compiled(model_of([2, 3], Table((0,), np.zeros((0, 1), np.int64))))
    assert (nothing.count(), nothing.possible().any(), len(nothing.cheapest_completion(np.zeros(5)).values)) == (0, False, 0)


@given(st.lists(st.lists(st.integers(0, 6), min_size=1, max_size=4), max_size=8))
def test_every_order_reads_every_variable_once(scopes):
    for order in orders(scopes, [2] * 7):
        assert sorted(order) == [*range(7)]


def test_sums_beyond_the_machine_and_tables_of_a_million_rows():
    with pytest.raises(LimitReached, match="for the sum of a rule"):
        compiled(model_of([2, 2], Linear(((0, (0, 10**30)), (1, (0, 1))), 5)))
    rows = np.stack([*np.unravel_index(np.arange(1_000_000), (100, 100, 100))], axis=1)
    assert compiled(model_of([100, 100, 100], Table((0, 1, 2), rows))).count() == 1_000_000


# product models


@pytest.fixture(scope="module", params=sorted(COMPANIES.glob("*/models/*.toml")), ids=lambda path: path.stem)
def served(request):
    """A demo company's model: the SAT engine, the compiled form, and the encoding that both have."""
    catalogue = read_catalogue(request.param.parents[1])
    model = read_product_model(catalogue.models[request.param.stem.upper()], catalogue.items)
    encoding = Encoding(model, None)
    return Configurator(model), Compiled(compile_product(encoding, AMPLE), axes_of(encoding)), encoding


def drawn_choices(model, rng, most):
    """A few features with any of their values, possible together or not; of features that take several, none or one option."""
    features = [feature for feature in model.features if feature.kind is not FeatureKind.TEXT]
    for place in rng.choice(len(features), size=int(rng.integers(0, most + 1)), replace=False):
        feature = features[place]
        values = feature.values()
        value = values[int(rng.integers(len(values)))]
        yield feature.code, ((value,) if rng.random() < 0.5 else ()) if feature.kind is FeatureKind.MANY else value


def test_the_demo_models_have_the_domains_that_the_sat_engine_finds(served):
    engine, model, encoding = served
    rng = np.random.default_rng(3)
    for _ in range(15):
        choices = dict(drawn_choices(engine.model, rng, 5))
        possible = iter(model.possible([x for code, value in choices.items() for x in encoding.chosen(code, value)]).tolist())
        expected = engine.domains(choices)
        for axis in encoding.all_axes():
            answers = dict(zip(axis.literals, possible, strict=False))
            domain = expected[axis.feature.code]
            if axis.option is not None:
                assert answers[True] == domain[axis.option]
            elif axis.feature.kind is not FeatureKind.TEXT:
                assert answers == domain


def test_the_least_release_distance_is_the_size_of_the_smallest_repair(served):
    engine, model, encoding = served
    rng = np.random.default_rng(4)
    conflicts = 0
    for _ in range(15):
        several = {feature.code for feature in engine.model.features if feature.kind is FeatureKind.MANY}
        choices = {code: value for code, value in drawn_choices(engine.model, rng, 9) if code not in several}
        repairs = engine.repairs(choices)
        distance = model.release([x for code, value in choices.items() for x in encoding.chosen(code, value)]).min()
        assert distance == (len(repairs[0]) if repairs else 0)
        conflicts += bool(repairs)
    assert conflicts


def test_a_product_model_of_every_kind_of_rule_has_the_domains_that_the_sat_engine_finds(document):
    model = read_product_model(document, {})
    encoding, engine = Encoding(model, None), Configurator(model)
    found = Compiled(compile_product(encoding, AMPLE), axes_of(encoding))
    for cpu, fans in product(("i5", "i9"), range(5)):
        choices = {"cpu": cpu, "fans": fans}
        possible = found.possible([x for code, value in choices.items() for x in encoding.chosen(code, value)]).tolist()
        expected = engine.domains(choices)
        for axis, start in zip(encoding.all_axes(), found.start, strict=False):
            if axis.option is None and axis.feature.kind is not FeatureKind.TEXT:
                assert possible[start : start + len(axis.literals)] == [*expected[axis.feature.code].values()]


def test_a_condition_is_known_of_every_configuration(document):
    """So a condition can have a price, like a value."""
    model = read_product_model(document, {})
    encoding = Encoding(model, None)
    texts = ("fans >= 2 and chosen(gpu)", "gpu.length > 320", "sum(power) * 2 > psu.watts or extras contains b")
    conditions = [parse(text, frozenset(feature.code for feature in model.features)) for text in texts]
    axes = axes_of(encoding, len(conditions))
    found = Compiled(compile_product(encoding, AMPLE, conditions), axes)
    assert found.count() == Compiled(compile_product(encoding, AMPLE), axes_of(encoding)).count()
    for values in found.draw(np.random.default_rng(2), 200).tolist():
        chosen = values_of([*zip(encoding.all_axes(), values, strict=False)])
        assert values[-3:] == [is_true(condition, chosen, model) for condition in conditions]
    prices = np.zeros(found.values)
    prices[-1] = 5
    assert found.cheapest(prices).min() == 0
    assert found.cheapest_completion(prices, encoding.chosen("extras", ("b",))).cost == 5


def values_of(places):
    """Values by feature, from the position of the value of each axis."""
    values = {}
    for axis, place in places:
        value = [*axis.literals][place]
        if axis.option is None:
            values[axis.feature.code] = value
        else:
            values[axis.feature.code] = (*values.get(axis.feature.code, ()), *([axis.option] if value else []))
    return values
