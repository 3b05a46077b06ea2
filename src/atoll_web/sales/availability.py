"""When material and an assembly line are free, each item on its own: what dates of options are told from.

All that a model may take is read at once, as for a promise, so the number of queries does not grow with its options.
"""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from functools import cache
from math import inf

import numpy as np

from atoll.configure import Need
from atoll.promise import CANNOT_BE_SUPPLIED, material_days
from atoll.schedule import earliest_slots
from atoll_web.sales.snapshot import Lock, Work, master, snapshot


class Availability:
    """Free supply, lead times and line time around one model at one moment.

    Parameters
    ----------
    needs
        Items with units that its products may take. Each is there with the first of itself, its alternates and, where it is
        obsolete, its successors, as for an order.
    quantity
        Units of the product.
    customer_class
        What is protected for other classes is not free.
    """

    def __init__(
        self, needs: Iterable[Need], product_model_id: int, quantity: int, today: date, customer_class: str = ""
    ) -> None:
        there, self.quantity = master(today), quantity
        keys = there.structure.keys
        known = [need for need in needs if need.item in keys]
        product = Work({}, 1, product_model_id, customer_class=customer_class)
        works = [
            replace(
                product,
                requirements={keys[need.item]: need.quantity * quantity},
                alternates={keys[need.item]: [keys[other] for other in need.alternates]},
            )
            for need in known
        ]
        self.seen = snapshot([product, *works], today, lock=Lock.NOTHING, there=there, given_back=there.held_by_expired())
        self.working: list[int] = np.flatnonzero(self.seen.availability.working).tolist()
        _, *days = material_days(self.seen.availability, self.seen.wanted).tolist()
        self.days = {need: float(day) for need, day in zip(known, days, strict=True) if day != CANNOT_BE_SUPPLIED}
        self.ships = cache(self._ships)

    def day_of(self, need: Need) -> float:
        """The day from which what each product needs is there; infinite where it can neither be bought nor built."""
        return self.days.get(need, inf)

    def _ships(self, material_day: float, minutes: float) -> date | None:
        """The day of shipment when material is there from a day on and each product takes so many minutes; None if unknown."""
        if material_day == inf:
            return None
        there, work = self.seen.availability, int(minutes) * self.quantity
        start = last = int(max(material_day, there.earliest_day))
        if work:
            slots = earliest_slots(there.capacity_line, there.capacity_day, there.capacity_free, work, start)
            if not slots:
                return None
            last = int(there.capacity_day[slots[-1].row])
        place = bisect_left(self.working, last) + there.shipping_days
        return self.seen.date(self.working[place]) if place < len(self.working) else None
