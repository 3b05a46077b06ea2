"""Questions to a SAT solver about clauses and rules over them."""

from collections.abc import Callable, Collection, Iterable, Sequence

from pysat.solvers import Solver

Clauses = Sequence[Sequence[int]]

MANY_RULES = 300
"""Of fewer rules each one is tried, from the first on, so that of several reasons the latest rules are named."""


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
        self._selectors = [variables + 1 + number for number in range(len(rules))]
        self._rules = rules
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
        kept = [selector for rule, selector in enumerate(self._selectors) if rule not in left_out]
        return bool(self._relaxed.solve(assumptions=[*literals, *kept]))

    def fewest_rules(self, literals: Sequence[int], left_out: Collection[int] = ()) -> list[int]:
        """Rules, by number and without some, that cannot be kept with literals; without any one of them the others can."""
        if self.holds_without(literals, left_out):
            return []
        rules = [rule for rule in range(len(self._rules)) if rule not in left_out]
        if len(rules) > MANY_RULES:
            core = set(self._relaxed.get_core() or ())
            rules = [rule for rule in rules if self._selectors[rule] in core]
        return fewest(rules, lambda kept: not self._holds_with(literals, kept))

    def redundant_rules(self, candidates: Iterable[int]) -> list[int]:
        """Rules that follow from the others, found by leaving out one after the other for good."""
        redundant: list[int] = []
        for rule in candidates:
            left_out = {rule, *redundant}
            if all(not self.holds_without([-literal for literal in clause], left_out) for clause in self._rules[rule]):
                redundant.append(rule)
        return redundant

    def _holds_with(self, literals: Sequence[int], rules: Iterable[int]) -> bool:
        return bool(self._relaxed.solve(assumptions=[*literals, *(self._selectors[rule] for rule in rules)]))


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
