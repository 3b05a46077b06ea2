"""Questions to a SAT solver about clauses and rules over them."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import cached_property

from pysat.card import CardEnc, EncType
from pysat.examples.rc2 import RC2
from pysat.formula import WCNF
from pysat.solvers import Solver

Clauses = Sequence[Sequence[int]]

MANY_RULES = 300
"""Of fewer rules each one is tried, from the first on, so that of several reasons the latest rules are named; of more, only those
are that the solver's own proof needs, and by themselves, since a solution of all the others takes the solver longest."""

MOST_CONFLICTS = 100
"""Of the solver, until a question that only ranks equal answers is given up."""


class Sat:
    """Clauses that always hold, and rules each of which can be left out.

    Parameters
    ----------
    clauses
        What always holds.
    rules
        The clauses of each rule.
    variables
        The largest variable in them; the solver's own ones come after it.

    Notes
    -----
    Answers do not depend on earlier questions, but with many rules it may, which of several reasons is told. It is not safe to
    ask from several threads at once.
    """

    def __init__(self, clauses: Clauses, rules: Sequence[Clauses], variables: int) -> None:
        self._selectors = [variables + 1 + number for number in range(len(rules))]
        self._definitions, self._rules, self._variables = clauses, rules, variables
        known = [*clauses, [variables, -variables]]  # so that a solution speaks of all variables, mentioned or not
        self._solver = Solver(name="minisat22", bootstrap_with=[*known, *(clause for rule in rules for clause in rule)])
        chosen = ([-selector, *clause] for selector, rule in zip(self._selectors, rules, strict=True) for clause in rule)
        self._relaxed = Solver(name="minisat22", bootstrap_with=[*known, *chosen])

    def holds(self, literals: Iterable[int] = ()) -> bool:
        """Whether all rules can hold together with literals."""
        return bool(self._solver.solve(assumptions=[*literals]))

    def solution(self, literals: Iterable[int]) -> Sequence[int] | None:
        """The truth of every variable in some solution with the literals, from variable 1 on; None if there is none."""
        return self._solver.get_model() if self.holds(literals) else None

    def core(self) -> set[int]:
        """Some of the literals asked for last, which do not go together."""
        return set(self._solver.get_core() or ())

    def prefer(self, literals: Iterable[int]) -> None:
        """Let the next solutions have literals, where the solver is free to choose."""
        self._solver.set_phases([*literals])

    def impossible(self, literals: Sequence[int]) -> set[int]:
        """Literals that plainly cannot be true together with the given ones: those that follow by propagation."""
        _, implied = self._solver.propagate(assumptions=[*literals])
        return {-literal for literal in implied}

    def possible(self, assumptions: Sequence[int], literals: Iterable[int]) -> set[int]:
        """Those of the literals that are true in some solution under assumptions; each solution found settles many."""
        possible, undecided = set[int](), set(literals)
        found = self.solution(assumptions)
        if found is None:
            return possible
        undecided -= self.impossible(assumptions)
        while undecided:
            seen = {literal for literal in undecided if found[abs(literal) - 1] == literal}
            possible |= seen
            undecided -= seen
            self.prefer([*undecided, *(-literal for literal in seen)])  # so that the next one settles more
            while undecided:
                literal = next(iter(undecided))
                if (another := self.solution([*assumptions, literal])) is not None:
                    found = another
                    break
                undecided.remove(literal)
        return possible

    def holds_without(self, literals: Sequence[int], left_out: Collection[int]) -> bool:
        """Whether literals go together with all rules but some."""
        kept = self._selectors
        if left_out:
            kept = [selector for rule, selector in enumerate(kept) if rule not in left_out]
        return bool(self._relaxed.solve(assumptions=[*literals, *kept]))

    def fewest_rules(self, literals: Sequence[int], left_out: Collection[int] = ()) -> list[int]:
        """Rules, by number and without some, that cannot be kept with literals; without any one of them the others can."""
        if self.holds_without(literals, left_out):
            return []
        if len(self._rules) > MANY_RULES:
            first = self._variables + 1
            return self._fewest_by_themselves(
                sorted(one - first for one in self._relaxed.get_core() or () if one >= first), literals
            )
        rules = [rule for rule in range(len(self._rules)) if rule not in left_out]
        return fewest(rules, lambda kept: not self._holds_with(literals, kept))

    def enough_to_give_up(self, groups: Sequence[Sequence[int]]) -> list[int]:
        """Of groups of literals that do not go together, each one without which all the others do.

        Such a group has a part in every conflict, so also in the one that the solver tells.
        """
        self._hold(groups, ())
        core = self.core()
        return [number for number, group in enumerate(groups) if not core.isdisjoint(group) and self._hold(groups, {number})]

    def several_to_give_up(self, groups: Sequence[Sequence[int]], most: int) -> list[tuple[int, ...]]:
        """Of groups of literals that do not go together, the smallest sets without which the others do; none if none would do.

        Parameters
        ----------
        most
            Sets that are wanted. Of more, those come first that have earlier groups.

        Notes
        -----
        MaxSAT tells how many must be given up; then earlier groups are given up before later ones, as long as that many will do
        and this is not too hard to tell.
        """
        if not self.holds():
            return []
        kept = [self._variables + 1 + number for number in range(len(groups))]
        needs = [[-one, literal] for one, group in zip(kept, groups, strict=True) for literal in group]
        problem = WCNF()
        problem.extend([*self._definitions, *(clause for rule in self._rules for clause in rule), *needs])
        problem.extend([[one] for one in kept], weights=[1] * len(kept))
        with RC2(problem, solver="minisat22") as search:
            solution, size = search.compute(), search.cost
        limit = CardEnc.atmost([-one for one in kept], size, kept[-1], encoding=EncType.seqcounter)
        found = list[tuple[int, ...]]()
        with Solver(name="minisat22", bootstrap_with=[*problem.hard, *limit.clauses]) as solver:
            while solution is not None:
                given_up = _earlier_first(solver, kept, set(solution))
                found.append(tuple(number for number, one in enumerate(kept) if one in given_up))
                solver.add_clause([*given_up])
                solution = _limited(solver, []) if len(found) < most else None
        return found

    def _hold(self, groups: Sequence[Sequence[int]], given_up: Collection[int]) -> bool:
        return self.holds(literal for number, group in enumerate(groups) if number not in given_up for literal in group)

    def redundant_rules(self, candidates: Iterable[int]) -> list[int]:
        """Rules that follow from the others, found by leaving out one after the other for good."""
        redundant: list[int] = []
        for rule in candidates:
            left_out = {rule, *redundant}
            if all(not self.holds_without([-literal for literal in clause], left_out) for clause in self._rules[rule]):
                redundant.append(rule)
        return redundant

    def _fewest_by_themselves(self, rules: Sequence[int], literals: Sequence[int]) -> list[int]:
        """Of a few rules that cannot be kept with literals, those of which none can be left out."""
        asked = [[literal] for literal in literals]
        clauses = [clause for rule in rules for clause in self._rules[rule]]
        names: dict[int, int] = {}

        def renamed(clauses: Clauses) -> Clauses:
            return [[names.setdefault(abs(x), len(names) + 1) * (1 if x > 0 else -1) for x in clause] for clause in clauses]

        always = renamed([*asked, *self._definitions_about([*asked, *clauses])])
        part = Sat(always, [renamed(self._rules[rule]) for rule in rules], len(names))
        return [rules[place] for place in fewest(range(len(rules)), lambda kept: not part._holds_with((), kept))]

    def _definitions_about(self, clauses: Clauses) -> Clauses:
        """What always holds of the variables of clauses, and of those that it names in turn."""
        found: dict[int, Sequence[int]] = {}
        seen, waiting = set[int](), {abs(literal) for clause in clauses for literal in clause}
        while waiting:
            variable = waiting.pop()
            seen.add(variable)
            for place in self._places.get(variable, ()):
                if place not in found:
                    found[place] = self._definitions[place]
                    waiting |= {abs(literal) for literal in found[place]} - seen
        return [*found.values()]

    @cached_property
    def _places(self) -> dict[int, list[int]]:
        """In which definitions each variable is."""
        places = defaultdict(list)
        for place, clause in enumerate(self._definitions):
            for literal in clause:
                places[abs(literal)].append(place)
        return dict(places)

    def _holds_with(self, literals: Sequence[int], rules: Iterable[int]) -> bool:
        return bool(self._relaxed.solve(assumptions=[*literals, *(self._selectors[rule] for rule in rules)]))


def _earlier_first(solver: Solver, kept: Sequence[int], solution: set[int]) -> list[int]:
    """Which literals are false in a solution that makes the first of them false, where it can; some solution is known."""
    settled: list[int] = []
    for one in kept:
        if one in solution:
            solution = set(_limited(solver, [*settled, -one]) or solution)
        settled.append(one if one in solution else -one)
    return [one for one in kept if -one in settled]


def _limited(solver: Solver, assumptions: Sequence[int]) -> Sequence[int] | None:
    """A solution that is not too hard to find."""
    solver.conf_budget(MOST_CONFLICTS)
    return solver.get_model() if solver.solve_limited(assumptions=[*assumptions]) else None


def fewest(parts: Sequence[int], conflict: Callable[[list[int]], bool]) -> list[int]:
    """Parts that still conflict, and of which none can be left out; of several such sets, the one that spares earlier parts.

    It is what leaving out one part after the other finds, in the order of `log2(len(parts))` questions for each part found.

    Parameters
    ----------
    conflict
        Whether parts, in any order, conflict; more parts never conflict less. All of them do.

    Notes
    -----
    QuickXplain [1]_.

    .. [1] U. Junker: QuickXplain: Preferred Explanations and Relaxations for Over-Constrained Problems. AAAI 2004, 167-172.

    Examples
    --------
    >>> fewest(range(8), lambda kept: {2, 5} <= {*kept} or {3, 6} <= {*kept})
    [3, 6]
    """
    return [] if conflict([]) else sorted(_fewest([], [], parts, conflict), key=parts.index)


def _fewest(kept: list[int], added: Sequence[int], parts: Sequence[int], conflict: Callable[[list[int]], bool]) -> list[int]:
    """Those of the parts that conflict with the kept ones; `added` are the latest of these."""
    if added and conflict(kept):
        return []
    if len(parts) == 1:
        return [*parts]
    earlier, later = parts[: len(parts) // 2], parts[len(parts) // 2 :]
    of_earlier = _fewest([*kept, *later], later, earlier, conflict)
    return [*of_earlier, *_fewest([*kept, *of_earlier], of_earlier, later, conflict)]
