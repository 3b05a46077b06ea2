"""Features of which at most one is chosen, read as one variable.

A product model that comes as a feature model has a feature for each option. Read one by one, as if all options of a group could
be chosen together, a sum over them has very many more states than it can take.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import TypeGuard

from atoll.configure.compiled.circuit import NO_LITERAL, Axes
from atoll.model.constraint import FALSE_OR_TRUE, Clause, Constraint, ConstraintModel, Linear, Literal, Table

AnyPart = Clause | Table | Linear


class Grouping:
    """The axes of a model: its variables, but one for each group of features of which at most one is true.

    Attributes
    ----------
    literals
        For each axis the literal of each value, as of `Axes`. The first value of a group is that none of it is true; it has none.
    sizes
        How many values each axis has.
    """

    def __init__(self, model: ConstraintModel) -> None:
        of_variables = Axes.of(model.variables).literals
        groups = _groups(model)
        self._place = {variable: (axis, value) for axis, group in enumerate(groups) for value, variable in enumerate(group, 1)}
        alone = [variable for variable in range(len(model.variables)) if variable not in self._place]
        self._axis = {variable: axis for axis, variable in enumerate(alone, len(groups))}
        self.literals = (
            *((NO_LITERAL, *(of_variables[variable][1] for variable in group)) for group in groups),
            *(of_variables[variable] for variable in alone),
        )
        self.sizes = [*map(len, self.literals)]

    def part(self, part: AnyPart) -> AnyPart | None:
        """A part over the axes instead of the variables; None where it says nothing more."""
        match part:
            case Clause(literals):
                return self._clause(literals)
            case Linear(amounts, bound):
                return self._sum(amounts, bound)
            case Table(scope, rows, allowed):
                return Table(tuple(self._axis[variable] for variable in scope), rows, allowed)

    def _clause(self, literals: Sequence[Literal]) -> Clause | None:
        found = tuple(self._literal(literal) for literal in literals)
        excluded = {(literal.variable, literal.value) for literal in found if not literal.holds}
        is_true = len({axis for axis, _ in excluded}) < len(excluded)  # an axis does not have both of two values
        return None if is_true else Clause(found)

    def _literal(self, literal: Literal) -> Literal:
        if literal.variable in self._axis:
            return Literal(self._axis[literal.variable], literal.value, literal.holds)
        axis, value = self._place[literal.variable]
        return Literal(axis, value, (literal.value == 1) == literal.holds)

    def _sum(self, amounts: Sequence[tuple[int, tuple[int, ...]]], bound: int) -> Linear | None:
        totals: dict[int, list[int]] = {}
        for variable, amount in amounts:
            axis, value = self._place.get(variable) or (self._axis[variable], 0)
            total = totals.setdefault(axis, [0] * self.sizes[axis])
            if value:
                total[:] = [units + amount[0] for units in total]
                total[value] += amount[1] - amount[0]
            else:
                total[:] = [units + more for units, more in zip(total, amount, strict=True)]
        if sum(map(max, totals.values())) <= bound:
            return None
        return Linear(tuple((axis, tuple(total)) for axis, total in totals.items()), bound)


def is_at_most_one(part: AnyPart) -> TypeGuard[Linear]:
    """Whether a part says of Boolean variables that at most one is true."""
    return isinstance(part, Linear) and part.bound == 1 and all(amounts == (0, 1) for _, amounts in part.amounts)


def _groups(model: ConstraintModel) -> list[tuple[int, ...]]:
    """Groups that have no variable in common, the largest first, without what tables speak of.

    They are those of the tree of a feature model, which holds in any case; a rule may be left out to explain a conflict.
    """
    parts = [part for constraint in model.constraints for part in constraint.parts]
    tabled = {variable for part in parts if isinstance(part, Table) for variable in part.scope}
    left = {place for place, variable in enumerate(model.variables) if variable.values == FALSE_OR_TRUE} - tabled
    groups = []
    structure = (constraint for constraint in model.constraints if constraint.is_structure)
    for exclusive in sorted(chain.from_iterable(map(_exclusive, structure)), key=len, reverse=True):
        if len(group := exclusive & left) > 1:
            groups.append(tuple(sorted(group)))
            left -= group
    return groups


def _exclusive(constraint: Constraint) -> Iterator[set[int]]:
    """Variables of which a constraint lets at most one be true, said as a sum or pair by pair."""
    others: dict[int, set[int]] = defaultdict(set)
    for part in constraint.parts:
        if is_at_most_one(part):
            yield {variable for variable, _ in part.amounts}
        elif isinstance(part, Clause) and len(part.literals) == 2 and all(at.value == 1 and not at.holds for at in part.literals):
            a, b = (at.variable for at in part.literals)
            others[a].add(b)
            others[b].add(a)
    while others:
        variable = next(iter(others))
        group = {variable} | others.pop(variable)
        if all(group <= others.get(member, set()) | {member} for member in group - {variable}):
            yield group
        for member in group:
            others.pop(member, None)
