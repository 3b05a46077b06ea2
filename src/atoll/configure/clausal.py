"""A model in normal form as clauses, rule by rule.

Every value has a literal (`Axes`). A clause stays a clause; a table or a sum becomes its decision diagram, with a variable
for each state: those on the way that the values take through the diagram are true, all others are false. So all auxiliary
variables follow from the values, and solutions can be counted. A sum reads a group of features of which at most one is true as
one variable (`Grouping`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from atoll.configure.compiled.circuit import NO_LITERAL, Axes
from atoll.configure.compiled.grouping import Grouping, is_at_most_one
from atoll.configure.compiled.layered import Diagram
from atoll.configure.compiled.rule_diagram import part_of
from atoll.model.constraint import Clause, Constraint, ConstraintModel, Linear, Table

Clauses = list[list[int]]

FEW = 6
"""Up to so many literals, at most one of which is true, are excluded pair by pair."""


@dataclass(frozen=True, slots=True)
class ClausalModel:
    """Clauses of a model.

    Parameters
    ----------
    definitions
        What holds by itself: one value for each variable, and what the auxiliary variables mean.
    rules
        For each constraint the clauses that it comes to.
    variables
        How many Boolean variables there are, auxiliary ones included.
    """

    axes: Axes
    definitions: Clauses
    rules: tuple[Clauses, ...]
    variables: int

    @property
    def clauses(self) -> Clauses:
        """All of them."""
        return [*self.definitions, *(clause for rule in self.rules for clause in rule)]


def clausal(model: ConstraintModel) -> ClausalModel:
    """The clauses of a model in normal form.

    Raises
    ------
    LimitReached
        When the diagram of one table or sum takes more than can be kept.
    """
    writer = _Writer(model)
    rules = tuple(writer.rule(constraint) for constraint in model.constraints)
    return ClausalModel(writer.axes, writer.clauses, rules, writer.top)


class _Writer:
    def __init__(self, model: ConstraintModel) -> None:
        self.axes = Axes.of(model.variables)
        self.sizes = [len(variable.values) for variable in model.variables]
        self.grouping = Grouping(model)
        self.grouped = dict[int, list[int]]()
        self.top = self.axes.variables
        self.clauses: Clauses = []
        for literals in self.axes.literals:
            if literals[0] > 0:  # not a single Boolean variable
                self.clauses.append([*literals])
                self._at_most_one(literals)

    def rule(self, constraint: Constraint) -> Clauses:
        return [clause for part in constraint.parts for clause in self._part(part)]

    def _part(self, part: Clause | Table | Linear) -> Iterable[list[int]]:
        if isinstance(part, Clause):
            return [[self._literal(at.variable, at.value) * (1 if at.holds else -1) for at in part.literals]]
        if is_at_most_one(part):
            return self._exclusions([self._literal(variable, 1) for variable, _ in part.amounts])
        if isinstance(part, Table):
            rule = part_of(part, self.sizes)
            return [[self._valid(rule.diagram(rule.scope), self.axes.literals)]]
        if (grouped := self.grouping.part(part)) is None:
            return []
        rule = part_of(grouped, self.grouping.sizes)
        return [[self._valid(rule.diagram(rule.scope), {axis: self._values(axis) for axis in rule.scope})]]

    def _values(self, axis: int) -> list[int]:
        """Literals of which one is true: that of each value of an axis of the grouping.

        Of a group it is the first member that is true. So what defines a sum does not itself exclude the others: that is left to
        the constraint which says so, and which an explanation names.
        """
        if axis not in self.grouped:
            literals = [*self.grouping.literals[axis]]
            if literals[0] == NO_LITERAL:
                literals = self._first_of(literals[1:])
            self.grouped[axis] = literals
        return self.grouped[axis]

    def _first_of(self, members: Sequence[int]) -> list[int]:
        """Literals that none of the members is true, and for each that it is the first that is."""
        firsts, any_before = [members[0]], members[0]
        for member in members[1:]:
            first, any_now = self._new(), self._new()
            self.clauses += [[-first, member], [-first, -any_before], [first, -member, any_before]]
            self.clauses += [[-any_before, any_now], [-member, any_now], [-any_now, any_before, member]]
            firsts.append(first)
            any_before = any_now
        return [-any_before, *firsts]

    def _literal(self, variable: int, value: int) -> int:
        return self.axes.literals[variable][value]

    def _valid(self, diagram: Diagram, literals: Mapping[int, Sequence[int]] | Sequence[Sequence[int]]) -> int:
        """A literal that is true exactly where the diagram leads to a valid state; `literals` of the values of its variables."""
        states = {diagram.start: self._true()}
        for variable, layer in zip(diagram.variables, diagram.layers, strict=True):
            values = literals[variable]
            rows = {state: layer[state].tolist() if state else [0] * len(values) for state in states}
            after = {state: self._new() for state in sorted({then for row in rows.values() for then in row})}
            for state, literal in states.items():
                self.clauses += ([-literal, -value, after[then]] for value, then in zip(values, rows[state], strict=True))
            self._at_most_one([*after.values()])
            states = after
        return states[1] if 1 in states else -self._true()

    def _true(self) -> int:
        literal = self._new()
        self.clauses.append([literal])
        return literal

    def _new(self) -> int:
        self.top += 1
        return self.top

    def _at_most_one(self, literals: Sequence[int]) -> None:
        self.clauses += self._exclusions(literals)

    def _exclusions(self, literals: Sequence[int]) -> Clauses:
        """That no two literals are true: few pair by pair, many by a chain of "one of the first so many", defined beside it."""
        if len(literals) <= FEW:
            return [[-a, -b] for a, b in combinations(literals, 2)]
        before, excluded = literals[0], []
        for literal in literals[1:]:
            after = self._new()
            excluded.append([-before, -literal])
            self.clauses += [[-before, after], [-literal, after], [-after, before, literal]]
            before = after
        return excluded
