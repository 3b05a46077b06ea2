"""A UVL document: its features as a tree, and its rules as they are written."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from atoll.io.faults import MOST_FAULTS, Faults
from atoll.io.feature_tree import Feature, Group
from atoll.io.uvl.rule import LONGEST_NUMBER, Rule, parse_rule
from atoll.io.uvl.scan import Line, Token, Tokens, UvlFault, scan
from atoll.model.constraint import Fact

SECTIONS = ("namespace", "include", "imports", "features", "constraints")
GROUPS = ("mandatory", "optional", "or", "alternative")
TYPES = ("Boolean", "Integer", "Real", "String")
DEEPEST_ATTRIBUTE = 20


@dataclass(slots=True)
class Document:
    """What a document holds. The rules are those of `constraints`, and those that stand with features."""

    name: str = ""
    features: list[Feature] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Level:
    """A feature or group that the lines below may belong to."""

    indent: int
    feature: int | None
    group: Group | None = None


def read_document(text: str, source: str, faults: Faults) -> Document:
    """Read the whole text; faults leave out what they are in."""
    reader = _Reader(text, source, faults)
    for line in reader.lines():
        if len(faults.issues) >= MOST_FAULTS:
            break
        reader.take(line)
    if not reader.document.features and not faults.issues:
        faults.add(f"{source}:1", "no-feature", "Expected `features` and a feature below it.")
    return reader.document


class _Reader:
    """What has been read so far."""

    def __init__(self, text: str, source: str, faults: Faults) -> None:
        self.text, self.source, self.faults = text, source, faults
        self.document = Document()
        self.first: dict[str, int] = {}
        self.levels: list[_Level] = []
        self.section = ""

    def lines(self) -> Iterator[Line]:
        try:
            yield from scan(self.text)
        except UvlFault as fault:
            fault.note(self.source, self.faults)

    def take(self, line: Line) -> None:
        """Take a line in, or note its fault."""
        tokens = Tokens(line.tokens)
        try:
            if line.indent == 0 and line.tokens[0].kind == "name" and line.tokens[0].text in SECTIONS:
                self._begin(tokens)
            elif self.section == "features":
                self._in_tree(line, tokens)
            elif self.section == "constraints":
                self.document.rules.append(parse_rule(tokens, self.text))
            elif self.section == "imports":
                message = f"Column {line.tokens[0].column}: imports are not read."
                raise UvlFault(line.number, "not-supported", message, "Put the imported features into this file.")
            elif self.section != "include":
                tokens.fail(f"one of {', '.join(SECTIONS)} at the beginning of the line")
        except UvlFault as fault:
            fault.note(self.source, self.faults)

    def _begin(self, tokens: Tokens) -> None:
        self.section = tokens.name("a section")
        if self.section == "namespace":
            self.document.name = self._dotted(tokens)
        if tokens.peek() is not None:
            tokens.fail("the end of the line")

    def _in_tree(self, line: Line, tokens: Tokens) -> None:
        above = self._above(line)
        if above is not None and above.group is None:
            group = Group("optional")
            self.levels.append(_Level(line.indent, above.feature, group))
            self._read_group(tokens, group)
            if above.feature is not None:
                self.document.features[above.feature].groups.append(group)
            return
        if above is None and self.document.features:
            message = f"Column {line.tokens[0].column}: expected one feature at the top, found another."
            raise UvlFault(line.number, "two-roots", message, "Put both below a common feature.")
        place = len(self.document.features)
        self.levels.append(_Level(line.indent, place))
        feature = Feature("", f"{self.source}:{line.number}", above.feature if above else None)
        self.document.features.append(feature)
        self._read_feature(tokens, feature)
        if above is not None and above.group is not None:
            above.group.children.append(place)

    def _above(self, line: Line) -> _Level | None:
        """What a line stands below, judging by its indentation."""
        beside = None
        while self.levels and self.levels[-1].indent >= line.indent:
            beside = self.levels.pop()
        if beside is not None and beside.indent != line.indent:
            self.levels.append(beside)
            message = f"Column {line.tokens[0].column}: the indentation fits no line above."
            raise UvlFault(line.number, "bad-indentation", message, "Indent as far as the other lines of the same level.")
        return self.levels[-1] if self.levels else None

    def _read_group(self, tokens: Tokens, group: Group) -> None:
        token = tokens.peek()
        if tokens.take("["):
            group.kind = "cardinality"
            group.low, group.high = self._cardinality(tokens)
        elif token is not None and token.kind == "name" and token.text in GROUPS:
            group.kind = tokens.name("a group")
        else:
            tokens.fail(f"a group ({', '.join(GROUPS)} or [1..2])")
        if tokens.peek() is not None:
            tokens.fail("the end of the line")

    def _cardinality(self, tokens: Tokens) -> tuple[int, int | None]:
        low = self._whole(tokens)
        high: int | None = low
        if tokens.take(".."):
            high = None if tokens.take("*") else self._whole(tokens)
        bracket = tokens.need("]")
        if high is not None and high < low:
            message = f"Column {bracket.column}: expected the smaller number first, found [{low}..{high}]."
            raise UvlFault(bracket.line, "bad-cardinality", message)
        return low, high

    def _whole(self, tokens: Tokens) -> int:
        token = tokens.peek()
        if token is None or token.kind != "number" or "." in token.text or len(token.text) > 9:
            tokens.fail("a whole number")
        tokens.place += 1
        return int(token.text)

    def _read_feature(self, tokens: Tokens, feature: Feature) -> None:
        if _is_typed(tokens):
            feature.type = tokens.name("a type")
        token = tokens.peek()
        feature.name = self._dotted(tokens)
        if token is not None and feature.name in self.first:
            message = f"Column {token.column}: the feature {feature.name} is there already, in line {self.first[feature.name]}."
            raise UvlFault(token.line, "duplicate-feature", message)
        self.first[feature.name] = token.line if token else 0
        word = tokens.word()
        if word is not None and word.kind == "name" and word.text == "cardinality":
            self._one_only(tokens, word)
        elif word is not None:
            tokens.place -= 1
        if tokens.take("{"):
            self._attributes(tokens, feature, "", 0)
        if tokens.peek() is not None:
            tokens.fail("`{` or the end of the line")

    def _one_only(self, tokens: Tokens, word: Token) -> None:
        tokens.need("[")
        if self._cardinality(tokens) != (1, 1):
            message = f"Column {word.column}: features that can be there several times are not read."
            raise UvlFault(word.line, "not-supported", message, "Write each copy as a feature of its own.")

    def _dotted(self, tokens: Tokens) -> str:
        names = [tokens.name("a name")]
        while tokens.take("."):
            names.append(tokens.name("a name"))
        if not all(name.strip() for name in names):
            tokens.fail("a name that is not empty before this")
        return ".".join(names)

    def _attributes(self, tokens: Tokens, feature: Feature, prefix: str, depth: int) -> None:
        """What stands in braces, which are open."""
        if tokens.take("}"):
            return
        while True:
            key = tokens.peek()
            name = prefix + tokens.name("an attribute or `}`")
            is_word = key is not None and key.kind == "name"
            if is_word and name == "constraint" and not _ends(tokens):
                self.document.rules.append(parse_rule(tokens, self.text, (",", "}")))
            elif is_word and name == "constraints" and tokens.take("["):
                self._rules(tokens)
            elif tokens.take("{"):
                self._check_depth(tokens, depth)
                self._attributes(tokens, feature, name + ".", depth + 1)
            elif name in feature.attributes and key is not None:
                message = f"Column {key.column}: the attribute {name} is there already."
                raise UvlFault(key.line, "duplicate-attribute", message)
            else:
                feature.attributes[name] = True if _ends(tokens) else self._value(tokens, depth)
            if not tokens.take(","):
                break
        tokens.need("}")

    def _rules(self, tokens: Tokens) -> None:
        while not tokens.take("]"):
            self.document.rules.append(parse_rule(tokens, self.text, (",", "]")))
            tokens.take(",")

    def _value(self, tokens: Tokens, depth: int) -> Fact:
        if tokens.take("["):
            self._check_depth(tokens, depth)
            values: list[Fact] = []
            while not tokens.take("]"):
                values.append(self._value(tokens, depth + 1))
                if not tokens.take(","):
                    tokens.need("]")
                    break
            return tuple(values)
        is_negative = tokens.take("-") is not None
        token = tokens.peek()
        if token is not None and token.kind == "number" and len(token.text) <= LONGEST_NUMBER:
            tokens.place += 1
            value = Decimal(token.text) if "." in token.text else int(token.text)
            return -value if is_negative else value
        if token is None or is_negative or not (token.kind in {"text", "quoted"} or token.text in {"true", "false"}):
            tokens.fail(f"a number of at most {LONGEST_NUMBER} digits, a text, true or false")
        tokens.place += 1
        return token.text == "true" if token.kind == "name" else token.text

    def _check_depth(self, tokens: Tokens, depth: int) -> None:
        if depth >= DEEPEST_ATTRIBUTE:
            tokens.fail(f"at most {DEEPEST_ATTRIBUTE} levels of attributes")


def _is_typed(tokens: Tokens) -> bool:
    """Whether a feature begins with its type; otherwise a word such as Real is its name."""
    words = [(token.kind, token.text) for token in tokens.tokens[:2]]
    if len(words) < 2 or words[1] == ("name", "cardinality"):
        return False
    return words[0] in {("name", kind) for kind in TYPES} and words[1][0] in {"name", "quoted"}


def _ends(tokens: Tokens) -> bool:
    """Whether an attribute ends here, so that it is only a word."""
    token = tokens.peek()
    return token is not None and token.kind == "sign" and token.text in {",", "}"}
