"""The compiler for models of tables, clauses and sums: the smallest decision diagram of those in several orders of variables."""

from collections.abc import Sequence
from time import monotonic

import numpy as np

from atoll.configure.compiled.circuit import Axes, Budget, Circuit
from atoll.configure.compiled.layered import Diagram, circuit_of, conjunction
from atoll.configure.compiled.rule_diagram import Part, part_of
from atoll.configure.compiled.variable_order import chains, orders
from atoll.errors import LimitReached
from atoll.model.constraint import ConstraintModel

FIRST_LIMIT = 5_000
GROWTH = 8

LARGE = 10_000
"""Edges from which it pays to look for a better order."""

LEEWAY = 3
"""How many times as large as the best diagram another one may be before it is reduced."""

PATIENCE = 200
IMPROVEMENT_SECONDS = 5.0


def compile_model(model: ConstraintModel, budget: Budget) -> Circuit:
    """Compile a model into a circuit over `Axes.of(model.variables)`.

    Raises
    ------
    LimitReached
        When the diagram takes more nodes or time than the budget has, in every order of variables that is tried.
    """
    sizes = [len(variable.values) for variable in model.variables]
    rules = [part_of(part, sizes) for constraint in model.constraints for part in constraint.parts]
    return circuit_of(smallest_diagram(sizes, rules, budget), Axes.of(model.variables))


def smallest_diagram(sizes: Sequence[int], parts: Sequence[Part], budget: Budget) -> Diagram:
    """The diagram of what all parts allow, in the best order of those that are tried.

    All orders get a small limit first, and larger ones until some order is good enough; so a bad order costs little. Where the
    best diagram is still large, other orders are tried for a while.

    Parameters
    ----------
    sizes
        How many values each variable has.
    """
    until = monotonic() + budget.seconds
    search = _Search(sizes, parts)
    limit = min(FIRST_LIMIT, budget.nodes)
    while True:
        found = search.diagrams(limit, until)
        if found:
            best = min(found, key=lambda diagram: diagram.edges)
            return search.improved(best, min(until, monotonic() + IMPROVEMENT_SECONDS))
        if limit == budget.nodes or monotonic() > until:
            raise LimitReached(limit=f"{budget.nodes} nodes and {budget.seconds} seconds to compile the model")
        limit = min(GROWTH * limit, budget.nodes)


class _Search:
    """Tries orders; the diagram of a part is made once for each order of its own variables."""

    def __init__(self, sizes: Sequence[int], parts: Sequence[Part]) -> None:
        self.sizes, self.parts = sizes, parts
        self.orders = orders([part.scope for part in parts], sizes)
        self.made: dict[tuple[int, tuple[int, ...]], Diagram] = {}

    def diagrams(self, limit: int, until: float) -> list[Diagram]:
        """Diagrams in those orders in which they stay within a limit of nodes."""
        found = []
        for order in self.orders:
            if monotonic() > until:
                break
            try:
                self.made |= (parts := self._parts(order))
                found.append(conjunction(order, self.sizes, [*parts.values()], Budget(limit, until - monotonic())))
            except LimitReached:
                continue
        return found

    def improved(self, best: Diagram, until: float) -> Diagram:
        """A smaller diagram, as long as the best one is large: by chains, then by moving one variable to another place.

        Moves are drawn, always in the same way.
        """
        for order in chains([part.scope for part in self.parts], self.sizes):
            if best.edges <= LARGE or monotonic() > until:
                return best
            best = self._smaller(order, best, until)
        rng, in_vain = np.random.default_rng(0), 0
        while best.edges > LARGE and in_vain < PATIENCE and monotonic() < until:
            order = [*best.variables]
            variable = order.pop(int(rng.integers(len(order))))
            order.insert(int(rng.integers(len(order) + 1)), variable)
            found = self._smaller(order, best, until)
            best, in_vain = found, in_vain + 1 if found is best else 0
        return best

    def _smaller(self, order: Sequence[int], best: Diagram, until: float) -> Diagram:
        """The diagram in another order if it is smaller than the best one; it is given up when it gets much larger."""
        try:
            parts = self._parts(order)
            found = conjunction(order, self.sizes, [*parts.values()], Budget(LEEWAY * best.nodes, until - monotonic()))
        except LimitReached:
            return best
        if found.edges >= best.edges:
            return best
        self.made = parts
        return found

    def _parts(self, order: Sequence[int]) -> dict[tuple[int, tuple[int, ...]], Diagram]:
        """The diagrams of the parts, by number and order."""
        place = {variable: level for level, variable in enumerate(order)}
        keys = [(number, tuple(sorted(part.scope, key=place.__getitem__))) for number, part in enumerate(self.parts)]
        return {key: self.made[key] if key in self.made else self.parts[key[0]].diagram(key[1]) for key in keys}
