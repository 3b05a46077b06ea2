"""Feature models in the XML of FeatureIDE: a tree of features, rules across it, attributes such as prices."""

import re
from collections.abc import Mapping
from decimal import Decimal
from itertools import combinations

from atoll.errors import AtollError
from atoll.io.element import Element
from atoll.io.faults import MOST_FAULTS, Faults
from atoll.io.feature_tree import Feature, Group, structure
from atoll.io.formula import MOST_LITERALS, Atoms, Formula
from atoll.model.constraint import Constraint, ConstraintModel, Fact, Variable

FEATURES = {"and": "", "or": "or", "alt": "alternative", "feature": ""}
BESIDE_FEATURES = {"attribute", "description", "graphics", "property"}
NUMBER = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,2})?")

SIGNS = {"disj": "or", "conj": "and", "not": "not", "imp": "=>", "eq": "<=>", "atmost1": "at most one"}
WORDS = {"disj": " or ", "conj": " and ", "imp": " implies ", "eq": " exactly when ", "atmost1": ", "}
LOOSENESS = {"eq": 4, "imp": 3, "disj": 2, "conj": 1}


def read_feature_ide(document: Element, source: str, faults: Faults) -> ConstraintModel | None:
    """The model of a `featureModel` or `extendedFeatureModel`; None, and faults, when it makes no sense."""
    features = _read_features(document, source, faults)
    places = {feature.name: place for place, feature in enumerate(features)}
    atoms = Atoms([2] * len(features))
    rules = []
    for part in document.only("constraints"):
        for number, rule in enumerate(part.only("rule"), 1):
            if len(faults.issues) < MOST_FAULTS:
                rules.append(_Rule(rule, f"{source}:{rule.line}", places, atoms, faults).constraint(f"rule {number}"))
    if faults.issues:
        return None
    variables = tuple(Variable(feature.name, feature.values, tuple(feature.attributes.items())) for feature in features)
    return ConstraintModel(features[0].name, variables, (*structure(features, atoms), *filter(None, rules)))


def _read_features(document: Element, source: str, faults: Faults) -> list[Feature]:
    """All features in the order of the file, the root first."""
    roots = [child for struct in document.only("struct") for child in struct.children if child.tag in FEATURES]
    if len(roots) != 1:
        faults.add(f"{source}:{document.line}", "no-root", f"Expected one feature in <struct>, found {len(roots)}.")
        return []
    features: list[Feature] = []
    first: dict[str, str] = {}
    left: list[tuple[Element, int | None, Group | None]] = [(roots[0], None, None)]
    while left and len(faults.issues) < MOST_FAULTS:
        element, parent, group = left.pop()
        feature = _feature(element, parent, source, faults)
        if feature.name in first:
            message = f"The feature {feature.name} is there already, in {first[feature.name]}."
            faults.add(feature.source, "duplicate-feature", message)
        first.setdefault(feature.name, feature.source)
        if group is not None:
            group.children.append(len(features))
        left.extend(_children(element, feature, len(features), source, faults))
        features.append(feature)
    return features


def _feature(element: Element, parent: int | None, source: str, faults: Faults) -> Feature:
    place = f"{source}:{element.line}"
    name = " ".join(element.attributes.get("name", "").split())
    if not name:
        faults.add(place, "missing-name", f"<{element.tag}> has no name.")
    attributes = {word: fact for word in ("abstract", "hidden") if (fact := element.attributes.get(word) == "true")}
    return Feature(name, place, parent, attributes=attributes | _attributes(element, source, faults))


def _attributes(element: Element, source: str, faults: Faults) -> dict[str, Fact]:
    found: dict[str, Fact] = {}
    for child in element.only("attribute"):
        name, value = child.attributes.get("name", ""), child.attributes.get("value")
        if not name:
            faults.add(f"{source}:{child.line}", "missing-name", "<attribute> has no name.")
        elif value is not None:
            found[name] = _fact(value, child, source, faults)
    return found


def _fact(value: str, attribute: Element, source: str, faults: Faults) -> Fact:
    kind = attribute.attributes.get("type", "string")
    if kind == "boolean" and value in {"true", "false"}:
        return value == "true"
    if kind in {"long", "double"} and NUMBER.fullmatch(value):
        return int(value) if kind == "long" and value.lstrip("+-").isdigit() else Decimal(value)
    if kind != "string":
        faults.add(f"{source}:{attribute.line}", "bad-attribute", f"`{value}` is no value of an attribute of type {kind}.")
    return value


def _children(
    element: Element, feature: Feature, place: int, source: str, faults: Faults
) -> list[tuple[Element, int | None, Group | None]]:
    """The children of a feature, the first one last, with their groups, which fill as the children are read."""
    kind = FEATURES[element.tag]
    feature.groups = [Group(kind)] if kind else [Group("mandatory"), Group("optional")]
    found: list[tuple[Element, int | None, Group | None]] = []
    for child in reversed(element.children):
        if child.tag in FEATURES:
            is_first = bool(kind) or child.attributes.get("mandatory") == "true"
            found.append((child, place, feature.groups[0 if is_first else 1]))
        elif child.tag not in BESIDE_FEATURES:
            hint = f"The elements here are {', '.join(FEATURES)}."
            faults.add(f"{source}:{child.line}", "unknown-element", f"<{child.tag}> is no feature.", hint)
    return found


class _Rule:
    """A rule across the tree while it is read."""

    def __init__(self, rule: Element, source: str, places: Mapping[str, int], atoms: Atoms, faults: Faults) -> None:
        self.rule, self.source, self.places, self.atoms, self.faults = rule, source, places, atoms, faults
        self.file = source.rpartition(":")[0]
        self.formula = Formula()

    def constraint(self, name: str) -> Constraint | None:
        """The rule; None, and faults, when it makes no sense."""
        expressions = [child for child in self.rule.children if child.tag in SIGNS or child.tag == "var"]
        if len(expressions) != 1:
            self._fault(self.rule, "bad-rule", f"Expected one expression in <rule>, found {len(expressions)}.")
            return None
        before = len(self.faults.issues)
        self._check(expressions[0])
        if len(self.faults.issues) > before:
            return None
        self._build(expressions[0])
        try:
            parts = self.atoms.parts(self.formula.clauses())
        except AtollError as refusal:
            self._fault(self.rule, refusal.code, str(refusal))
            return None
        descriptions = [" ".join(child.text.split()) for child in self.rule.only("description")]
        return Constraint(name, next(filter(None, descriptions), "") or in_words(expressions[0]), parts)

    def _check(self, expression: Element) -> None:
        """Note what keeps an expression from making sense."""
        left = [expression]
        while left and len(self.faults.issues) < MOST_FAULTS:
            element = left.pop()
            count, expected = len(element.children), {"not": 1, "imp": 2, "eq": 2, "var": 0}.get(element.tag)
            if element.tag not in SIGNS and element.tag != "var":
                self._fault(element, "bad-rule", f"<{element.tag}> means nothing in a rule.", f"Use var, {', '.join(SIGNS)}.")
            elif count == 0 if expected is None else count != expected:
                what = "some" if expected is None else expected
                self._fault(element, "bad-rule", f"Expected {what} expressions in <{element.tag}>, found {count}.")
            elif element.tag == "var" and _name_in(element) not in self.places:
                self._fault(element, "unknown-feature", f"There is no feature `{_name_in(element)}`.")
            elif element.tag == "atmost1" and (count**2 > MOST_LITERALS or len(element.only("var")) < count):
                self._fault(element, "bad-rule", "<atmost1> takes some hundred <var> at most, and nothing else.")
            else:
                left.extend(reversed(element.children))

    def _build(self, expression: Element) -> None:
        """Add the steps of an expression, children before parents."""
        done: list[int] = []
        left = [(expression, False)]
        while left:
            element, is_ready = left.pop()
            if element.tag == "var":
                done.append(self.formula.atom(self._code(element)))
            elif element.tag == "atmost1":
                done.append(self._at_most_one([self._code(child) for child in element.children]))
            elif is_ready:
                start = len(done) - len(element.children)
                done[start:] = [self.formula.join(SIGNS[element.tag], *done[start:])]
            else:
                left.append((element, True))
                left.extend((child, False) for child in reversed(element.children))

    def _code(self, element: Element) -> int:
        return self.atoms.chosen(self.places[_name_in(element)])

    def _at_most_one(self, codes: list[int]) -> int:
        fails = tuple((*codes[:n], *codes[n + 1 :]) for n in range(len(codes)))
        return self.formula.given(tuple((-one, -other) for one, other in combinations(codes, 2)), fails)

    def _fault(self, element: Element, code: str, message: str, hint: str = "") -> None:
        self.faults.add(f"{self.file}:{element.line}", code, message, hint)


def in_words(expression: Element) -> str:
    """A rule as people would say it."""
    words: list[str] = []
    left: list[str | Element] = [expression]
    while left:
        piece = left.pop()
        if isinstance(piece, str):
            words.append(piece)
        elif piece.tag == "var":
            words.append(_name_in(piece))
        else:
            left.extend(reversed(_pieces(piece)))
    return "".join(words)


def _pieces(expression: Element) -> list[str | Element]:
    pieces: list[str | Element] = []
    for child in expression.children:
        if pieces:
            pieces.append(WORDS.get(expression.tag, " "))
        looser = LOOSENESS.get(child.tag, 0) >= LOOSENESS.get(expression.tag, 1)
        needs = looser and child.tag in LOOSENESS and not (child.tag == expression.tag and child.tag in {"conj", "disj"})
        pieces.extend(["(", child, ")"] if needs and expression.tag != "atmost1" else [child])
    if expression.tag == "not":
        return ["not ", *pieces]
    return ["at most one of (", *pieces, ")"] if expression.tag == "atmost1" else pieces


def _name_in(element: Element) -> str:
    return " ".join(element.text.split())
