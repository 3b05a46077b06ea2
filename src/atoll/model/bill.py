"""Bills of material: structure, low-level codes, cycles."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from atoll.errors import AtollError


class BillCycle(AtollError):
    """The bill of material runs in a circle: {path}. Take one of these lines out."""


@dataclass(frozen=True, slots=True)
class BillLine:
    """`quantity` units of `item` go into one unit of the parent (quantity per).

    Parameters
    ----------
    alternates
        Items that may be taken for all of them, preferred first.
    """

    item: str
    quantity: int
    alternates: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.quantity < 1:
            raise ValueError(f"Expected quantity per >= 1 for {self.item}, got {self.quantity}.")
        if len({self.item, *self.alternates}) <= len(self.alternates):
            raise ValueError(f"Expected alternates that differ from {self.item} and each other, got {self.alternates}.")

    @property
    def items(self) -> tuple[str, ...]:
        """What may be taken."""
        return (self.item, *self.alternates)


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
    parents_first = topological_order(bills)[::-1]
    levels = dict.fromkeys((*parents_first, *items), 0)
    for item in parents_first:
        for code in (code for line in bills.get(item, ()) for code in line.items):
            levels[code] = max(levels[code], levels[item] + 1)
    return levels


def topological_order(bills: Bills) -> tuple[str, ...]:
    """All items of the bills, each component before its parents.

    Raises
    ------
    BillCycle
        Where an item contains itself, with the path from parent to component.
    """
    components = {parent: [code for line in lines for code in line.items] for parent, lines in bills.items()}
    try:
        return tuple(TopologicalSorter(components).static_order())
    except CycleError as error:
        _, component_first = error.args
        raise BillCycle(path=" > ".join(reversed(component_first))) from None
