"""A product model as clauses: one variable for each value, one selector for each rule.

Atoms of rules become small decision diagrams. Reading the features of an atom one after the other, what matters so far is a state
(a running sum, or the facts seen); each state is a variable, implied by the state before and the value read. A state from which the
outcome is decided is replaced by the outcome at once. The clauses are exact in both directions because the states are functions of
the values.
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import product as combinations

from atoll.configure.evaluate import Fact, evaluate, is_finite, share_of_sum
from atoll.model.expression import (
    Arithmetic,
    Choice,
    Comparison,
    Expression,
    Logical,
    Not,
    Number,
    Sum,
    features_of,
)
from atoll.model.product import NONE, Feature, FeatureKind, ProductModel, Rule, Value

Clause = list[int]
Step = Callable[[Hashable, Value], Hashable]

LARGEST_STATE_SET = 200_000


@dataclass(frozen=True, slots=True)
class Choosable:
    """One decision of the engine: a feature, or one option of a feature that takes several.

    Parameters
    ----------
    values
        Its values with their variables.
    """

    feature: Feature
    option: str | None
    values: Mapping[Value, int]


class Encoding:
    """Clauses of a product model, with the meaning of their variables.

    Parameters
    ----------
    on
        Rules in force on this day count; all of them when None.
    """

    def __init__(self, model: ProductModel, on: date | None) -> None:
        self.model = model
        self.rules: tuple[Rule, ...] = tuple(rule for rule in model.rules if rule.holds_on(on))
        self.clauses: list[Clause] = []
        self.top = 0
        self.choosables: dict[tuple[str, str | None], Choosable] = {}
        for feature in filter(is_finite, model.features):
            self._add_feature(feature)
        self.truth = self._new()
        self.clauses.append([self.truth])
        self.literals = [self._literal(rule.condition) for rule in self.rules]
        self.selectors = [self._new() for _ in self.rules]
        self.clauses.extend([-selector, literal] for selector, literal in zip(self.selectors, self.literals, strict=True))

    def variable(self, feature: str, value: Value, option: str | None = None) -> int:
        """The variable that says so."""
        return self.choosables[feature, option].values[value]

    def of_feature(self, feature: Feature) -> list[Choosable]:
        """The decisions of a feature."""
        keys = [option.code for option in feature.options] if feature.kind is FeatureKind.MANY else [None]
        return [self.choosables[feature.code, key] for key in keys]

    def _new(self) -> int:
        self.top += 1
        return self.top

    def _add_feature(self, feature: Feature) -> None:
        if feature.kind is FeatureKind.MANY:
            for option in feature.options:
                variable = self._new()
                self.choosables[feature.code, option.code] = Choosable(feature, option.code, {True: variable, False: -variable})
            return self._limit_count(feature)
        values = {value: self._new() for value in values_of(feature)}
        self.choosables[feature.code, None] = Choosable(feature, None, values)
        self._exactly_one(list(values.values()))
        return None

    def _exactly_one(self, variables: list[int]) -> None:
        """Exactly one is true; at most one by a chain of prefixes, so that the clauses stay few."""
        self.clauses.append(list(variables))
        prefix = variables[0]
        for variable in variables[1:]:
            self.clauses.append([-prefix, -variable])
            after = self._new()
            self.clauses += [[-prefix, after], [-variable, after]]
            prefix = after

    def _limit_count(self, feature: Feature) -> None:
        """How many options may be chosen, as a diagram over the running count."""
        most = int(feature.maximum) or len(feature.options)

        def count(state: Hashable, value: Value) -> Hashable:
            return state + int(bool(value))  # type: ignore[operator]

        literal = self._diagram(
            [self.choosables[feature.code, option.code] for option in feature.options],
            0,
            count,
            lambda state: int(feature.minimum) <= state <= most,  # type: ignore[operator]
        )
        self.clauses.append([literal])

    def _literal(self, expression: Expression) -> int:
        """A variable that is true exactly where the expression is."""
        match expression:
            case Not(part):
                return -self._literal(part)
            case Logical(sign, left, right):
                return self._combined(sign, self._literal(left), self._literal(right))
            case Comparison(sign, left, right) if (terms := self._linear(expression)) is not None:
                return self._linear_atom(sign, terms)
            case _:
                return self._facts_atom(expression)

    def _combined(self, sign: str, left: int, right: int) -> int:
        if sign == "->":
            return self._combined("or", -left, right)
        if sign == "or":
            return -self._combined("and", -left, -right)
        both = self._new()
        if sign == "and":
            self.clauses += [[-both, left], [-both, right], [both, -left, -right]]
        else:
            self.clauses += [[-both, -left, right], [-both, left, -right], [both, left, right], [both, -left, -right]]
        return both

    def _linear(self, comparison: Comparison) -> tuple[Expression, list[Feature]] | None:
        """The difference of the sides and its features, when it is a sum over features of numbers which are never missing."""
        if comparison.sign == "contains" or not _has_sum(comparison):
            return None
        named = set(features_of(comparison))
        summed = sums_of(comparison)
        features = [
            feature
            for feature in self.model.features
            if feature.code in named or any(_adds(feature, attribute) for attribute in summed)
        ]
        return Arithmetic("-", comparison.left, comparison.right), features

    def _linear_atom(self, sign: str, terms: tuple[Expression, list[Feature]]) -> int:
        """A comparison with a sum: the state is the running difference of its sides, with None for a missing attribute."""
        difference, features = terms
        choosables = [choosable for feature in features for choosable in self.of_feature(feature)]
        places = iter(choosables)
        tables = {id(c): {value: self._term(difference, c, value) for value in c.values} for c in places}
        constant = _constant(difference)
        order = {id(c): index for index, c in enumerate(choosables)}
        rest = _remaining_ranges([list(tables[id(c)].values()) for c in choosables])
        level = {"at": 0}

        def add(state: Hashable, value: Value) -> Hashable:
            raise NotImplementedError

        del add, order, level
        return self._running_sum(choosables, tables, constant, sign, rest)

    def _running_sum(
        self,
        choosables: list[Choosable],
        tables: Mapping[int, Mapping[Value, Decimal | None]],
        constant: Decimal,
        sign: str,
        rest: list[tuple[Decimal, Decimal, bool]],
    ) -> int:
        layer: dict[Hashable, int] = {constant: self.truth}
        atom = self._new()
        for place, choosable in enumerate(choosables):
            following: dict[Hashable, int] = {}
            for state, variable in layer.items():
                for value, chosen in choosable.values.items():
                    term = tables[id(choosable)][value]
                    after: Hashable = None if term is None else state + term  # type: ignore[operator]
                    self._lead(variable, chosen, after, following, atom, _decided(after, sign, rest[place + 1]))
            layer = following
        return atom

    def _lead(
        self, variable: int, chosen: int, after: Hashable, following: dict[Hashable, int], atom: int, decided: bool | None
    ) -> None:
        """Where a state goes on with a value: to the outcome when that is decided, else to the next state."""
        if decided is not None:
            self.clauses.append([-variable, -chosen, atom if decided else -atom])
            return
        if after not in following:
            following[after] = self._new()
            if self.top > LARGEST_STATE_SET * 10:
                raise MemoryError("The rules need more states than can be kept.")
        self.clauses.append([-variable, -chosen, following[after]])

    def _term(self, difference: Expression, choosable: Choosable, value: Value) -> Decimal | None:
        raise NotImplementedError
