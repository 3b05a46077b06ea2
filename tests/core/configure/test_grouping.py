"""Features of which at most one is true are read as one variable, by both compilers, and it changes no configuration."""

from collections.abc import Sequence
from itertools import combinations, product

from hypothesis import given, settings
from hypothesis import strategies as st

from atoll.configure.clausal import clausal
from atoll.configure.compiled.circuit import NO_LITERAL, Axes, Budget
from atoll.configure.compiled.diagram import compile_model
from atoll.configure.compiled.grouping import Grouping
from atoll.configure.compiled.knowledge import compile_clauses
from atoll.configure.compiled.passes import Compiled
from atoll.configure.model_engine import ModelEngine
from atoll.model.constraint import FALSE_OR_TRUE, Clause, Constraint, ConstraintModel, Linear, Literal, Table, Variable

AMPLE = Budget(nodes=500_000, seconds=60)
Parts = tuple[Clause | Table | Linear, ...]


def model_of(features: int, *rules: Parts, tree: Sequence[Parts] = ()) -> ConstraintModel:
    variables = tuple(Variable(f"f{i}", FALSE_OR_TRUE) for i in range(features))
    structure = (Constraint(f"group {n}", f"group {n}", parts, is_structure=True) for n, parts in enumerate(tree))
    return ConstraintModel("m", variables, (*structure, *(Constraint(f"c{n}", f"c{n}", parts) for n, parts in enumerate(rules))))


def pairwise(group: tuple[int, ...]) -> tuple[Clause, ...]:
    return tuple(Clause((Literal(a, 1, False), Literal(b, 1, False))) for a, b in combinations(group, 2))


def at_most_one(group: tuple[int, ...]) -> tuple[Linear]:
    return (Linear(tuple((variable, (0, 1)) for variable in group), 1),)


@st.composite
def models(draw: st.DrawFn) -> ConstraintModel:
    """Groups said in both ways, also with features in common, and clauses and sums across them."""
    features = draw(st.integers(2, 8))
    some = st.lists(st.integers(0, features - 1), min_size=2, max_size=5, unique=True).map(tuple)
    groups = [draw(st.sampled_from([pairwise, at_most_one]))(group) for group in draw(st.lists(some, max_size=3))]
    literal = st.builds(Literal, st.integers(0, features - 1), st.integers(0, 1), st.booleans())
    clause = st.builds(lambda literals: (Clause(tuple(literals)),), st.lists(literal, min_size=1, max_size=3))
    amounts = st.lists(st.tuples(st.integers(0, features - 1), st.tuples(st.integers(-3, 3), st.integers(-3, 3))), max_size=6)
    total = st.builds(lambda found, bound: (Linear(tuple(found), bound),), amounts, st.integers(-4, 4))
    return model_of(features, *draw(st.lists(st.one_of(clause, total), max_size=3)), tree=groups)


def keeps(part: Clause | Table | Linear, values: tuple[int, ...]) -> bool:
    if isinstance(part, Clause):
        return any((values[at.variable] == at.value) == at.holds for at in part.literals)
    assert isinstance(part, Linear)
    return sum(amount[values[variable]] for variable, amount in part.amounts) <= part.bound


@settings(max_examples=300)
@given(models())
def test_both_compilers_count_what_enumeration_finds(model: ConstraintModel) -> None:
    parts = [part for constraint in model.constraints for part in constraint.parts]
    everything = product(range(2), repeat=len(model.variables))
    valid = [values for values in everything if all(keeps(part, values) for part in parts)]
    counts = [sum(values[i] == value for values in valid) for i in range(len(model.variables)) for value in range(2)]
    axes, clauses = Axes.of(model.variables), clausal(model)
    by_diagram = Compiled(compile_model(model, AMPLE), axes)
    by_clauses = Compiled(compile_clauses(clauses.clauses, clauses.variables, budget=AMPLE), clauses.axes)
    for compiled in (by_diagram, by_clauses):
        assert compiled.count() == len(valid)
        assert compiled.counts() == counts


def test_a_group_is_one_axis_and_what_follows_from_it_says_nothing_more() -> None:
    group, rest = (0, 1, 2), Clause((Literal(0, 1), Literal(3, 0)))
    grouping = Grouping(model_of(4, (rest,), tree=[pairwise(group)]))
    assert grouping.literals == ((NO_LITERAL, 1, 2, 3), (-4, 4))
    assert [grouping.part(part) for part in pairwise(group)] == [None] * 3
    assert grouping.part(*at_most_one(group)) is None
    assert grouping.part(rest) == Clause((Literal(0, 1), Literal(1, 0)))
    assert grouping.part(Linear(((1, (0, 5)), (2, (1, 4)), (3, (0, 2))), 3)) == Linear(((0, (1, 1, 6, 4)), (1, (0, 2))), 3)


def test_a_sum_over_groups_has_no_state_for_what_excludes_each_other() -> None:
    """Four groups of twelve options with amounts that are all different: added up freely they would come to 2^48 sums."""
    groups = [tuple(range(start, start + 12)) for start in range(0, 48, 12)]
    total = Linear(tuple((v, (0, (v % 12) * 13 ** (v // 12))) for v in range(48)), 13**4 // 2)
    clauses = clausal(model_of(48, (total,), tree=[*map(at_most_one, groups)]))
    assert clauses.variables < 4000
    assert Compiled(compile_clauses(clauses.clauses, clauses.variables, budget=AMPLE), clauses.axes).count() == sum(
        sum((value - 1) * 13**n for n, value in enumerate(values) if value) <= total.bound
        for values in product(range(13), repeat=4)
    )


def test_an_explanation_names_the_group_although_a_sum_reads_it_at_once() -> None:
    total = Linear(((0, (0, 5)), (1, (0, 6)), (2, (0, 1))), 10)
    model = model_of(3, (total,), tree=[pairwise((0, 1))])
    for engine in (ModelEngine(model), ModelEngine(model, Budget(0, 0))):
        clash = engine.clash({"f0": "true", "f1": "true"})
        assert clash is not None
        assert clash.rules == ("group 0",)


def test_what_a_rule_excludes_is_no_group() -> None:
    assert Grouping(model_of(3, pairwise((0, 1, 2)))).literals == ((-1, 1), (-2, 2), (-3, 3))
