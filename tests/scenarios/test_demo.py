"""A demonstration company is played from the first order to the shipped box, through the services."""

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from atoll_web import invariants
from atoll_web.accounts.models import Company
from atoll_web.assembly.models import AsBuilt
from atoll_web.company.errors import CompanyExists
from atoll_web.demo import services
from atoll_web.demo.errors import NotADemonstration
from atoll_web.pricing.snapshot import exchange_rates
from atoll_web.purchasing.models import PurchaseOrderLine
from atoll_web.runs.models import Run
from atoll_web.sales.models import Order, OrderLine, ShippedUnit

WEEKS, ORDERS = 4, 60
REPORTED = "schema_version orders order_fill_rate on_time_in_full response_days inventory_value turns promises_changed seconds"


def demo(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-m", "atoll.cli", "demo", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | {"ATOLL_HOME": str(home)})


@pytest.fixture(scope="module", params=["computers", "vehicles", "electronics"])
def played(request, django_db_setup, django_db_blocker):
    """A company that was played; its rows are rolled back afterwards."""
    from django.db import transaction

    with django_db_blocker.unblock(), transaction.atomic():
        yield services.play(company=request.param, weeks=WEEKS, orders=ORDERS, seed=3)
        transaction.set_rollback(True)


def test_the_report_has_every_figure(played) -> None:
    assert set(played) >= set(REPORTED.split())
    assert sum(played["orders"].values()) == ORDERS == Order.objects.count()
    assert 0 < played["order_fill_rate"] <= 1
    weeks = played["filled_by_week"].values()
    assert sum(week["orders"] for week in weeks) == ORDERS
    assert sum(week["filled"] for week in weeks) / ORDERS == pytest.approx(played["order_fill_rate"], abs=1e-4)
    assert sum(week["in_time"] for week in weeks) / ORDERS == pytest.approx(played["in_time_rate"], abs=1e-4)
    assert played["order_fill_rate"] <= played["in_time_rate"] <= 1
    assert 0 < played["on_time_in_full"] <= 1
    assert 0 < played["response_days"]["median"] <= played["response_days"]["p95"]
    by_kind = played["inventory_value"]["by_kind"]
    assert sum(by_kind.values()) == pytest.approx(played["inventory_value"]["mean"], abs=0.05)
    assert played["turns"] > 0


def test_what_was_shipped_is_told_in_the_currency_of_the_company(played) -> None:
    lines = OrderLine.objects.filter(state="shipped").select_related("order")
    rates = {day: exchange_rates(played["currency"], day) for day in {line.order.ordered_at.date() for line in lines}}
    worth = [line.quantity * line.unit_price / rates[line.order.ordered_at.date()].get(line.order.currency, 1) for line in lines]
    assert played["shipped"]["revenue"] == pytest.approx(float(sum(worth)), abs=0.01)
    if played["parameters"]["company"] == "computers":
        assert len({line.order.currency for line in lines}) > 1


def test_all_its_files_are_written(played) -> None:
    files = played["files"]
    assert json.loads(Path(files["Figures"]).read_text(encoding="utf-8"))["orders"] == played["orders"]
    assert "Order fill rate" in Path(files["Report"]).read_text(encoding="utf-8")
    assert Path(files["Picture"]).read_text(encoding="utf-8").startswith("<?xml")


def test_every_order_ran_through_to_its_state(played) -> None:
    assert ShippedUnit.objects.exists()
    shipped = OrderLine.objects.filter(state="shipped")
    assert shipped.count() > ORDERS / 4
    unit = ShippedUnit.objects.order_by("id")[0].unit
    assert AsBuilt.objects.filter(unit=unit).exists()
    assert PurchaseOrderLine.objects.filter(received__gt=0).exists()


def test_no_invariant_is_violated(played) -> None:
    assert [check for check in invariants.check() if check.violations] == []


def test_the_play_is_a_run_with_its_result(played) -> None:
    run = Run.objects.get(kind="demonstration")
    assert (run.state, run.seed, run.result["orders"]) == ("done", 3, played["orders"])


def test_the_business_date_is_the_day_after(played) -> None:
    last = date.fromisoformat(played["last_day"])
    assert (Company.objects.get().business_date - last).days == 1


@pytest.mark.long
def test_the_same_seed_gives_the_same_report_and_fresh_begins_anew(own_home) -> None:
    arguments = ("--company", "electronics", "--weeks", "2", "--orders", "25", "--seed", "5", "--json")
    first = demo(own_home, *arguments)
    assert first.returncode == 0, first.stderr
    again = demo(own_home, *arguments)
    assert again.returncode == 3
    assert json.loads(again.stdout)["error"]["code"] == "company-exists"
    second = demo(own_home, *arguments, "--fresh")
    assert second.returncode == 0, second.stderr
    a, b = (json.loads(result.stdout) for result in (first, second))
    assert a.pop("seconds").keys() <= b.pop("seconds").keys()
    assert a == b


@pytest.mark.django_db
def test_a_company_that_is_there_is_neither_overwritten_nor_mixed() -> None:
    Company.objects.create(code="mine", name="Mine", weekdays=[0])
    with pytest.raises(CompanyExists, match="--fresh"):
        services.load_company("electronics")


@pytest.mark.django_db
def test_a_real_company_is_never_cleared() -> None:
    Company.objects.create(code="mine", name="Mine", weekdays=[0])
    with pytest.raises(NotADemonstration, match="will not delete"):
        services.clear()
    assert Company.objects.exists()


@pytest.mark.django_db
def test_a_broken_company_leaves_nothing_half_written(monkeypatch) -> None:
    def fail(*arguments: object, **named: object) -> None:
        raise RuntimeError("the suppliers' file is lost")

    monkeypatch.setattr(services.setup.purchasing, "save_suppliers", fail)
    with pytest.raises(RuntimeError, match="lost"):
        services.load_company("electronics")
    assert not Company.objects.exists()
