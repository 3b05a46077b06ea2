"""Rules of UVL as steps: operands, and operators that follow what they work on."""

from dataclasses import dataclass
from fractions import Fraction

from atoll.io.uvl.scan import Token, Tokens, UvlFault, unexpected

TIGHTNESS = {"<=>": 1, "=>": 2, "|": 3, "&": 4, "!": 5, "+": 7, "-": 7, "*": 8, "/": 8, "negative": 9} | dict.fromkeys(
    ("==", "!=", "<", "<=", ">", ">="), 6
)
"""How tightly an operator binds; equal ones group from the left, as in the grammar of the language."""

FUNCTIONS = ("sum", "avg", "len", "floor", "ceil")
LONGEST_NUMBER = 20
OPERAND = "a feature, a number, a text, `!` or `(`"
OPERATOR = "an operator such as `&`, `=>` or `<=`, or the end"

Reference = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """An operand, or an operator on the steps before it.

    Parameters
    ----------
    kind
        `number`, `text`, `reference`, the name of a function, or an operator.
    value
        A number, a text, the names of a reference, or the references that a function works on.
    """

    kind: str
    token: Token
    value: Fraction | str | Reference | tuple[Reference, ...] = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as it is written, and its steps."""

    text: str
    line: int
    steps: tuple[Step, ...]


def parse_rule(tokens: Tokens, text: str, ends: tuple[str, ...] = ()) -> Rule:
    """Read a rule up to the end of its line, or up to one of the signs that may follow it.

    Raises
    ------
    UvlFault
        With line, column and what was expected.
    """
    first = tokens.peek() or tokens.fail(OPERAND)
    parser = _Parser(tokens, ends)
    steps = parser.whole()
    last = tokens.tokens[tokens.place - 1]
    return Rule(" ".join(text[first.start : last.end].split()), first.line, tuple(steps))


class _Parser:
    """Turns operators around by keeping those that wait for their right side, so that depth costs no stack."""

    def __init__(self, tokens: Tokens, ends: tuple[str, ...]) -> None:
        self.tokens, self.ends = tokens, ends
        self.steps: list[Step] = []
        self.waiting: list[tuple[str, Token]] = []
        self.brackets = 0

    def whole(self) -> list[Step]:
        self._operand()
        while self._operator():
            self._operand()
        return self.steps

    def _operand(self) -> None:
        """An operand with the signs before it."""
        while token := self.tokens.take("!", "-", "("):
            self.waiting.append(("negative" if token.text == "-" else token.text, token))
            self.brackets += token.text == "("
        token = self.tokens.peek() or self.tokens.fail(OPERAND)
        if token.kind == "number":
            self.steps.append(Step("number", token, number(token)))
            self.tokens.place += 1
        elif token.kind == "text":
            self.steps.append(Step("text", token, token.text))
            self.tokens.place += 1
        elif token.kind in {"name", "quoted"}:
            self._name(token)
        else:
            raise unexpected(OPERAND, token)

    def _name(self, token: Token) -> None:
        reference = self._reference()
        if token.kind == "name" and token.text in FUNCTIONS and len(reference) == 1 and self.tokens.take("("):
            arguments = [self._reference()]
            while self.tokens.take(","):
                arguments.append(self._reference())
            self.tokens.need(")")
            self.steps.append(Step(token.text, token, tuple(arguments)))
        else:
            self.steps.append(Step("reference", token, reference))

    def _reference(self) -> Reference:
        names = [self.tokens.name("a name")]
        while self.tokens.take("."):
            names.append(self.tokens.name("a name"))
        return tuple(names)

    def _operator(self) -> bool:
        """The operator after an operand, with the brackets closed before it; false at the end."""
        while self.brackets and (token := self.tokens.take(")")):
            self._settle(0)
            self.waiting.pop()
            self.brackets -= 1
        token = self.tokens.peek()
        if token is None or (not self.brackets and token.kind == "sign" and token.text in self.ends):
            if self.brackets:
                self.tokens.fail("`)`")
            self._settle(0)
            return False
        if token.kind != "sign" or token.text not in TIGHTNESS or token.text == "!":
            raise unexpected("`)` or an operator" if self.brackets else OPERATOR, token)
        self.tokens.place += 1
        self._settle(TIGHTNESS[token.text])
        self.waiting.append((token.text, token))
        return True

    def _settle(self, tightness: int) -> None:
        """Let operators that bind as tightly or tighter work on what is there, back to the bracket that is open."""
        while self.waiting and self.waiting[-1][0] != "(" and TIGHTNESS[self.waiting[-1][0]] >= tightness:
            kind, token = self.waiting.pop()
            self.steps.append(Step(kind, token))


def number(token: Token) -> Fraction:
    """The value of a number."""
    if len(token.text) > LONGEST_NUMBER:
        message = f"Column {token.column}: the number has more than {LONGEST_NUMBER} digits."
        raise UvlFault(token.line, "number-too-large", message)
    return Fraction(token.text)
