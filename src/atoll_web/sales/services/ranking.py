"""The sequence of the order book: who is served before whom."""

from collections.abc import Mapping, Sequence

from django.db.models import Min, QuerySet

from atoll_web.sales import states
from atoll_web.sales.errors import NothingMoved, NotInBook
from atoll_web.sales.models import Order, OrderLine


def book() -> QuerySet[Order]:
    """Orders of which something can still be promised anew, in the sequence in which they are served."""
    open_lines = OrderLine.objects.filter(state__in=states.HOLDING)
    rows = Order.objects.filter(state__in=states.BOOKED, id__in=open_lines.values("order_id"))
    return rows.order_by("rank", "id")


def foremost() -> float:
    """A rank before all others."""
    first = Order.objects.filter(state__in=states.BOOKED).aggregate(first=Min("rank"))["first"]
    return (first or 0.0) - 1.0


def moved_ranks(places: Mapping[str, int]) -> dict[int, float]:
    """The ranks that bring orders to places of the order book, by key of the order.

    Parameters
    ----------
    places
        Number of the order, and its place: 1 is the first. Several for one place stand there in their present sequence.

    Raises
    ------
    NotInBook
        When an order is not in the book.
    NothingMoved
        When all of them stand there already.
    """
    there = list(book().values_list("id", "number", "rank"))
    known = {number for _, number, _ in there}
    if unknown := sorted(places.keys() - known):
        raise NotInBook(order=", ".join(unknown))
    moving = sorted((row for row in there if row[1] in places), key=lambda row: places[row[1]])
    sequence = [row for row in there if row[1] not in places]
    for row in moving:
        sequence.insert(max(places[row[1]] - 1, 0), row)
    if sequence == there:
        raise NothingMoved()
    return _ranked([(key, rank, number in places) for key, number, rank in sequence])


def _ranked(sequence: Sequence[tuple[int, float, bool]]) -> dict[int, float]:
    """Ranks of those that moved, between their neighbours'; of all, where there is no room between two."""
    ranks: dict[int, float] = {}
    last: float | None = None
    for place, (key, rank, has_moved) in enumerate(sequence):
        if has_moved:
            following = next((other for _, other, moved in sequence[place + 1 :] if not moved), None)
            rank = _between(last, following)
            ranks[key] = rank
        if last is not None and rank <= last and (has_moved or sequence[place - 1][2]):
            return {key: float(n) for n, (key, _, _) in enumerate(sequence, 1)}
        last = rank
    return ranks


def _between(before: float | None, following: float | None) -> float:
    if before is None:
        return 1.0 if following is None else following - 1.0
    return before + 1.0 if following is None else (before + following) / 2
