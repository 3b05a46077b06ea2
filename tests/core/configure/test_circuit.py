"""The compiled form and its passes, against plain enumeration of small random models."""

from concurrent.futures import ThreadPoolExecutor
from functools import reduce
from itertools import product
from math import inf, isclose, log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from atoll.configure.compiled.circuit import AND, FALSE, LITERAL, OR, TRUE, Axes, Circuit, Nodes
from atoll.configure.compiled.passes import Compiled
from atoll.model.constraint import Variable
from atoll.native import native


class Model:
    """Axes, the configurations as tuples of positions of values, and a circuit that leaves out what is free."""

    def __init__(self, axes: Axes, valid: frozenset[tuple[int, ...]], order: list[int]) -> None:
        self.axes, self.valid = axes, valid
        self.nodes = Nodes()
        self.circuit = self.nodes.circuit(self.decided(valid, order), axes.variables)

    def decided(self, valid, order) -> int:
        """Decide one variable after another, and none that makes no difference if it is a Boolean one."""
        if not order:
            return self.nodes.true if valid else self.nodes.false
        first, rest = order[0], order[1:]
        literals = self.axes.literals[first]
        parts = [{(*v[:first], 0, *v[first + 1 :]) for v in valid if v[first] == value} for value in range(len(literals))]
        if literals[0] == -literals[-1] and parts[0] == parts[1]:
            return self.decided(parts[0], rest)
        below = [self.decided(part, rest) for part in parts]
        return self.nodes.either(
            self.nodes.both([self.value(literals, own), node]) for own, node in zip(literals, below, strict=True)
        )

    def value(self, literals, own) -> int:
        if literals[0] == -literals[-1]:
            return self.nodes.literal(own)
        return self.nodes.both(self.nodes.literal(literal if literal == own else -literal) for literal in literals)


@st.composite
def models(draw):
    sizes = draw(st.lists(st.integers(1, 3), min_size=1, max_size=4))
    variables = [
        Variable(f"x{i}", ("false", "true") if size == 2 and draw(st.booleans()) else tuple(f"{v}" for v in range(size)))
        for i, size in enumerate(sizes)
    ]
    everything = [*product(*map(range, sizes))]
    drawn = np.random.default_rng(draw(st.integers(0, 1000))).random(len(everything))
    share = draw(st.sampled_from([0, 0.1, 0.5, 0.9, 1]))
    first = draw(st.sampled_from([{0}, {0, 1, 2}]))
    valid = frozenset(v for v, number in zip(everything, drawn, strict=True) if number < share and v[0] in first)
    return Model(Axes.of(variables), valid, draw(st.permutations(range(len(sizes)))))


def literals_of(axes):
    return [literal for values in axes.literals for literal in values]


@st.composite
def cases(draw):
    """A model, some literals as choices, and a whole number for each value."""
    model = draw(models())
    known = literals_of(model.axes)
    choices = draw(st.lists(st.sampled_from([*known, *(-literal for literal in known)]), max_size=4, unique=True))
    numbers = draw(st.lists(st.integers(0, 20), min_size=len(known), max_size=len(known)))
    return model, choices, np.array(numbers, float)


def keeps(axes, values, choice) -> bool:
    """Whether a configuration keeps to a literal."""
    is_true = {literals[value] for literals, value in zip(axes.literals, values, strict=True)}
    return choice in is_true if choice in literals_of(axes) else -choice not in is_true


def places(axes, values):
    """Where the values of a configuration stand among all values."""
    starts = np.cumsum([0, *map(len, axes.literals)])
    return [int(start) + value for start, value in zip(starts, values, strict=False)]


def with_each_value(model, choices):
    """For each value of each variable, the configurations with it that keep the choices of the other variables."""
    for variable, literals in enumerate(model.axes.literals):
        others = [choice for choice in choices if not {choice, -choice} & set(literals)]
        for value in range(len(literals)):
            yield [v for v in model.valid if v[variable] == value and all(keeps(model.axes, v, choice) for choice in others)]


@settings(max_examples=200)
@given(cases())
def test_every_pass_agrees_with_enumeration_for_every_value(case):
    model, choices, numbers = case
    compiled = Compiled(model.circuit, model.axes)
    found = [*with_each_value(model, choices)]
    sums = [min((sum(numbers[places(model.axes, v)]) for v in rest), default=inf) for rest in found]
    dates = [min((max(numbers[places(model.axes, v)]) for v in rest), default=inf) for rest in found]
    assert compiled.possible(choices).tolist() == [bool(rest) for rest in found]
    assert compiled.cheapest(numbers, choices).tolist() == sums
    assert compiled.earliest(numbers, choices).tolist() == dates
    assert compiled.counts(choices) == [len(rest) for rest in found]
    logs = [log(len(rest)) if rest else -inf for rest in found]
    np.testing.assert_allclose(compiled.log_counts(choices), logs, atol=1e-12)
    assert compiled.possible(choices).tolist() == [bool(rest) for rest in found], "earlier questions leave no trace"


@settings(max_examples=200)
@given(cases(), st.lists(st.integers(1, 5), min_size=4, max_size=4))
def test_the_release_distance_is_the_least_weight_of_choices_given_up(case, weights):
    model, choices, _ = case
    compiled = Compiled(model.circuit, model.axes)
    for given_weights in (None, weights[: len(choices)]):
        lost = {
            v: sum(w for c, w in zip(choices, given_weights or [1] * 4, strict=False) if not keeps(model.axes, v, c))
            for v in model.valid
        }
        expected = [min((lost[v] for v in rest), default=inf) for rest in with_each_value(model, [])]
        assert compiled.release(choices, given_weights).tolist() == expected


@settings(max_examples=200)
@given(cases())
def test_completions_are_the_best_of_all(case):
    model, choices, numbers = case
    compiled = Compiled(model.circuit, model.axes)
    kept = [v for v in model.valid if all(keeps(model.axes, v, choice) for choice in choices)]
    assert compiled.count(choices) == len(kept)
    shares = (numbers + 1) / 21
    for completion, worth in (
        (compiled.cheapest_completion(numbers, choices), lambda v: sum(numbers[places(model.axes, v)])),
        (compiled.earliest_completion(numbers, choices), lambda v: max(numbers[places(model.axes, v)])),
        (compiled.most_popular_completion(shares, choices), lambda v: -log(np.prod(shares[places(model.axes, v)]))),
    ):
        if not kept:
            assert (completion.cost, len(completion.values)) == (inf, 0)
        else:
            values = tuple(completion.values.tolist())
            assert values in kept
            assert isclose(worth(values), completion.cost, abs_tol=1e-9)
            assert isclose(completion.cost, min(map(worth, kept)), abs_tol=1e-9)


@settings(max_examples=100)
@given(cases(), st.integers(0, 2**32))
def test_what_is_drawn_keeps_the_choices_and_is_the_same_for_the_same_seed(case, seed):
    model, choices, _ = case
    compiled = Compiled(model.circuit, model.axes)
    kept = {v for v in model.valid if all(keeps(model.axes, v, choice) for choice in choices)}
    if not kept:
        with pytest.raises(ValueError, match="some configuration"):
            compiled.draw(np.random.default_rng(seed), 1, choices)
        return
    drawn = compiled.draw(np.random.default_rng(seed), 5, choices)
    assert {*map(tuple, drawn.tolist())} <= kept
    assert drawn.tolist() == compiled.draw(np.random.default_rng(seed), 5, choices).tolist()


def test_every_configuration_is_drawn_as_often_as_the_others():
    variables = [Variable("a", ("x", "y", "z")), *(Variable(f"b{i}", ("false", "true")) for i in range(3))]
    valid = frozenset(v for v in product(range(3), *[range(2)] * 3) if v[0] != 1 or v[1:] == (0, 1, 0))
    model = Model(Axes.of(variables), valid, [1, 0, 2, 3])
    drawn = Compiled(model.circuit, model.axes).draw(np.random.default_rng(7), 17_000)
    found, times = np.unique(drawn, axis=0, return_counts=True)
    assert len(found) == len(valid) == 17
    assert chisquare(times).pvalue > 0.01


def value_of(circuit, truths):
    """Whether a circuit is true, given the true literals."""
    value = []
    for node, kind in enumerate(circuit.kind.tolist()):
        parts = [value[part] for part in circuit.child[circuit.start[node] : circuit.start[node + 1]].tolist()]
        plain = {FALSE: False, TRUE: True, LITERAL: int(circuit.literal[node]) in truths}
        value.append(all(parts) if kind == AND else any(parts) if kind == OR else plain[kind])
    return value[-1]


def spoken(circuit):
    """The variables that each node speaks of."""
    found = []
    for node in range(len(circuit.kind)):
        parts = [found[part] for part in circuit.child[circuit.start[node] : circuit.start[node + 1]].tolist()]
        own = {abs(int(circuit.literal[node]))} if circuit.kind[node] == LITERAL else set()
        found.append(reduce(set.union, parts, own))
    return found


@settings(max_examples=100)
@given(models())
def test_smoothing_keeps_the_function_and_makes_all_children_speak_of_the_same(model):
    smooth = model.circuit.smooth()
    for truths in product(*((-variable, variable) for variable in range(1, model.axes.variables + 1))):
        assert value_of(smooth, truths) == value_of(model.circuit, truths)
    variables = spoken(smooth)
    for node in np.flatnonzero(smooth.kind == OR):
        parts = smooth.child[smooth.start[node] : smooth.start[node + 1]].tolist()
        assert all(variables[part] == variables[node] for part in parts)
    assert not model.valid or variables[-1] == {*range(1, model.axes.variables + 1)}


def test_counts_are_exact_beyond_every_machine_number():
    variables = 5000
    nodes = Nodes()
    model = Compiled(nodes.circuit(nodes.true, variables), Axes(tuple((-v, v) for v in range(1, variables + 1))))
    assert model.count() == 2**variables
    assert model.counts([1])[:3] == [2 ** (variables - 1), 2 ** (variables - 1), 2 ** (variables - 2)]
    np.testing.assert_allclose(model.log_counts(), (variables - 1) * log(2), rtol=1e-12)


def test_a_variable_that_follows_from_the_others_does_not_count():
    """3 is true exactly where 1 and 2 are; no axis has it."""
    nodes = Nodes()
    one, two, both = (nodes.literal(v) for v in (1, 2, 3))
    no_one, no_two, not_both = (nodes.literal(-v) for v in (1, 2, 3))
    no = nodes.both([not_both, nodes.either([no_one, nodes.both([one, no_two])])])
    circuit = nodes.circuit(nodes.either([nodes.both([both, one, two]), no]), 3)
    model = Compiled(circuit, Axes(((-1, 1), (-2, 2))))
    assert model.count() == 4
    assert model.counts([1]) == [2, 2, 1, 1]


def test_a_date_that_never_comes_and_one_that_is_past():
    nodes = Nodes()
    model = Compiled(nodes.circuit(nodes.either([nodes.literal(1), nodes.literal(-1)]), 2), Axes(((-1, 1), (-2, 2))))
    dates = np.array([-inf, 5, 3, inf])
    assert model.earliest(dates).tolist() == [3, 5, 3, inf]
    assert model.earliest(dates, [2]).tolist() == [inf, inf, 3, inf]


@pytest.mark.parametrize("literal", [0, 9])
def test_a_choice_that_is_no_literal_of_the_model_is_refused(literal):
    nodes = Nodes()
    model = Compiled(nodes.circuit(nodes.literal(1), 1), Axes(((-1, 1),)))
    with pytest.raises(ValueError, match="Expected a literal of the axes"):
        model.possible([literal])


def test_a_price_is_asked_for_every_value():
    nodes = Nodes()
    model = Compiled(nodes.circuit(nodes.literal(1), 1), Axes(((-1, 1),)))
    with pytest.raises(ValueError, match="Expected a number for each of 2 values, got 3"):
        model.cheapest(np.zeros(3))


@pytest.mark.parametrize(
    ("kind", "literal", "start", "child", "message"),
    [
        ([], [], [0], [], "at least one node"),
        ([LITERAL, AND], [1, 0], [0, 0, 1], [1], "every child before its parents"),
        ([LITERAL], [3], [0, 0], [], "literals of the variables 1 to 2"),
        ([LITERAL], [0], [0, 0], [], "literals of the variables 1 to 2"),
    ],
)
def test_arrays_that_are_no_circuit_are_refused(kind, literal, start, child, message):
    arrays = np.array(kind, np.int8), np.array(literal, np.int32), np.array(start, np.int64), np.array(child, np.int32)
    with pytest.raises(ValueError, match=message):
        Circuit(*arrays, variables=2)


def test_two_values_do_not_share_a_literal():
    with pytest.raises(ValueError, match="stand for one value"):
        Axes(((1, 2), (2, 3)))


def test_threads_that_share_a_model_get_the_same_answers():
    axes = Axes.of([Variable(f"x{i}", tuple(f"{v}" for v in range(5))) for i in range(4)])
    valid = frozenset(v for v in product(range(5), repeat=4) if sum(v) % 3 == 0)
    model = Model(axes, valid, [0, 1, 2, 3])
    compiled = Compiled(model.circuit, axes)
    prices = np.arange(20.0)
    expected = [compiled.cheapest(prices * n, [1 + n % 5]).tolist() for n in range(200)]
    with ThreadPoolExecutor(8) as pool:
        assert [*pool.map(lambda n: compiled.cheapest(prices * n, [1 + n % 5]).tolist(), range(200))] == expected


def test_a_function_runs_in_machine_code_where_nothing_can_be_kept():
    """The file of a function made from text does not exist, so there is no place beside it."""
    made = {}
    exec("def twice(number): return 2 * number", made)
    assert native(made["twice"])(21) == 42
