"""Feature models as UVL. The tree is made again from the constraints that came from one; all others become rules."""

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import product

from atoll.errors import AtollError
from atoll.io.feature_tree import Group, group_parts
from atoll.io.formula import Atoms, code_of
from atoll.io.uvl.rule import FUNCTIONS
from atoll.io.uvl.tree import GROUPS, SECTIONS, TYPES
from atoll.model.constraint import FALSE_OR_TRUE, Clause, Constraint, ConstraintModel, Fact, Linear, Table

PLAIN = re.compile("[A-Za-z][A-Za-z0-9_]*")
RESERVED = {*GROUPS, *SECTIONS, *TYPES, *FUNCTIONS, "cardinality", "constraint", "as", "true", "false", "abstract"}


class NotInUvl(AtollError):
    """{what} cannot be written as UVL: {why}."""


def write_uvl(model: ConstraintModel) -> str:
    """A model of features that are false or true as UVL; without a tree, all features stand below one that is added.

    Raises
    ------
    NotInUvl
        When a variable has other values, a name has signs that UVL does not know, or a constraint is a table.

    Examples
    --------
    >>> from atoll.model.constraint import Literal, Variable
    >>> features = (Variable("Lamp", FALSE_OR_TRUE), Variable("Dimmer", FALSE_OR_TRUE, (("Price", 12),)))
    >>> lamp = Constraint("root", "Every configuration has Lamp.", (Clause((Literal(0, 1),)),), is_structure=True)
    >>> print(write_uvl(ConstraintModel("Lamps", features, (lamp,))).expandtabs(2))
    namespace Lamps
    <BLANKLINE>
    features
      Lamp
        optional
          Dimmer {Price 12}
    <BLANKLINE>
    """
    for variable in model.variables:
        if variable.values != FALSE_OR_TRUE:
            raise NotInUvl(what=f"The variable {variable.name}", why=f"its values are {', '.join(variable.values[:4])}")
    return _Writer(model).text()


class _Writer:
    """The tree as far as it is found again, and the rules."""

    def __init__(self, model: ConstraintModel) -> None:
        self.model = model
        self.names = [name_in_uvl(variable.name) for variable in model.variables]
        self.attributes = [dict(variable.attributes) for variable in model.variables]
        self.atoms = Atoms([2] * len(model.variables))
        self.root: int | None = None
        self.parents: dict[int, int] = {}
        self.groups: dict[int, Group] = {}
        self.sums = 0

    def text(self) -> str:
        """The whole document."""
        rules = [line for constraint in self._across() for line in self._rule(constraint)]
        name = " ".join(self.model.name.replace('"', " ").split()) or "model"
        lines = [f"namespace {name_in_uvl(name)}", "", "features", *self._tree(name)]
        return "\n".join([*lines, "", "constraints", *(f"\t{rule}" for rule in rules), ""] if rules else [*lines, ""])

    def _across(self) -> list[Constraint]:
        """The constraints that the tree does not say."""
        left = [constraint for constraint in self.model.constraints if not self._is_branch(constraint)]
        return [constraint for constraint in left if not self._is_group(constraint)]

    def _is_branch(self, constraint: Constraint) -> bool:
        """Whether a constraint says which feature is the root, or below which other one a feature stands."""
        if not constraint.is_structure or len(constraint.parts) != 1 or not isinstance(constraint.parts[0], Clause):
            return False
        match [code_of(literal) for literal in constraint.parts[0].literals]:
            case [int(code)] if code > 0 and self.root is None:
                self.root = code - 1
                return True
            case [int(one), int(other)] if one < 0 < other:
                child, parent = -one - 1, other - 1
                is_known = parent == self.root or parent in self.parents
                if is_known and child != self.root and child not in self.parents:
                    self.parents[child] = parent
                    return True
        return False

    def _is_group(self, constraint: Constraint) -> bool:
        """Whether a constraint is what a group of children demands."""
        if not constraint.is_structure:
            return False
        variables = _variables(constraint)
        parents = {self.parents[variable] for variable in variables if variable in self.parents}
        for parent in parents:
            children = sorted(variables - {parent})
            is_free = all(self.parents.get(child) == parent and child not in self.groups for child in children)
            for group in _groups(constraint, parent, children) if is_free and children else ():
                if tuple(group_parts(parent, group, self.atoms)) == constraint.parts:
                    self.groups |= dict.fromkeys(children, group)
                    return True
        return False

    def _rule(self, constraint: Constraint) -> Iterator[str]:
        """A constraint in one line, or in none if it says nothing."""
        parts = [self._sum(part) if isinstance(part, Linear) else self._clause(part, constraint) for part in constraint.parts]
        if len(parts) == 1:
            yield parts[0]
        elif parts:
            yield " & ".join(f"({part})" for part in parts)

    def _clause(self, part: Clause | Table, constraint: Constraint) -> str:
        if isinstance(part, Table):
            raise NotInUvl(what=f"The rule {constraint.name}", why="it is a table")
        codes = [code_of(literal) for literal in part.literals] or [1]
        words = [self.names[code - 1] if code > 0 else f"!{self.names[-code - 1]}" for code in codes]
        return " | ".join(words) if part.literals else f"{words[0]} & !{words[0]}"

    def _sum(self, part: Linear) -> str:
        """A sum over an attribute that is added for it."""
        self.sums += 1
        while (name := f"amount_{self.sums}") in {word for attributes in self.attributes for word in attributes}:
            self.sums += 1
        bound = part.bound - sum(amounts[0] for _, amounts in part.amounts)
        for variable, (when_false, when_true) in part.amounts:
            self.attributes[variable][name] = when_true - when_false
        return f"sum({name}) <= {bound}" if part.amounts else f"0 <= {bound}"

    def _tree(self, name: str) -> Iterator[str]:
        children: dict[int | None, list[int]] = {}
        for place in range(len(self.names)):
            if place != self.root:
                children.setdefault(self.parents.get(place, self.root), []).append(place)
        if self.root is None:
            while name in {variable.name for variable in self.model.variables}:
                name += "_"
        left: list[tuple[int, int | str]] = [(1, name_in_uvl(name) + " {abstract}" if self.root is None else self.root)]
        while left:
            depth, piece = left.pop()
            yield "\t" * depth + (piece if isinstance(piece, str) else self._feature(piece))
            is_group = depth % 2 == 0
            below: list[tuple[int, int | str]] = []
            for kind, group in [] if is_group else self._runs(children.get(piece if isinstance(piece, int) else None, [])):
                below += [(depth + 1, kind), *((depth + 2, child) for child in group)]
            left += below[::-1]

    def _runs(self, children: list[int]) -> Iterator[tuple[str, list[int]]]:
        """Children by their groups, in their order; those that must or may be chosen alone as often as others stand between."""
        runs: list[tuple[str, int, list[int]]] = []
        for child in children:
            group = self.groups.get(child, Group("optional"))
            is_alone = group.kind in {"mandatory", "optional"}
            same = [run for run in runs if (run[0] == group.kind if is_alone else run[1] == id(group))]
            if same and (not is_alone or same[-1] is runs[-1]):
                same[-1][2].append(child)
            else:
                runs.append((group.kind, id(group), [child]))
        for kind, _, members in runs:
            group = self.groups.get(members[0], Group(kind))
            yield f"[{group.low}..{'*' if group.high is None else group.high}]" if kind == "cardinality" else kind, members

    def _feature(self, place: int) -> str:
        attributes = ", ".join(attribute_in_uvl(name, value) for name, value in self.attributes[place].items())
        return self.names[place] + (f" {{{attributes}}}" if attributes else "")


def _variables(constraint: Constraint) -> set[int]:
    found: set[int] = set()
    for part in constraint.parts:
        if isinstance(part, Clause):
            found |= {literal.variable for literal in part.literals}
        elif isinstance(part, Linear):
            found |= {variable for variable, _ in part.amounts}
    return found


def _groups(constraint: Constraint, parent: int, children: list[int]) -> Iterable[Group]:
    """The groups that a constraint could be, judging by its numbers."""
    if len(children) == 1:
        yield Group("mandatory", children=children)
    yield Group("or", children=children)
    yield Group("alternative", children=children)
    sums = [part for part in constraint.parts if isinstance(part, Linear)]
    lows = {0, 1} | {amounts[1] for part in sums for variable, amounts in part.amounts if variable == parent}
    highs = {1, None} | {part.bound for part in sums if part.bound > 0}
    for low, high in product(lows, highs):
        if high is None or low <= high:
            yield Group("cardinality", low, high, children)


def name_in_uvl(name: str) -> str:
    """A name as UVL has it: plain, or in quotation marks.

    Raises
    ------
    NotInUvl
        When it has signs that cannot stand there.
    """
    if PLAIN.fullmatch(name) and name not in RESERVED:
        return name
    return f'"{_printable(name)}"'


def _printable(text: str) -> str:
    if not text.strip() or any(sign in text for sign in '"\r\n'):
        raise NotInUvl(what=f"The text {text!r}", why="it is empty or has a quotation mark or line break")
    return text


def attribute_in_uvl(name: str, value: Fact) -> str:
    """An attribute as it stands in the braces of a feature.

    Raises
    ------
    NotInUvl
        When a name or text has signs that cannot stand there.
    """
    if value is True:
        return name if PLAIN.fullmatch(name) else name_in_uvl(name)
    return f"{name_in_uvl(name)} {_value(value)}"


def _value(value: Fact) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, str):
        return f"'{value}'" if value and not any(sign in value for sign in "'\r\n") else f'"{_printable(value)}"'
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
