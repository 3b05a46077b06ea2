"""Product models as decision diagrams: what each rule compares becomes a table or a running sum."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from atoll.configure.compiled.circuit import Axes, Budget, Circuit
from atoll.configure.compiled.diagram import extended_diagram, joint_diagram
from atoll.configure.compiled.layered import Diagram, circuit_of, combination
from atoll.configure.compiled.rule_diagram import LARGEST_SUM, Part, sum_diagram, table_part
from atoll.configure.encoding import LARGEST_TABLE, Axis, Encoding, Term
from atoll.configure.errors import RuleTooLarge
from atoll.configure.evaluate import evaluate, truth_of
from atoll.model.expression import Arithmetic, Choice, Chosen, Comparison, Expression, Logical, Not, Word
from atoll.model.product import Rule

Truths = NDArray[np.bool_]
Integers = NDArray[np.int64]

SMALL_TABLE = 500
"""Combinations up to which a comparison of numbers is worked out for each; a running sum is quicker for more."""

RULE_BUDGET = Budget(nodes=100_000, seconds=10.0)

SIGNS: Mapping[str, Callable[[Integers], Truths]] = {
    "=": lambda sums: sums == 0,
    "!=": lambda sums: sums != 0,
    "<": lambda sums: sums < 0,
    "<=": lambda sums: sums <= 0,
    ">": lambda sums: sums > 0,
    ">=": lambda sums: sums >= 0,
}


def axes_of(encoding: Encoding, conditions: int = 0) -> Axes:
    """The axes of a product model with the literals that its clauses have, and after them one for each of some conditions."""
    model = [tuple(axis.literals.values()) for axis in encoding.all_axes()]
    return Axes((*model, *((-literal, literal) for literal in range(encoding.top + 1, encoding.top + 1 + conditions))))


class RuleDiagram:
    """The rules of a product model as one decision diagram, from which circuits are made.

    Parameters
    ----------
    budget
        What the diagram may cost.

    Raises
    ------
    RuleTooLarge
        When a rule compares products of too many features.
    LimitReached
        When the diagram takes more nodes or time than the budget has.
    """

    def __init__(self, encoding: Encoding, budget: Budget) -> None:
        self.encoding = encoding
        compiler = _Compiler(encoding, 0)
        self._diagram = joint_diagram(compiler.sizes, [part for rule in encoding.rules for part in compiler.rule(rule)], budget)

    def circuit(self, conditions: Sequence[Expression], budget: Budget) -> Circuit:
        """A circuit over `axes_of` the encoding and some conditions.

        Parameters
        ----------
        conditions
            What else shall be known of a configuration, such as the condition of a price. Each has an axis of its own, which is
            true exactly where the condition certainly holds; so it can have a price or a date like any value.

        Raises
        ------
        RuleTooLarge, LimitReached
            As above, because of the conditions.
        """
        diagram, compiler = self._diagram, _Compiler(self.encoding, len(conditions))
        if conditions:
            parts = [compiler.observed(number, condition) for number, condition in enumerate(conditions)]
            diagram = extended_diagram(diagram, compiler.sizes, parts, budget)
        return circuit_of(diagram, axes_of(self.encoding, len(conditions)).literals)


def compile_product(encoding: Encoding, budget: Budget, conditions: Sequence[Expression] = ()) -> Circuit:
    """Compile the rules of a product model into a circuit over `axes_of` its encoding and some conditions, see `RuleDiagram`."""
    return RuleDiagram(encoding, budget).circuit(conditions, budget)


def parts_of_rules(encoding: Encoding) -> list[Part]:
    """The rules in force as parts over the decisions of `Encoding.all_axes`.

    Raises
    ------
    RuleTooLarge
        When a rule compares products of too many features.
    """
    compiler = _Compiler(encoding, 0)
    return [part for rule in encoding.rules for part in compiler.rule(rule)]


class _Compiler:
    """Makes diagrams of rules; axes are known by their position."""

    def __init__(self, encoding: Encoding, conditions: int) -> None:
        self.encoding = encoding
        axes = [*encoding.all_axes()]
        self.place = {id(axis): place for place, axis in enumerate(axes)}
        self.sizes = [*(len(axis.literals) for axis in axes), *[2] * conditions]

    def rule(self, rule: Rule) -> list[Part]:
        """A part for each condition of a rule that has to hold by itself."""
        return [self._part(rule.name, condition) for condition in _conditions(rule.condition)]

    def observed(self, number: int, condition: Expression) -> Part:
        """That the axis of a condition is true exactly where the condition certainly holds."""
        return self._part(f"condition {number + 1}", condition, len(self.place) + number)

    def _part(self, name: str, condition: Expression, own: int | None = None) -> Part:
        """That a condition is not false, or is as its own axis says: from the diagrams of the comparisons in it."""
        leaves = [*dict.fromkeys(_leaves(condition, own is None))]
        parts = [self._leaf(name, *leaf) for leaf in leaves]
        if own is not None:
            parts.append(table_part((own,), self.sizes, np.ones((1, 1), np.int64), allowed=True))

        def truth(truths: Sequence[Truths]) -> Truths:
            found = _truth(condition, own is None, dict(zip(leaves, truths, strict=False)))
            return found if own is None else found == truths[-1]

        def diagram(order: tuple[int, ...]) -> Diagram:
            diagrams = [part.diagram(tuple(axis for axis in order if axis in part.scope)) for part in parts]
            return combination(order, self.sizes, diagrams, truth, RULE_BUDGET)

        return Part(tuple(sorted({axis for part in parts for axis in part.scope})), diagram)

    def _leaf(self, name: str, expression: Expression, unknown: bool) -> Part:
        """A comparison, where what is unknown counts as true or false."""
        encoding = self.encoding
        match expression:
            case Chosen(code) if encoding._takes_several(code):
                amounts = [Term((axis,), tuple(Decimal(int(taken)) for taken in axis.literals)) for axis in encoding.axes[code]]
                return self._summed(SIGNS[">"], amounts, unknown)
            case Comparison("contains", Choice(code), Word(option)) if encoding._takes_several(code):
                axes = tuple(axis for axis in encoding.axes[code] if axis.option == option)
                return self._tabulated(name, expression, axes, unknown)
            case Comparison(sign, left, right) if encoding._is_number(left) and encoding._is_number(right):
                axes = encoding._axes(expression)
                if encoding._size(axes) > SMALL_TABLE:
                    terms = [*encoding._terms(Arithmetic("-", left, right), Decimal(1))]
                    if all(len(term.axes) < 2 for term in terms) and _is_exact(terms):
                        return self._summed(SIGNS[sign], terms, unknown)
                return self._tabulated(name, expression, axes, unknown)
            case _:
                return self._tabulated(name, expression, encoding._axes(expression), unknown)

    def _tabulated(self, name: str, expression: Expression, axes: tuple[Axis, ...], unknown: bool) -> Part:
        encoding, scope = self.encoding, tuple(self.place[id(axis)] for axis in axes)
        if encoding._size(axes) > LARGEST_TABLE:
            raise RuleTooLarge(rule=name)
        found = encoding._table(axes, lambda values: truth_of(evaluate(expression, values, encoding.model)))
        truths = np.array([unknown if truth is None else truth for truth in found], np.bool_)
        rows = np.argwhere(truths.reshape([self.sizes[axis] for axis in scope]))
        return table_part(scope, self.sizes, rows, allowed=True)

    def _summed(self, holds: Callable[[Integers], Truths], terms: Sequence[Term], unknown: bool) -> Part:
        """A sum of terms of one axis each, in whole numbers of the finest unit, compared with zero."""
        scale = _scale(terms)
        constant, amounts, missing = 0, dict[int, Integers](), dict[int, Truths]()
        for term in terms:
            added = np.array([int((amount or 0) * scale) for amount in term.amounts], np.int64)
            lacks = np.array([amount is None for amount in term.amounts])
            if not term.axes:
                constant += int(added[0])
                continue
            axis = self.place[id(term.axes[0])]
            amounts[axis] = amounts.get(axis, np.zeros_like(added)) + added
            missing[axis] = missing.get(axis, np.zeros_like(lacks)) | lacks

        def diagram(order: tuple[int, ...]) -> Diagram:
            return sum_diagram(
                order,
                [amounts[axis] for axis in order],
                -constant,
                lambda sums: holds(sums + constant),
                [missing[axis] for axis in order],
                unknown,
            )

        return Part(tuple(amounts), diagram)


def _scale(terms: Sequence[Term]) -> Decimal:
    """How many of the finest unit make one."""
    known = [amount for term in terms for amount in term.amounts if amount]
    return Decimal(10) ** max((-int(amount.as_tuple().exponent) for amount in known if amount % 1), default=0)


def _is_exact(terms: Sequence[Term]) -> bool:
    """Whether a sum of terms stays within whole numbers of the machine."""
    most = sum((max(abs(amount or Decimal(0)) for amount in term.amounts) for term in terms), Decimal(0))
    return most * _scale(terms) < LARGEST_SUM


def _conditions(condition: Expression) -> Iterator[Expression]:
    match condition:
        case Logical("and", left, right):
            yield from _conditions(left)
            yield from _conditions(right)
        case _:
            yield condition


def _leaves(expression: Expression, unknown: bool) -> Iterator[tuple[Expression, bool]]:
    """The comparisons in a condition, and whether it takes each for true where it is unknown."""
    match expression:
        case Not(part):
            yield from _leaves(part, not unknown)
        case Logical("<->", left, right):
            yield from _leaves(Logical("->", left, right), unknown)
            yield from _leaves(Logical("->", right, left), unknown)
        case Logical(sign, left, right):
            yield from _leaves(left, unknown ^ (sign == "->"))
            yield from _leaves(right, unknown)
        case _:
            yield expression, unknown


def _truth(expression: Expression, unknown: bool, truths: Mapping[tuple[Expression, bool], Truths]) -> Truths:
    """Whether a condition is true, from the truth of its comparisons."""
    match expression:
        case Not(part):
            return ~_truth(part, not unknown, truths)
        case Logical("and", left, right):
            return _truth(left, unknown, truths) & _truth(right, unknown, truths)
        case Logical("or", left, right):
            return _truth(left, unknown, truths) | _truth(right, unknown, truths)
        case Logical("->", left, right):
            return ~_truth(left, not unknown, truths) | _truth(right, unknown, truths)
        case Logical(_, left, right):
            there, back = Logical("->", left, right), Logical("->", right, left)
            return _truth(there, unknown, truths) & _truth(back, unknown, truths)
        case _:
            return truths[expression, unknown]
