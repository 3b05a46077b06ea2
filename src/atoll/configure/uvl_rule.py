"""Rules of a product model as conditions of UVL.

A rule is broken only by a condition that is false, while a comparison in which an attribute is missing is unknown; UVL knows true
and false alone, and counts 0 for what is missing. So every condition can be written in two ways: that it is kept, which is to say
not false, or that it is sure, which is to say true. A rule is what is kept.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain, combinations, product
from math import comb, prod

from atoll.configure.evaluate import evaluate, number, truth_of
from atoll.configure.meaning import NUMBERS, describe
from atoll.io.uvl import NotInUvl, name_in_uvl
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
    features_of,
    parts_of,
    walk,
)
from atoll.model.item import Attribute as Fact
from atoll.model.item import Attributes
from atoll.model.product import NONE, Feature, FeatureKind, ProductModel, Rule, Value

MOST_ROWS = 20_000
"""Combinations of values that a comparison of words, or a table, is written out for."""

LONGEST_NUMBER = 20
"""Digits that readers of UVL are expected to take."""

SIGNS = {"=": "==", "!=": "!="}


@dataclass(frozen=True, slots=True)
class Names:
    """What features, options and attributes are called in the UVL document; no two of them alike.

    Parameters
    ----------
    options
        By feature and option.
    counter
        The attribute that is 1 for each option, so that a sum over it counts.
    left_out
        Attributes of which not every value could be written.
    """

    features: Mapping[str, str]
    options: Mapping[tuple[str, str], str]
    counter: str
    left_out: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition in UVL, and whether it needs no brackets within a longer one."""

    text: str
    is_short: bool = True


TRUE, FALSE = Condition("true"), Condition("false")
"""Stand for what always or never holds; neither is ever written."""


class RuleWriter:
    """Writes the rules of one model."""

    def __init__(self, model: ProductModel, names: Names) -> None:
        self.model, self.names = model, names
        self.by_code = {feature.code: feature for feature in model.features}

    def lines(self, rule: Rule) -> list[str]:
        """The conditions that together say a rule; none if it always holds.

        Raises
        ------
        NotInUvl
            When it has too many combinations, or numbers that are too long.
        """
        columns = [self.by_code[code] for code in dict.fromkeys(features_of(rule.condition))]
        adds_up = any(isinstance(part, Sum) for part in walk(rule.condition))  # over features that it does not name
        is_open = any(column.kind in {FeatureKind.MANY, FeatureKind.TEXT} for column in columns)
        is_table = not (rule.source or adds_up or is_open)
        if is_table and _combinations(columns) <= MOST_ROWS:
            parts = self._rows(rule.condition, columns, {True, None})
        else:
            parts = [self._either(rule.condition, kept=True)]
        if FALSE in parts:
            root = next(iter(self.names.features.values()))
            return [f"{root} & !{root}"]
        return [part.text for part in parts if part is not TRUE]

    def literal(self, feature: Feature, value: Value) -> Condition:
        """That a feature has a value."""
        name = self.names.features[feature.code]
        match feature.kind:
            case FeatureKind.QUANTITY | FeatureKind.NUMBER:
                return Condition(f"{name} == {written_number(Decimal(str(value)))}")
            case FeatureKind.MANY:
                taken = value if isinstance(value, tuple) else (value,)
                options = [self._option(feature, option.code) for option in feature.options]
                has = [option.code in taken for option in feature.options]
                return joined("&", [o if is_taken else negated(o) for o, is_taken in zip(options, has, strict=True)])
            case FeatureKind.TEXT:
                return Condition(name if value else f"!{name}")
        return Condition(f"!{name}") if value == NONE else self._option(feature, str(value))

    def _option(self, feature: Feature, code: str) -> Condition:
        return Condition(self.names.options[feature.code, code])

    def _either(self, expression: Expression, *, kept: bool) -> Condition:
        """That a condition is not false (kept), or else that it is true."""
        match expression:
            case Not(part):
                return negated(self._either(part, kept=not kept))
            case Logical("and" | "or" as sign, left, right):
                parts = [self._either(part, kept=kept) for part in _flat(sign, left, right)]
                return joined("&" if sign == "and" else "|", parts)
            case Logical("->", left, right):
                return implied(self._either(left, kept=not kept), self._either(right, kept=kept))
            case Logical(_, left, right):
                ways = (Logical("->", left, right), Logical("->", right, left))
                return joined("&", [self._either(way, kept=kept) for way in ways])
            case Chosen(code):
                return self._chosen(self.by_code[code])
            case Comparison(sign, left, right) if self._is_number(left) and self._is_number(right) and sign != "contains":
                return self._compared(sign, left, right, kept)
            case Comparison("contains", Choice(code), right) if (one := self._contained(code, right)) is not None:
                return one
        return joined("&", self._rows(expression, self._spoken_of(expression), {True, None} if kept else {True}))

    def _chosen(self, feature: Feature) -> Condition:
        name = self.names.features[feature.code]
        match feature.kind:
            case FeatureKind.OPTIONAL | FeatureKind.TEXT:
                return Condition(name)
            case FeatureKind.MANY:
                return joined("|", [self._option(feature, option.code) for option in feature.options])
            case FeatureKind.QUANTITY:
                return Condition(f"{name} > 0")
        return TRUE

    def _contained(self, code: str, right: Expression) -> Condition | None:
        """That an option is among those chosen of a feature that takes several; None where it is anything else."""
        feature = self.by_code[code]
        if feature.kind is not FeatureKind.MANY or parts_of(right) or list(features_of(right)):
            return None
        word = str(getattr(right, "value", ""))
        return self._option(feature, word) if feature.option(word) else None

    # comparisons of numbers

    def _is_number(self, expression: Expression) -> bool:
        """Whether an expression can only be a number, or nothing where an attribute is missing."""
        match expression:
            case Number() | Sum() | Count():
                return True
            case Choice(code):
                return self.by_code[code].kind in NUMBERS
            case Attribute(code, name):
                return all(isinstance(number(fact), Decimal) for fact in _facts(self.by_code[code], name))
            case Arithmetic(_, left, right):
                return self._is_number(left) and self._is_number(right)
        return False

    def _compared(self, sign: str, left: Expression, right: Expression, kept: bool) -> Condition:
        known = joined("&", dict.fromkeys(chain(self._known(left), self._known(right))))
        if known is FALSE:  # nothing ever has the attribute
            return TRUE if kept else FALSE
        compared = Condition(f"{self._number(left)} {SIGNS.get(sign, sign)} {self._number(right)}", is_short=False)
        return implied(known, compared) if kept else joined("&", [known, compared])

    def _known(self, expression: Expression) -> Iterator[Condition]:
        """What must be chosen so that no attribute of an expression is missing."""
        for part in parts_of(expression):
            yield from self._known(part)
        if isinstance(expression, Attribute):
            feature = self.by_code[expression.feature]
            owners = [option for option in feature.options if expression.name in option.attributes]
            if expression.name in feature.attributes:  # of a quantity
                yield TRUE if feature.minimum > 0 else self._chosen(feature)
            elif owners and len(owners) == len(feature.options):
                yield self._chosen(feature)
            else:
                yield joined("|", [self._option(feature, option.code) for option in owners])

    def _number(self, expression: Expression) -> str:
        match expression:
            case Number(value):
                return written_number(value)
            case Choice(code):
                return self.names.features[code]
            case Sum(name):
                return self._sum(name)
            case Attribute(code, name):
                return self._amount(self.by_code[code], name)
            case Count(code):
                feature = self.by_code[code]
                is_amount = feature.kind is FeatureKind.QUANTITY
                return self.names.features[code] if is_amount else f"sum({self.names.counter}, {self.names.features[code]})"
            case Arithmetic(sign, left, right):
                return f"({self._number(left)} {sign} {self._number(right)})"
        raise NotInUvl(what=describe(expression), why="it is no number")

    def _sum(self, name: str) -> str:
        """An attribute over all options chosen, and over the units of quantities."""
        terms = []
        if any(name in option.attributes for feature in self.model.features for option in feature.options):
            terms.append(f"sum({self._attribute(name)})")
        for feature in self.model.features:
            each = number(feature.attributes.get(name))
            if feature.kind is FeatureKind.QUANTITY and isinstance(each, Decimal):
                terms.append(f"{written_number(each)} * {self.names.features[feature.code]}")
        return f"({' + '.join(terms)})" if len(terms) > 1 else "".join(terms) or "0"

    def _amount(self, feature: Feature, name: str) -> str:
        if feature.kind is FeatureKind.QUANTITY:
            each = number(feature.attributes[name])
            return written_number(each if isinstance(each, Decimal) else Decimal(0))
        return f"sum({self._attribute(name)}, {self.names.features[feature.code]})"

    def _attribute(self, name: str) -> str:
        if name in self.names.left_out:
            raise NotInUvl(what=f"What speaks of the attribute `{name}`", why="one of its values cannot be written")
        return name_in_uvl(name)

    # comparisons of words

    def _spoken_of(self, expression: Expression) -> list[Feature]:
        """The features that decide what an expression comes to."""
        codes = set(features_of(expression))
        sums = {part.attribute for part in walk(expression) if isinstance(part, Sum)}
        return [f for f in self.model.features if f.code in codes or any(name in a for a in _sources(f) for name in sums)]

    def _rows(self, expression: Expression, columns: Sequence[Feature], truths: set[bool | None]) -> list[Condition]:
        """That features have values for which an expression has one of some truths: for each combination of all but one feature,
        which values the other one then has.
        """
        if _combinations(columns) > MOST_ROWS:
            what = f"A condition over {', '.join(feature.name for feature in columns)}"
            raise NotInUvl(what=what, why=f"it would take more than {MOST_ROWS} combinations of their values")
        last = max(columns, key=lambda feature: len(_values(feature)), default=None)
        if last is None:
            return [TRUE if truth_of(evaluate(expression, {}, self.model)) in truths else FALSE]
        others = [feature for feature in columns if feature is not last]
        lines = []
        for row in product(*map(_values, others)):
            values = dict(zip((feature.code for feature in others), row, strict=True))
            fits = [
                value
                for value in _values(last)
                if truth_of(evaluate(expression, values | {last.code: value}, self.model)) in truths
            ]
            having = joined("&", [self.literal(feature, value) for feature, value in zip(others, row, strict=True)])
            lines.append(implied(having, self._among(last, fits)))
        return [line for line in lines if line is not TRUE]

    def _among(self, feature: Feature, values: Sequence[Value]) -> Condition:
        """That a feature has one of some values, or none of the others where these are fewer."""
        others = [value for value in _values(feature) if value not in values]
        if len(others) < len(values):
            return joined("&", [negated(self.literal(feature, value)) for value in others])
        return joined("|", [self.literal(feature, value) for value in values])


def negated(condition: Condition) -> Condition:
    """The opposite."""
    if condition in (TRUE, FALSE):
        return FALSE if condition is TRUE else TRUE
    if condition.is_short and condition.text.startswith("!"):
        return Condition(condition.text[1:])
    is_name = condition.is_short and " == " not in condition.text and " > " not in condition.text
    return Condition(f"!{condition.text}" if is_name else f"!({condition.text})")


def joined(sign: str, conditions: Iterable[Condition]) -> Condition:
    """All of some conditions (`&`), or at least one of them (`|`)."""
    nothing, everything = (TRUE, FALSE) if sign == "&" else (FALSE, TRUE)
    parts = [condition for condition in conditions if condition is not nothing]
    if everything in parts:
        return everything
    if len(parts) < 2:
        return parts[0] if parts else nothing
    return Condition(f" {sign} ".join(_bracketed(part) for part in parts), is_short=False)


def implied(left: Condition, right: Condition) -> Condition:
    """That one condition brings another with it."""
    if left is FALSE or right is TRUE:
        return TRUE
    if left is TRUE or right is FALSE:
        return right if left is TRUE else negated(left)
    return Condition(f"{_bracketed(left)} => {_bracketed(right)}", is_short=False)


def _bracketed(condition: Condition) -> str:
    return condition.text if condition.is_short else f"({condition.text})"


def _flat(sign: str, *parts: Expression) -> Iterator[Expression]:
    """Parts of parts that are joined by the same sign."""
    for part in parts:
        if isinstance(part, Logical) and part.sign == sign:
            yield from _flat(sign, part.left, part.right)
        else:
            yield part


def written_number(value: Decimal) -> str:
    """A number with all its digits.

    Raises
    ------
    NotInUvl
        When they are too many.
    """
    text = f"{value:f}"
    if len(text.lstrip("-")) > LONGEST_NUMBER:
        raise NotInUvl(what=f"The number {text}", why=f"it has more than {LONGEST_NUMBER} digits")
    return text


def _values(feature: Feature) -> Sequence[Value]:
    """All values; of a text one that is empty and one that is not."""
    if feature.kind is FeatureKind.TEXT:
        return ("", "text")
    if feature.kind is FeatureKind.MANY:
        codes = [option.code for option in feature.options]
        low, high = _bounds(feature)
        return [*chain.from_iterable(combinations(codes, size) for size in range(low, high + 1))]
    return feature.values()


def _bounds(feature: Feature) -> tuple[int, int]:
    return int(feature.minimum), int(feature.maximum) or len(feature.options)


def _combinations(columns: Iterable[Feature]) -> int:
    return prod(_size(feature) for feature in columns)


def _size(feature: Feature) -> int:
    if feature.kind is not FeatureKind.MANY:
        return len(_values(feature))
    low, high = _bounds(feature)
    return sum(comb(len(feature.options), size) for size in range(low, high + 1))


def _sources(feature: Feature) -> list[Attributes]:
    return [feature.attributes, *(option.attributes for option in feature.options)]


def _facts(feature: Feature, name: str) -> list[Fact]:
    return [attributes[name] for attributes in _sources(feature) if name in attributes]
