"""What rules of UVL come to.

An attribute counts 0 where its feature is not chosen, and so does a number that is not chosen. `sum(a)` adds an attribute over
all features, `sum(a, f)` over the feature f and those below it, `sum(f, g)` numbers; `avg` takes the mean over those that are
chosen, 0 where none is. `len` is the number of signs of a text, `floor` and `ceil` round.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

from atoll.errors import AtollError
from atoll.io.feature_tree import Feature
from atoll.io.formula import Atoms, Formula
from atoll.io.uvl.arithmetic import Number, constant, join
from atoll.io.uvl.comparison import HOLDS, Words, compare, compare_words
from atoll.io.uvl.rule import Reference, Rule, Step
from atoll.io.uvl.scan import UvlFault
from atoll.model.constraint import Constraint

ROUND: dict[str, Callable[[Fraction], int]] = {"floor": floor, "ceil": ceil}


@dataclass(frozen=True, slots=True)
class _Named:
    """A feature that is named; what is asked of it decides whether it is taken as a condition or as a value."""

    place: int


@dataclass(frozen=True, slots=True)
class _Condition:
    """A step of the formula."""

    place: int


_Part = _Named | _Condition | Number | Words


class Meaning:
    """Turns rules into constraints over the features of a model."""

    def __init__(self, features: Sequence[Feature], places: Mapping[str, int], atoms: Atoms) -> None:
        self.features, self.places, self.atoms = features, places, atoms
        self.owners: dict[str, list[int]] = {}
        for place, feature in enumerate(features):
            for name in feature.attributes:
                self.owners.setdefault(name, []).append(place)

    def constraint(self, rule: Rule, name: str) -> Constraint:
        """A rule in normal form.

        Raises
        ------
        UvlFault
            When it makes no sense or is too large.
        """
        formula = Formula()
        done: list[_Part] = []
        for step in rule.steps:
            try:
                self._take(step, done, formula)
            except OverflowError:
                raise _fault(step, "number-too-large", "the numbers become too large") from None
            except AtollError as refusal:
                raise UvlFault(step.token.line, refusal.code, str(refusal)) from None
        self._condition(done.pop(), rule.steps[-1], formula)
        try:
            return Constraint(name, rule.text, self.atoms.parts(formula.clauses()))
        except AtollError as refusal:
            raise UvlFault(rule.line, refusal.code, str(refusal)) from None

    def _take(self, step: Step, done: list[_Part], formula: Formula) -> None:
        kind = step.kind
        if isinstance(step.value, Fraction):
            done.append(constant(step.value))
        elif kind == "text":
            done.append((None, (str(step.value),)))
        elif kind == "reference":
            done.append(self._reference(_names(step), step, formula))
        elif kind in {"sum", "avg", "len", "floor", "ceil"}:
            done.append(self._function(step))
        elif kind == "!":
            done.append(_Condition(formula.join("not", self._condition(done.pop(), step, formula))))
        elif kind == "negative":
            done.append(join("-", constant(Fraction(0)), self._number(done.pop(), step)))
        else:
            right, left = done.pop(), done.pop()
            done.append(self._joined(step, left, right, formula))

    def _joined(self, step: Step, left: _Part, right: _Part, formula: Formula) -> _Part:
        kind = step.kind
        if kind in {"+", "-", "*", "/"}:
            return join(kind, self._number(left, step), self._number(right, step))
        if kind not in HOLDS:
            sign = {"&": "and", "|": "or"}.get(kind, kind)
            return _Condition(formula.join(sign, *(self._condition(part, step, formula) for part in (left, right))))
        texts = self._words(left), self._words(right)
        if texts[0] is not None and texts[1] is not None:
            if kind not in {"==", "!="}:
                raise _fault(step, "not-a-number", f"texts are compared with == and != only, found {kind}")
            return _Condition(compare_words(kind, texts[0], texts[1], formula, self.atoms))
        return _Condition(compare(kind, self._number(left, step), self._number(right, step), formula, self.atoms))

    def _condition(self, part: _Part, step: Step, formula: Formula) -> int:
        if isinstance(part, _Named):
            return formula.atom(self.atoms.chosen(part.place))
        if isinstance(part, _Condition):
            return part.place
        raise _fault(step, "not-a-condition", "expected a feature or a comparison, found a value")

    def _number(self, part: _Part, step: Step) -> Number:
        if isinstance(part, _Named) and self.features[part.place].type in {"Integer", "Real"}:
            numbers = tuple(Fraction(word) for word in self.features[part.place].values[1:])
            return Number(amounts={part.place: (Fraction(0), *numbers)})
        if isinstance(part, Number):
            return part
        raise _fault(step, "not-a-number", "expected a number, an attribute or a feature of the type Integer or Real")

    def _words(self, part: _Part) -> Words | None:
        if isinstance(part, _Named) and self.features[part.place].type == "String":
            return part.place, (None, *self.features[part.place].values[1:])
        return part if isinstance(part, tuple) else None

    def _reference(self, names: Reference, step: Step, formula: Formula) -> _Part:
        if (place := self.places.get(".".join(names))) is not None:
            return _Named(place)
        found = self._attribute(names)
        if found is None:
            raise self._unknown(names, step)
        place, value = found
        others = self.atoms.counts[place] - 1
        if isinstance(value, bool):
            code = self.atoms.chosen(place)
            return _Condition(formula.atom(code) if value else formula.given(((),), ()))
        if isinstance(value, str):
            return place, (None, *(value,) * others)
        if isinstance(value, (int, Decimal)):
            return Number(amounts={place: (Fraction(0), *(Fraction(value),) * others)})
        raise _fault(step, "not-a-number", f"the attribute {'.'.join(names)} is a list")

    def _attribute(self, names: Reference) -> tuple[int, object] | None:
        """The feature and the value of an attribute that is written with its feature."""
        for cut in range(1, len(names)):
            place, name = self.places.get(".".join(names[:cut])), ".".join(names[cut:])
            if place is not None and name in self.features[place].attributes:
                return place, self.features[place].attributes[name]
        return None

    def _unknown(self, names: Reference, step: Step) -> UvlFault:
        feature = ".".join(names[:-1])
        if feature in self.places:
            return _fault(step, "unknown-attribute", f"{feature} has no attribute `{names[-1]}`")
        return _fault(step, "unknown-feature", f"there is no feature `{'.'.join(names)}`")

    def _function(self, step: Step) -> Number:
        arguments = [part for part in step.value if isinstance(part, tuple)] if isinstance(step.value, tuple) else []
        if step.kind in {"sum", "avg"}:
            total = self._total(step, arguments)
            chosen = {p: (Fraction(0),) + (Fraction(1),) * (self.atoms.counts[p] - 1) for p in total.amounts}
            return total if step.kind == "sum" else Number("avg", total, Number(amounts=chosen))
        if len(arguments) != 1:
            raise _fault(step, "bad-function", f"{step.kind} takes one feature or attribute, found {len(arguments)}")
        part = self._reference(arguments[0], step, Formula())
        if step.kind == "len":
            words = self._words(part)
            if words is None or words[0] is None:
                raise _fault(step, "not-a-text", "len takes a feature of the type String, or an attribute that is a text")
            return Number(amounts={words[0]: tuple(Fraction(len(word or "")) for word in words[1])})
        amounts = self._number(part, step).amounts
        rounded = ROUND[step.kind]
        return Number(amounts={place: tuple(map(Fraction, map(rounded, values))) for place, values in amounts.items()})

    def _total(self, step: Step, arguments: Sequence[Reference]) -> Number:
        """Amounts of an attribute over all features, or over those below one; or else the sum of what is named."""
        names = [".".join(argument) for argument in arguments]
        attribute = next((name for name in names if name in self.owners), None)
        others = [name for name in names if name != attribute]
        if attribute is not None and len(others) <= 1 and all(name in self.places for name in others):
            below = self._below(self.places[others[0]]) if others else range(len(self.features))
            owners = [place for place in self.owners[attribute] if place in below]
            return self._added(step, [(self.features[place].name, attribute) for place in owners])
        return self._added(step, arguments)

    def _added(self, step: Step, references: Sequence[Reference]) -> Number:
        amounts: dict[int, tuple[Fraction, ...]] = {}
        for names in references:
            for place, values in self._number(self._reference(names, step, Formula()), step).amounts.items():
                old = amounts.get(place, (Fraction(0),) * len(values))
                amounts[place] = tuple(one + other for one, other in zip(old, values, strict=True))
        return Number(amounts=amounts)

    def _below(self, place: int) -> range:
        """A feature and those below it, which follow it in the file."""
        end = place + 1
        while end < len(self.features) and (self.features[end].parent or 0) >= place:
            end += 1
        return range(place, end)


def _names(step: Step) -> Reference:
    return tuple(str(name) for name in step.value) if isinstance(step.value, tuple) else ()


def _fault(step: Step, code: str, message: str) -> UvlFault:
    return UvlFault(step.token.line, code, f"Column {step.token.column}: {message}.")
