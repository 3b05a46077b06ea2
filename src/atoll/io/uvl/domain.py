"""Which values features of the types Integer, Real and String can have, as far as the rules bound them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

from atoll.io.faults import Faults
from atoll.io.feature_tree import Feature
from atoll.io.uvl.arithmetic import apply
from atoll.io.uvl.comparison import MIRRORED
from atoll.io.uvl.rule import Rule, Step

MOST_VALUES = 1_000
NOT_CHOSEN = "false"


@dataclass(frozen=True, slots=True)
class Span:
    """Values that are not ruled out: between two numbers, and among some values where they are listed."""

    low: Fraction | None = None
    high: Fraction | None = None
    listed: frozenset[Fraction | str] | None = None

    def __and__(self, other: "Span") -> "Span":
        low = max((end for end in (self.low, other.low) if end is not None), default=None)
        high = min((end for end in (self.high, other.high) if end is not None), default=None)
        lists = [listed for listed in (self.listed, other.listed) if listed is not None]
        return Span(low, high, lists[0].intersection(*lists) if lists else None)

    def __or__(self, other: "Span") -> "Span":
        low = None if self.low is None or other.low is None else min(self.low, other.low)
        high = None if self.high is None or other.high is None else max(self.high, other.high)
        return Span(low, high, None if self.listed is None or other.listed is None else self.listed | other.listed)


Spans = dict[int, Span]
_Part = Fraction | str | int | Spans | None
"""A constant, the position of a feature, or to which values a condition bounds features."""


def set_values(features: list[Feature], places: Mapping[str, int], rules: Iterable[Rule], faults: Faults) -> None:
    """Give each feature with another type than Boolean its values; a fault where they are not finite."""
    typed = {place: feature.type for place, feature in enumerate(features) if feature.type != "Boolean"}
    spans: Spans = {}
    if typed:
        for rule in rules:
            for place, span in _spans(rule, places, typed).items():
                spans[place] = spans.get(place, Span()) & span
    for place in sorted(typed):
        feature = features[place]
        values = _values(feature.type, spans.get(place, Span()))
        feature.values = (NOT_CHOSEN, *(values or ()))
        if values is None:
            message = f"The {feature.type} feature {feature.name} has no finite set of values, or more than {MOST_VALUES:,}."
            faults.add(feature.source, "not-finite", message, f"Bound it by a rule, such as {_example(feature)}.")
        elif NOT_CHOSEN in values:
            faults.add(feature.source, "bad-value", f"The value {NOT_CHOSEN} of {feature.name} says that it is not chosen.")


def _example(feature: Feature) -> str:
    name = f'"{feature.name}"' if " " in feature.name else feature.name
    examples = {"Integer": f"{name} >= 0 & {name} <= 10", "Real": f"{name} == 0.5 | {name} == 1.5"}
    return examples.get(feature.type, f"{name} == 'a' | {name} == 'b'")


def _values(kind: str, span: Span) -> list[str] | None:
    """The values in words; None when they are not finite."""
    if kind == "String":
        return None if span.listed is None else sorted(word for word in span.listed if isinstance(word, str))
    if span.listed is not None:
        numbers = [number for number in span.listed if isinstance(number, Fraction)]
        kept = [n for n in numbers if (span.low is None or n >= span.low) and (span.high is None or n <= span.high)]
        return [in_words(n) for n in sorted(kept) if kind == "Real" or n.denominator == 1]
    if kind == "Real" or span.low is None or span.high is None or span.high - span.low >= MOST_VALUES:
        return None
    return [str(number) for number in range(ceil(span.low), floor(span.high) + 1)]


def in_words(number: Fraction) -> str:
    """A number as people write it."""
    if number.denominator == 1:
        return str(number)
    word = f"{Decimal(number.numerator) / Decimal(number.denominator):f}"
    return word if Fraction(word) == number else str(number)


def _spans(rule: Rule, places: Mapping[str, int], typed: Mapping[int, str]) -> Spans:
    """To which values a rule bounds features. Where it is not clear, they are not bounded, so that no value is lost."""
    done: list[_Part] = []
    for step in rule.steps:
        if step.kind in {"!", "negative"}:
            part = done.pop()
            done.append(-part if step.kind == "negative" and isinstance(part, Fraction) else None)
        elif step.kind in MIRRORED or step.kind in {"+", "-", "*", "/", "&", "|", "=>", "<=>"}:
            right, left = done.pop(), done.pop()
            done.append(_joined(step.kind, left, right, typed))
        else:
            done.append(_operand(step, places, typed))
    spans = done.pop()
    return spans if isinstance(spans, dict) else {}


def _operand(step: Step, places: Mapping[str, int], typed: Mapping[int, str]) -> Fraction | str | int | None:
    if isinstance(step.value, Fraction):
        return step.value
    if step.kind == "text" and isinstance(step.value, str):
        return step.value
    place = places.get(".".join(map(str, step.value))) if step.kind == "reference" else None
    return place if place in typed else None


def _joined(sign: str, left: _Part, right: _Part, typed: Mapping[int, str]) -> Fraction | Spans | None:
    if isinstance(left, Fraction) and isinstance(right, Fraction):
        return _folded(sign, left, right)
    if sign in MIRRORED:
        return _compared(sign, left, right, typed) or _compared(MIRRORED[sign], right, left, typed)
    spans_left, spans_right = left if isinstance(left, dict) else {}, right if isinstance(right, dict) else {}
    if sign == "&":
        common = {place: span & spans_right.get(place, Span()) for place, span in spans_left.items()}
        return spans_right | common
    if sign == "|":
        return {place: span | spans_right[place] for place, span in spans_left.items() if place in spans_right}
    if sign == "=>" and isinstance(left, int):
        return {place: span for place, span in spans_right.items() if place == left}
    return None


def _folded(sign: str, left: Fraction, right: Fraction) -> Fraction | None:
    """The result of an operation on constants; None where there is none, which is told when the rule is read in full."""
    try:
        return apply(sign, left, right) if sign in {"+", "-", "*", "/"} else None
    except OverflowError:
        return None


def _compared(sign: str, left: _Part, right: _Part, typed: Mapping[int, str]) -> Spans | None:
    """The span of a feature that is compared with a value."""
    if not isinstance(left, int) or not isinstance(right, (Fraction, str)) or sign == "!=":
        return None
    if sign == "==":
        ends = right if isinstance(right, Fraction) else None
        return {left: Span(ends, ends, frozenset([right]))}
    if isinstance(right, str):
        return None
    if typed[left] == "Integer" and sign in {"<", ">"}:
        right = Fraction(ceil(right) - 1 if sign == "<" else floor(right) + 1)
    return {left: Span(high=right) if sign in {"<", "<="} else Span(low=right)}
