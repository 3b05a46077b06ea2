"""UVL as lines of tokens. A line goes on while a bracket is open."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, NoReturn

from atoll.io.faults import Faults

TOKEN = re.compile(
    r"""(?P<newline>\r?\n|\r)
    |(?P<space>[^\S\r\n]+|//[^\r\n]*)
    |(?P<comment>/\*.*?(?:\*/|\Z))
    |(?P<number>(?:[0-9]++(?:\.[0-9]++)?|\.[0-9]++)(?!\w))
    |(?P<name>[^\W\d][\w\#§%?\\';]*)
    |(?P<quoted>"[^"\r\n]*")
    |(?P<text>'[^'\r\n]*')
    |(?P<sign><=>|=>|<=|>=|==|!=|\.\.|[!&|<>+\-*/(){}\[\],.])
    |(?P<bad>[0-9]+\w*|.)""",
    re.VERBOSE | re.DOTALL,
)
OPENING = {"(": ")", "[": "]", "{": "}"}
CLOSING = set(OPENING.values())


class Token(NamedTuple):
    """A piece of the text, with its place. A name stands without its quotation marks."""

    kind: str
    text: str
    line: int
    column: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Line:
    """The tokens of a line, at least one, and how far it is indented; a tab goes on to the next multiple of 8."""

    indent: int
    tokens: tuple[Token, ...]

    @property
    def number(self) -> int:
        """Where it begins."""
        return self.tokens[0].line


class UvlFault(Exception):
    """What is wrong at a place of the text."""

    def __init__(self, line: int, code: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.line, self.code, self.message, self.hint = line, code, message, hint

    def note(self, source: str, faults: Faults) -> None:
        """Add it to the faults."""
        faults.add(f"{source}:{self.line}", self.code, self.message, self.hint)


class Tokens:
    """The tokens of a line, taken one after the other."""

    def __init__(self, tokens: tuple[Token, ...]) -> None:
        self.tokens = tokens
        self.place = 0

    def peek(self) -> Token | None:
        """The next token; None at the end."""
        return self.tokens[self.place] if self.place < len(self.tokens) else None

    def take(self, *signs: str) -> Token | None:
        """The next token if it is one of some signs, or else None; it is passed."""
        token = self.peek()
        if token is None or token.kind != "sign" or token.text not in signs:
            return None
        self.place += 1
        return token

    def word(self) -> Token | None:
        """The next token if it is a name, or else None; it is passed."""
        token = self.peek()
        if token is None or token.kind not in {"name", "quoted"}:
            return None
        self.place += 1
        return token

    def need(self, sign: str) -> Token:
        """The next token, which must be a sign."""
        return self.take(sign) or self.fail(f"`{sign}`")

    def name(self, what: str) -> str:
        """The next token, which must be a name."""
        token = self.word() or self.fail(what)
        return token.text

    def fail(self, expected: str) -> NoReturn:
        """Refuse the next token."""
        token = self.peek()
        if token is None:
            last = self.tokens[-1]
            column = last.column + last.end - last.start
            raise UvlFault(last.line, "uvl-syntax", f"Column {column}: expected {expected}, found the end of the line.")
        raise unexpected(expected, token)


def unexpected(expected: str, token: Token) -> UvlFault:
    """That something else was expected in place of a token."""
    hint = ""
    if token.kind == "bad":
        hint = "A name with other signs than letters, digits and _ stands in quotation marks."
    return UvlFault(token.line, "uvl-syntax", f"Column {token.column}: expected {expected}, found `{token.text[:40]}`.", hint)


def scan(text: str) -> Iterator[Line]:
    """The lines that are not empty.

    Raises
    ------
    UvlFault
        When a bracket or comment is not closed at the end.
    """
    tokens: list[Token] = []
    open_: list[Token] = []
    number, begin = 1, 0
    for found in TOKEN.finditer(text):
        kind, piece = str(found.lastgroup), found.group()
        if kind == "newline":
            if tokens and not open_:
                yield _line(text, tokens)
                tokens = []
            number, begin = number + 1, found.end()
        elif kind == "comment":
            if len(piece) < len("/**/") or not piece.endswith("*/"):
                column = found.start() - begin + 1
                raise UvlFault(number, "uvl-syntax", f"Column {column}: expected `*/`, found the end of the file.")
            if "\n" in piece:
                number, begin = number + piece.count("\n"), found.start() + piece.rindex("\n") + 1
        elif kind != "space":
            start, end = found.span()
            word = piece[1:-1] if kind in {"quoted", "text"} else piece
            token = Token(kind, word, number, start - begin + 1, start, end)
            tokens.append(token)
            if kind == "sign" and piece in OPENING:
                open_.append(token)
            elif kind == "sign" and piece in CLOSING and open_:
                open_.pop()
    if open_:
        message = f"Column {open_[0].column}: expected `{OPENING[open_[0].text]}`, found the end of the file."
        raise UvlFault(open_[0].line, "uvl-syntax", message, "The bracket that is opened here is not closed.")
    if tokens:
        yield _line(text, tokens)


def _line(text: str, tokens: list[Token]) -> Line:
    first = tokens[0]
    before = text[first.start - first.column + 1 : first.start]
    return Line(len(before.expandtabs(8)), tuple(tokens))
