"""Bills of material: structure, low-level codes, cycles."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from atoll.errors import AtollError


class BillCycle(AtollError):
    """The bill of material runs in a circle: {path}. Take one of these lines out."""


@dataclass(frozen=True, slots=True)
class BillLine:
    """`quantity` units of `item` go into one unit of the parent (quantity per)."""

    item: str
    quantity: int

    def __post_init__(self) -> None:
        if self.quantity < 1:
            raise ValueError(f"Expected quantity per >= 1 for {self.item}, got {self.quantity}.")


Bills = Mapping[str, tuple[BillLine, ...]]


def low_level_codes(bills: Bills, items: Iterable[str] = ()) -> dict[str, int]:
    """Deepest level at which each item stands: 0 for an item without parent.

    Parameters
    ----------
    bills
        Lines of each parent.
    items
        Further items, which get level 0 when no bill names them.

    Raises
    ------
    BillCycle
        Where an item contains itself, with the path.

    Examples
    --------
    >>> low_level_codes({"bike": (BillLine("wheel", 2),), "wheel": (BillLine("spoke", 32),)})
    {'bike': 0, 'wheel': 1, 'spoke': 2}
    """
    levels = dict.fromkeys(items, 0)
    for parent in bills:
        levels.setdefault(parent, 0)
    for item in reversed(topological_order(bills)):
        for line in bills.get(item, ()):
            levels[line.item] = max(levels.get(line.item, 0), levels.setdefault(item, 0) + 1)
    return levels


def topological_order(bills: Bills) -> tuple[str, ...]:
    """All items of the bills, each component before its parents.

    Raises
    ------
    BillCycle
        Where an item contains itself, with the path.
    """
    done: dict[str, None] = {}
    for parent in bills:
        _visit(parent, bills, [], done)
    return tuple(done)


def _visit(item: str, bills: Bills, path: list[str], done: dict[str, None]) -> None:
    if item in done:
        return
    if item in path:
        raise BillCycle(path=" > ".join([*path[path.index(item) :], item]))
    path.append(item)
    for line in bills.get(item, ()):
        _visit(line.item, bills, path, done)
    path.pop()
    done[item] = None
