"""Which lines of an order leave together: all of one that ships complete, otherwise those that name the same delivery group."""

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from atoll_web.sales.states import CANCELLED

if TYPE_CHECKING:
    from atoll_web.sales.models import OrderLine

LONGEST_GROUP = 20
"""Characters of a delivery group at most."""

TOGETHER = "(o.ship_complete OR (l.delivery_group <> '' AND other.delivery_group = l.delivery_group))"
"""Whether the lines `l` and `other` of an order `o` leave together."""


def delivery(order: Hashable, group: str, *, ship_complete: bool) -> Hashable | None:
    """What tells a delivery from all others; None for a line that leaves on its own."""
    if ship_complete:
        return order, ""
    return (order, group) if group else None


def delivery_of(line: "OrderLine") -> Hashable | None:
    """The delivery of a line that is read with its order."""
    return delivery(line.order_id, line.delivery_group, ship_complete=line.order.ship_complete)


def numbered(deliveries: Sequence[Hashable | None]) -> np.ndarray | None:
    """The number of each line's delivery, as the science takes it; None where no two lines leave together.

    A line that is alone in its delivery is promised on its own; it still leaves as a whole.
    """
    lines = Counter(deliveries)
    numbers = {key: n for n, key in enumerate(key for key, count in lines.items() if key is not None and count > 1)}
    return np.array([numbers.get(key, -1) for key in deliveries], dtype=np.int64) if numbers else None


def delivered_with(line: "OrderLine") -> "list[OrderLine]":
    """The lines of a line's delivery that are not cancelled, itself included. It is read with its order."""
    if (key := delivery_of(line)) is None:
        return [line]
    lines = line.order.lines.exclude(state=CANCELLED).order_by("position")
    return [other for other in lines if delivery_of(other) == key]


def lines_together(groups: Iterable[tuple[int, str]]) -> list[str]:
    """Lines that leave together, in words, of positions with delivery groups.

    Examples
    --------
    >>> lines_together([(1, "A"), (2, ""), (3, "A"), (4, "B"), (5, "B"), (6, "B")])
    ['lines 1 and 3', 'lines 4, 5 and 6']
    """
    found: dict[str, list[str]] = {}
    for position, group in groups:
        found.setdefault(group, []).append(str(position))
    together = [positions for group, positions in found.items() if group and len(positions) > 1]
    return [f"lines {', '.join(positions[:-1])} and {positions[-1]}" for positions in together]
