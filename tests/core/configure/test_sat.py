"""Questions to the SAT solver: what is enough to give up, what must be given up together, and the fewest rules of many."""

from itertools import combinations, product

from hypothesis import given, settings
from hypothesis import strategies as st

from atoll.configure.sat import MANY_RULES, Sat

VARIABLES = 6
literals = st.integers(1, VARIABLES).flatmap(lambda variable: st.sampled_from([variable, -variable]))
clauses = st.lists(st.lists(literals, min_size=1, max_size=3), max_size=12)


def holds(clauses: list[list[int]], wishes: list[int]) -> bool:
    """Whether some assignment, of all that there are, meets clauses and wishes."""
    return any(
        all(any(signs[abs(x) - 1] == (x > 0) for x in clause) for clause in (*clauses, *([wish] for wish in wishes)))
        for signs in product((False, True), repeat=VARIABLES)
    )


@settings(max_examples=80, deadline=None)
@given(clauses, st.lists(literals, min_size=1, max_size=7))
def test_the_smallest_sets_to_give_up_are_those_that_trying_all_finds_in_its_order(
    clauses: list[list[int]], wishes: list[int]
) -> None:
    sat, groups, places = Sat([], [clauses], VARIABLES), [[wish] for wish in wishes], range(len(wishes))
    if holds(clauses, wishes):
        return

    def left(given_up: tuple[int, ...]) -> list[int]:
        return [wishes[place] for place in places if place not in given_up]

    sets = {size: [one for one in combinations(places, size) if holds(clauses, left(one))] for size in range(1, len(wishes) + 1)}
    smallest = next((found for found in sets.values() if found), [])
    assert [(place,) for place in sat.enough_to_give_up(groups)] == sets[1]
    assert sat.several_to_give_up(groups, 3) == smallest[:3]


def test_what_must_be_given_up_of_many_choices_is_found_without_trying_all_sets() -> None:
    """Of forty pairs one choice each: there are more sets of forty than anybody can try."""
    pairs = [(2 * number + 1, 2 * number + 2) for number in range(40)]
    sat = Sat([], [[[-a, -b]] for a, b in pairs], 80)
    found = sat.several_to_give_up([[literal] for pair in pairs for literal in pair], 2)
    assert found == [tuple(range(0, 80, 2)), (*range(0, 78, 2), 79)]


def test_of_many_rules_the_fewest_are_found_with_what_always_holds() -> None:
    """1 needs 2 by a rule, which needs 3 by definition, which needs 4 by a rule; all other rules are beside the point."""
    beside = [[[number, number + 1]] for number in range(10, 10 + MANY_RULES)]
    sat = Sat([[-2, 3], [-5, 6]], [*beside, [[-1, 2]], [[-3, 4]], [[-1, 5]]], 11 + MANY_RULES)
    assert sat.fewest_rules([1, -4]) == [MANY_RULES, MANY_RULES + 1]
    assert sat.fewest_rules([1, 4]) == []
