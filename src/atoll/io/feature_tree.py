"""Feature trees: what the tree of a feature model demands, and in which words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from atoll.io.formula import Atoms
from atoll.model.constraint import FALSE_OR_TRUE, Clause, Constraint, Fact, Linear

MOST_PAIRS_OF = 25
"""Up to so many features, "at most one of them" is written as clauses over pairs; beyond it as a sum, since pairs grow fast."""

MOST_NAMED = 12

Part = Clause | Linear


@dataclass(slots=True)
class Group:
    """Children of a feature: `mandatory`, `optional`, `or`, `alternative`, or between two numbers of them.

    Parameters
    ----------
    high
        None for any number.
    """

    kind: str
    low: int = 0
    high: int | None = None
    children: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Feature:
    """A feature of a tree. Features know each other by position; the root is the first.

    Parameters
    ----------
    source
        File and line.
    type
        `Boolean`, or what else its value is.
    values
        Its values in words, the first of which says that the feature is not chosen.
    """

    name: str
    source: str
    parent: int | None
    type: str = "Boolean"
    values: tuple[str, ...] = FALSE_OR_TRUE
    attributes: dict[str, Fact] = field(default_factory=dict)
    groups: list[Group] = field(default_factory=list)


def structure(features: Sequence[Feature], atoms: Atoms) -> Iterator[Constraint]:
    """What the tree demands, one constraint for each branch and group."""
    if features:
        root = features[0].name
        yield Constraint("root", f"Every configuration has {root}.", (atoms.clause(atoms.chosen(0)),), True)
    for place, feature in enumerate(features):
        if feature.parent is not None:
            parent = features[feature.parent].name
            part = atoms.clause(-atoms.chosen(place), atoms.chosen(feature.parent))
            yield Constraint(f"{feature.name} in {parent}", f"{feature.name} comes only with {parent}.", (part,), True)
        for number, group in enumerate(feature.groups, 1):
            names = [features[child].name for child in group.children]
            parts = group_parts(place, group, atoms)
            if group.kind == "mandatory":
                for name, always in zip(names, parts, strict=True):
                    yield Constraint(f"{feature.name} has {name}", f"{feature.name} always has {name}.", (always,), True)
            elif parts:
                text = f"{feature.name} has {_how_many(group)} {_listed(names)}."
                yield Constraint(f"group {number} of {feature.name}", text, tuple(parts), True)


def group_parts(parent: int, group: Group, atoms: Atoms) -> list[Part]:
    """What a group demands of its children where the parent is chosen; elsewhere they are not chosen anyway."""
    chosen, children = atoms.chosen(parent), [atoms.chosen(child) for child in group.children]
    if group.kind == "mandatory":
        return [atoms.clause(-chosen, child) for child in children]
    if group.kind == "optional" or not children:
        return []
    low, high = bounds(group)
    parts: list[Part] = []
    if low == 1:
        parts.append(atoms.clause(-chosen, *children))
    elif low > 1:
        amounts = {child: _amounts(-1, child, atoms) for child in group.children}
        amounts[parent] = _amounts(low, parent, atoms)
        parts.append(Linear(tuple(sorted(amounts.items())), 0))
    if high == 1 and len(children) <= MOST_PAIRS_OF:
        parts += [atoms.clause(-one, -other) for one, other in combinations(children, 2)]
    elif high < len(children):
        parts.append(Linear(tuple((child, _amounts(1, child, atoms)) for child in sorted(group.children)), high))
    return parts


def bounds(group: Group) -> tuple[int, int]:
    """How many children of a group there are at least and at most."""
    match group.kind:
        case "or":
            return 1, len(group.children)
        case "alternative":
            return 1, 1
        case "cardinality":
            return group.low, len(group.children) if group.high is None else min(group.high, len(group.children))
        case _:
            return 0, len(group.children)


def _amounts(amount: int, feature: int, atoms: Atoms) -> tuple[int, ...]:
    return (0,) + (amount,) * (atoms.counts[feature] - 1)


def _how_many(group: Group) -> str:
    low, high = bounds(group)
    if (low, high) == (1, 1):
        return "exactly one of"
    if high >= len(group.children):
        return "one or more of" if low == 1 else f"at least {low} of"
    return f"exactly {low} of" if low == high else f"at most {high} of" if low == 0 else f"{low} to {high} of"


def _listed(names: list[str]) -> str:
    if len(names) > MOST_NAMED:
        return f"{', '.join(names[: MOST_NAMED - 1])} and {len(names) - MOST_NAMED + 1} more"
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
