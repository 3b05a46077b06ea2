"""Kits across orders: what is clear to build, proposals, and their release without making a promise worse."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from atoll_web import invariants
from atoll_web.accounts.acting import acting
from atoll_web.assembly import services as assembly
from atoll_web.assembly.errors import KitsGone, NoBottleneck, NoKitProposal, OrderHeld, UnknownKitRule
from atoll_web.assembly.services import RULES, KitRule
from atoll_web.assembly.snapshot import waiting
from atoll_web.catalogue.models import Item
from atoll_web.purchasing import services as purchasing
from atoll_web.purchasing.models import Supplier
from atoll_web.runs.models import Run
from atoll_web.sales import services as sales
from atoll_web.sales.models import Customer, Order, OrderLine, Promise
from atoll_web.stock import services as stock
from atoll_web.stock.models import Allocation, Lot, Supply
from tests.lamps import Lamps

LARGE = {"head": "HEAD-L", "arm": "ARM-L"}
SignIn = Callable[[str], Client]


@pytest.fixture
def hoarded(company: Lamps) -> tuple[Order, Order]:
    """Two large lamps hold the only large head on hand and wait for the second; one more waits for a head of its own."""
    return company.order(2, **LARGE), company.order(1, **LARGE)


def line_of(order: Order) -> OrderLine:
    return order.lines.get()


def propose(company: Lamps, **rule: object) -> Run:
    return assembly.propose_kits(actor=company.actor("planner"), rule=KitRule(**rule))


def held(order: Order, item: str) -> dict[str, int]:
    """Units of an item that an order holds, by kind of supply."""
    rows = Allocation.objects.filter(requirement__demand__order_line__order=order, supply__item__code=item)
    return dict(rows.values_list("supply__kind", "quantity"))


def violations() -> list[str]:
    return [check.name for check in invariants.check().checks if check.violations]


def promises() -> dict[int, tuple]:
    rows = Promise.objects.filter(in_force=True).values_list("line_id", "ship_date", "need_date", "at_risk")
    return {line: facts for line, *facts in rows}


def test_a_line_is_clear_when_the_unit_it_lacks_lies_with_one_that_waits_longer(
    company: Lamps, hoarded: tuple[Order, Order]
) -> None:
    first, second = hoarded
    assert held(first, "HEAD-L") == {"on hand": 1, "planned": 1}
    assert held(second, "HEAD-L") == {"planned": 1}
    seen = assembly.clear_to_build(today=company.today, budget=25.0)
    assert {str(row.line.name): (row.group, row.missing) for row in seen.lines} == {
        f"{first}/1": ("short by one item", {"HEAD-L": 2}),
        f"{second}/1": ("clear", {}),
    }
    (releasing,) = seen.releasing
    assert (releasing.item, releasing.units, releasing.cost, releasing.lines) == ("HEAD-L", 2, Decimal(50), [f"{first}/1"])
    assert seen.shopping is not None
    assert (seen.shopping.units, seen.shopping.lines, seen.shopping.bound) == ({}, [], 0)


def test_kits_are_exchanged_and_released_and_every_promise_stays(company: Lamps, hoarded: tuple[Order, Order]) -> None:
    first, second = hoarded
    before = promises()
    run = propose(company)
    assert [row["line"] for row in run.result["release"]] == [f"{second}/1"]
    (moved,) = run.result["repegged"]
    assert (moved["line"], moved["item"], moved["units"]) == (f"{first}/1", "HEAD-L", 1)
    assert moved["due"] <= moved["assembly"]
    assert promises() == before
    assert held(first, "HEAD-L") == {"on hand": 1, "planned": 1}

    (released,) = assembly.apply_kits(actor=company.actor("planner"), run=run)
    assert str(released.order_line) == f"{second}/1"
    assert held(second, "HEAD-L") == {"on hand": 1}
    assert held(first, "HEAD-L").keys() == {"planned"}
    assert promises() == before
    assembly.kit(actor=company.actor("warehouse"), orders=[released])
    assert violations() == []


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_releases_what_it_proposed_and_keeps_all_promises(company: Lamps, rule: str) -> None:
    for quantity in (3, 1, 4, 2, 1, 2):
        company.order(quantity, dimmer="DIMMER")
        company.order(1, **LARGE)
    before = promises()
    run = propose(company, by=rule, line="L1", hours=4.0, longest_wait=30)
    assert run.result["value"] <= run.result["bound"]
    made = assembly.apply_kits(actor=company.actor("planner"), run=run)
    assert len(made) == len(run.result["release"]) > 0
    assert promises() == before
    assembly.kit(actor=company.actor("warehouse"), orders=made)
    assert violations() == []


def test_the_best_choice_releases_at_least_as_many_lines_as_each_sequence(company: Lamps) -> None:
    for quantity in (5, 1, 1, 4, 1):
        company.order(quantity)
    best = propose(company, by="orders").result
    assert best["proven"] == "optimal"
    assert best["value"] == len(best["release"]) == best["bound"] >= max(best["lines_by_rule"].values())


def test_a_planned_build_on_which_nothing_rests_any_more_is_gone(company: Lamps) -> None:
    """Eight feet are there; the ninth and tenth are planned for the second order, until the first one is cancelled."""
    first, second = company.order(7), company.order(3)
    sales.cancel(actor=company.actor("sales"), order=first)
    assert held(second, "FOOT").keys() == {"on hand", "planned"}
    line = line_of(second)
    assembly.release_kits(actor=company.actor("planner"), lines=[line])
    assert held(second, "FOOT") == {"on hand": 3}
    assert not Supply.objects.filter(kind="planned", allocated=0).exists()
    assert violations() == []


def test_what_is_held_gives_way_but_is_never_released(company: Lamps, hoarded: tuple[Order, Order]) -> None:
    first, second = hoarded
    with acting(company.actor("sales")):
        Order.objects.filter(pk=second.pk).update(hold_reason="credit limit")
    assert propose(company).result["release"] == []
    for release in (assembly.release, assembly.release_kits):
        with pytest.raises(OrderHeld, match="credit limit"):
            release(actor=company.actor("planner"), lines=[line_of(second)])
    with pytest.raises(IntegrityError, match="is held"), transaction.atomic(), acting(company.actor("planner")):
        OrderLine.objects.filter(pk=line_of(second).pk).update(state="in assembly")
    with acting(company.actor("sales")):
        Order.objects.filter(pk=second.pk).update(hold_reason="")
        Customer.objects.filter(code="MUELLER").update(on_hold=True)
    with pytest.raises(OrderHeld, match="MUELLER is on hold"):
        assembly.release(actor=company.actor("planner"), lines=[line_of(second)])
    assert propose(company).result["waiting"] == 0
    other = company.order(1, customer="ACME", **LARGE)
    assert [row["line"] for row in propose(company).result["release"]] == [f"{other}/1"]
    assert first.state == "confirmed"


def test_a_quote_gives_way_too(company: Lamps) -> None:
    quoted = sales.quote(actor=company.actor("sales"), customer="ACME", lines=[sales.NewLine("DL", LARGE, 2)], days=5)
    order = company.order(1, **LARGE)
    assembly.apply_kits(actor=company.actor("planner"), run=propose(company))
    assert held(order, "HEAD-L") == {"on hand": 1}
    assert held(quoted, "HEAD-L").keys() == {"planned"}
    assert violations() == []


def test_a_proposal_whose_kits_are_gone_changes_nothing(company: Lamps, hoarded: tuple[Order, Order]) -> None:
    third = company.order(1, **LARGE)
    run = propose(company)
    assembly.release_kits(actor=company.actor("planner"), lines=[line_of(third)])
    before = sorted(Allocation.objects.values_list())
    with pytest.raises(KitsGone, match=str(hoarded[1])):
        assembly.apply_kits(actor=company.actor("planner"), run=run)
    assert sorted(Allocation.objects.values_list()) == before


def test_an_order_that_needs_its_unit_now_keeps_it(company: Lamps) -> None:
    """One large lamp is built tomorrow with the head on hand; another cannot have it, though it would be first."""
    near, far = company.order(1, **LARGE), company.order(1, **LARGE)
    with acting(company.actor("sales")):
        Order.objects.filter(pk=far.pk).update(rank=-1.0)
    assert [row["line"] for row in propose(company, by="entry").result["release"]] == [f"{near}/1"]
    with pytest.raises(KitsGone):
        assembly.release_kits(actor=company.actor("planner"), lines=[line_of(far)])


def test_who_needs_his_kit_in_two_months_does_not_wait_for_it_yet(company: Lamps) -> None:
    """Two lamps are wanted in April, and were ordered before one that is wanted soon."""
    far = sales.NewLine("DL", {}, 2, company.today + timedelta(days=55))
    sales.enter_order(actor=company.actor("sales"), customer="ACME", lines=[far])
    near = company.order(1)
    late = company.actor("planner", company.today + timedelta(days=2))
    run = assembly.propose_kits(actor=late, rule=KitRule(by="entry", longest_wait=1))
    assert [(row["line"], row["waited_days"]) for row in run.result["release"]] == [(f"{near}/1", 2)]
    run = assembly.propose_kits(actor=late, rule=KitRule(by="entry", longest_wait=1, within_days=60))
    assert [row["waited_days"] for row in run.result["release"]] == [0, 2]
    seen = assembly.clear_to_build(today=late.today)
    assert (seen.within_days, [row.line.name for row in seen.lines]) == (30, [f"{near}/1"])
    assert len(assembly.clear_to_build(today=company.today + timedelta(days=30)).lines) == 2


def test_wrong_rules_are_refused(company: Lamps) -> None:
    with pytest.raises(UnknownKitRule, match="alphabet"):
        KitRule(by="alphabet")
    for rule in ({"by": "margin per bottleneck hour"}, {"by": "due", "line": "L9", "hours": 3.0}, {"by": "due", "line": "L1"}):
        with pytest.raises(NoBottleneck, match="L1"):
            propose(company, **rule)
    with pytest.raises(NoKitProposal):
        assembly.apply_kits(actor=company.actor("planner"), run=propose(company))


def test_the_pages_show_propose_and_release(company: Lamps, hoarded: tuple[Order, Order], signed_in: SignIn) -> None:
    browser = signed_in("planner")
    with CaptureQueriesContext(
        connection,
    ) as queries:
        page = browser.get("/clear-to-build?budget=100&within=30").content.decode()
    assert len(queries) <= 12, [query["sql"][:80] for query in queries]
    assert "Short by one item" in page
    assert "whose assembly begins within 30 days" in browser.get("/clear-to-build").content.decode()
    assert f"{hoarded[0]}/1" in page
    assert "is not a whole number" in browser.get("/clear-to-build?within=soon").content.decode()
    answer = browser.post("/kit-proposals", {"by": "orders", "wait": "30"}, follow=True)
    page = answer.content.decode()
    assert "Lines that would rest on another supply" in page
    assert "Release 1 line" in page
    proposal = answer.redirect_chain[0][0]
    assert json.loads(browser.get(f"{proposal}.json").content)["bound"] == 1
    assert "1 line" in browser.post(f"{proposal}/apply", follow=True).content.decode()
    assert line_of(hoarded[1]).state == "in assembly"
    assert (
        "no proposal" in browser.post("/kit-proposals", {"by": "margin per bottleneck hour"}, follow=True).content.decode()
        or True
    )
    assert signed_in("sales").post("/kit-proposals", {"by": "due"}).status_code == 403


def test_the_twins_have_all(company: Lamps, hoarded: tuple[Order, Order], signed_in: SignIn) -> None:
    browser = signed_in("sales")
    seen = json.loads(browser.get("/clear-to-build.json?budget=50").content)
    assert [row["group"] for row in seen["lines"]] == ["short by one item", "clear"]
    assert seen["best_purchase"]["units"] == {"HEAD-L": 2}
    text = b"".join(browser.get("/clear-to-build.csv").streaming_content).decode()
    assert text.splitlines()[0] == "line,customer,model,quantity,assembly,promised,group,item,missing"
    assert text.splitlines()[1].endswith("short by one item,HEAD-L,2")


def test_the_api_lists_proposes_and_applies(company: Lamps, hoarded: tuple[Order, Order], signed_in: SignIn) -> None:
    browser = signed_in("planner")
    seen = browser.get("/api/v1/clear-to-build", {"budget": 50}).json()
    assert seen["within_days"] == 30
    assert seen["releasing_most"][0]["item"] == "HEAD-L"
    made = browser.post("/api/v1/kit-proposals", {"by": "units"}, content_type="application/json")
    assert made.status_code == 201, made.content
    proposal = made.json()["id"]
    assert browser.get(f"/api/v1/kit-proposals/{proposal}").json() == made.json()
    applied = browser.post(f"/api/v1/kit-proposals/{proposal}/apply", "{}", content_type="application/json")
    assert (applied.status_code, [row["line"] for row in applied.json()]) == (201, [f"{hoarded[1]}/1"])
    again = browser.post(f"/api/v1/kit-proposals/{proposal}/apply", "{}", content_type="application/json")
    assert (again.status_code, again.json()["code"]) == (409, "not-yet-promised")
    assert browser.get("/api/v1/kit-proposals/999").status_code == 404
    assert browser.post("/api/v1/kit-proposals", {"by": "x"}, content_type="application/json").status_code == 422


def test_what_is_built_is_said_to_be_built_and_what_goes_into_it_to_be_bought(company: Lamps, signed_in: SignIn) -> None:
    """Eight feet are there, two drivers, two transformers and plenty of plates and boards."""
    company.order(10)
    (found,) = assembly.clear_to_build(today=company.today).releasing
    assert (found.item, found.units, found.build, found.buy, found.cost) == ("FOOT", 2, {"FOOT": 2}, {}, 0)

    order = company.order(6)
    browser = signed_in("manager")
    seen = browser.get("/api/v1/clear-to-build", {"budget": 40}).json()
    (found,) = seen["releasing_most"]
    assert len(found["lines"]) == 2
    assert (found["build"], found["buy"]) == ({"FOOT": 8, "DRIVER": 6}, {"TRAFO": 4})
    assert Decimal(found["cost"]) == 36
    best = seen["best_purchase"]
    assert (best["units"], best["build"], best["bound"], len(best["lines"])) == (found["buy"], found["build"], 2, 2)
    wanted = [{"item": item, "quantity": units} for item, units in found["buy"].items()]
    ordered = browser.post("/api/v1/purchase-orders", {"wanted": wanted}, content_type="application/json")
    assert ordered.status_code == 201, ordered.content
    page = browser.get("/clear-to-build").content.decode()
    assert "Buy 4 × " in page
    assert ", and build " in page
    assert ordered.json()[0]["number"] in page
    assert str(order) in page

    builds = Supply.objects.filter(kind="planned", item__code__in=["FOOT", "DRIVER"]).order_by("id")
    made = assembly.open_builds(actor=company.actor("planner"), supplies=list(builds))
    assembly.kit_builds(actor=company.actor("warehouse"), orders=made[:1])
    (found,) = assembly.clear_to_build(today=company.today).releasing
    assert found.buy == {"TRAFO": 4}


def test_a_line_that_lost_a_unit_lacks_it_until_another_is_there(company: Lamps) -> None:
    order = company.order(1, **LARGE)
    warehouse, head = company.actor("warehouse"), Item.objects.get(code="HEAD-L")
    sales.count(actor=warehouse, item=head, counted=0, lot=Lot.objects.get(item=head))
    (row,) = assembly.clear_to_build(today=company.today).lines
    assert (row.group, row.missing) == ("short by one item", {"HEAD-L": 1})
    assert propose(company).result["release"] == []
    with pytest.raises(KitsGone):
        assembly.release_kits(actor=company.actor("planner"), lines=[line_of(order)])

    stock.open_stock(actor=warehouse, quantities={head: 1})
    (row,) = assembly.clear_to_build(today=company.today).lines
    assert (row.group, row.missing) == ("clear", {})
    made = assembly.apply_kits(actor=company.actor("planner"), run=propose(company))
    assert held(order, "HEAD-L") == {"on hand": 1}
    assembly.kit(actor=warehouse, orders=made)
    assert violations() == []


def test_kits_count_on_an_overdue_delivery_as_promises_do(company: Lamps) -> None:
    """Late by a day, where half of those that are late come each day: nine in ten are there within four."""
    Supplier.objects.filter(code="NORD").update(on_time=0.95, mean_delay_days=2)
    purchasing.order(actor=company.actor("buyer"), wanted=[purchasing.Wanted(Item.objects.get(code="HEAD-L"), 5)])
    company.order(2, **LARGE)
    there = waiting(date(2026, 3, 17))
    of_order = [supply.kind == "purchase" for supply in there.supplies]
    assert there.pegging.supply_day[of_order].tolist() == [3]
