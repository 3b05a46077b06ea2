"""Formulas over the variables of a model, and the clauses and sums that they come to.

A literal is a number, negative for its opposite. It stands for a value of a variable or for a sum that keeps within a bound.
Nothing here calls itself, so a formula may be as deep as it likes.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from atoll.errors import AtollError
from atoll.model.constraint import Clause, Linear, Literal

MOST_LITERALS = 200_000
"""Literals that may be handled while one formula becomes clauses."""
LARGEST = 2**53
"""Sums stay below it, so that every engine can add them up without overflow."""

Clauses = list[set[int]]


class FormulaTooLarge(AtollError):
    """The rule comes to more than {limit} literals in clauses. Split it into several rules."""


class SumsTogether(AtollError):
    """The rule wants one of two sums to keep within a bound, which is not supported. Split it into rules with one sum each."""


class SumTooLarge(AtollError):
    """A sum reaches numbers beyond {limit}. Choose a larger unit for the attribute."""


class Atoms:
    """The literals of a model.

    Parameters
    ----------
    counts
        Number of values of each variable. One with two values has one number: its position + 1, for the second value.
    """

    def __init__(self, counts: list[int]) -> None:
        self.counts = counts
        self._codes: dict[tuple[int, int], int] = {}
        self._values: dict[int, tuple[int, int]] = {}
        self._sums: dict[int, Linear] = {}
        self._literals: dict[int, Literal] = {}
        self._last = len(counts)

    def value(self, variable: int, value: int) -> int:
        """That a variable has a value, both by position."""
        if self.counts[variable] == 2:
            return variable + 1 if value else -variable - 1
        if (variable, value) not in self._codes:
            self._last += 1
            self._codes[variable, value] = self._last
            self._values[self._last] = (variable, value)
        return self._codes[variable, value]

    def chosen(self, variable: int) -> int:
        """That a feature is chosen: it has another value than its first, ``false``."""
        return -self.value(variable, 0)

    def at_most(self, amounts: Mapping[int, tuple[int, ...]], bound: int) -> int:
        """That a sum is at most the bound; amounts by variable and value."""
        self._last += 1
        self._sums[self._last] = Linear(tuple(sorted(amounts.items())), bound)
        return self._last

    def literal(self, code: int) -> Literal:
        """The literal of a code; equal ones are one object, since large models have millions."""
        if code not in self._literals:
            variable, value = self._values.get(abs(code), (abs(code) - 1, 1))
            self._literals[code] = Literal(variable, value, code > 0)
        return self._literals[code]

    def clause(self, *codes: int) -> Clause:
        """At least one of some values, in their order."""
        return Clause(tuple([self.literal(code) for code in codes]))

    def parts(self, clauses: Clauses) -> tuple[Clause | Linear, ...]:
        """What clauses come to; those that always hold come to nothing.

        Raises
        ------
        SumsTogether
            When a clause has two sums.
        SumTooLarge
            When a sum could overflow.
        """
        return tuple(part for clause in clauses if (part := self._part(clause)) is not None)

    def _part(self, clause: set[int]) -> Clause | Linear | None:
        sums = [self._sum(code) for code in clause if abs(code) in self._sums]
        codes = sorted((code for code in clause if abs(code) not in self._sums), key=abs)
        sums = [part for part in sums if _least(part) <= part.bound]
        if any(_most(part) <= part.bound for part in sums):
            return None
        if not sums:
            return self.clause(*codes)
        if len(sums) > 1:
            raise SumsTogether
        return self._relaxed(sums[0], codes)

    def _sum(self, code: int) -> Linear:
        part = self._sums[abs(code)]
        if code > 0:
            return part
        return Linear(tuple((v, tuple(-amount for amount in amounts)) for v, amounts in part.amounts), -part.bound - 1)

    def _relaxed(self, part: Linear, codes: list[int]) -> Linear:
        """The sum or one of the values: each value takes off by how much the sum could go beyond the bound."""
        excess = _most(part) - part.bound
        amounts = dict(part.amounts)
        for code in codes:
            literal = self.literal(code)
            old = amounts.get(literal.variable, (0,) * self.counts[literal.variable])
            amounts[literal.variable] = tuple(
                amount - excess * ((value == literal.value) == literal.holds) for value, amount in enumerate(old)
            )
        if sum(max(map(abs, by_value)) for by_value in amounts.values()) + abs(part.bound) > LARGEST:
            raise SumTooLarge(limit=LARGEST)
        return Linear(tuple(sorted(amounts.items())), part.bound)


def _least(part: Linear) -> int:
    return sum(min(amounts) for _, amounts in part.amounts)


def _most(part: Linear) -> int:
    return sum(max(amounts) for _, amounts in part.amounts)


def code_of(literal: Literal) -> int:
    """The number of a literal of a variable with two values."""
    return literal.variable + 1 if (literal.value == 1) == literal.holds else -literal.variable - 1


@dataclass(frozen=True, slots=True)
class Node:
    """A step of a formula: `not`, `and`, `or`, `=>` or `<=>` of earlier steps, or `given` clauses for it and for its opposite."""

    sign: str
    parts: tuple[int, ...] = ()
    holds: tuple[tuple[int, ...], ...] = ()
    fails: tuple[tuple[int, ...], ...] = ()


class Formula:
    """A formula that is built from its leaves up; a step is given by its position and used once."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self._spent = 0

    def atom(self, code: int) -> int:
        """That a literal is true."""
        return self.given(((code,),), ((-code,),))

    def given(self, holds: tuple[tuple[int, ...], ...], fails: tuple[tuple[int, ...], ...]) -> int:
        """Something of which the clauses are known, and those of its opposite."""
        self.nodes.append(Node("given", (), holds, fails))
        return len(self.nodes) - 1

    def join(self, sign: str, *parts: int) -> int:
        """`not`, `and`, `or`, `=>` or `<=>` of earlier steps."""
        self.nodes.append(Node(sign, parts))
        return len(self.nodes) - 1

    def clauses(self) -> Clauses:
        """Clauses that hold exactly where the last step does.

        Raises
        ------
        FormulaTooLarge
            When there would be too many.
        """
        top = len(self.nodes) - 1
        wanted = {(top, True)}
        for place in range(top, -1, -1):
            for holds in (True, False):
                if (place, holds) in wanted:
                    wanted.update(_needs(self.nodes[place], holds))
        done: dict[tuple[int, bool], Clauses] = {}
        for place, node in enumerate(self.nodes):
            for holds in (True, False):
                if (place, holds) in wanted:
                    done[place, holds] = self._clauses_of(node, holds, done)
        return done[top, True]

    def _clauses_of(self, node: Node, holds: bool, done: dict[tuple[int, bool], Clauses]) -> Clauses:
        if node.sign == "given":
            return [set(clause) for clause in (node.holds if holds else node.fails)]
        if node.sign == "<=>":
            # Both it and its opposite may be wanted, and then each part is needed twice.
            left, right = ([_copy(done[part, polarity]) for polarity in (True, False)] for part in node.parts)
            one = self._either(left[1] if holds else left[0], right[0])
            return _both(one, self._either(left[0] if holds else left[1], right[1]))
        parts = [done.pop(need) for need in _needs(node, holds)]
        if not parts:
            return [] if (node.sign == "and") == holds else [set()]
        result = parts[0]
        for part in parts[1:]:
            result = _both(result, part) if (node.sign == "and") == holds else self._either(result, part)
        return result

    def _either(self, left: Clauses, right: Clauses) -> Clauses:
        """One of two sets of clauses: a clause of one with a clause of the other, in all ways."""
        if len(left) == len(right) == 1:
            small, large = sorted((left[0], right[0]), key=len)
            self._spend(len(small))
            if any(-code in large for code in small):
                return []
            large |= small
            return [large]
        self._spend(len(left) * sum(map(len, right)) + len(right) * sum(map(len, left)))
        return [one | other for one in left for other in right if not any(-code in one for code in other)]

    def _spend(self, literals: int) -> None:
        self._spent += literals
        if self._spent > MOST_LITERALS:
            raise FormulaTooLarge(limit=MOST_LITERALS)


def _needs(node: Node, holds: bool) -> list[tuple[int, bool]]:
    """Earlier steps that a step is made of, and whether they are taken as they are or as their opposite."""
    match node.sign:
        case "not":
            return [(node.parts[0], not holds)]
        case "=>":
            return [(node.parts[0], not holds), (node.parts[1], holds)]
        case "<=>":
            return [(part, polarity) for part in node.parts for polarity in (True, False)]
        case _:
            return [(part, holds) for part in node.parts]


def _copy(clauses: Clauses) -> Clauses:
    return [set(clause) for clause in clauses]


def _both(left: Clauses, right: Clauses) -> Clauses:
    small, large = sorted((left, right), key=len)
    large.extend(small)
    return large
