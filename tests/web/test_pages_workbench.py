"""The stocking workbench: levels are optimised in a run, shown with their frontier, and applied whole or by item."""

from collections.abc import Callable

import pytest
from django.test import Client

from atoll_web.planning.errors import NotAnOptimisation, NothingProposed
from atoll_web.planning.models import LevelProposal, StockPolicy
from atoll_web.planning.services import stocking
from atoll_web.planning.snapshot.company_system import company_system
from atoll_web.runs import services as runs
from atoll_web.runs.models import Run
from tests.lamps import Lamps

SignIn = Callable[[str], Client]
pytestmark = pytest.mark.django_db


@pytest.fixture
def optimised(company: Lamps) -> Run:
    """Levels for 85 % of the orders."""
    company.order(2)
    actor = company.actor("planner")
    run = stocking.request_optimisation(actor=actor, service=0.85, samples=20, seed=3)
    return stocking.optimise(actor=actor, run=run)


def test_orders_and_forecasts_make_a_system(company: Lamps) -> None:
    company.order(2)
    company.order(1, head="HEAD-L", arm="ARM-L")
    actor = company.actor("planner")
    found = company_system(actor.today, samples=30, seed=1, holding_rate=0.2)
    assert found.orders == 2
    assert int(found.learned.known.sum()) == 2
    assert {"HEAD-S", "HEAD-L"} <= set(found.learned.system.components)
    again = company_system(actor.today, samples=30, seed=1, holding_rate=0.2)
    assert again.learned.system.rate.tolist() == found.learned.system.rate.tolist()


def test_an_optimisation_proposes_levels_and_changes_none(optimised: Run, company: Lamps) -> None:
    result = optimised.result
    assert optimised.state == "done"
    asked = next(point for point in result["frontier"] if point["target"] == 0.85)
    assert asked["order_fill_rate"] > 0.82
    values = [point["inventory_value"] for point in result["frontier"]]
    assert len(values) > 2
    assert values[0] < values[-1]
    rows = LevelProposal.objects.filter(run=optimised)
    in_force = dict(StockPolicy.objects.values_list("item_id", "base_stock"))
    assert rows.exists()
    assert all(row.before == in_force.get(row.item_id, 0) and row.applied_at is None for row in rows)


def test_levels_are_applied_by_item_and_then_the_rest(optimised: Run, company: Lamps, signed_in: SignIn) -> None:
    client = signed_in("planner")
    first, *rest = LevelProposal.objects.filter(run=optimised)
    client.post(f"/stocking/{optimised.pk}/apply", {"item": [first.item_id]})
    assert StockPolicy.objects.get(item=first.item_id).base_stock == first.base_stock
    assert LevelProposal.objects.filter(applied_at=None).count() == len(rest)
    client.post(f"/stocking/{optimised.pk}/apply", {"all": "1"})
    assert not LevelProposal.objects.filter(applied_at=None).exists()
    with pytest.raises(NothingProposed):
        stocking.apply_levels(actor=company.actor("planner"), run=optimised)


def test_only_optimisations_have_levels_to_apply(company: Lamps) -> None:
    actor = company.actor("planner")
    other = runs.create(actor=actor, kind="replenishment", parameters={})
    with pytest.raises(NotAnOptimisation):
        stocking.apply_levels(actor=actor, run=other)


def test_a_run_that_is_asked_to_stop_keeps_the_best_so_far(company: Lamps) -> None:
    actor = company.actor("planner")
    run = stocking.request_optimisation(actor=actor, service=0.85, samples=20)
    Run.objects.filter(pk=run.pk).update(cancel_requested=True)
    stopped = stocking.optimise(actor=actor, run=run)
    assert stopped.state == "cancelled"
    assert stopped.result["stopped"] is True
    assert len(stopped.result["frontier"]) == 1


def test_the_page_its_twin_and_its_picture(optimised: Run, signed_in: SignIn, django_assert_max_num_queries) -> None:
    client = signed_in("sales")
    with django_assert_max_num_queries(12):
        page = client.get("/stocking").content.decode()
    assert "Levels before and after" in page
    assert "Apply" not in page  # sales may look at everything
    found = client.get(f"/stocking/{optimised.pk}.json").json()
    assert found["result"]["frontier"] == optimised.result["frontier"]
    assert {"item", "before", "base_stock", "why"} <= found["levels"][0].keys()
    picture = client.get(f"/stocking/{optimised.pk}/frontier.svg")
    assert picture.status_code == 200
    assert b"order fill rate" in picture.content
    assert client.post("/stocking/optimise", {"service": "90"}).status_code == 403


def test_a_planner_asks_for_levels_and_a_slip_is_told(company: Lamps, signed_in: SignIn) -> None:
    client = signed_in("planner")
    assert "Find levels" in client.get("/stocking").content.decode()
    told = client.post("/stocking/optimise", {"service": "nine", "holding_rate": "20", "seed": "1"}, follow=True)
    assert "is not a number" in told.content.decode()
    client.post("/stocking/optimise", {"service": "90", "holding_rate": "20", "seed": "1"})
    assert Run.objects.get(kind=stocking.OPTIMISATION).state == "queued"


def test_strategies_of_the_company_are_compared(company: Lamps) -> None:
    company.order(2)
    found = stocking.compare_company(today=company.actor("planner").today, samples=20)
    assert list(found["strategies"]) == ["assemble to order", "make to stock", "make to order"]
    assert found["strategies"]["make to order"]["inventory_value"]["mean"] == 0
    assert found["orders_learned_from"] == 1
