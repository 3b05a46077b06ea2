"""Many orders entered together are promised as they would be one by one: the same dates, supplies and slots."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from atoll.errors import AtollError, BadInput
from atoll_web.catalogue.models import Item
from atoll_web.purchasing import services as purchasing
from atoll_web.sales import services as sales
from atoll_web.sales.models import Order, OrderLine, Protection
from atoll_web.sales.services import NewLine, NewOrder
from atoll_web.stock.models import Demand, Supply
from tests.lamps import MONDAY, Lamps
from tests.scenarios import books

SHARE = 25
"""An example costs as much as so many of an ordinary property."""

choices = st.sampled_from(
    [{}, {"head": "HEAD-L", "arm": "ARM-L"}, {"dimmer": "DIMMER"}, {"arm": "ARM-L", "extras": ["CLAMP", "BULB"], "cable": 4}]
)
quantities = st.sampled_from([1, 1, 2, 3, 5, 12])
wanted_on = st.none() | st.integers(0, 30).map(lambda days: MONDAY + timedelta(days=days))
groups = st.sampled_from(["", "", "A", "B"])
lines = st.builds(NewLine, st.just("DL"), choices, quantities, wanted_on, delivery_group=groups)
orders = st.builds(
    NewOrder,
    st.sampled_from(["MUELLER", "ACME"]),
    st.lists(lines, min_size=1, max_size=4),
    ship_complete=st.booleans(),
)
scarce = st.sampled_from(["HEAD-L", "HEAD-S", "DIMMER", "FOOT", "TRAFO"])
kept = st.dictionaries(st.tuples(st.sampled_from(["retail", "trade"]), scarce), st.integers(1, 6), max_size=3)
coming = st.dictionaries(scarce.filter(lambda code: code != "FOOT"), st.integers(1, 9), max_size=3)


@contextmanager
def taken_back() -> Iterator[None]:
    """What is done in the block is undone after it."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def one_by_one(company: Lamps, asked: Sequence[NewOrder]) -> list[Order]:
    return [
        sales.enter_order(
            actor=company.actor("sales"), customer=order.customer, lines=order.lines, ship_complete=order.ship_complete
        )
        for order in asked
    ]


def together(company: Lamps, asked: Sequence[NewOrder]) -> list[Order]:
    return sales.enter_orders(actor=company.actor("sales"), orders=asked)


def outcome(enter: Callable[[Lamps, Sequence[NewOrder]], list[Order]], company: Lamps, asked: Sequence[NewOrder]) -> object:
    """All that was promised, or that something could not be; undone afterwards."""
    with taken_back():
        try:
            entered = enter(company, asked)
        except AtollError as refusal:
            return "refused", type(refusal)
        books.commit()
        return [[promised(line) for line in order.lines.order_by("position")] for order in entered], kits()


def promised(line: OrderLine) -> dict[str, Any]:
    """What was promised for a line, without the keys of rows."""
    promise = line.promises.get(in_force=True)
    return {
        "price": line.unit_price,
        "filled from stock": line.filled_from_stock,
        "dates": (promise.need_date, promise.ship_date),
        "reason": promise.reason,
        "slots": sorted(line.slots.values_list("line_day__line__code", "line_day__day", "minutes")),
        "pegging": pegging(line.demand),
    }


def pegging(demand: Demand) -> Counter[tuple[object, ...]]:
    """What a demand rests on."""
    units: Counter[tuple[object, ...]] = Counter()
    for requirement in demand.requirements.all():
        for allocation in requirement.allocations.select_related("supply__item"):
            units[of_supply(allocation.supply)] += allocation.quantity
    return units


def kits() -> dict[tuple[object, ...], Counter[tuple[object, ...]]]:
    """What all builds rest on."""
    found: dict[tuple[object, ...], Counter[tuple[object, ...]]] = {}
    for kit in Demand.objects.filter(builds__isnull=False).select_related("builds__item"):
        found.setdefault(of_supply(kit.builds), Counter()).update(pegging(kit))
    return found


def of_supply(supply: Supply) -> tuple[object, ...]:
    """A supply without its key where it is only planned: what is planned of an item for one day counts as one."""
    kit = Demand.objects.filter(builds=supply).first()
    key = None if supply.kind == "planned" else supply.pk
    return supply.item.code, supply.kind, key, supply.due, kit and kit.need_date


def stock_up(company: Lamps, kept: dict[tuple[str, str], int], coming: dict[str, int], before: Sequence[NewOrder]) -> None:
    """What there is before: units kept for classes of customers, purchases under way, orders."""
    items = {item.code: item for item in Item.objects.all()}
    Protection.objects.bulk_create(
        [Protection(customer_class=of, item=items[code], quantity=units) for (of, code), units in kept.items()]
    )
    if coming:
        wanted = [purchasing.Wanted(items[code], units) for code, units in coming.items()]
        purchasing.order(actor=company.actor("buyer"), wanted=wanted)
    one_by_one(company, before)


@pytest.mark.parametrize("keeps", [False, True], ids=["all units are for everybody", "units are kept for classes"])
def test_a_batch_of_orders_is_promised_as_the_orders_would_be_one_by_one(company, keeps):
    @settings(
        max_examples=max(settings.default.max_examples // SHARE, 1),
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(
        kept=kept if keeps else st.just({}),
        coming=coming,
        before=st.lists(orders, max_size=2),
        asked=st.lists(orders, min_size=2, max_size=5),
    )
    def agrees(kept, coming, before, asked):
        with taken_back():
            stock_up(company, kept, coming, before)
            assert outcome(together, company, asked) == outcome(one_by_one, company, asked)

    agrees()


@pytest.mark.parametrize("others", [("MUELLER", 1), ("MUELLER", 3), ("ACME", 1)])
def test_a_key_that_is_twice_in_a_batch_is_refused_with_all_its_places(company, others):
    asked = [
        NewOrder(customer, [NewLine("DL", {}, quantity)], idempotency_key=key)
        for customer, quantity, key in (("MUELLER", 1, "web-1"), ("ACME", 1, "web-2"), (*others, "web-1"))
    ]
    with pytest.raises(BadInput) as caught:
        sales.enter_orders(actor=company.actor("sales"), orders=asked)
    assert [(issue.source, issue.code) for issue in caught.value.issues] == [
        ("orders.0.reference", "reference-twice"),
        ("orders.2.reference", "reference-twice"),
    ]
    assert not Order.objects.exists()


def test_a_ship_complete_order_in_a_batch_gets_one_date_for_all_its_lines(company):
    """The large head of the second line comes in 15 days, the first line could leave at once."""
    plain, large = NewLine("DL", {}), NewLine("DL", {"head": "HEAD-L", "arm": "ARM-L"}, 2)
    asked = [NewOrder("MUELLER", [plain]), NewOrder("ACME", [plain, large], ship_complete=True)]
    alone, complete = sales.enter_orders(actor=company.actor("sales"), orders=asked)
    dates = [line.promises.get(in_force=True).ship_date for line in complete.lines.order_by("position")]
    assert dates[0] == dates[1] > alone.lines.get().promises.get().ship_date
