"""The compiler for models of tables, clauses and sums: one decision diagram of all rules, in a good order of variables."""

from collections.abc import Sequence
from contextlib import suppress
from time import monotonic

from atoll.configure.compiled.circuit import Budget, Circuit
from atoll.configure.compiled.grouping import Grouping
from atoll.configure.compiled.layered import Diagram, circuit_of, conjunction
from atoll.configure.compiled.rule_diagram import Part, part_of
from atoll.configure.compiled.sifting import sifted
from atoll.configure.compiled.variable_order import orders
from atoll.errors import LimitReached
from atoll.model.constraint import ConstraintModel

FIRST_LIMIT = 5_000
GROWTH = 8

Known = dict[tuple[int, tuple[int, ...]], Diagram]
"""Diagrams of parts, by number and order."""


def compile_model(model: ConstraintModel, budget: Budget) -> Circuit:
    """Compile a model into a circuit over `Axes.of(model.variables)`.

    Raises
    ------
    LimitReached
        When the diagram takes more nodes or time than the budget has, in every order of variables that is tried.
    """
    grouping = Grouping(model)
    parts = [grouping.part(part) for constraint in model.constraints for part in constraint.parts]
    rules = [part_of(part, grouping.sizes) for part in parts if part is not None]
    return circuit_of(joint_diagram(grouping.sizes, rules, budget), grouping.literals)


def joint_diagram(sizes: Sequence[int], parts: Sequence[Part], budget: Budget) -> Diagram:
    """The diagram of what all parts allow, in a good order of variables.

    Some orders get a small limit first, and larger ones until one of them will do; so a bad order costs little. From there each
    variable is moved to where the diagram is smallest.

    Parameters
    ----------
    sizes
        How many values each variable has.

    Raises
    ------
    LimitReached
        When the diagram takes more nodes or time than the budget has, in every order that is tried.
    """
    until = monotonic() + budget.seconds
    tried = orders([part.scope for part in parts], sizes)
    known: Known = {}
    limit = min(FIRST_LIMIT, budget.nodes)
    while True:
        for order in tried:
            with suppress(LimitReached):
                diagrams = _diagrams(order, parts, known)
                return sifted(conjunction(order, sizes, diagrams, Budget(limit, until - monotonic())))
        if limit == budget.nodes or monotonic() > until:
            raise LimitReached(limit=f"{budget.nodes} nodes and {budget.seconds} seconds to compile the model")
        limit = min(GROWTH * limit, budget.nodes)


def extended_diagram(diagram: Diagram, sizes: Sequence[int], parts: Sequence[Part], budget: Budget) -> Diagram:
    """The diagram of what another one and further parts allow.

    Variables that the other one does not have are read when all those are known that they stand together with.

    Parameters
    ----------
    sizes
        How many values each variable has, those of the diagram and further ones.

    Raises
    ------
    LimitReached
    """
    order = _extended_order(diagram.variables, len(sizes), [part.scope for part in parts])
    return sifted(conjunction(order, sizes, [diagram, *_diagrams(order, parts, {})], budget))


def _extended_order(order: Sequence[int], count: int, scopes: Sequence[Sequence[int]]) -> list[int]:
    """An order of all variables that keeps the one given, with each further variable after those that it shares a scope with."""
    level = {variable: place for place, variable in enumerate(order)}

    def place(variable: int) -> tuple[int, bool]:
        if variable in level:
            return level[variable], False
        others = (level.get(other, -1) for scope in scopes if variable in scope for other in scope)
        return max(others, default=-1), True

    return sorted(range(count), key=place)


def _diagrams(order: Sequence[int], parts: Sequence[Part], known: Known) -> list[Diagram]:
    """The diagrams of the parts; each is made once for each order of its own variables."""
    place = {variable: level for level, variable in enumerate(order)}
    keys = [(number, tuple(sorted(part.scope, key=place.__getitem__))) for number, part in enumerate(parts)]
    known |= {key: parts[key[0]].diagram(key[1]) for key in keys if key not in known}
    return [known[key] for key in keys]
