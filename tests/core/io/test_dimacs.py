"""DIMACS with names is read and written."""

from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atoll.errors import Issue
from atoll.io.dimacs import NotInDimacs, write_dimacs
from atoll.model.constraint import Clause, Constraint, ConstraintModel, Linear, Literal, Table, Variable

ReadText = Callable[..., ConstraintModel]
Configurations = Callable[[ConstraintModel], set[frozenset[str]]]
Faults = Callable[..., tuple[Issue, ...]]

PHONE = """\
c 1 Phone
c 2$ Camera with flash
c made by hand
p cnf 4 4
1 0
-2 1 0 -3
1 0

c 3 Music
-2 -3 4 0
"""


def test_a_phone_has_the_configurations_that_one_counts_by_hand(read_text: ReadText, configurations: Configurations) -> None:
    model = read_text(PHONE, "phone.dimacs")

    assert [variable.name for variable in model.variables] == ["Phone", "Camera with flash", "Music", "4"]
    assert [constraint.text for constraint in model.constraints][1:3] == ["not Camera with flash or Phone", "not Music or Phone"]
    # The phone is there. Camera, music and 4 are free but for camera and music without 4.
    assert len(configurations(model)) == 8 - 1
    assert model.name == "phone"


@given(clauses=st.lists(st.sets(st.integers(-5, 5).filter(bool), max_size=4), max_size=8))
def test_any_clauses_mean_what_they_say_and_are_written_as_they_were(
    clauses: list[set[int]], read_text: ReadText, configurations: Configurations
) -> None:
    lines = [" ".join(map(str, [*clause, 0])) for clause in clauses]
    model = read_text("\n".join([f"p cnf 5 {len(clauses)}", *lines]), "model.cnf")

    expected = set()
    for values in product([False, True], repeat=5):
        if all(any(values[abs(code) - 1] == (code > 0) for code in clause) for clause in clauses):
            expected.add(frozenset(str(number) for number in range(1, 6) if values[number - 1]))
    assert configurations(model) == expected
    assert read_text(write_dimacs(model), "again.dimacs").constraints == model.constraints


def test_at_most_one_of_many_is_written_as_pairs(read_text: ReadText, configurations: Configurations) -> None:
    variables = tuple(Variable(name, ("false", "true")) for name in "abcd")
    one = Constraint("one", "at most one", (Linear(tuple((place, (0, 1)) for place in range(4)), 1),))
    other = Constraint("not all", "a is false or b is", (Clause((Literal(0, 0), Literal(1, 1, False))),))
    model = ConstraintModel("m", variables, (one, other))
    again = read_text(write_dimacs(model), "again.dimacs")

    assert len(again.constraints) == 6 + 1
    assert configurations(again) == configurations(model)


def test_what_dimacs_cannot_say_is_refused() -> None:
    two = (Variable("a", ("false", "true")), Variable("b", ("false", "true")))
    rows = np.zeros((1, 2), dtype=np.int64)
    for part in (Table((0, 1), rows), Linear(((0, (0, 2)), (1, (0, 1))), 2)):
        with pytest.raises(NotInDimacs, match=r"The rule r \(text\) cannot be written as DIMACS"):
            write_dimacs(ConstraintModel("m", two, (Constraint("r", "text", (part,)),)))
    with pytest.raises(NotInDimacs, match="The variable c with the values red, blue"):
        write_dimacs(ConstraintModel("m", (Variable("c", ("red", "blue")),), ()))


@pytest.mark.parametrize(
    ("text", "source", "message"),
    [
        ("1 0\n", "model.dimacs:1", "Expected `p cnf VARIABLES CLAUSES` before the first clause."),
        ("", "model.dimacs:1", "Expected `p cnf VARIABLES CLAUSES`, found the end."),
        ("p cnf two 3\n", "model.dimacs:1", "found `p cnf two 3`"),
        ("p cnf 2 1\n1 x 0\n", "model.dimacs:2", "Expected numbers that end with 0, found `x`."),
        ("p cnf 2 1\n1 3 0\n", "model.dimacs:2", "There is no variable 3: the header says 2 variables."),
        ("p cnf 2 1\n1 2", "model.dimacs:2", "The last clause does not end with 0."),
        ("p cnf 2 2\n1 2 0", "model.dimacs:2", "The header says 2 clauses, there are 1."),
        ("c 1 A\nc 1 B\np cnf 2 0\n", "model.dimacs:2", "Variable 1 is called A already, in line 1."),
        ("c 1 A\nc 2 A\np cnf 2 0\n", "model.dimacs:2", "Variables 1 and 2 are both called A."),
        ("p cnf 2 0\np cnf 2 0\n", "model.dimacs:2", "There is a second header."),
        ("p cnf 0 0\n", "model.dimacs:2", "There is no variable."),
        ("p cnf 999999999 0\n", "model.dimacs:1", "more than 1,000,000 variables and 3,000,000 clauses"),
    ],
)
def test_a_fault_is_told_with_its_line(text: str, source: str, message: str, faults_of: Faults) -> None:
    issues = faults_of(text, "model.dimacs")

    assert issues[0].source == source
    assert message in issues[0].message


@settings(max_examples=200)
@given(data=st.data())
def test_damaged_text_is_refused_and_nothing_else(data: st.DataObject, faults_of: Faults) -> None:
    start = data.draw(st.integers(0, len(PHONE)))
    end = data.draw(st.integers(start, min(len(PHONE), start + 20)))
    piece = data.draw(
        st.sampled_from(["-", "0", "99999999999999999999", "p cnf 1 1\n", "%", "\0", "1_0", "٣"]) | st.text(max_size=4)
    )

    assert all(
        issue.source.startswith("model.dimacs") for issue in faults_of(PHONE[:start] + piece + PHONE[end:], "model.dimacs")
    )
