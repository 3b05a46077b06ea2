"""A product model as clauses: a variable for each value, a selector for each rule, and literals for the truth of rules.

The Boolean structure of a rule becomes clauses as Tseitin did it. What it compares becomes a decision diagram that reads one
feature after another. A node stands for what is still to be decided, so equal nodes are made once:

- a comparison of few features is tabulated, and equal parts of the table are one node;
- a comparison of sums over many features asks "is the rest at most b?", and all b with the same answers are one node [1]_.

Both are exact: for every complete choice the literal has the truth of the rule. An unknown comparison (see
`atoll.model.expression`) is true or false as its place in the rule needs it: a rule is broken only by what is certainly false.

.. [1] I. Abío, R. Nieuwenhuis, A. Oliveras, E. Rodríguez-Carbonell, V. Mayer-Eichberger: A New Look at BDDs for Pseudo-Boolean
   Constraints. Journal of Artificial Intelligence Research 45 (2012), 443-480, section 5.
"""

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import accumulate, product, takewhile
from math import inf, prod
from typing import Any

from atoll.configure.errors import RuleTooLarge
from atoll.configure.evaluate import evaluate, share_of_sum, truth_of
from atoll.configure.evaluate import number as fact_of
from atoll.model.expression import (
    Arithmetic,
    Attribute,
    Choice,
    Chosen,
    Comparison,
    Count,
    Expression,
    Logical,
    Not,
    Number,
    Sum,
    Word,
    features_of,
    parts_of,
)
from atoll.model.product import Feature, FeatureKind, ProductModel, Rule, Value

GIVEN = "…"
"""Stands for any text that is not empty."""

LARGEST_TABLE = 20_000
LARGEST_DIAGRAM = 3_000_000
"""Edges of the diagram of a sum, which are made in a few seconds."""


@dataclass(frozen=True, slots=True)
class Axis:
    """One decision: the value of a feature, or whether an option is among those of a feature that takes several.

    Parameters
    ----------
    option
        The option, for a feature that takes several.
    literals
        The literal of each value; exactly one of them is true.
    """

    feature: Feature
    option: str | None
    literals: Mapping[Any, int]


@dataclass(frozen=True, slots=True)
class Term:
    """A number that depends on a few axes; a sum is made of them.

    Parameters
    ----------
    amounts
        For each combination of the axes' values, in the order of `itertools.product`; None where an attribute is missing.
    """

    axes: tuple[Axis, ...]
    amounts: tuple[Decimal | None, ...]


class Encoding:
    """Clauses of a product model, with the meaning of their variables.

    Parameters
    ----------
    on
        Rules in force on this day count; all of them when None.

    Raises
    ------
    RuleTooLarge
        When a rule compares products of too many features.
    """

    def __init__(self, model: ProductModel, on: date | None) -> None:
        self.model = model
        self.clauses: list[list[int]] = []
        self.top = 0
        self.axes = {feature.code: self._axes_of(feature) for feature in model.features}
        for axis in self.all_axes():
            if axis.option is None:
                self._exactly_one([*axis.literals.values()])
        self.truth = self._new()
        self.clauses.append([self.truth])
        self._nodes: dict[Any, int] = {}
        self.rules = (*limits_of(model), *(rule for rule in model.rules if rule.holds_on(on)))
        self.literals = [self._rule(rule) for rule in self.rules]

    def chosen(self, code: str, value: Value) -> list[int]:
        """The literals that say that a feature has a value."""
        axes = self.axes[code]
        match axes[0].feature.kind if axes else FeatureKind.MANY:
            case FeatureKind.MANY:
                return [axis.literals[axis.option in value] for axis in axes]  # type: ignore[operator]
            case FeatureKind.TEXT:
                return [axes[0].literals[GIVEN if value else ""]]
            case _:
                return [axes[0].literals[value]]

    def reserve(self, count: int) -> range:
        """Variables that nothing is said of yet."""
        first = self.top + 1
        self.top += count
        return range(first, first + count)

    def _new(self) -> int:
        self.top += 1
        return self.top

    def all_axes(self) -> Iterator[Axis]:
        """All decisions, in the order of the model."""
        for axes in self.axes.values():
            yield from axes

    def _axes_of(self, feature: Feature) -> tuple[Axis, ...]:
        match feature.kind:
            case FeatureKind.MANY:
                return tuple(Axis(feature, option.code, self._either()) for option in feature.options)
            case FeatureKind.TEXT:
                return (Axis(feature, None, {"": self._new(), GIVEN: self._new()}),)
            case _:
                return (Axis(feature, None, {value: self._new() for value in feature.values()}),)

    def _either(self) -> dict[bool, int]:
        variable = self._new()
        return {True: variable, False: -variable}

    def _exactly_one(self, variables: list[int]) -> None:
        """At most one by a chain of "one so far", so that the clauses stay few."""
        self.clauses.append(variables)
        so_far = variables[0]
        for variable in variables[1:]:
            self.clauses.append([-so_far, -variable])
            after = self._new()
            self.clauses += [[-so_far, after], [-variable, after]]
            so_far = after

    def certain(self, condition: Expression, name: str) -> int:
        """A literal that is true exactly where a condition certainly is; clauses are added for it.

        Raises
        ------
        RuleTooLarge
            By the name given, when it has more combinations than can be kept.
        """
        return self._named(name, condition, unknown=False)

    def places_where(self, condition: Expression) -> list[int] | None:
        """The values under which a condition of one decision certainly holds, by their place among those of all decisions.

        None when it hangs on several decisions, or on none.
        """
        axes = self._axes(condition)
        if len(axes) != 1:
            return None
        truths = self._table(axes, lambda values: truth_of(evaluate(condition, values, self.model)))
        first = sum(len(axis.literals) for axis in takewhile(lambda axis: axis is not axes[0], self.all_axes()))
        return [first + place for place, truth in enumerate(truths) if truth]

    def _rule(self, rule: Rule) -> int:
        return self._named(rule.name, rule.condition, unknown=True)

    def _named(self, name: str, condition: Expression, *, unknown: bool) -> int:
        try:
            return self._literal(condition, unknown)
        except _TooLargeError:
            raise RuleTooLarge(rule=name) from None

    def _literal(self, expression: Expression, unknown: bool) -> int:
        """A literal that is true exactly where the expression is, or is unknown if `unknown` says so."""
        match expression:
            case Not(part):
                return -self._literal(part, not unknown)
            case Logical("and", left, right):
                return self._and(self._literal(left, unknown), self._literal(right, unknown))
            case Logical("or", left, right):
                return -self._and(-self._literal(left, unknown), -self._literal(right, unknown))
            case Logical("->", left, right):
                return -self._and(self._literal(left, not unknown), -self._literal(right, unknown))
            case Logical(_, left, right):
                there, back = Logical("->", left, right), Logical("->", right, left)
                return self._and(self._literal(there, unknown), self._literal(back, unknown))
            case _:
                key = (expression, unknown)
                if key not in self._nodes:
                    self._nodes[key] = self._atom(expression, unknown)
                return self._nodes[key]

    def _and(self, left: int, right: int) -> int:
        left, right = sorted((left, right))
        if -self.truth in (left, right) or left == -right:
            return -self.truth
        if left in (right, self.truth):
            return right
        if right == self.truth:
            return left
        key = ("and", left, right)
        if key not in self._nodes:
            both = self._nodes[key] = self._new()
            self.clauses += [[-both, left], [-both, right], [both, -left, -right]]
        return self._nodes[key]

    def _any(self, literals: Sequence[int]) -> int:
        """A literal that is true exactly where one of several is."""
        if not literals:
            return -self.truth
        if len(literals) == 1:
            return literals[0]
        key = ("any", *literals)
        if key not in self._nodes:
            found = self._nodes[key] = self._new()
            self.clauses.append([-found, *literals])
            self.clauses += ([-literal, found] for literal in literals)
        return self._nodes[key]

    def _branch(self, children: Sequence[tuple[int, int]]) -> int:
        """A node of a diagram: it is what the child is whose literal is true.

        Parameters
        ----------
        children
            Pairs of a literal, exactly one of which is true, and the child that it leads to.
        """
        leading: dict[int, list[int]] = defaultdict(list)
        for literal, child in children:
            leading[child].append(literal)
        if len(leading) == 1:
            return children[0][1]
        if leading.keys() == {self.truth, -self.truth}:
            return self._any(leading[self.truth])
        key = ("branch", *sorted((child, *literals) for child, literals in leading.items()))
        if key not in self._nodes:
            node = self._nodes[key] = self._new()
            for child, literals in leading.items():
                self._lead(node, self._any(literals), child)
        return self._nodes[key]

    def _lead(self, node: int, literal: int, child: int) -> None:
        if child != self.truth:
            self.clauses.append([-literal, -node, child])
        if child != -self.truth:
            self.clauses.append([-literal, node, -child])

    def _atom(self, expression: Expression, unknown: bool) -> int:
        match expression:
            case Chosen(code) if self._takes_several(code):
                return self._any([axis.literals[True] for axis in self.axes[code]])
            case Comparison("contains", Choice(code), Word(option)) if self._takes_several(code):
                return self._any([axis.literals[True] for axis in self.axes[code] if axis.option == option])
            case Comparison(sign, left, right) if self._is_number(left) and self._is_number(right):
                if sign in {"=", "!="} and self._size(self._axes(expression)) <= LARGEST_TABLE:
                    return self._tabulated(expression, unknown)
                return self._summed(sign, Arithmetic("-", left, right), unknown)
            case _:
                return self._tabulated(expression, unknown)

    def _takes_several(self, code: str) -> bool:
        return self.axes[code] == () or self.axes[code][0].option is not None

    # tables

    def _axes(self, expression: Expression) -> tuple[Axis, ...]:
        """What an expression depends on, in the order of the model."""
        named, summed = set(features_of(expression)), set(_sums(expression))
        return tuple(
            axis for axis in self.all_axes() if axis.feature.code in named or any(_adds(axis, attribute) for attribute in summed)
        )

    def _size(self, axes: Sequence[Axis]) -> int:
        return prod(len(axis.literals) for axis in axes)

    def _table(self, axes: tuple[Axis, ...], what: Callable[[Mapping[str, Value]], Any]) -> list[Any]:
        """What comes out for each combination of the axes' values."""
        if self._size(axes) > LARGEST_TABLE:
            raise _TooLargeError
        return [what(_values(axes, combination)) for combination in product(*(axis.literals for axis in axes))]

    def _tabulated(self, expression: Expression, unknown: bool) -> int:
        axes = self._axes(expression)
        truths = self._table(axes, lambda values: truth_of(evaluate(expression, values, self.model)))
        return self._where(axes, [unknown if truth is None else truth for truth in truths])

    def _where(self, axes: Sequence[Axis], truths: Sequence[bool]) -> int:
        """A literal that is true exactly for the combinations for which a table says so."""
        layer = [self.truth if truth else -self.truth for truth in truths]
        for axis in reversed(axes):
            literals = [*axis.literals.values()]
            rows = [tuple(layer[start : start + len(literals)]) for start in range(0, len(layer), len(literals))]
            nodes = {row: self._branch([*zip(literals, row, strict=True)]) for row in set(rows)}
            layer = [nodes[row] for row in rows]
        return layer[0]

    # sums

    def _is_number(self, expression: Expression) -> bool:
        match expression:
            case Number() | Count() | Sum() | Arithmetic():
                return all(self._is_number(part) for part in parts_of(expression))
            case Choice(code):
                return any(axis.feature.kind in {FeatureKind.QUANTITY, FeatureKind.NUMBER} for axis in self.axes[code])
            case Attribute(code, name):
                feature = self.model.feature(code)
                facts = (
                    [] if feature is None else [feature.attributes.get(name), *(o.attributes.get(name) for o in feature.options)]
                )
                return all(fact is None or isinstance(fact_of(fact), Decimal) for fact in facts)
            case _:
                return False

    def _summed(self, sign: str, difference: Expression, unknown: bool) -> int:
        """A comparison of a sum of terms with zero."""
        terms = [*self._terms(difference, Decimal(1))]
        missing = self._any([literal for term in terms if (literal := self._missing(term)) != -self.truth])
        found = self._compared(sign, terms)
        return -self._and(-missing, -found) if unknown else self._and(-missing, found)

    def _missing(self, term: Term) -> int:
        if None not in term.amounts:
            return -self.truth
        return self._where(term.axes, [amount is None for amount in term.amounts])

    def _compared(self, sign: str, terms: list[Term]) -> int:
        """Whether the terms come to what the sign says; a missing amount counts as nothing here."""
        amounts = [amount for term in terms for amount in term.amounts if amount]
        places = max((-int(amount.as_tuple().exponent) for amount in amounts), default=0)
        columns = [self._column(term, Decimal(10) ** max(places, 0)) for term in terms]
        match sign:
            case "<=":
                return self._at_most(columns, 0)
            case "<":
                return self._at_most(columns, -1)
            case ">":
                return -self._at_most(columns, 0)
            case ">=":
                return -self._at_most(columns, -1)
            case "=":
                return self._and(self._at_most(columns, 0), -self._at_most(columns, -1))
            case _:
                return -self._compared("=", terms)

    def _terms(self, expression: Expression, factor: Decimal) -> Iterator[Term]:
        """The terms of a sum; each part that adds, subtracts or multiplies by a constant is taken apart."""
        match expression:
            case Arithmetic("+" | "-" as sign, left, right):
                yield from self._terms(left, factor)
                yield from self._terms(right, factor if sign == "+" else -factor)
            case Arithmetic("*", Number(value), part) | Arithmetic("*", part, Number(value)):
                yield from self._terms(part, factor * value)
            case Sum(attribute):
                for axis in self._axes(expression):
                    yield self._term((axis,), factor, lambda values: _share(values, axis, attribute))  # noqa: B023
            case Count(code) if self._takes_several(code):
                for axis in self.axes[code]:
                    yield Term((axis,), tuple(factor * int(value) for value in axis.literals))
            case _:
                yield self._term(self._axes(expression), factor, lambda values: evaluate(expression, values, self.model))

    def _term(self, axes: tuple[Axis, ...], factor: Decimal, what: Callable[[Mapping[str, Value]], Any]) -> Term:
        return Term(axes, tuple(None if amount is None else factor * amount for amount in self._table(axes, what)))

    def _column(self, term: Term, scale: Decimal) -> dict[int, int]:
        """The literal for each amount that a term can come to, in whole numbers of the finest unit."""
        amounts = [int((amount or 0) * scale) for amount in term.amounts]
        distinct = sorted(set(amounts))
        if len(distinct) == 1:
            return {distinct[0]: self.truth}
        if len(term.axes) == 1:
            leading: dict[int, list[int]] = {amount: [] for amount in distinct}
            for amount, literal in zip(amounts, term.axes[0].literals.values(), strict=True):
                leading[amount].append(literal)
            return {amount: self._any(literals) for amount, literals in leading.items()}
        return {amount: self._where(term.axes, [found == amount for found in amounts]) for amount in distinct}

    def _at_most(self, columns: Sequence[Mapping[int, int]], bound: int) -> int:
        """Whether one amount of each column, added up, is at most a bound. Widest columns are read first, to decide early."""
        ordered = sorted(columns, key=lambda column: min(column) - max(column))
        return _Sum(ordered, self.truth, self._branch).node(0, bound)[0]


class _Sum:
    """A diagram over a running sum. At each level, the bounds with the same answers are an interval and one node."""

    def __init__(self, columns: list[Mapping[int, int]], truth: int, branch: Callable[[Sequence[tuple[int, int]]], int]) -> None:
        self.columns, self.truth, self.branch = columns, truth, branch
        self.lowest = _rests([min(column) for column in columns])
        self.highest = _rests([max(column) for column in columns])
        self.known: list[list[tuple[float, float, int]]] = [[] for _ in columns]
        self.size = 0

    def node(self, level: int, bound: int) -> tuple[int, float, float]:
        """Whether the columns from a level on come to at most the bound, and from which bound to which the answer is the same."""
        if bound >= self.highest[level]:
            return self.truth, self.highest[level], inf
        if bound < self.lowest[level]:
            return -self.truth, -inf, self.lowest[level] - 1
        known = self.known[level]
        place = bisect_right(known, (bound, inf, 0)) - 1
        if place >= 0 and known[place][1] >= bound:
            first, last, literal = known[place]
            return literal, first, last
        return self._new_node(level, bound)

    def _new_node(self, level: int, bound: int) -> tuple[int, float, float]:
        self.size += len(self.columns[level])
        if self.size > LARGEST_DIAGRAM:
            raise _TooLargeError
        first, last = -inf, inf
        children = []
        for amount, literal in self.columns[level].items():
            child, low, high = self.node(level + 1, bound - amount)
            children.append((literal, child))
            first, last = max(first, low + amount), min(last, high + amount)
        found = self.branch(children)
        insort(self.known[level], (first, last, found))
        return found, first, last


class _TooLargeError(Exception):
    """A rule has more combinations than can be kept."""


def limits_of(model: ProductModel) -> Iterator[Rule]:
    """How many options may be chosen of features that take several, as rules."""
    for feature in model.features:
        most = int(feature.maximum) or len(feature.options)
        if feature.kind is FeatureKind.MANY and (feature.minimum > 0 or most < len(feature.options)):
            count = Count(feature.code)
            at_least, at_most = Comparison(">=", count, Number(feature.minimum)), Comparison("<=", count, Number(Decimal(most)))
            text = f"{feature.name}: choose {int(feature.minimum)} to {most} options"
            yield Rule(f"number of {feature.code}", text, Logical("and", at_least, at_most))


def _rests(numbers: list[int]) -> list[int]:
    """The sum from each place to the end."""
    return [*accumulate(reversed(numbers), initial=0)][::-1]


def _sums(expression: Expression) -> Iterator[str]:
    if isinstance(expression, Sum):
        yield expression.attribute
    for part in parts_of(expression):
        yield from _sums(part)


def _adds(axis: Axis, attribute: str) -> bool:
    return any(_share(_values((axis,), (value,)), axis, attribute) for value in axis.literals)


def _share(values: Mapping[str, Value], axis: Axis, attribute: str) -> Decimal:
    return share_of_sum(axis.feature, values[axis.feature.code], attribute)


def _values(axes: Sequence[Axis], combination: Sequence[Any]) -> dict[str, Value]:
    """Values by feature, from a value for each axis."""
    values: dict[str, Value] = {}
    for axis, value in zip(axes, combination, strict=True):
        if axis.option is None:
            values[axis.feature.code] = value
        else:
            before = values.get(axis.feature.code, ())
            values[axis.feature.code] = (*before, axis.option) if value else before  # type: ignore[misc]
    return values
