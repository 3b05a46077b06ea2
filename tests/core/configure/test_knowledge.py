"""The knowledge compiler, against plain enumeration of small formulas and against published numbers of configurations."""

import pickle
import random
from collections.abc import Iterable, Sequence
from itertools import combinations
from math import prod
from pathlib import Path
from time import monotonic

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atoll.configure.compiled.circuit import AND, LITERAL, TRUE, Budget, Circuit
from atoll.configure.compiled.dissection import dissect
from atoll.configure.compiled.knowledge import assemble, compile_clauses, prepare, run
from atoll.configure.compiled.simplification import simplify
from atoll.configure.compiled.solving import CONFLICTS_AT_ONCE
from atoll.errors import LimitReached
from atoll.io.dimacs import write_dimacs
from atoll.io.exchange import read_constraint_model
from atoll.model.constraint import ConstraintModel

Clauses = Sequence[Sequence[int]]

PLENTY = Budget(nodes=1_000_000, seconds=60)


def count(circuit: Circuit, choices: Iterable[int] = ()) -> int:
    """How many solutions contain the literals chosen; and the circuit is checked to be decomposable and smooth."""
    refused = {-literal for literal in choices}
    counts: list[int] = []
    spoken: list[int] = []
    children = [circuit.child[a:b].tolist() for a, b in zip(circuit.start[:-1], circuit.start[1:], strict=True)]
    for kind, literal, parts in zip(circuit.kind.tolist(), circuit.literal.tolist(), children, strict=True):
        if kind == LITERAL:
            counts.append(literal not in refused)
            spoken.append(1 << abs(literal) - 1)
        elif kind == AND:
            counts.append(prod(counts[part] for part in parts))
            spoken.append(sum(spoken[part] for part in parts))
            assert spoken[-1].bit_count() == sum(spoken[part].bit_count() for part in parts)
        else:
            counts.append(int(kind == TRUE) + sum(counts[part] for part in parts))
            spoken.append(spoken[parts[0]] if parts else 0)
            assert all(spoken[part] == spoken[-1] for part in parts)
    assert counts[-1] == 0 or spoken[-1] == (1 << circuit.variables) - 1
    return counts[-1]


def enumerated(clauses: Clauses, variables: int, choices: Iterable[int] = ()) -> int:
    """The same by trying everything."""
    everything = np.arange(1 << variables)
    truth = {v: (everything >> v - 1 & 1).astype(bool) for v in range(1, variables + 1)}
    truth |= {-v: ~truth[v] for v in truth}
    holds = np.ones(1 << variables, bool)
    for clause in [*clauses, *([literal] for literal in choices)]:
        holds &= np.any([truth[literal] for literal in clause], axis=0) if len(clause) else False
    return int(holds.sum())


@st.composite
def formulas(draw: st.DrawFn) -> tuple[list[list[int]], int]:
    variables = draw(st.integers(1, 10))
    literals = st.integers(1, variables).flatmap(lambda variable: st.sampled_from([variable, -variable]))
    sizes = draw(st.sampled_from([st.integers(1, 5), st.integers(2, 2), st.integers(2, 4), st.integers(3, 3)]))
    clause = sizes.flatmap(lambda size: st.lists(literals, min_size=size, max_size=size))
    return draw(st.lists(clause, max_size=4 * variables)), variables


@given(formulas(), st.randoms())
@settings(max_examples=300, deadline=None)
def test_the_circuit_has_exactly_the_solutions_of_the_clauses(formula: tuple[list[list[int]], int], rng: random.Random) -> None:
    clauses, variables = formula
    circuit = compile_clauses(clauses, variables, budget=PLENTY, seed=rng.randrange(100))

    assert count(circuit) == enumerated(clauses, variables)
    for _ in range(3):
        chosen = rng.sample(range(1, variables + 1), rng.randint(1, variables))
        choices = [variable * rng.choice((-1, 1)) for variable in chosen]
        assert count(circuit, choices) == enumerated(clauses, variables, choices)


def random_formula(variables: int, clauses: int, seed: int, size: int = 3) -> list[list[int]]:
    rng = random.Random(seed)
    return [[variable * rng.choice((-1, 1)) for variable in rng.sample(range(1, variables + 1), size)] for _ in range(clauses)]


@pytest.mark.parametrize("seed", range(4))
def test_hard_formulas_are_counted_too(seed: int) -> None:
    clauses = random_formula(18, 60, seed)

    assert count(compile_clauses(clauses, 18, budget=PLENTY)) == enumerated(clauses, 18)


def test_learned_clauses_are_forgotten_when_there_is_no_room() -> None:
    clauses = random_formula(80, 300, seed=5)
    simplified = simplify(clauses, 80)
    assert simplified is not None
    until = monotonic() + 60
    search = prepare(simplified, 0, until)
    scarce = prepare(simplified, 0, until)
    solver, original = scarce.solver, int(scarce.solver.now["original"][0])
    scarce = scarce._replace(
        solver=solver._replace(
            first=solver.first[: original + CONFLICTS_AT_ONCE + 50].copy(),
            arena=solver.arena[: solver.first[original] + (CONFLICTS_AT_ONCE + 1) * 80].copy(),
        )
    )

    scarce, search = (run(state, PLENTY, until) for state in (scarce, search))

    assert search.solver.now["clauses"] > original + 2 * CONFLICTS_AT_ONCE
    assert scarce.solver.now["clauses"] < search.solver.now["clauses"]
    assert count(assemble(scarce, simplified, 80)) == count(assemble(search, simplified, 80)) > 0


def test_clauses_that_contradict_each_other_have_no_solution() -> None:
    circuit = compile_clauses([[1, 2], [-1, 2], [1, -2], [-1, -2]], 3, budget=PLENTY)

    assert len(circuit.kind) == 1
    assert count(circuit) == 0
    assert count(compile_clauses([[1], []], 1, budget=PLENTY)) == 0


def test_what_no_clause_speaks_of_is_free() -> None:
    assert count(compile_clauses([], 5, budget=PLENTY)) == 2**5
    assert count(compile_clauses([[2, -2, 3]], 3, budget=PLENTY)) == 2**3
    assert count(compile_clauses([], 0, budget=PLENTY)) == 1


def test_equal_literals_are_put_back_where_nothing_else_is_said_of_them() -> None:
    clauses = [[-1, -2], [1, 2], [-2, 3], [2, -3], [-4, 5], [4, -5], [6]]
    circuit = compile_clauses(clauses, 6, budget=PLENTY)

    assert count(circuit) == 4
    assert count(circuit, [1]) == count(circuit, [1, -2, -3]) == 2
    assert count(circuit, [4, -5]) == count(circuit, [-6]) == 0


def test_equal_parts_are_compiled_once() -> None:
    """Whatever variable 1 is, the other clauses leave the same: a long chain that is cut at its first variable."""
    chain = [[variable, variable + 1] for variable in range(1, 200)]
    circuit = compile_clauses(chain, 200, budget=PLENTY)

    fibonacci = [1, 2]
    while len(fibonacci) <= 200:
        fibonacci.append(fibonacci[-1] + fibonacci[-2])
    assert count(circuit) == fibonacci[200]
    assert len(circuit.kind) < 5000


def test_the_middle_is_decided_first() -> None:
    """A chain of 100 falls apart at its middle third, and so do its pieces."""
    ranks = dissect([[variable, variable + 1] for variable in range(99)], 100, monotonic() + 60).tolist()

    assert 33 <= ranks.index(0) <= 66
    assert max(ranks) < 10


def test_too_many_variables_for_an_order_are_refused() -> None:
    with pytest.raises(LimitReached, match="variables"):
        dissect([], 1_000_000, monotonic() + 60)
    with pytest.raises(LimitReached, match="time"):
        dissect([[0, 1]], 2, monotonic() - 1)


def test_a_circuit_and_a_refusal_can_be_handed_from_a_worker_process() -> None:
    circuit = compile_clauses([[1, 2, 3]], 3, budget=PLENTY)
    refusal = pickle.loads(pickle.dumps(LimitReached(limit="9 nodes")))

    assert count(pickle.loads(pickle.dumps(circuit))) == 7
    assert type(refusal) is LimitReached
    assert (refusal.code, refusal.facts) == ("limit-reached", {"limit": "9 nodes"})
    assert "9 nodes" in str(refusal)


@pytest.mark.parametrize(
    ("budget", "limit"),
    [(Budget(nodes=1_000, seconds=60), "1000 nodes"), (Budget(nodes=100_000_000, seconds=0.5), "0.5 seconds")],
)
def test_the_compiler_stops_when_its_budget_is_spent(budget: Budget, limit: str) -> None:
    with pytest.raises(LimitReached, match=limit):
        compile_clauses(random_formula(150, 300, seed=1), 150, budget=budget)


def test_a_question_that_is_too_hard_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten pigeons in nine holes."""
    monkeypatch.setattr("atoll.configure.compiled.simplification.CONFLICTS", 100)
    holes = [[9 * pigeon + hole for hole in range(1, 10)] for pigeon in range(10)]
    pairs = [[-a, -b] for hole in zip(*holes, strict=True) for a, b in combinations(hole, 2)]

    with pytest.raises(LimitReached, match="100 conflicts"):
        compile_clauses(holes + pairs, 90, budget=PLENTY)


def test_literals_of_unknown_variables_are_refused() -> None:
    with pytest.raises(ValueError, match="variables 1 to 2"):
        compile_clauses([[1, 3]], 2, budget=PLENTY)


INSTANCES = Path(__file__).parents[4] / "shared" / "instances" / "configure" / "feature_models"


def read(name: str) -> ConstraintModel:
    path = INSTANCES / name
    if not path.exists():
        pytest.skip(f"{path} is not there")
    return read_constraint_model(path)


@pytest.fixture(scope="module")
def _compiled() -> None:
    """Numba has done its work before the time is taken."""
    compile_clauses([[1, 2, 3], [-1, -2], [2, 3]], 3, budget=PLENTY)


def clauses_of(model: ConstraintModel) -> list[list[int]]:
    """The clauses of a feature model; feature i is variable i + 1."""
    return [[*map(int, line.split()[:-1])] for line in write_dimacs(model).splitlines() if line[0] not in "cp"]


@pytest.mark.parametrize(
    ("name", "digits", "configurations"),
    [
        ("bank__AlHajjaji2019.dimacs", 32, "52582279903621926514707790823424"),
        ("pc-richmond__Sprey2020.xml.gz", 22, "3326549945784326553600"),
        ("FinancialServices01__Nieke2018-2018-05-09.xml.gz", 14, "97451212554676"),
        ("BusyBox__Pett2021-2010-05-09_00-13-40.dimacs", 142, "7.19848"),
        ("automotive01__Kowal2016.xml.gz", 211, "5.27854"),
        ("automotive2__Knueppel2017-2_4.xml.gz", 1535, "1.65052"),
    ],
)
@pytest.mark.usefixtures("_compiled")
def test_large_feature_models_have_the_published_number_of_configurations(name: str, digits: int, configurations: str) -> None:
    model = read(name)
    circuit = compile_clauses(clauses_of(model), len(model.variables), budget=Budget(nodes=1_000_000, seconds=600))

    found = str(count(circuit))
    assert len(found) == digits
    assert found == configurations or float(f"{found[0]}.{found[1:]}") == pytest.approx(float(configurations), rel=1e-5)


@pytest.mark.usefixtures("_compiled")
def test_a_model_that_is_too_hard_ends_with_its_budget() -> None:
    model = read("decisionmaking__AlHajjaji2019.xml.gz")

    with pytest.raises(LimitReached):
        compile_clauses(clauses_of(model), len(model.variables), budget=Budget(nodes=50_000, seconds=60))
