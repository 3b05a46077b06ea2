"""What is told of a lever is what happens when it is taken: two ways to the same date and cost, for any basket and company."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from atoll.errors import AtollError
from atoll_web.catalogue import services as catalogue
from atoll_web.catalogue.models import AssemblyLine, Item, LineDay
from atoll_web.purchasing import services as purchasing
from atoll_web.purchasing.models import PurchaseOrderLine, Supplier, SupplierItem
from atoll_web.sales import services as sales
from atoll_web.sales.errors import NoLongerOffered, NotTogether
from atoll_web.sales.models import LeverTaken, Order, Promise, Protection
from atoll_web.sales.services import Asked, NewLine, taking
from atoll_web.stock.models import Supply
from tests.lamps import LAMP, MONDAY, Lamps
from tests.web.test_exploring import LARGE, explore, levers, violations

pytestmark = pytest.mark.django_db

SCARCE = ("HEAD-S", "HEAD-L", "ARM-S", "ARM-L", "FOOT", "TRAFO", "BULB", "DIMMER")
CHOICES = ({}, {"head": "HEAD-L", "arm": "ARM-L"}, {"arm": "ARM-L"}, {"dimmer": "DIMMER", "cable": 5})


@dataclass(frozen=True)
class Situation:
    """What makes a day in the company unlike any other."""

    gone: Mapping[str, int]
    ordered: Sequence[tuple[int, int]]
    safety_stock: Mapping[str, int]
    kept: Mapping[str, int]
    on_order: Mapping[str, int]
    express_days: Mapping[str, int]
    elsewhere_days: Mapping[str, int]
    capacity: Sequence[int]
    overtime: int
    customer: str
    ship_complete: bool
    lines: Sequence[tuple[int, int, int | None, str]]


def _of_items(values: st.SearchStrategy[int], most: int = 3) -> st.SearchStrategy[dict[str, int]]:
    return st.dictionaries(st.sampled_from(SCARCE), values, max_size=most)


SITUATIONS = st.builds(
    Situation,
    gone=st.dictionaries(st.sampled_from(["ARM-S", "ARM-L", "BULB", "DIMMER"]), st.integers(1, 20), max_size=3),
    ordered=st.lists(st.tuples(st.integers(0, len(CHOICES) - 1), st.integers(1, 9)), max_size=2),
    safety_stock=_of_items(st.integers(1, 9), 2),
    kept=_of_items(st.integers(1, 9), 2),
    on_order=_of_items(st.integers(1, 12)),
    express_days=_of_items(st.integers(1, 4), 5),
    elsewhere_days=_of_items(st.integers(1, 4), 2),
    capacity=st.lists(st.sampled_from([0, 60, 150, 480]), min_size=1, max_size=8),
    overtime=st.sampled_from([0, 60, 240]),
    customer=st.sampled_from(["MUELLER", "ACME"]),
    ship_complete=st.booleans(),
    lines=st.lists(
        st.tuples(
            st.integers(0, len(CHOICES) - 1),
            st.integers(1, 9),
            st.none() | st.integers(0, 25),
            st.sampled_from(["", "", "A"]),
        ),
        min_size=1,
        max_size=4,
    ),
)


def _happens(lamps: Lamps, situation: Situation) -> list[NewLine]:
    """Bring the company into a situation; the lines that are asked for in it."""
    items = {item.code: item for item in Item.objects.filter(code__in=SCARCE)}
    for code, units in situation.gone.items():
        there = next((s.quantity - s.allocated for s in items[code].supplies.filter(kind="on hand")), 0)
        if there:
            sales.scrap(actor=lamps.actor("warehouse"), item=items[code], quantity=min(units, there))
    for n, minutes in enumerate(situation.capacity):
        LineDay.objects.filter(day=MONDAY + timedelta(days=n + 1)).update(capacity=minutes)
    for c, n in situation.ordered:
        sales.enter_order(actor=lamps.actor("sales"), customer="ACME", lines=[NewLine("DL", CHOICES[c], n)])
    for code, units in situation.safety_stock.items():
        catalogue.set_safety_stock(actor=lamps.actor("planner"), item=items[code], units=units)
    for code, units in situation.kept.items():
        Protection.objects.create(item=items[code], customer_class="trade", quantity=units)
    for code, units in situation.on_order.items():
        if code != "FOOT":
            purchasing.order(actor=lamps.actor("buyer"), wanted=[purchasing.Wanted(items[code], units)])
    for code, days in situation.express_days.items():
        SupplierItem.objects.filter(item__code=code).update(expedited_days=days, expedite_cost=40)
    for code, days in situation.elsewhere_days.items():
        usual = SupplierItem.objects.filter(item__code=code).first()
        if usual is not None:
            other = Supplier.objects.exclude(pk=usual.supplier_id).first()
            SupplierItem.objects.create(
                supplier=other, item=items[code], price=usual.price + 2, lead_time_days=days, minimum_quantity=2, preferred=False
            )
    AssemblyLine.objects.update(overtime_minutes=situation.overtime, overtime_rate=Decimal("1.25"))
    return [
        NewLine("DL", CHOICES[c], n, None if wanted is None else MONDAY + timedelta(days=wanted), delivery_group=group)
        for c, n, wanted, group in situation.lines
    ]


@pytest.fixture
def lamps(company: Lamps) -> Lamps:
    """With a spare bulb in each lamp, for which a clamp may be taken where the customer agrees."""
    lines = [*LAMP["lines"], {"item": "BULB", "substitutes": ["CLAMP"], "quantity": 1}]
    draft = catalogue.draft_revision(
        actor=company.actor("admin"), document=LAMP | {"revision": "B", "lines": lines}, valid_from=MONDAY
    )
    catalogue.release_revision(actor=company.actor("admin"), revision=draft)
    return company


def _explored(situation: Situation, asked: Sequence[NewLine], levers: Sequence[str] = ()) -> sales.Explored:
    terms = {"customer": situation.customer, "ship_complete": situation.ship_complete}
    return sales.explore(lines=asked, today=MONDAY, levers=levers, **terms)


def _ordered(lamps: Lamps, situation: Situation, asked: Sequence[NewLine], levers: Sequence[str]) -> Order:
    taken = [Asked(line, lever) for line, lever in zip(asked, levers, strict=True)]
    return sales.take(actor=lamps.actor("sales"), customer=situation.customer, asked=taken, ship_complete=situation.ship_complete)


def _ships(order: Order) -> list:
    return list(Promise.objects.filter(line__order=order).order_by("line__position").values_list("ship_date", flat=True))


def _told_and_done(order: Order, chosen: sales.Chosen) -> None:
    """All that was told of levers is what the order has."""
    ships, rows = iter(_ships(order)), order.lines.order_by("position")
    for n in sorted(chosen.ships):
        lever = chosen.levers.get(n)
        of_line = [next(ships) for _ in (lever.lines if lever else [n])]
        assert max(of_line) == chosen.ships[n]
        if lever:
            assert of_line == [lever.ship_date, *filter(None, [lever.rest_date])], lever.words
    assert sum(row.unit_price * row.quantity for row in rows) == chosen.total
    recorded = LeverTaken.objects.filter(line__order=order)
    assert sum(one.cost for one in recorded if one.kind not in ("option", "split")) == chosen.cost


SOME = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    max_examples=25,
    phases=[Phase.explicit, Phase.generate],
)
"""An example enters a dozen orders."""


@SOME
@given(situation=SITUATIONS)
def test_each_lever_gives_the_date_and_the_cost_that_are_told(lamps: Lamps, situation: Situation) -> None:
    with transaction.atomic():
        asked = _happens(lamps, situation)
        found = _explored(situation, asked)
        refused = {line.position for line in found.refused}
        for n, line in found.at.items():
            for lever in line.faster if refused <= {n} else ():
                keys = [lever.key if n == position else "" for position in range(1, len(asked) + 1)]
                chosen = _explored(situation, asked, keys).chosen
                told = chosen.levers[n]
                assert (told.ship_date, told.rest_date, told.cost) == (lever.ship_date, lever.rest_date, lever.cost)
                with transaction.atomic():
                    _told_and_done(_ordered(lamps, situation, asked, keys), chosen)
                    transaction.set_rollback(True)
        transaction.set_rollback(True)


@SOME
@given(situation=SITUATIONS, which=st.lists(st.integers(0, 5), min_size=4, max_size=4))
def test_levers_of_several_lines_give_together_what_is_told_of_all(lamps: Lamps, situation: Situation, which: list[int]) -> None:
    with transaction.atomic():
        asked = _happens(lamps, situation)
        ways = [line.faster for _, line in sorted(_explored(situation, asked).at.items())]
        keys = [of_line[n % len(of_line)].key if of_line else "" for of_line, n in zip(ways, which, strict=False)]
        found = _explored(situation, asked, keys)
        if any(keys) and found.misfit is not None:
            with pytest.raises(NotTogether), transaction.atomic():
                _ordered(lamps, situation, asked, keys)
        elif len(found.chosen.ships if found.chosen else ()) == len(asked):
            with transaction.atomic():
                _told_and_done(_ordered(lamps, situation, asked, keys), found.chosen)
                transaction.set_rollback(True)
        transaction.set_rollback(True)


@SOME
@given(situation=SITUATIONS)
def test_what_hastens_a_line_gives_the_date_and_the_cost_that_are_told(lamps: Lamps, situation: Situation) -> None:
    with transaction.atomic():
        asked = _happens(lamps, situation)
        order = None
        with suppress(AtollError), transaction.atomic():
            order = _ordered(lamps, situation, asked, [""] * len(asked))
        for line in order.lines.all() if order else ():
            for way in sales.ways_to_hasten(line=line, today=MONDAY):
                with transaction.atomic():
                    sales.hasten(actor=lamps.actor("sales"), line=line, key=way.key)
                    assert line.promises.get(in_force=True).ship_date == way.ship_date, way.words
                    assert sum(one.cost for one in line.levers.all()) == way.cost
                    transaction.set_rollback(True)
        transaction.set_rollback(True)


def test_units_that_are_kept_are_withheld_from_what_is_bought_too(fast_heads: Lamps) -> None:
    """One large head is there, and four stay in stock: of the lot that is bought three go there, and two lamps need two."""
    catalogue.set_safety_stock(actor=fast_heads.actor("planner"), item=Item.objects.get(code="HEAD-L"), units=4)
    for wanted, bought in ((2, 5), (3, 10)):
        asked = NewLine("DL", LARGE, wanted)
        (line,) = explore(asked).lines
        assert levers(line)["express:HEAD-L"] == (date(2026, 3, 6), Decimal(40))
        assert next(one.words for one in line.faster if one.kind == "express").startswith(f"Buy {bought} × HEAD-L from ")
        with transaction.atomic():
            order = sales.take(actor=fast_heads.actor("sales"), customer="ACME", asked=[Asked(asked, "express:HEAD-L")])
            assert Promise.objects.get(line__order=order).ship_date == date(2026, 3, 6)
            assert PurchaseOrderLine.objects.get().quantity == bought
            assert violations() == []
            transaction.set_rollback(True)


def test_an_order_on_its_way_is_no_lever_where_its_units_are_kept_once_they_come_first(fast_heads: Lamps) -> None:
    """Of five heads on their way four are kept for trade, and one is there; expedited, one is free, and two lamps need two."""
    head = Item.objects.get(code="HEAD-L")
    Protection.objects.create(item=head, customer_class="trade", quantity=5)
    purchasing.order(actor=fast_heads.actor("buyer"), wanted=[purchasing.Wanted(head, 5)])
    key = f"expedite:{PurchaseOrderLine.objects.get().pk}"
    (one,), (two,) = (explore(NewLine("DL", LARGE, n), customer="MUELLER").lines for n in (1, 2))
    assert (key in levers(one), key in levers(two)) == (True, False)
    asked = [Asked(NewLine("DL", LARGE, 1), key)]
    order = sales.take(actor=fast_heads.actor("sales"), customer="MUELLER", asked=asked)
    assert Promise.objects.get(line__order=order).ship_date == levers(one)[key][0]


def test_overtime_is_enough_for_those_before_it_too(company: Lamps) -> None:
    """Two lines of 135 minutes each; there are 30 of overtime a day, and no other time before 26 March."""
    AssemblyLine.objects.update(overtime_minutes=30, overtime_rate=Decimal(1))
    LineDay.objects.filter(day__range=(date(2026, 3, 3), date(2026, 3, 25))).update(capacity=0)
    asked = [NewLine("DL", {}, 3), NewLine("DL", {}, 3)]
    second = explore(*asked).lines[1]
    (lever,) = (one for one in second.faster if one.kind == "overtime")
    assert (lever.ship_date, lever.cost) == (date(2026, 3, 16), Decimal(270))
    assert lever.words == "Overtime on line L1 on 9 days from 3 Mar 2026 to 13 Mar 2026"
    taken = [Asked(asked[0]), Asked(asked[1], lever.key)]
    order = sales.take(actor=company.actor("sales"), customer="ACME", asked=taken)
    assert _ships(order) == [date(2026, 3, 10), date(2026, 3, 16)]
    assert violations() == []


def test_what_is_late_already_is_not_expedited(fast_heads: Lamps) -> None:
    head = Item.objects.get(code="HEAD-L")
    purchasing.order(actor=fast_heads.actor("buyer"), wanted=[purchasing.Wanted(head, 5)])
    row = PurchaseOrderLine.objects.get()
    row.supply.due = MONDAY - timedelta(days=1)
    row.supply.save()
    (line,) = explore(NewLine("DL", LARGE, 2)).lines
    assert line.binding.reference == row.order.number
    assert f"expedite:{row.pk}" not in levers(line)


def test_what_several_lines_need_is_bought_once_and_paid_by_the_first(fast_heads: Lamps) -> None:
    asked = [NewLine("DL", LARGE, 3), NewLine("DL", LARGE, 2)]
    keys = ["express:HEAD-L", "express:HEAD-L"]
    found = explore(*asked, levers=keys)
    assert [levers(line)["express:HEAD-L"][1] for line in found.lines] == [40, 40]
    chosen = found.chosen
    assert (chosen.cost, chosen.currency, chosen.total) == (40, "EUR", found.total)
    assert [chosen.levers[n].cost for n in (1, 2)] == [40, 0]
    assert chosen.ships == {1: date(2026, 3, 6), 2: date(2026, 3, 6)}
    taken = [Asked(line, key) for line, key in zip(asked, keys, strict=True)]
    order = sales.take(actor=fast_heads.actor("sales"), customer="ACME", asked=taken)
    assert PurchaseOrderLine.objects.get().quantity == 5
    assert list(LeverTaken.objects.filter(line__order=order).values_list("line__position", "cost")) == [(1, 40), (2, 0)]
    assert violations() == []


@pytest.mark.parametrize("quote_days", [None, 7])
def test_what_is_not_needed_beside_the_others_is_neither_done_nor_kept(
    fast_heads: Lamps, program, quote_days: int | None
) -> None:
    """The first line takes small heads, and so leaves the large one that is there to the second, for which none is bought."""
    asked, keys = [NewLine("DL", LARGE, 2), NewLine("DL", LARGE, 1)], ["option:head=HEAD-S", "express:HEAD-L"]
    levers = explore(*asked, levers=keys).chosen.levers
    assert [(n, one.is_needed, one.needs_order) for n, one in sorted(levers.items())] == [(1, True, False), (2, False, False)]
    lines = [{"model": "DL", "choices": LARGE, "quantity": n, "faster": key} for n, key in zip((2, 1), keys, strict=True)]
    told = program("sales").post("/promises", {"lines": lines})["chosen"]["levers"]
    assert [one["is_needed"] for one in told] == [True, False]
    taken = [Asked(line, key) for line, key in zip(asked, keys, strict=True)]
    order = sales.take(actor=fast_heads.actor("sales"), customer="ACME", asked=taken, quote_days=quote_days)
    assert _ships(order) == [date(2026, 3, 4), date(2026, 3, 4)]
    assert list(LeverTaken.objects.values_list("line__position", "kind")) == [(1, "option")]
    assert not PurchaseOrderLine.objects.exists()


def test_a_line_that_its_lever_makes_later_beside_others_is_told_and_kept_apart_from_one_without_a_date(
    fast_heads: Lamps, program, signed_in
) -> None:
    """Six small heads are free: the first line takes two, and the second, for five of them, waits for more."""
    LineDay.objects.update(capacity=4800)
    catalogue.set_safety_stock(actor=fast_heads.actor("planner"), item=Item.objects.get(code="HEAD-S"), units=14)
    SupplierItem.objects.filter(item__code="HEAD-S").update(lead_time_days=22)
    asked, key = [NewLine("DL", LARGE, 2), NewLine("DL", LARGE, 5)], "option:head=HEAD-S"
    lines = [{"model": "DL", "choices": LARGE, "quantity": n, "faster": key} for n in (2, 5)]
    answer = program("sales").post("/promises", {"lines": lines})
    told = [(one["ship_date"], one["days_earlier"], one["had_date"]) for one in answer["chosen"]["levers"]]
    assert answer["lines"][1]["ship_date"] == "2026-03-18"
    assert told == [("2026-03-04", 14, True), ("2026-03-26", -8, True)]
    order = sales.take(actor=fast_heads.actor("sales"), customer="ACME", asked=[Asked(line, key) for line in asked])
    page = signed_in("sales").get(f"/orders/{order.number}").content.decode()
    assert "(8 days later beside what else was chosen): −150.00 EUR</li>" in page
    assert "no date without it" not in page
    assert list(order.lines.order_by("position").values_list("levers__days_earlier", flat=True)) == [14, 0]


def test_a_split_whose_rest_has_moved_meanwhile_is_not_taken(fast_heads: Lamps, monkeypatch) -> None:
    """Of five heads that come on the 9th others order four once it is known that the rest gets two of them."""
    purchasing.order(actor=fast_heads.actor("buyer"), wanted=[purchasing.Wanted(Item.objects.get(code="HEAD-L"), 5)])
    Supply.objects.filter(item__code="HEAD-L", due__isnull=False).update(due=date(2026, 3, 9))
    asked, enter = NewLine("DL", LARGE, 3), taking.enter
    (lever,) = (one for one in explore(asked).lines[0].faster if one.kind == "split")
    assert (lever.ship_date, lever.rest_date) == (date(2026, 3, 4), date(2026, 3, 10))

    def enter_after_others(**options: object) -> Order:
        sales.enter_order(actor=fast_heads.actor("sales"), customer="MUELLER", lines=[NewLine("DL", LARGE, 4, date(2026, 3, 11))])
        return enter(**options)

    monkeypatch.setattr(taking, "enter", enter_after_others)
    with pytest.raises(NoLongerOffered):
        sales.take(actor=fast_heads.actor("sales"), customer="ACME", asked=[Asked(asked, lever.key)])
    assert not Order.objects.exists()


@pytest.fixture
def last_small_heads(company: Lamps) -> Lamps:
    """Three small heads are left; no head can be bought, and large ones are none."""
    company.order(17)
    company.order(1, head="HEAD-L", arm="ARM-L")
    SupplierItem.objects.filter(item__code__in=["HEAD-S", "HEAD-L"]).delete()
    return company


def test_levers_that_leave_a_line_without_a_date_together_are_refused_together(last_small_heads: Lamps) -> None:
    """Either line can have the small heads, which makes it possible; both cannot."""
    asked, keys = [NewLine("DL", LARGE, 2), NewLine("DL", LARGE, 3)], ["option:head=HEAD-S"] * 2
    found = explore(*asked, levers=keys)
    assert all("option:head=HEAD-S" in levers(line) for line in found.refused)
    assert found.chosen is None
    assert isinstance(found.misfit, NotTogether)
    with pytest.raises(NotTogether):
        sales.take(
            actor=last_small_heads.actor("sales"),
            customer="ACME",
            asked=[Asked(line, key) for line, key in zip(asked, keys, strict=True)],
        )
    assert not Order.objects.filter(customer__code="ACME").exists()


def test_no_option_is_offered_that_takes_what_another_line_needs(last_small_heads: Lamps) -> None:
    found = explore(NewLine("DL", LARGE, 2), NewLine("DL", {}, 3))
    (refused,) = found.refused
    assert refused.faster == ()


def test_programs_are_told_what_all_that_they_choose_comes_to(fast_heads: Lamps, program) -> None:
    line = {"model": "DL", "choices": LARGE, "quantity": 2, "faster": "express:HEAD-L"}
    plain = {"model": "DL", "quantity": 2}
    answer = program("sales").post("/promises", {"lines": [line, plain, line]})
    assert [one["ship_date"] for one in answer["lines"]] == ["2026-03-18", "2026-03-04", "2026-03-18"]
    chosen = answer["chosen"]
    assert [(one["position"], one["ship_date"], one["cost"]) for one in chosen["levers"]] == [
        (1, "2026-03-06", "40.00"),
        (3, "2026-03-06", "0.00"),
    ]
    assert [one["ship_date"] for one in chosen["ships"]] == ["2026-03-06", "2026-03-04", "2026-03-06"]
    assert (chosen["complete_on"], chosen["cost"], chosen["currency"]) == ("2026-03-06", "40.00", "EUR")
    assert program("sales").post("/promises", {"lines": [plain]})["chosen"] is None
    stale = program("sales").post("/promises", {"lines": [plain | {"faster": "express:HEAD-L"}]}, expect=409)
    assert stale["code"] == "no-longer-offered"
