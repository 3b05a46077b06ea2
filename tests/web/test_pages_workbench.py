"""The stocking workbench: levels are optimised in a run, shown with their frontier, and applied whole or by item."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from atoll.model.system import AssemblySystem
from atoll.stocking.built_ahead import StockedLevels, optimise_built_ahead
from atoll.stocking.fcfs import UnattainableService
from atoll_web.catalogue import services as catalogue
from atoll_web.catalogue.models import Item
from atoll_web.planning.errors import NotAnOptimisation, NothingProposed
from atoll_web.planning.models import LevelProposal, StockPolicy
from atoll_web.planning.services import frontier, stocking
from atoll_web.planning.services.frontier import optimised
from atoll_web.planning.snapshot.company_system import company_system
from atoll_web.runs import services as runs
from atoll_web.runs.models import Run
from atoll_web.sales import services as sales
from atoll_web.sales.models import OrderLine
from tests.lamps import Lamps

SignIn = Callable[[str], Client]
pytestmark = pytest.mark.django_db


@pytest.fixture
def run85(company: Lamps) -> Run:
    """Levels for 85 % of the orders, and for 92 %."""
    company.order(2)
    actor = company.actor("planner")
    run = stocking.request_optimisation(actor=actor, service=0.85, samples=20, around=(0.07,), seed=3)
    return stocking.optimise(actor=actor, run=run)


def test_orders_and_forecasts_make_a_system(company: Lamps) -> None:
    company.order(2)
    company.order(1, head="HEAD-L", arm="ARM-L")
    actor = company.actor("planner")
    found = company_system(actor.today, samples=30, seed=1, holding_rate=0.2)
    assert found.order_lines == 2
    assert int(found.learned.known.sum()) == 2
    assert {"HEAD-S", "HEAD-L"} <= set(found.learned.system.components)
    again = company_system(actor.today, samples=30, seed=1, holding_rate=0.2)
    assert again.learned.system.rate.tolist() == found.learned.system.rate.tolist()


def test_who_asks_for_a_later_day_orders_ahead_of_the_day_on_which_assembly_begins(company: Lamps) -> None:
    """Of two lines one is wanted at once and one two weeks later, for which assembly begins some days before."""
    company.order(1)
    actor = company.actor("sales")
    later = actor.today + timedelta(days=14)
    sales.enter_order(actor=actor, customer="MUELLER", lines=[sales.NewLine("DL", {}, 1, later)])
    found = company_system(actor.today, samples=30, seed=1, holding_rate=0.2)
    begins = OrderLine.objects.get(request_date=later).demand.need_date
    assert actor.today < begins < later
    assert found.models[0].ahead == (0, (begins - actor.today).days)
    assert found.ahead_share == 0.5
    assert found.learned.system.longest_demand_lead_time == (begins - actor.today).days


def test_what_is_obsolete_counts_as_what_takes_its_place(company: Lamps) -> None:
    company.order(2)
    old, new = (Item.objects.get(code=code) for code in ("DIMMER", "CLAMP"))
    catalogue.make_obsolete(actor=company.actor("admin"), item=old, replaced_by=new)
    found = company_system(company.actor("planner").today, samples=30, seed=1, holding_rate=0.2)
    assert "DIMMER" not in found.learned.system.components
    assert "CLAMP" in found.learned.system.components


def test_an_optimisation_proposes_levels_for_each_point_of_its_frontier_and_changes_none(run85: Run, company: Lamps) -> None:
    result = run85.result
    assert run85.state == "done"
    asked = next(point for point in result["frontier"] if point["target"] == 0.85)
    assert asked["order_fill_rate"] > 0.82
    assert all(point["bound_value"] <= point["inventory_value"] for point in result["frontier"])
    values = [point["inventory_value"] for point in result["frontier"]]
    assert len(values) == 2
    assert values[0] < values[-1]
    rows = LevelProposal.objects.filter(run=run85)
    in_force = dict(StockPolicy.objects.values_list("item_id", "base_stock"))
    assert {row.target for row in rows} == {point["target"] for point in result["frontier"]}
    assert all(row.before == in_force.get(row.item_id, 0) and row.applied_at is None for row in rows)


def test_what_was_learned_is_told(run85: Run) -> None:
    assert run85.result["demand"][0]["order_lines"] == 1
    head = run85.result["items"]["HEAD-S"]
    assert head["ordered"] == 1.0
    assert 0.5 < head["expected"] < 1.0  # it was in the only order, and the model gives it three of four
    assert head["receipts"] == 0


def test_the_same_seed_gives_the_same_levels(run85: Run, company: Lamps) -> None:
    actor = company.actor("planner")
    again = stocking.optimise(actor=actor, run=stocking.request_optimisation(actor=actor, seed=run85.seed, **run85.parameters))
    assert again.result == run85.result
    levels = [list(LevelProposal.objects.filter(run=run).values_list("target", "item", "base_stock")) for run in (run85, again)]
    assert levels[0] == levels[1]


def test_levels_are_applied_by_item_and_then_the_rest(run85: Run, company: Lamps, signed_in: SignIn) -> None:
    client = signed_in("planner")
    first, *rest = stocking.proposals_of(run85, 0.85)
    client.post(f"/stocking/{run85.pk}/apply", {"target": "85.0", "item": [first.item_id]})
    assert StockPolicy.objects.get(item=first.item_id).base_stock == first.base_stock
    waiting = [row for row in stocking.proposals_of(run85, 0.85) if row.in_force != row.base_stock]
    assert [row.pk for row in waiting] == [row.pk for row in rest]
    client.post(f"/stocking/{run85.pk}/apply", {"target": "85.0", "all": "1"})
    assert all(row.in_force == row.base_stock for row in stocking.proposals_of(run85, 0.85))
    with pytest.raises(NothingProposed):
        stocking.apply_levels(actor=company.actor("planner"), run=run85, target=0.85)


def test_another_point_takes_the_place_of_the_one_applied_before(run85: Run, company: Lamps) -> None:
    actor = company.actor("planner")
    for target in (0.92, 0.85):
        stocking.apply_levels(actor=actor, run=run85, target=target)
    in_force = dict(StockPolicy.objects.values_list("item_id", "base_stock"))
    wanted = LevelProposal.objects.filter(run=run85, target=0.85)
    assert all(in_force.get(row.item_id, 0) == row.base_stock for row in wanted)


def test_only_optimisations_have_levels_to_apply(company: Lamps) -> None:
    actor = company.actor("planner")
    other = runs.create(actor=actor, kind="replenishment", parameters={})
    with pytest.raises(NotAnOptimisation):
        stocking.apply_levels(actor=actor, run=other, target=0.85)


def test_a_point_beside_the_target_that_no_levels_reach_is_left_out(company: Lamps, monkeypatch: pytest.MonkeyPatch) -> None:
    def reach_nine_tenths(system: AssemblySystem, target: float, **options: Any) -> StockedLevels:
        if target > 0.9:
            raise UnattainableService(target=target, attainable=0.9)
        return optimise_built_ahead(system, target, **options)

    monkeypatch.setattr(frontier, "optimise_built_ahead", reach_nine_tenths)
    actor = company.actor("planner")
    run = stocking.request_optimisation(actor=actor, service=0.85, samples=20, around=(0.1, -0.1))
    assert [point["target"] for point in stocking.optimise(actor=actor, run=run).result["frontier"]] == [0.75, 0.85]
    with pytest.raises(UnattainableService):
        stocking.optimise(actor=actor, run=stocking.request_optimisation(actor=actor, service=0.95, samples=20))


def test_a_run_that_is_asked_to_stop_keeps_the_best_so_far(company: Lamps) -> None:
    """It is stopped in the second search, when the first has found levels for the target that was asked for."""
    actor = company.actor("planner")
    run = stocking.request_optimisation(actor=actor, service=0.85, samples=20)
    found = optimised(actor, run, lambda _share, words: "try 2" not in words and "79.0%" not in words)
    assert found["stopped"] is True
    assert [point["target"] for point in found["frontier"]] == [0.85]
    assert LevelProposal.objects.filter(run=run, target=0.85).exists()


def test_a_run_that_is_stopped_at_once_proposes_nothing_and_says_so(company: Lamps, signed_in: SignIn) -> None:
    actor = company.actor("planner")
    run = stocking.request_optimisation(actor=actor, service=0.85, samples=20)
    Run.objects.filter(pk=run.pk).update(cancel_requested=True)
    stopped = stocking.optimise(actor=actor, run=run)
    assert stopped.state == "cancelled"
    assert stopped.result["frontier"] == []
    assert "it was stopped too early" in signed_in("planner").get("/stocking").content.decode()


def test_the_page_its_twin_and_its_picture(run85: Run, signed_in: SignIn, django_assert_max_num_queries) -> None:
    client = signed_in("sales")
    with django_assert_max_num_queries(12):
        page = client.get("/stocking").content.decode()
    assert "Levels for 85.0 %, before and after" in page
    assert "Apply all" not in page  # sales may look at everything
    other = client.get(f"/stocking/{run85.pk}?target=92.0").content.decode()
    assert "Levels for 92.0 %, before and after" in other
    assert client.get(f"/stocking/{run85.pk}?target=12").status_code == 404
    found = client.get(f"/stocking/{run85.pk}.json").json()
    assert found["result"]["frontier"] == run85.result["frontier"]
    assert {"item", "before", "base_stock", "why"} <= found["levels"][0].keys()
    picture = client.get(f"/stocking/{run85.pk}/frontier.svg")
    assert picture.status_code == 200
    assert b"order fill rate" in picture.content
    assert client.post("/stocking/optimise", {"service": "90"}).status_code == 403


def test_a_planner_asks_for_levels_and_a_slip_is_told(company: Lamps, signed_in: SignIn) -> None:
    client = signed_in("planner")
    assert "Find levels" in client.get("/stocking").content.decode()
    told = client.post("/stocking/optimise", {"service": "nine", "window": "0", "holding_rate": "20", "seed": "1"}, follow=True)
    assert "is not a number" in told.content.decode()
    client.post("/stocking/optimise", {"service": "90", "window": "0", "holding_rate": "20", "seed": "1"})
    assert Run.objects.get(kind=stocking.OPTIMISATION).state == "queued"


def test_strategies_of_the_company_are_compared(company: Lamps) -> None:
    company.order(2)
    found = stocking.compare_company(today=company.actor("planner").today, samples=20)
    assert list(found["strategies"]) == ["assemble to order", "make to stock", "make to order"]
    assert found["strategies"]["make to order"]["inventory_value"]["mean"] == 0
    assert found["orders_learned_from"] == 1
