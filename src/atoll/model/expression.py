"""The language in which rules are written: its tree and its parser.

Grammar, loosest first::

    condition := implied ( "<->" implied )*
    implied   := either ( ("->" | "requires" | "excludes") implied )?
    either    := both ( "or" both )*
    both      := negation ( "and" negation )*
    negation  := "not" negation | comparison
    comparison:= sum ( ("=" | "!=" | "<" | "<=" | ">" | ">=" | "contains") sum | "in" "{" name ("," name)* "}" )?
    sum       := product ( ("+" | "-") product )*
    product   := atom ( "*" atom )*
    atom      := "-" atom | number | text | "chosen(f)" | "count(f)" | "sum(a)" | name | feature "." attribute | "(" condition ")"

A name is a feature, or else an option or a word.

A comparison in which an attribute is missing is unknown, and so are `not`, `and`, `or` and the arrows where it decides. A rule
is broken only by a condition that is false: what is unknown imposes nothing. So `gpu.length > 300 -> case = big` asks nothing
when no gpu is chosen.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from atoll.errors import AtollError


class RuleSyntax(AtollError):
    """Line {line}, column {column}: expected {expected}, found {found}."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number."""

    value: Decimal


@dataclass(frozen=True, slots=True)
class Word:
    """An option's code or a text."""

    value: str


@dataclass(frozen=True, slots=True)
class Choice:
    """The value chosen for a feature."""

    feature: str


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute of the option chosen for a feature."""

    feature: str
    name: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """Whether anything is chosen for a feature."""

    feature: str


@dataclass(frozen=True, slots=True)
class Count:
    """How many options of a feature are chosen."""

    feature: str


@dataclass(frozen=True, slots=True)
class Sum:
    """The sum of an attribute over all chosen options, times their quantity."""

    attribute: str


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Two numbers added, subtracted or multiplied."""

    sign: str
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two values compared; the sign `contains` asks whether a list has a value."""

    sign: str
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True, slots=True)
class OneOf:
    """Whether a value is among words."""

    left: "Expression"
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    part: "Expression"


@dataclass(frozen=True, slots=True)
class Logical:
    """`and`, `or`, `->` or `<->`."""

    sign: str
    left: "Expression"
    right: "Expression"


Expression = Number | Word | Choice | Attribute | Chosen | Count | Sum | Arithmetic | Comparison | OneOf | Not | Logical

TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<number>\d+(?:\.\d+)?(?![A-Za-z0-9_.+-]))
    |(?P<text>"[^"]*"|'[^']*')
    |(?P<sign><->|->|<=|>=|!=|[=<>(){},*])
    |(?P<name>[A-Za-z0-9_](?:[A-Za-z0-9_+]|[.-](?=[A-Za-z0-9_]))*)
    |(?P<plus>[+-])""",
    re.VERBOSE,
)
COMPARISONS = ("=", "!=", "<", "<=", ">", ">=", "contains")
WORDS = {"and", "or", "not", "in", "contains", "requires", "excludes"}
FUNCTIONS = ("chosen", "count", "sum")
DEEPEST = 100


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the text, with its place."""

    kind: str
    text: str
    start: int


def parse(text: str, features: frozenset[str]) -> Expression:
    """Read a condition or quantity.

    Parameters
    ----------
    features
        Names that stand for features; any other name is an option or a word.

    Raises
    ------
    RuleSyntax
        With line, column and what was expected.
    """
    parser = _Parser(text, features)
    try:
        expression = parser.whole()
    except RecursionError:
        raise _too_deep(text) from None
    if depth(expression) > DEEPEST:
        raise _too_deep(text)
    return expression


def _too_deep(text: str) -> RuleSyntax:
    expected = "a shorter rule, `in {...}` or a table"
    return RuleSyntax(line=1, column=1, expected=expected, found="too many levels", text=text)


def parts_of(expression: Expression) -> tuple[Expression, ...]:
    """The expressions that one is directly made of."""
    match expression:
        case Not(part):
            return (part,)
        case OneOf(left, _):
            return (left,)
        case Arithmetic(_, left, right) | Comparison(_, left, right) | Logical(_, left, right):
            return (left, right)
        case _:
            return ()


def depth(expression: Expression) -> int:
    """How many levels it has; counted level by level, since a deep one would exhaust the stack."""
    levels, level = 0, [expression]
    while level:
        levels, level = levels + 1, [part for whole in level for part in parts_of(whole)]
    return levels


def walk(expression: Expression) -> Iterator[Expression]:
    """The expression and all that it is made of, wholes before parts."""
    yield expression
    for part in parts_of(expression):
        yield from walk(part)


def features_of(expression: Expression) -> Iterator[str]:
    """Features that an expression speaks of by name, each as often as it does."""
    for part in walk(expression):
        if isinstance(part, Choice | Chosen | Count | Attribute):
            yield part.feature


class _Parser:
    """Recursive descent over the tokens of one text."""

    def __init__(self, text: str, features: frozenset[str]) -> None:
        self.text, self.features = text, features
        self.tokens = list(self._scan())
        self.place = 0

    def _scan(self) -> Iterator[Token]:
        start = 0
        while start < len(self.text):
            found = TOKEN.match(self.text, start)
            if found is None:
                raise self._error("a name, number or sign", repr(self.text[start]), start)
            if (kind := str(found.lastgroup)) != "space":
                yield Token("sign" if kind == "plus" else kind, found.group(), start)
            start = found.end()

    def whole(self) -> Expression:
        expression = self._condition()
        if self.place < len(self.tokens):
            raise self._unexpected("the end, or `and`, `or`, `->` or a comparison")
        return expression

    def _condition(self) -> Expression:
        left = self._implied()
        while self._take("<->"):
            left = Logical("<->", left, self._implied())
        return left

    def _implied(self) -> Expression:
        left = self._either()
        if self._take("->") or self._take("requires"):
            return Logical("->", left, self._implied())
        if self._take("excludes"):
            return Logical("->", left, Not(self._implied()))
        return left

    def _either(self) -> Expression:
        left = self._both()
        while self._take("or"):
            left = Logical("or", left, self._both())
        return left

    def _both(self) -> Expression:
        left = self._negation()
        while self._take("and"):
            left = Logical("and", left, self._negation())
        return left

    def _negation(self) -> Expression:
        turns = 0
        while self._take("not"):
            turns += 1
        part = self._comparison()
        return Not(part) if turns % 2 else part

    def _comparison(self) -> Expression:
        left = self._sum()
        for sign in COMPARISONS:
            if self._take(sign):
                return Comparison(sign, left, self._sum())
        if self._take("in"):
            return OneOf(left, self._words())
        return left

    def _words(self) -> tuple[str, ...]:
        self._need("{")
        words = [self._word()]
        while self._take(","):
            words.append(self._word())
        self._need("}")
        return tuple(words)

    def _word(self) -> str:
        token = self._next("an option")
        if token.kind not in {"name", "text", "number"}:
            self.place -= 1
            raise self._unexpected("an option")
        return token.text.strip("\"'")

    def _sum(self) -> Expression:
        left = self._product()
        while (token := self._peek()) and token.text in {"+", "-"} and token.kind == "sign":
            self.place += 1
            left = Arithmetic(token.text, left, self._product())
        return left

    def _product(self) -> Expression:
        left = self._atom()
        while self._take("*"):
            left = Arithmetic("*", left, self._atom())
        return left

    def _atom(self) -> Expression:
        if self._take("("):
            inside = self._condition()
            self._need(")")
            return inside
        token = self._next("a feature, an option, a number or `(`")
        if token.text == "-" and token.kind == "sign":
            return Arithmetic("-", Number(Decimal(0)), self._atom())
        if token.kind == "number":
            return Number(Decimal(token.text))
        if token.kind == "text":
            return Word(token.text[1:-1])
        if token.kind == "name" and token.text not in WORDS:
            return self._function(token) or self._name(token)
        self.place -= 1
        raise self._unexpected("a feature, an option, a number or `(`")

    def _function(self, token: Token) -> Expression | None:
        after = self._peek()
        if token.text not in FUNCTIONS or after is None or after.text != "(":
            return None
        self._need("(")
        name = self._next("a name")
        if name.kind != "name":
            raise self._error("a name", f"`{name.text}`", name.start)
        self._need(")")
        if token.text == "sum":
            return Sum(name.text)
        if name.text not in self.features:
            raise self._error("a feature", f"`{name.text}`", name.start)
        return Chosen(name.text) if token.text == "chosen" else Count(name.text)

    def _name(self, token: Token) -> Expression:
        feature, dot, attribute = token.text.partition(".")
        if token.text in self.features:
            return Choice(token.text)
        if dot and feature in self.features:
            return Attribute(feature, attribute)
        return Word(token.text)

    def _peek(self) -> Token | None:
        return self.tokens[self.place] if self.place < len(self.tokens) else None

    def _take(self, text: str) -> bool:
        token = self._peek()
        if token is None or token.text != text or token.kind == "text":
            return False
        self.place += 1
        return True

    def _need(self, text: str) -> None:
        if not self._take(text):
            raise self._unexpected(f"`{text}`")

    def _next(self, expected: str) -> Token:
        token = self._peek()
        if token is None:
            raise self._unexpected(expected)
        self.place += 1
        return token

    def _unexpected(self, expected: str) -> RuleSyntax:
        token = self._peek()
        if token is None:
            return self._error(expected, "the end", len(self.text))
        return self._error(expected, f"`{token.text}`", token.start)

    def _error(self, expected: str, found: str, start: int) -> RuleSyntax:
        before = self.text[:start]
        line, column = before.count("\n") + 1, start - (before.rfind("\n") + 1) + 1
        return RuleSyntax(line=line, column=column, expected=expected, found=found, text=self.text)
