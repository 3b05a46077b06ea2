"""Many people at once: no error reaches anybody, nothing is promised twice."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier, Event
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.db.models import F, Sum
from django.db.models.functions import Coalesce
from django.test import Client
from psycopg.errors import DeadlockDetected

from atoll.promise import Availability, Promises, Wanted, promise
from atoll_web.accounts.acting import acting, begun_again_after_deadlock
from atoll_web.accounts.models import User
from atoll_web.accounts.services import create_token
from atoll_web.assembly import services as assembly
from atoll_web.assembly.errors import NoLongerPlanned
from atoll_web.assembly.models import BuildOrder
from atoll_web.catalogue import services as catalogue
from atoll_web.catalogue.models import AssemblyLine, Configuration, Item, LineDay, Revision
from atoll_web.purchasing import services as purchasing
from atoll_web.purchasing.models import PurchaseOrderLine
from atoll_web.sales import services as sales
from atoll_web.sales.held import Held, held_by
from atoll_web.sales.models import Order, OrderLine, Promise
from atoll_web.sales.services import repromising
from atoll_web.sales.snapshot import problem
from atoll_web.stock.models import Requirement, Supply
from tests.at_once import assert_nothing_is_violated, at_once
from tests.lamps import MONDAY

pytestmark = pytest.mark.django_db(transaction=True)

THREADS = 8
TUESDAY = MONDAY + timedelta(days=1)
PLAIN = {"model": "DL"}
LARGE = {"model": "DL", "choices": {"head": "HEAD-L", "arm": "ARM-L"}}
FULL = {"model": "DL", "choices": {"arm": "ARM-L", "dimmer": "DIMMER", "extras": ["CLAMP", "BULB"]}}


@pytest.fixture
def post(company) -> Callable[..., Any]:
    """Post to the API as a manager; safe to call from threads."""
    secret = create_token(user=User.objects.get(username="manager"), name="threads").secret

    def send(path: str, body: dict | None = None, **headers: str) -> Any:
        client = Client(headers={"Authorization": f"Bearer {secret}"}, raise_request_exception=False)
        return client.post(f"/api/v1{path}", body or {}, content_type="application/json", headers=headers)

    return send


def test_orders_that_compete_for_scarce_supply_all_get_a_promise_and_no_unit_is_promised_twice(company, post):
    def order(number: int) -> list[int]:
        lines = [PLAIN, LARGE, FULL]
        turned = lines[number % 3 :] + lines[: number % 3]  # everybody in another order
        return [post("/orders", {"customer": "MUELLER", "lines": turned}).status_code for _ in range(2)]

    answers = at_once(order)

    assert answers == [[201, 201]] * THREADS
    assert Promise.objects.filter(in_force=True).count() == OrderLine.objects.count() == 2 * 3 * THREADS
    assert Configuration.objects.count() == 3
    allocated = dict(Supply.objects.annotate(units=Sum("allocations__quantity")).values_list("id", "units"))
    for supply in Supply.objects.all():
        assert (allocated[supply.pk] or 0) == supply.allocated <= supply.quantity
    held = Requirement.objects.annotate(allocated=Coalesce(Sum("allocations__quantity"), 0))
    assert not held.exclude(quantity=F("allocated") + F("issued")).exists()
    assert not LineDay.objects.filter(reserved__gt=F("capacity")).exists()
    assert_nothing_is_violated()


def test_who_was_slower_with_the_last_unit_gets_a_later_date(company, monkeypatch):
    asked = {"head": "HEAD-L", "arm": "ARM-L"}  # one such head is on hand
    sales.cancel(actor=company.actor("sales"), order=company.order(1, **asked))  # both will find the configuration
    attempts = []

    def overtaken(availability: Availability, wanted: Wanted) -> Promises:
        """Before what was read is written, another order takes the same."""
        attempts.append(wanted)
        if len(attempts) == 1:
            at_once(lambda _: company.order(1, **asked), threads=1)
        return promise(availability, wanted)

    monkeypatch.setattr(problem, "promise", overtaken)
    slower = company.order(1, **asked)

    assert len(attempts) == 3  # the slower one twice
    faster = Order.objects.exclude(pk=slower.pk).get(state="confirmed")
    days = dict(Promise.objects.filter(in_force=True).values_list("line__order", "ship_date"))
    assert days[faster.pk] < days[slower.pk]
    assert_nothing_is_violated()


def until_somebody_waits() -> None:
    """Wait until another connection waits for what this one has locked."""
    sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    for _ in range(1000):
        with connection.cursor() as cursor:
            cursor.execute(sql)
            if cursor.fetchone() != (0,):
                return
        time.sleep(0.01)
    raise AssertionError("nobody waits")


def test_an_order_does_not_rest_unmarked_on_a_delivery_that_slips_while_it_is_written(company, monkeypatch):
    purchasing.order(actor=company.actor("buyer"), wanted=[purchasing.Wanted(Item.objects.get(code="HEAD-L"), 20)])
    line, slipped, attempts = PurchaseOrderLine.objects.get(), Event(), []
    late = line.supply.due + timedelta(days=20)

    def slip(_: int) -> None:
        with transaction.atomic():
            purchasing.slip(actor=company.actor("buyer"), line=line, due=late)
            slipped.set()
            until_somebody_waits()

    def overtaken(availability: Availability, wanted: Wanted) -> Promises:
        """Between what was read and what is written, the delivery slips."""
        attempts.append(wanted)
        if len(attempts) == 1:
            slipping.append(pool.submit(at_once, slip, 1))
            assert slipped.wait(10)
        return promise(availability, wanted)

    monkeypatch.setattr(problem, "promise", overtaken)
    slipping: list[Future] = []
    with ThreadPoolExecutor(1) as pool:
        order = company.order(5, head="HEAD-L", arm="ARM-L")
        slipping[0].result()

    assert len(attempts) == 2
    assert not line.supply.allocations.exists()
    assert Promise.objects.get(line__order=order, in_force=True).need_date < late
    assert_nothing_is_violated()


def test_what_is_read_of_lines_at_risk_stands_at_one_instant(company, monkeypatch):
    order = company.order(2)
    line = order.lines.get()
    held = repromising.held_by

    def cancelled_meanwhile(*asked: Any) -> Held:
        at_once(lambda _: sales.cancel(actor=company.actor("sales"), order=order), threads=1)
        return held(*asked)

    Promise.objects.update(at_risk=True)
    monkeypatch.setattr(repromising, "held_by", cancelled_meanwhile)
    (found,) = sales.lines_at_risk([line.pk], company.today)

    assert found.before == found.after
    assert OrderLine.objects.get().state == "cancelled"
    assert sales.lines_at_risk([line.pk], company.today) == []


def test_who_reads_beside_others_in_a_transaction_finds_that_a_cancelled_line_holds_nothing(company):
    line = company.order(2).lines.get()
    sales.cancel(actor=company.actor("sales"), order=line.order)
    (gone,) = held_by([line.pk], [line.demand_id], company.today).lines
    assert (gone.ship_date, gone.is_intact, dict(gone.units), gone.minutes) == (None, False, {}, {})


def test_a_planned_build_that_two_open_at_once_is_opened_once(company):
    company.order(20)
    supply = Supply.objects.filter(kind="planned", item__code="FOOT").get()

    def open_it(_: int) -> str:
        try:
            return assembly.open_builds(actor=company.actor("planner"), supplies=[supply])[0].number
        except NoLongerPlanned as refusal:
            return refusal.code

    answers = at_once(open_it, threads=2)

    assert answers.count("no-longer-planned") == 1
    assert BuildOrder.objects.get().number in answers


def test_drafts_begun_at_once_get_names_of_their_own_and_are_released_one_after_the_other(company):
    planner, revision = company.actor("planner"), Revision.objects.get()

    drafts = at_once(lambda _: catalogue.new_draft(actor=planner, revision=revision), threads=4)
    at_once(lambda number: catalogue.release_revision(actor=planner, revision=drafts[number]), threads=4)

    assert sorted(draft.name for draft in drafts) == ["B", "C", "D", "E"]
    assert len(catalogue.orderable_revisions(company.today)) == 1


def test_a_calendar_that_changes_while_orders_come_and_go_reaches_nobody_with_an_error(company, post):
    orders = [post("/orders", {"customer": "ACME", "lines": [PLAIN]}).json()["number"] for _ in range(8)]
    lines = AssemblyLine.objects.get()

    def change(number: int) -> list[int]:
        if number == 0:
            for minutes in (60, 480, 90, 0, 45, 480, 60):
                catalogue.set_exception(actor=company.actor("planner"), line=lines, day=TUESDAY, minutes=minutes)
                catalogue.set_week(actor=company.actor("planner"), line=lines, minutes_per_day=minutes or 100)
            return []
        if number == 1:
            return [sales.repromise(actor=company.actor("planner")) and 201 for _ in range(5)]
        if number in (2, 3):
            return [post(f"/orders/{orders.pop()}/cancel").status_code for _ in range(3)]
        return [post("/orders", {"customer": "MUELLER", "lines": [PLAIN]}).status_code for _ in range(4)]

    answers = at_once(change)

    assert {status for part in answers for status in part} <= {200, 201}
    assert_nothing_is_violated()
    sales.repromise(actor=company.actor("planner"))
    assert not LineDay.objects.filter(reserved__gt=F("capacity")).exists()
    assert_nothing_is_violated()


def test_one_key_sent_by_eight_at_once_is_one_order(company, post):
    body = {"customer": "MUELLER", "lines": [PLAIN, LARGE]}
    responses = at_once(lambda _: post("/orders", body, **{"Idempotency-Key": "web-17"}))
    assert [response.status_code for response in responses] == [201] * THREADS
    assert len({response.json()["number"] for response in responses}) == 1
    assert Order.objects.count() == 1
    assert OrderLine.objects.count() == 2


def test_a_key_whose_first_order_was_refused_is_free_for_the_next(company, post):
    key = {"Idempotency-Key": "web-18"}
    bad = {"customer": "MUELLER", "lines": [{"model": "DL", "quantity": 0}]}
    assert {r.status_code for r in at_once(lambda _: post("/orders", bad, **key))} == {422}
    assert post("/orders", {"customer": "MUELLER", "lines": [PLAIN]}, **key).status_code == 201


def test_ordering_cancelling_slipping_and_promising_anew_at_once_reach_nobody_with_an_error(company, post):
    items = [purchasing.Wanted(item, 20) for item in Item.objects.filter(code__in=["HEAD-L", "TRAFO", "BOARD"])]
    purchasing.order(actor=company.actor("buyer"), wanted=items)
    orders = [post("/orders", {"customer": "ACME", "lines": [LARGE, FULL, PLAIN]}).json()["number"] for _ in range(8)]
    purchases = list(PurchaseOrderLine.objects.select_related("order").order_by("id"))

    def mixed(number: int) -> list[int]:
        line = purchases[number % len(purchases)]
        late = company.today.replace(month=4, day=1 + number).isoformat()
        return [
            post("/orders", {"customer": "ACME", "lines": [FULL, LARGE]}).status_code,
            post(f"/purchase-orders/{line.order.number}/slip", {"line": line.pk, "due": late}).status_code,
            post(f"/orders/{orders[number]}/{'cancel' if number % 2 else 're-promise'}").status_code,
        ]

    answers = at_once(mixed)

    assert answers == [[201, 200, 200]] * THREADS
    assert Order.objects.filter(state="cancelled").count() == THREADS // 2
    assert_nothing_is_violated()


def test_cancelling_one_order_from_two_places_succeeds_once(company, post):
    number = company.order(2).number
    codes = [response.status_code for response in at_once(lambda _: post(f"/orders/{number}/cancel"), threads=2)]
    assert sorted(codes) == [200, 409]
    assert_nothing_is_violated()


def test_a_use_case_that_the_database_ended_to_free_another_begins_again(company):
    rows = list(Item.objects.order_by("id")[:2])
    begun = []
    both_hold_one = Barrier(2, timeout=10)

    @begun_again_after_deadlock
    def crosswise(number: int) -> str:
        begun.append(number)
        with acting(company.actor("admin")):
            Item.objects.select_for_update().get(pk=rows[number].pk)
            if len(begun) <= 2:
                both_hold_one.wait()
            return Item.objects.select_for_update().get(pk=rows[1 - number].pk).code

    assert at_once(crosswise, threads=2) == [rows[1].code, rows[0].code]
    assert len(begun) >= 3


def test_a_use_case_inside_another_transaction_is_not_repeated_by_itself(company):
    begun = []

    @begun_again_after_deadlock
    def ended() -> None:
        begun.append(1)
        raise OperationalError from DeadlockDetected()

    with pytest.raises(OperationalError), acting(company.actor("admin")):
        ended()
    assert len(begun) == 1
