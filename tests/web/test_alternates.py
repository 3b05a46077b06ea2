"""Alternates and successors: of what an order takes, and in the bills of what is built for it."""

from collections import Counter
from datetime import date
from itertools import product
from random import Random

import pytest
from django.db import IntegrityError, connection, transaction

from atoll.model.bill import BillLine as Line
from atoll_web.assembly import services as assembly
from atoll_web.catalogue import services as catalogue
from atoll_web.catalogue.models import BillLine, Item, OrderBillAlternate
from atoll_web.purchasing import services as purchasing
from atoll_web.purchasing.models import PurchaseOrderLine, SupplierItem
from atoll_web.sales import services as sales
from atoll_web.sales.models import Customer, Notice, Promise
from atoll_web.sales.services import NewLine
from atoll_web.sales.why import reasons_document
from atoll_web.stock import services as stock
from atoll_web.stock.models import Allocation, Lot, Requirement, Supply
from atoll_web.stock.services import outdated_builds
from tests.lamps import LAMP, MONDAY, Lamps
from tests.web.test_exploring import explore, violations

pytestmark = pytest.mark.django_db


@pytest.fixture
def alternates(company: Lamps) -> Lamps:
    """A lamp whose spare bulb may be a clamp instead: bulbs are sold out, and five clamps are there."""
    document = LAMP | {
        "revision": "B",
        "lines": [*LAMP["lines"], {"item": "BULB", "alternates": ["DIMMER", "CLAMP"], "quantity": 6}],
    }
    admin = company.actor("admin")
    catalogue.release_revision(actor=admin, revision=catalogue.draft_revision(actor=admin, document=document, valid_from=MONDAY))
    return company


def test_the_first_alternate_that_is_earliest_is_taken_and_everything_agrees(alternates: Lamps) -> None:
    Supply.objects.filter(item__code="DIMMER").first()
    explored = explore(NewLine("DL", {})).lines[0]
    # Six bulbs, dimmers or clamps: five of each are there, so bulbs are bought, which are preferred.
    assert (explored.instead, explored.ship_date) == ({}, date(2026, 3, 10))
    purchasing.order(actor=alternates.actor("buyer"), wanted=[purchasing.Wanted(Item.objects.get(code="CLAMP"), 5)])
    Supply.objects.filter(item__code="CLAMP", kind="purchase").update(due=date(2026, 3, 3))
    explored = explore(NewLine("DL", {})).lines[0]
    assert (explored.instead, explored.ship_date) == ({"BULB": "CLAMP"}, date(2026, 3, 4))
    order = alternates.order()
    line = order.lines.get()
    assert set(line.demand.requirements.values_list("item__code", "quantity")) >= {("CLAMP", 6)}
    assert not line.demand.requirements.filter(item__code="BULB").exists()
    assert line.promises.get().basis["instead"] == {"BULB": "CLAMP"}
    ranks = OrderBillAlternate.objects.order_by("rank").values_list("item__code", "alternate__code", "rank")
    assert list(ranks) == [("BULB", "DIMMER", 0), ("BULB", "CLAMP", 1)]
    assert violations() == []
    # Promised anew after the clamps slip, it may take bulbs again.
    purchasing.slip(actor=alternates.actor("buyer"), line=PurchaseOrderLine.objects.get(), due=date(2026, 4, 1))
    sales.repromise(actor=alternates.actor("planner"))
    promise = line.promises.get(in_force=True)
    assert ("instead" in promise.basis, promise.ship_date) == (False, date(2026, 3, 10))
    assert violations() == []


def bill(company: Lamps, parent: str, *lines: Line) -> None:
    catalogue.save_bills(company.actor("planner"), {parent: lines})


def kit_of(item: str) -> dict[str, int]:
    """What the only planned build of an item requires."""
    (build,) = Supply.objects.filter(item__code=item, kind="planned", quantity__gt=0)
    return dict(build.consumes.requirements.values_list("item__code", "quantity"))


def test_a_subassembly_is_built_of_alternates_where_that_is_earlier(company: Lamps) -> None:
    """For eleven feet three are built, two of them of the drivers there are; the third needs a driver, for which transformers
    are on hand. Beyond four feet transformers are short for ten days and more; a dimmer may be taken for one.
    """
    bill(company, "DRIVER", Line("TRAFO", 1, ("DIMMER", "CLAMP")), Line("BOARD", 1))
    assert explore(NewLine("DL", {}, 12)).lines[0].need_date == date(2026, 3, 5)
    order = company.order(13)
    assert Promise.objects.get(line__order=order).need_date == date(2026, 3, 5)
    assert kit_of("DRIVER") == {"BOARD": 3, "DIMMER": 3}
    document = reasons_document(order.lines.get())
    feet = next(peg for peg in document["pegs"] if peg["item"] == "FOOT" and peg["kind"] == "planned")
    drivers = next(peg for peg in feet["parts"] if peg["item"] == "DRIVER" and peg["kind"] == "planned")
    assert {(part["item"], part["instead"]) for part in drivers["parts"]} == {("DIMMER", "TRAFO"), ("BOARD", "")}
    assert outdated_builds() == set()
    assert violations() == []
    # Opened, the drivers are built of dimmers. A bill that no longer allows these marks the promise.
    bill(company, "DRIVER", Line("TRAFO", 1, ("CLAMP",)), Line("BOARD", 1))
    assert Promise.objects.get(line__order=order).at_risk
    sales.repromise(actor=company.actor("planner"))
    assert kit_of("DRIVER") == {"BOARD": 3, "CLAMP": 3}
    assert violations() == []


def run_out(company: Lamps, **units: int) -> None:
    """Scrap units that are there, and let what a driver is made of come late."""
    SupplierItem.objects.filter(item__code__in=["TRAFO", "BOARD", "DIMMER", "BULB"]).update(lead_time_days=20)
    for code, quantity in units.items():
        item = Item.objects.get(code=code)
        for lot in Lot.objects.filter(item=item)[:quantity] or [None]:
            sales.scrap(actor=company.actor("warehouse"), item=item, quantity=1 if lot else quantity, lot=lot)


@pytest.mark.parametrize(
    ("lines", "scrapped", "kit", "instead"),
    [
        (
            [Line("TRAFO", 1, ("DIMMER", "BULB")), Line("BOARD", 3, ("DIMMER", "BULB"))],
            {"BOARD": 10, "DIMMER": 2},
            {"DIMMER": 3, "BULB": 1},
            {("DIMMER", ""), ("BULB", "")},
        ),
        (
            [Line("TRAFO", 1, ("BOARD",)), Line("BOARD", 1, ("BULB",))],
            {"BOARD": 9},
            {"BOARD": 1, "BULB": 1},
            {("BOARD", ""), ("BULB", "BOARD")},
        ),
    ],
)
def test_builds_are_opened_whose_lines_share_alternates(
    company: Lamps, lines: list[Line], scrapped: dict[str, int], kit: dict[str, int], instead: set[tuple[str, str]]
) -> None:
    """Two lines have the same alternates, or one is the alternate of the other; the third driver is built of these."""
    bill(company, "DRIVER", *lines)
    run_out(company, TRAFO=2, **scrapped)
    order = company.order(11)
    assert kit_of("DRIVER") == kit
    feet = next(peg for peg in reasons_document(order.lines.get())["pegs"] if peg["kind"] == "planned")
    drivers = next(peg for peg in feet["parts"] if peg["item"] == "DRIVER" and peg["kind"] == "planned")
    assert {(part["item"], part["instead"]) for part in drivers["parts"]} == instead
    BillLine.objects.filter(parent__code="DRIVER", component__code="BOARD").update(quantity=lines[1].quantity)
    assert not Promise.objects.get(line__order=order).at_risk
    builds = Supply.objects.filter(item__code="DRIVER", kind="planned")
    assert len(assembly.open_builds(actor=company.actor("planner"), supplies=[*builds])) == 1
    assert violations() == []


def test_a_planned_build_is_outdated_where_no_choice_for_each_line_of_its_bill_makes_its_kit(company: Lamps) -> None:
    """Random bills and kits, against all choices one by one; TRAFO is followed by DIMMER, and that by CLAMP."""
    company.order(13)
    build = Supply.objects.get(item__code="DRIVER", kind="planned")
    items = {item.code: item for item in Item.objects.filter(code__in=["TRAFO", "BOARD", "DIMMER", "CLAMP", "BULB"])}
    for former, latter in (("TRAFO", "DIMMER"), ("DIMMER", "CLAMP")):
        catalogue.make_obsolete(actor=company.actor("planner"), item=items[former], replaced_by=items[latter])
    successors = {"TRAFO": ("DIMMER", "CLAMP"), "DIMMER": ("CLAMP",)}
    draw, seen = Random(7), Counter()
    for _ in range(150):
        lines = []
        for component in draw.sample(sorted(items), draw.randint(1, 4)):
            others = draw.sample(sorted(items.keys() - {component}), draw.choice((0, 0, 1, 2)))
            lines.append(Line(component, draw.randint(1, 2), tuple(others)))
        made = [
            sum((Counter({taken: line.quantity}) for line, taken in zip(lines, choice, strict=True)), Counter())
            for choice in product(*({*line.items, *successors.get(line.item, ())} for line in lines))
        ]
        kit = Counter(draw.choice(made))
        if draw.random() < 0.5:
            kit[draw.choice(sorted(items))] += 1
        if draw.random() < 0.3:
            del kit[draw.choice(sorted(kit))]
        Allocation.objects.filter(requirement__demand__builds=build).delete()
        build.consumes.requirements.all().delete()
        Requirement.objects.bulk_create(
            Requirement(demand=build.consumes, item=items[code], quantity=units * build.quantity) for code, units in kit.items()
        )
        bill(company, "DRIVER", *lines)
        assert (build.pk in outdated_builds()) == (kit not in made), (lines, kit)
        seen[kit in made] += 1
    assert min(seen[True], seen[False]) > 30


def test_builds_with_other_alternates_are_planned_apart(company: Lamps) -> None:
    """Five dimmers, then five clamps: each order's drivers are of one kind."""
    bill(company, "DRIVER", Line("TRAFO", 1, ("DIMMER", "CLAMP")), Line("BOARD", 1))
    company.order(10)
    lines = [NewLine("DL", {}, 4), NewLine("DL", {}, 4)]
    orders = [sales.NewOrder("MUELLER", [line]) for line in lines]
    sales.enter_orders(actor=company.actor("sales"), orders=orders)
    kits = [
        dict(build.consumes.requirements.values_list("item__code", "quantity"))
        for build in Supply.objects.filter(item__code="DRIVER", kind="planned").order_by("id")
    ]
    assert kits == [{"BOARD": 4, "DIMMER": 4}, {"BOARD": 4, "CLAMP": 4}]
    assert violations() == []


def test_a_subassembly_is_built_of_the_successor_of_an_obsolete_component(company: Lamps) -> None:
    """Two transformers are left; for more drivers dimmers come, which replace them."""
    trafo, dimmer = Item.objects.get(code="TRAFO"), Item.objects.get(code="DIMMER")
    catalogue.make_obsolete(actor=company.actor("planner"), item=trafo, replaced_by=dimmer)
    company.order(12)
    assert kit_of("DRIVER") == {"BOARD": 2, "TRAFO": 2}
    order = company.order(2)
    kits = [
        dict(build.consumes.requirements.values_list("item__code", "quantity"))
        for build in Supply.objects.filter(item__code="DRIVER", kind="planned").order_by("id")
    ]
    assert kits == [{"BOARD": 2, "TRAFO": 2}, {"BOARD": 2, "DIMMER": 2}]
    assert outdated_builds() == set()
    builds = Supply.objects.filter(item__code="DRIVER", kind="planned")
    assert len(assembly.open_builds(actor=company.actor("planner"), supplies=[*builds])) == 2
    assert "'instead': 'TRAFO'" in str(reasons_document(order.lines.get()))
    assert violations() == []


def test_what_is_told_follows_successors_as_far_as_what_is_built(company: Lamps) -> None:
    """The third successor of the transformer is taken for it, since all before are used up."""
    run_out(company, TRAFO=2, DIMMER=5, CLAMP=5)
    for former, latter in (("TRAFO", "DIMMER"), ("DIMMER", "CLAMP"), ("CLAMP", "BULB")):
        items = {item.code: item for item in Item.objects.filter(code__in=[former, latter])}
        catalogue.make_obsolete(actor=company.actor("planner"), item=items[former], replaced_by=items[latter])
    order = company.order(11)
    assert kit_of("DRIVER") == {"BOARD": 1, "BULB": 1}
    assert "'item': 'BULB'" in (told := str(reasons_document(order.lines.get())))
    assert "'instead': 'TRAFO'" in told
    assert outdated_builds() == set()


def opened_foot(company: Lamps) -> Supply:
    """A build order of one foot, which an order of nine lamps waits for; eight feet are there."""
    company.order(9)
    (supply,) = Supply.objects.filter(item__code="FOOT", kind="planned")
    assembly.open_builds(actor=company.actor("planner"), supplies=[supply])
    return supply


def is_gone(company: Lamps, code: str) -> None:
    sales.count(actor=company.actor("warehouse"), item=Item.objects.get(code=code), counted=0)


def requires(supply: Supply) -> dict[str, int]:
    return dict(Requirement.objects.filter(demand__builds=supply).values_list("item__code", "quantity"))


def test_an_opened_build_that_loses_a_component_takes_an_alternate_that_is_there_and_back(company: Lamps) -> None:
    bill(company, "FOOT", Line("DRIVER", 1), Line("PLATE", 2, ("CLAMP",)))
    foot = opened_foot(company)
    due = foot.due
    is_gone(company, "PLATE")
    foot.refresh_from_db()
    assert (requires(foot), foot.due) == ({"DRIVER": 1, "CLAMP": 2}, due)
    stock.open_stock(actor=company.actor("admin"), quantities={Item.objects.get(code="PLATE"): 2})
    is_gone(company, "CLAMP")
    foot.refresh_from_db()
    assert (requires(foot), foot.due) == ({"DRIVER": 1, "PLATE": 2}, due)
    assert violations() == []


def test_an_opened_build_keeps_what_its_bill_no_longer_says(company: Lamps) -> None:
    foot = opened_foot(company)
    bill(company, "FOOT", Line("DRIVER", 1), Line("BULB", 2, ("CLAMP",)))
    is_gone(company, "PLATE")
    assert requires(foot) == {"DRIVER": 1, "PLATE": 2}
    assert violations() == []


@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_lost_each_line_of_the_bill_of_an_opened_build_takes_one_of_its_items(company: Lamps, seed: int) -> None:
    bill(company, "DRIVER", Line("BULB", 1, ("DIMMER", "CLAMP")), Line("BOARD", 2, ("DIMMER", "CABLE")))
    company.order(12)
    builds = list(Supply.objects.filter(kind="planned", consumes__isnull=False))
    assembly.open_builds(actor=company.actor("planner"), supplies=builds)
    driver, draw = next(build for build in builds if build.item.code == "DRIVER"), Random(seed)
    allowed = []
    for items in product(["BULB", "DIMMER", "CLAMP"], ["BOARD", "DIMMER", "CABLE"]):
        kit = Counter[str]()
        for per, item in zip((1, 2), items, strict=True):
            kit[item] += per * driver.quantity
        allowed.append(dict(kit))
    seen = set()
    for _ in range(8):
        found = draw.choice(["BULB", "DIMMER", "CLAMP", "BOARD", "CABLE"])
        sales.count(actor=company.actor("warehouse"), item=Item.objects.get(code=found), counted=90)
        is_gone(company, draw.choice(sorted(requires(driver))))
        assert requires(driver) in allowed
        seen.add(frozenset(requires(driver)))
        assert violations() == []
    assert len(seen) > 2


@pytest.mark.parametrize("is_successor", [True, False])
def test_a_line_in_assembly_that_loses_an_item_takes_another_and_says_so(alternates: Lamps, is_successor: bool) -> None:
    """There are bulbs enough, and clamps that may be taken for them."""
    stock.open_stock(actor=alternates.actor("admin"), quantities={Item.objects.get(code=c): 6 for c in ("BULB", "CLAMP")})
    sales.confirm_by_email(actor=alternates.actor("admin"))
    Customer.objects.update(email="lamps@example.com")
    order = alternates.order()
    assembly.release(actor=alternates.actor("planner"), lines=[order.lines.get()])
    before = order.lines.get().promises.get()
    lost, taken = ("ARM-S", "ARM-L") if is_successor else ("BULB", "CLAMP")
    if is_successor:
        arms = {item.code: item for item in Item.objects.filter(code__startswith="ARM")}
        catalogue.make_obsolete(actor=alternates.actor("planner"), item=arms[lost], replaced_by=arms[taken])
    is_gone(alternates, lost)
    now = Promise.objects.get(line__order=order, in_force=True)
    assert now.basis["instead"] == {lost: taken}
    assert now.at_risk
    assert (now.made_at, now.ship_date, now.reason) == (before.made_at, before.ship_date, before.reason)
    assert now.basis["slots"] == before.basis["slots"]
    assert list(Notice.objects.values_list("event", flat=True)) == ["promise.made"]  # nothing is confirmed anew
    assert violations() == []


def test_an_opened_build_that_took_a_successor_still_takes_the_alternates_of_its_other_lines(company: Lamps) -> None:
    items = {item.code: item for item in Item.objects.all()}
    stock.open_stock(actor=company.actor("admin"), quantities={items["BULB"]: 1})
    bill(company, "FOOT", Line("DRIVER", 1), Line("PLATE", 2), Line("BULB", 1, ("CLAMP",)))
    catalogue.make_obsolete(actor=company.actor("planner"), item=items["PLATE"], replaced_by=items["DIMMER"])
    is_gone(company, "PLATE")
    supply = opened_foot(company)
    assert requires(supply) == {"DRIVER": 1, "DIMMER": 2, "BULB": 1}
    SupplierItem.objects.filter(item=items["BULB"]).delete()
    is_gone(company, "BULB")
    assert requires(supply) == {"DRIVER": 1, "DIMMER": 2, "CLAMP": 1}
    assert violations() == []


def test_a_successor_that_is_made_of_what_it_replaces_is_left_out(company: Lamps) -> None:
    plate, foot = Item.objects.get(code="PLATE"), Item.objects.get(code="FOOT")
    catalogue.make_obsolete(actor=company.actor("planner"), item=plate, replaced_by=foot)
    assert explore(NewLine("DL", {}, 10)).lines[0].ship_date
    assert company.order(10).lines.exists()


@pytest.mark.parametrize("others", [["TRAFO"], ["DIMMER", "DIMMER"], ["FOOT"], None])
def test_alternates_that_make_no_sense_are_refused_by_the_database(company: Lamps, others: list[str] | None) -> None:
    keys = dict(Item.objects.values_list("code", "id"))
    row = BillLine.objects.filter(parent__code="DRIVER", component__code="TRAFO")
    with pytest.raises(IntegrityError), transaction.atomic():
        row.update(alternates=[keys[code] for code in others] if others else [0])
    row.update(alternates=[keys["DIMMER"]])
    with pytest.raises(IntegrityError), connection.cursor() as cursor:
        cursor.execute("DELETE FROM catalogue_item WHERE id = %s", [keys["DIMMER"]])
