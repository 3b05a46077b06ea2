"""Many people at once for the last units: nothing is promised, laid out or counted twice, and nobody sees an error.

The small ones are complaints of the users of other systems, each with its own name. `--race-seconds 60` lets the large one run
for a minute.
"""

import random
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from django.db import connection
from django.db.models import Sum

from atoll.errors import AtollError
from atoll.model.company import AssemblyLine
from atoll_web.accounts.acting import Actor, acting
from atoll_web.assembly import services as assembly
from atoll_web.assembly.models import AsBuilt, KitLine
from atoll_web.catalogue import services as catalogue
from atoll_web.catalogue.models import Item
from atoll_web.purchasing import services as purchasing
from atoll_web.purchasing.models import PurchaseOrderLine
from atoll_web.sales import services as sales
from atoll_web.sales.models import Order, OrderLine
from atoll_web.sales.services import NewLine
from atoll_web.stock.models import Allocation, Supply
from tests.at_once import assert_nothing_is_violated, at_once
from tests.lamps import ITEMS, LAMP, Lamps, load_lamps

CONNECTIONS = 16
LARGE = {"head": "HEAD-L", "arm": "ARM-L"}
WANTED = ({}, LARGE, {"dimmer": "DIMMER"}, {"arm": "ARM-L", "extras": ["CLAMP", "BULB"]})

OVER_ALLOCATED = """
SELECT s.id, s.quantity, s.allocated, coalesce(sum(a.quantity), 0)
FROM stock_supply s LEFT JOIN stock_allocation a ON a.supply_id = s.id
GROUP BY s.id HAVING coalesce(sum(a.quantity), 0) <> s.allocated OR coalesce(sum(a.quantity), 0) > s.quantity
UNION ALL
SELECT d.id, d.capacity, d.reserved, coalesce(sum(r.minutes), 0)
FROM catalogue_lineday d LEFT JOIN sales_slotreservation r ON r.line_day_id = d.id
GROUP BY d.id HAVING coalesce(sum(r.minutes), 0) <> d.reserved OR coalesce(sum(r.minutes), 0) > d.capacity
"""
"""Supplies and days of assembly lines of which more is taken than there is, or than they say."""


@pytest.fixture
def lamps(transactional_db: None) -> Lamps:
    """The small company, seen by all connections."""
    return load_lamps()


class Person:
    """Somebody who orders, quotes, cancels, accepts, promises anew, lets deliveries slip and gives out kits, as chance has it."""

    def __init__(self, lamps: Lamps, number: int) -> None:
        self.lamps, self.chance, self.answers = lamps, random.Random(number), Counter[str]()

    def work_until(self, end: float) -> Counter[str]:
        """How often each deed was done or refused. Any other error comes out."""
        deeds = (
            self.order,
            self.order,
            self.quote,
            self.accept,
            self.cancel,
            self.cancel,
            self.promise_anew,
            self.slip,
            self.kit,
        )
        while time.monotonic() < end:
            deed = self.chance.choice(deeds)
            try:
                deed()
                self.answers[f"{deed.__name__} done"] += 1
            except AtollError as refusal:
                self.answers[f"{deed.__name__} {refusal.code}"] += 1
        return self.answers

    def lines(self) -> list[NewLine]:
        """One to three lamps, most of them of what is scarce."""
        return [
            NewLine("DL", choices, self.chance.randint(1, 3)) for choices in self.chance.sample(WANTED, self.chance.randint(1, 3))
        ]

    def any_order(self) -> Order:
        """An order of anybody."""
        return Order.objects.all()[self.chance.randrange(Order.objects.count())]

    def order(self) -> None:
        whole = self.chance.random() < 0.5
        sales.enter_order(actor=self.lamps.actor("sales"), customer="ACME", lines=self.lines(), ship_complete=whole)

    def quote(self) -> None:
        sales.quote(actor=self.lamps.actor("sales"), customer="MUELLER", lines=self.lines(), days=self.chance.randint(1, 9))

    def accept(self) -> None:
        sales.accept_quote(actor=self.lamps.actor("sales"), order=self.any_order())

    def cancel(self) -> None:
        sales.cancel(actor=self.lamps.actor("sales"), order=self.any_order())

    def promise_anew(self) -> None:
        lines = list(self.any_order().lines.all()) if self.chance.random() < 0.7 else None
        sales.repromise(actor=self.lamps.actor("sales"), lines=lines)

    def slip(self) -> None:
        line = self.chance.choice(list(PurchaseOrderLine.objects.all()))
        due = self.lamps.today + timedelta(days=self.chance.randint(1, 20))
        purchasing.slip(actor=self.lamps.actor("buyer"), line=line, due=due)

    def kit(self) -> None:
        assembly.clear_to_build(today=self.lamps.today)
        planner = self.lamps.actor("planner")
        assembly.apply_kits(actor=planner, run=assembly.propose_kits(actor=planner, rule=assembly.KitRule(by="entry")))


def watch(is_over: Event) -> int:
    """Look for what is taken twice, again and again; how often it was looked."""
    looks = 0
    try:
        while not is_over.wait(0.05):
            with connection.cursor() as cursor:
                cursor.execute(OVER_ALLOCATED)
                assert cursor.fetchall() == []
            looks += 1
    finally:
        connection.close()
    return looks


def test_sixteen_connections_race_for_the_last_units_and_nothing_is_ever_taken_twice(lamps, pytestconfig):
    items = Item.objects.filter(code__in=["HEAD-L", "TRAFO", "BOARD", "DIMMER"])
    purchasing.order(actor=lamps.actor("buyer"), wanted=[purchasing.Wanted(item, 10) for item in items])
    lamps.order(2)
    end = time.monotonic() + pytestconfig.getoption("race_seconds")
    is_over = Event()

    with ThreadPoolExecutor(1) as pool:
        watcher = pool.submit(watch, is_over)
        try:
            answers = at_once(lambda number: Person(lamps, number).work_until(end), CONNECTIONS)
        finally:
            is_over.set()
        assert watcher.result() > 0

    assert_nothing_is_violated()
    done = sum(answers, Counter[str]())
    assert min(done[f"{deed} done"] for deed in ("order", "quote", "cancel", "promise_anew", "slip")) > 0, done


def test_two_orders_at_once_for_the_last_serial_number_and_only_one_gets_it(lamps):
    at_once(lambda _: lamps.order(**LARGE), threads=2)

    pegged = Allocation.objects.filter(supply__item__code="HEAD-L")
    assert sorted(pegged.values_list("supply__kind", "quantity")) == [("on hand", 1), ("planned", 1)]
    assert sorted(OrderLine.objects.values_list("filled_from_stock", flat=True)) == [False, True]


def test_two_kits_laid_out_at_once_never_hold_one_serial_number(lamps):
    lines = [lamps.order(2).lines.get() for _ in range(4)]
    released = assembly.release(actor=lamps.actor("planner"), lines=lines)

    at_once(lambda number: assembly.kit(actor=lamps.actor("warehouse"), orders=[released[number]]), threads=4)

    laid_out = list(KitLine.objects.filter(lot__isnull=False).values_list("lot", flat=True))
    assert len(laid_out) == len(set(laid_out)) == 4 * 2 * 2  # a head and a foot with a number of each lamp
    assembly.complete(actor=lamps.actor("assembler"), orders=released)
    assert AsBuilt.objects.filter(lot__isnull=False).count() == 16
    assert_nothing_is_violated()


def test_two_jobs_that_lay_out_one_kit_at_once_take_it_once(lamps):
    (released,) = assembly.release(actor=lamps.actor("planner"), lines=[lamps.order().lines.get()])

    def lay_out(_: int) -> str:
        try:
            assembly.kit(actor=lamps.actor("warehouse"), orders=[released])
        except AtollError as refusal:
            return refusal.code
        return "laid out"

    assert sorted(at_once(lay_out, threads=2)) == ["laid out", "wrong-state"]
    assert_nothing_is_violated()


def test_twenty_orders_at_once_reserve_ten_units_ten_times(lamps):
    dimmer = Item.objects.get(code="DIMMER")
    sales.count(actor=lamps.actor("warehouse"), item=dimmer, counted=10)

    at_once(lambda _: lamps.order(dimmer="DIMMER"), threads=20)

    by_kind = Supply.objects.filter(item=dimmer).values("kind").annotate(units=Sum("allocated")).values_list("kind", "units")
    assert dict(by_kind) == {"on hand": 10, "planned": 10}
    assert_nothing_is_violated()


def test_two_jobs_that_ship_the_last_two_lines_at_once_make_the_order_shipped(lamps):
    """Of different models, so that the jobs have nothing in common but the order."""
    make_second_model(lamps)
    order = sales.enter_order(actor=lamps.actor("sales"), customer="ACME", lines=[NewLine("DL", {}), NewLine("DL2", {})])
    released = assembly.release(actor=lamps.actor("planner"), lines=list(order.lines.all()))
    assembly.kit(actor=lamps.actor("warehouse"), orders=released)
    assembly.complete(actor=lamps.actor("assembler"), orders=released)
    first, second = order.lines.order_by("position")
    one_after_the_other_began(
        lambda actor: assembly.ship(actor=actor, lines=[first]), lambda actor: assembly.ship(actor=actor, lines=[second]), lamps
    )

    order.refresh_from_db()
    assert order.state == "shipped"
    assert_nothing_is_violated()


def test_two_jobs_that_receive_the_last_two_lines_at_once_make_the_purchase_order_received(lamps):
    wanted = [purchasing.Wanted(item, 5) for item in Item.objects.filter(code__in=["PLATE", "BOARD"])]
    (order,) = purchasing.order(actor=lamps.actor("buyer"), wanted=wanted)
    first, second = [purchasing.Delivery(line, 5) for line in order.lines.order_by("id")]

    one_after_the_other_began(
        lambda actor: purchasing.receive(actor=actor, deliveries=[first]),
        lambda actor: purchasing.receive(actor=actor, deliveries=[second]),
        lamps,
    )

    order.refresh_from_db()
    assert order.state == "received"
    assert_nothing_is_violated()


def one_after_the_other_began(first: Callable[[Actor], Any], second: Callable[[Actor], Any], lamps: Lamps) -> None:
    """The second job begins when the first has done all but commit, which it does when the second is done or waits for it."""
    all_but_committed, is_done = Event(), Event()

    def job(number: int) -> None:
        if number:
            assert all_but_committed.wait(10)
            second(lamps.actor("warehouse"))
            is_done.set()
            return
        with acting(lamps.actor("warehouse")):
            first(lamps.actor("warehouse"))
            all_but_committed.set()
            wait_until(lambda: is_done.is_set() or is_anybody_waiting())

    at_once(job, threads=2)


def make_second_model(lamps: Lamps) -> None:
    """A lamp that is another end item."""
    admin = lamps.actor("admin")
    lamp = next(item for item in ITEMS if item.code == "LAMP")
    catalogue.save_items(admin, [replace(lamp, code="LAMP2")])
    document = LAMP | {"code": "DL2", "end_item": "LAMP2"}
    catalogue.release_revision(
        actor=admin, revision=catalogue.draft_revision(actor=admin, document=document, valid_from=lamps.today)
    )
    catalogue.save_lines(admin, [AssemblyLine("L1", "Lamp line", 480, ("DL", "DL2"))])


def is_anybody_waiting() -> bool:
    """Whether a connection waits for a lock of another."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_locks WHERE NOT granted")
        return cursor.fetchone() is not None


def wait_until(condition: Callable[[], bool], seconds: float = 10) -> None:
    """Return as soon as the condition holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "It took too long."
        time.sleep(0.01)
