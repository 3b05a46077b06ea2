"""The expressions of a document: parsed, with derived values put in, and checked against the features of the model."""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from difflib import get_close_matches
from graphlib import CycleError, TopologicalSorter

from atoll.configure.document import Faults, Record, shown
from atoll.configure.evaluate import arithmetic
from atoll.configure.magnitude import check_exact
from atoll.configure.meaning import Features, check_condition, check_number
from atoll.model.expression import (
    DEEPEST,
    FUNCTIONS,
    WORDS,
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
    OneOf,
    RuleSyntax,
    depth,
    parse,
    walk,
)
from atoll.model.product import Derived

CODE = re.compile(r"[A-Za-z_](?:[A-Za-z0-9_+]|-(?=[A-Za-z0-9_]))*")
UNKNOWN = ("unknown-feature", "not-a-number", "unknown-word")
LARGEST = 5_000
"""Parts that an expression may have once its derived values are put in; each may double the one before."""


@dataclass(frozen=True, slots=True)
class Language:
    """What expressions may speak of.

    Parameters
    ----------
    derived
        Expressions of the derived values, by name.
    """

    features: Features
    derived: Mapping[str, Expression] = field(default_factory=dict)

    def condition(self, text: str, faults: Faults) -> Expression:
        """A condition; true stands in for one with a fault, which is noted."""
        expression = self._read(text, faults)
        if expression is None:
            return Number(Decimal(1))
        with self._hints(faults):
            check_condition(expression, self.features, faults)
        check_exact(expression, self.features, faults)
        return expression

    def when(self, record: Record) -> tuple[Expression | None, str]:
        """The condition `when` of a record, and its text; None and empty without one."""
        text = record.text("when", "")
        return (self.condition(text, record.faults.at("when")) if text else None), text

    def number(self, text: str, faults: Faults) -> Expression:
        """A number; one stands in for an expression with a fault, which is noted."""
        expression = self._read(text, faults)
        return Number(Decimal(1)) if expression is None else self.checked_number(expression, faults)

    def checked_number(self, expression: Expression, faults: Faults) -> Expression:
        """The expression, after noting what keeps it from being a number."""
        with self._hints(faults):
            check_number(expression, self.features, faults)
        check_exact(expression, self.features, faults)
        return expression

    def whole_number(self, text: str, faults: Faults) -> Expression:
        """A number that has to come to a whole one, not below zero."""
        expression = self.number(text, faults)
        value = _constant(expression)
        if value is not None and value != int(value):
            faults.add("bad-number", f"Expected a whole number, got {text}.")
        elif value is not None and value < 0:
            faults.add("bad-number", f"Expected a number >= 0, got {text}.")
        return expression

    def parsed(self, text: str, faults: Faults) -> Expression | None:
        """The tree of a text, derived values still by name; None where it is no expression, which is noted."""
        if not text:
            return None  # that it is missing has been noted
        try:
            return parse(text, frozenset((*self.features, *self.derived)))
        except RuleSyntax as error:
            faults.add("rule-syntax", str(error), f"It reads: {shown(text)}")
            return None

    @contextmanager
    def _hints(self, faults: Faults) -> Iterator[None]:
        """Let the faults noted within also think of the derived values: a name that is near to one is meant to be it."""
        before = len(faults.issues)
        yield
        for place, issue in enumerate(faults.issues[before:], start=before):
            word = re.search("`([^`]+)`", issue.message)
            near = get_close_matches(word.group(1), self.derived, n=1) if word and issue.code in UNKNOWN else []
            if near:
                faults.issues[place] = replace(issue, hint=f"Did you mean `{near[0]}`?")

    def _read(self, text: str, faults: Faults) -> Expression | None:
        expression = self.parsed(text, faults)
        return None if expression is None else self.put_in(expression, faults)

    def put_in(self, expression: Expression, faults: Faults) -> Expression | None:
        """The expression with derived values put in by what they are; None where that cannot be."""
        named = _derived_in(expression, self.derived)
        if not named:
            return expression
        misused = [part for part in walk(expression) if isinstance(part, (Chosen, Count, Attribute)) and part.feature in named]
        for part in misused:
            message = f"`{part.feature}` is a derived value, so it has no options and no attributes."
            faults.add("not-a-feature", message, f"Its name alone is the number: `{part.feature}`.")
        if misused:
            return None
        size = sum(1 for _ in walk(expression)) + sum(_size(self.derived[name]) for name in named)
        whole = _replaced(expression, self.derived) if size <= LARGEST else None
        if whole is None or depth(whole) > DEEPEST:
            message = f"With {', '.join(f'`{name}`' for name in dict.fromkeys(named))} put in, the expression becomes too large."
            faults.add("too-large", message, f"It may have {LARGEST} parts on {DEEPEST} levels.")
            return None
        return whole


def read_derived(record: Record, features: Features) -> tuple[Derived, ...]:
    """The derived values of a document, in its order. A circle of them is one fault, with its path."""
    records = [*record.records("derived", "derived value", ("name", "expression"))]
    names, texts = [fields.text("name") for fields in records], [_written(fields) for fields in records]
    known: dict[str, Expression] = dict.fromkeys(names, Number(Decimal(0)))
    trees = [Language(features, known).parsed(text, fields.faults) for text, fields in zip(texts, records, strict=True)]
    if _are_names(names, features, records, record.faults):
        for place in _dependent_last(names, trees, record.faults):
            known[names[place]] = _expression(trees[place], Language(features, known), records[place].faults)
    return tuple(Derived(name, known[name], text) for name, text in zip(names, texts, strict=True))


def _are_names(names: Sequence[str], features: Features, records: Sequence[Record], faults: Faults) -> bool:
    """Whether derived values have different names, which are those of no feature."""
    for name, fields in zip(names, records, strict=True):
        check_code(name, fields.faults)
        if name in features:
            fields.faults.add("duplicate", f"`{name}` is a feature and a derived value.", "Give one of them another name.")
    for name, times in Counter(names).items():
        if times > 1 and name:
            faults.add("duplicate", f"`{name}` stands {times} times among the derived values.")
    return len(set(names)) == len(names) and features.keys().isdisjoint(names)


def _expression(tree: Expression | None, language: Language, faults: Faults) -> Expression:
    """A derived value with those that it uses put in; zero stands in for one with a fault."""
    expression = None if tree is None else language.put_in(tree, faults)
    return Number(Decimal(0)) if expression is None else language.checked_number(expression, faults)


def _written(record: Record) -> str:
    return str(record.fields["expression"]) if "expression" in record else record.text("expression")


def _dependent_last(names: Sequence[str], trees: Sequence[Expression | None], faults: Faults) -> list[int]:
    """Places of the derived values, each after those that it uses; none when they run in a circle."""
    uses = {name: _derived_in(tree, names) if tree else [] for name, tree in zip(names, trees, strict=True)}
    try:
        order = [*TopologicalSorter(uses).static_order()]
    except CycleError as error:
        path = " > ".join(reversed(error.args[1]))
        faults.add("derived-cycle", f"The derived values run in a circle: {path}.", "Write one of them without the other.")
        return []
    return sorted(range(len(names)), key=lambda place: order.index(names[place]))


def _derived_in(expression: Expression, names: Collection[str]) -> list[str]:
    """Names of derived values in an expression, each as often as it stands there."""
    parts = (part for part in walk(expression) if isinstance(part, (Choice, Chosen, Count, Attribute)))
    return [part.feature for part in parts if part.feature in names]


def _size(expression: Expression) -> int:
    return sum(1 for _ in walk(expression))


def _constant(expression: Expression) -> Decimal | None:
    """What an expression comes to that speaks of no feature, such as `-3`; None where it speaks of one."""
    match expression:
        case Number(value):
            return value
        case Arithmetic(sign, left, right):
            found = arithmetic(sign, _constant(left), _constant(right))
            return found if isinstance(found, Decimal) else None
        case _:
            return None


def _replaced(expression: Expression, derived: Mapping[str, Expression]) -> Expression:
    match expression:
        case Choice(name):
            return derived.get(name, expression)
        case Not(part):
            return Not(_replaced(part, derived))
        case OneOf(left, words):
            return OneOf(_replaced(left, derived), words)
        case Arithmetic(sign, left, right) | Comparison(sign, left, right) | Logical(sign, left, right):
            return type(expression)(sign, _replaced(left, derived), _replaced(right, derived))
        case _:
            return expression


def check_code(code: str, faults: Faults) -> None:
    """Note that a code cannot be named in rules."""
    if code and (not CODE.fullmatch(code) or code in WORDS or code in FUNCTIONS):
        hint = "Use letters, digits, `_` and `-`, and no word of the rule language."
        faults.add("bad-code", f"`{code}` cannot be named in rules.", hint)
