"""Questions to a SAT solver about clauses and rules over them."""

from collections.abc import Callable, Iterable, Sequence

from pysat.solvers import Solver

Clauses = Sequence[Sequence[int]]


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
    Answers do not depend on earlier questions. It is not safe to ask from several threads at once.
    """

    def __init__(self, clauses: Clauses, rules: Sequence[Clauses], variables: int) -> None:
        self.selectors = [variables + 1 + number for number in range(len(rules))]
        self._rules = rules
        known = [*clauses, [variables, -variables]]  # so that a solution speaks of all variables, mentioned or not
        self._solver = Solver(name="minisat22", bootstrap_with=[*known, *(clause for rule in rules for clause in rule)])
        chosen = ([-selector, *clause] for selector, rule in zip(self.selectors, rules, strict=True) for clause in rule)
        self._relaxed = Solver(name="minisat22", bootstrap_with=[*known, *chosen])

    def holds(self, literals: Iterable[int] = ()) -> bool:
        """Whether all rules can hold together with literals."""
        return bool(self._solver.solve(assumptions=[*literals]))

    def possible(self, assumptions: Sequence[int], literals: Iterable[int]) -> set[int]:
        """Those of the literals that are true in some solution under assumptions; each solution found settles many."""
        possible, undecided = set[int](), set(literals)
        if not self.holds(assumptions):
            return possible
        found = self._solver.get_model()
        _, implied = self._solver.propagate(assumptions=[*assumptions])
        undecided -= {-literal for literal in implied}
        while undecided:
            seen = {literal for literal in undecided if found[abs(literal) - 1] == literal}
            possible |= seen
            undecided -= seen
            self._solver.set_phases([*undecided])  # so that the next one settles more
            while undecided and not self.holds([*assumptions, literal := next(iter(undecided))]):
                undecided.remove(literal)
            found = self._solver.get_model() or found
        return possible

    def fewest_rules(self, literals: Sequence[int]) -> list[int]:
        """Rules, by number, that cannot be kept together with literals; without any one of them the others can."""
        self._relaxed.solve(assumptions=[*literals, *self.selectors])
        core = set(self._relaxed.get_core() or ())
        blamed = [rule for rule, selector in enumerate(self.selectors) if selector in core]
        return fewest(blamed, lambda kept: not self._can(literals, kept))

    def redundant_rules(self, candidates: Iterable[int]) -> list[int]:
        """Rules that follow from the others, found by leaving out one after the other for good."""
        kept, redundant = set(range(len(self._rules))), []
        for rule in candidates:
            others = sorted(kept - {rule})
            if all(not self._can([-literal for literal in clause], others) for clause in self._rules[rule]):
                kept.discard(rule)
                redundant.append(rule)
        return redundant

    def _can(self, literals: Sequence[int], rules: Iterable[int]) -> bool:
        return bool(self._relaxed.solve(assumptions=[*literals, *(self.selectors[rule] for rule in rules)]))


def fewest(parts: Sequence[int], conflict: Callable[[list[int]], bool]) -> list[int]:
    """Parts that still conflict, and of which none can be left out; they are tried in their order."""
    kept = [*parts]
    for part in parts:
        fewer = [other for other in kept if other != part]
        if conflict(fewer):
            kept = fewer
    return kept
