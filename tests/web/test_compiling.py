"""Compiled forms: made in the background, kept, used by pages and API, and never needed."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from random import Random

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from procrastinate.contrib.django import app

from atoll.errors import AtollError
from atoll.model.bill import BillLine as Line
from atoll_web.accounts.models import User
from atoll_web.accounts.services import create_token
from atoll_web.catalogue import compiling, services, snapshot, tasks
from atoll_web.catalogue.models import BillLine, CompiledForm, Item, Revision
from atoll_web.purchasing import services as purchasing
from atoll_web.runs.models import Run
from atoll_web.sales import services as sales
from atoll_web.sales.availability import Availability
from atoll_web.sales.models import Protection
from atoll_web.stock.models import Supply
from tests.lamps import ITEMS, LAMP, MONDAY, Lamps
from tests.web.test_pages_configure import by_htmx, checked, text

SignIn = Callable[[str], Client]


@pytest.fixture
def compiled(company: Lamps) -> Lamps:
    """The company with its model compiled."""
    compiling.compile_all(actor=company.actor("planner"))
    return company


@pytest.fixture
def api(company: Lamps) -> Callable[..., dict]:
    """Ask the API about the lamp."""
    secret = create_token(user=User.objects.get(username="sales"), name="test").secret
    client = Client(headers={"Authorization": f"Bearer {secret}"})

    def ask(what: str, **body: object) -> dict:
        response = client.post(f"/api/v1/models/DL/{what}", body, content_type="application/json")
        assert response.status_code == 200, response.content
        return response.json()

    return ask


@pytest.fixture
def empty_queue(db: None) -> None:
    """The queue's tables are not Django's, so nobody else empties them between tests."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs CASCADE")


def form() -> object:
    return snapshot.compiled_form(Revision.objects.get(name="A"), MONDAY)


def test_a_form_is_kept_with_engine_size_and_count_and_the_run_that_made_it(compiled: Lamps, signed_in: SignIn) -> None:
    row = CompiledForm.objects.get()
    assert (row.engine, row.since, row.run.kind, row.run.state) == ("decision diagram", date.min, "compilation", "done")
    assert row.configurations == row.run.result["configurations"] == "120"  # 3 of head and arm, dimmer, 4 of extras, 5 of cable
    page = text(signed_in("planner").get("/models/DL/rules"))
    assert f"A decision diagram of {row.nodes} nodes answers every click" in page
    assert "stands for 120 configurations" in page


def test_without_a_form_sat_serves_and_the_page_says_so(company: Lamps, signed_in: SignIn) -> None:
    client = signed_in("planner")
    assert "SAT answers every click" in text(client.get("/models/DL/rules"))
    assert "later" not in text(client.get("/configure/DL"))


@pytest.mark.django_db(transaction=True)
def test_a_release_asks_for_the_form_and_the_worker_makes_it(company: Lamps, empty_queue: None) -> None:
    planner = company.actor("planner")
    draft = services.draft_revision(actor=planner, document=LAMP | {"revision": "B"}, valid_from=MONDAY)
    released = tasks.release(actor=planner, revision=draft)
    assert snapshot.compiled_form(released, MONDAY) is None
    with app.replace_connector(app.connector.get_worker_connector()) as workers:
        workers.run_worker(wait=False, install_signal_handlers=False, listen_notify=False)
    assert snapshot.compiled_form(released, MONDAY).count({}) == 120
    assert Run.objects.get(kind="compilation").created_by == planner.user


def test_rules_with_days_get_a_form_for_each_span(company: Lamps) -> None:
    planner, later = company.actor("planner"), MONDAY + timedelta(days=30)
    rule = {"name": "no-bulb", "text": "No more bulbs", "rule": "not extras contains BULB", "valid_from": later.isoformat()}
    draft = services.draft_revision(
        actor=planner, document=LAMP | {"revision": "B", "rules": [*LAMP["rules"], rule]}, valid_from=MONDAY
    )
    services.release_revision(actor=planner, revision=draft)
    compiling.compile_all(actor=planner)
    counts = [snapshot.compiled_form(draft, day).count({}) for day in (MONDAY, later)]
    assert counts == [120, 60]
    assert list(compiling.missing(MONDAY)) == []


def test_a_damaged_form_is_ignored_and_made_anew(compiled: Lamps, signed_in: SignIn) -> None:
    assert form() is not None
    CompiledForm.objects.update(data=b"damaged", made_at="2026-03-02T10:00:00Z")
    assert form() is None
    assert "64.00 EUR" in text(signed_in("sales").get("/configure/DL"))
    compiling.compile_all(actor=compiled.actor("planner"))
    assert form().count({}) == 120


def test_a_form_that_items_have_left_behind_is_ignored_and_made_anew(company: Lamps) -> None:
    planner = company.actor("planner")
    document = LAMP | {"revision": "B", "subassemblies": ["KIT"], "lines": [{"item": "FOOT"}]}
    services.save_items(planner, [replace(next(item for item in ITEMS if item.code == "FOOT"), code="KIT", name="Kit")])
    services.save_bills(planner, {"KIT": (Line("HEAD-L", 1), Line("ARM-L", 1))})
    draft = services.draft_revision(actor=planner, document=document, valid_from=MONDAY)
    services.release_revision(actor=planner, revision=draft)
    compiling.compile_all(actor=planner)
    assert snapshot.compiled_form(draft, MONDAY) is not None
    BillLine.objects.filter(parent__code="KIT", component__code="ARM-L").update(
        component_id=services.Item.objects.get(code="DIMMER")
    )
    assert snapshot.compiled_form(draft, MONDAY) is None
    assert [wanted.revision for wanted in compiling.missing(MONDAY)] == [draft]
    compiling.compile_all(actor=planner)
    assert snapshot.compiled_form(draft, MONDAY) is not None


def test_a_model_beyond_the_budget_is_kept_as_such_and_a_failed_run_is_not_repeated(
    company: Lamps, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_large(*_: object) -> None:
        raise AtollError

    def broken(*_: object) -> None:
        raise RuntimeError("broken")

    planner = company.actor("planner")
    with monkeypatch.context() as patched:
        patched.setattr(snapshot, "compile_revision", broken)
        with pytest.raises(RuntimeError):
            compiling.compile_all(actor=planner)
    assert list(compiling.missing(MONDAY)) == []
    Run.objects.all().delete()
    monkeypatch.setattr(snapshot, "compile_revision", too_large)
    compiling.compile_all(actor=planner)
    assert CompiledForm.objects.get().engine == "none"
    assert form() is None
    assert list(compiling.missing(MONDAY)) == []


def test_an_option_says_by_how_much_it_moves_the_date_and_what_it_gives_up(compiled: Lamps, signed_in: SignIn) -> None:
    """One large head is free; two have to wait for a new purchase: 14 days, then assembly and shipment."""
    client = signed_in("sales")
    assert "later" not in text(client.get("/configure/DL?quantity=1"))
    page = client.get("/configure/DL?quantity=2").content.decode()
    promised = sales.inquire(line=sales.NewLine("DL", {}, 2), today=MONDAY).ship_date
    with_large = sales.inquire(line=sales.NewLine("DL", {"head": "HEAD-L"}, 2), today=MONDAY).ship_date
    days = (with_large - promised).days
    assert days > 10
    assert f"ships {days} days later, on {with_large.day} {with_large:%B %Y}" in page
    assert "from 107.00" in page  # the large head takes the strong arm along; one metre of cable would do
    chosen = text(client.get("/configure/DL?quantity=2&f.head=HEAD-L"))
    assert f"ships {days} days earlier" in chosen
    assert "earlier" not in text(client.get("/configure/DL?quantity=2&f.head=HEAD-L&request_date=2026-04-20"))
    assert "gives up 1 choice" in text(client.get("/configure/DL?f.arm=ARM-S"))


def test_the_shop_tells_dates_and_nothing_of_stock(compiled: Lamps, client: Client) -> None:
    services.show_in_shop(actor=compiled.actor("planner"), product_model=Revision.objects.get().product_model, shown=True)
    page = text(client.get("/shop/DL?quantity=2"))
    assert "days later" in page
    assert "supply" not in page.lower()


def test_the_date_of_every_option_is_that_of_the_promise_where_nothing_is_shared(compiled: Lamps) -> None:
    """Each option alone, completed the earliest way, gets just the date that was told; no promise is ever earlier.

    Thirty lamps take several days of the line, so a product with less work can be earlier still.
    """
    revision = Revision.objects.get()
    engine, found = snapshot.configurator(revision, MONDAY), form()
    for quantity in (1, 4, 9, 30):
        available = Availability(found.needs, revision.product_model_id, quantity, MONDAY)
        told = snapshot.ship_dates(found, {}, available)
        for feature in ("head", "arm", "dimmer", "extras"):
            for value, day in told[feature].items():
                choices = {feature: (value,) if feature == "extras" else value}
                best = snapshot.earliest(engine, found, snapshot.read(revision, choices), available)
                line = sales.NewLine("DL", dict(best), quantity)
                promised = sales.inquire(line=line, today=MONDAY).ship_date
                assert day <= promised
                assert day == promised or quantity == 30, (quantity, feature, value)


@pytest.fixture
def replaceable(company: Lamps) -> Lamps:
    """A lamp with six bulbs, for which dimmers may be taken, clamps or cables; large heads have gone out of use, and clamps."""
    planner = company.actor("planner")
    features = [feature for feature in LAMP["features"] if feature["code"] in ("head", "arm")]
    lines = [*LAMP["lines"], {"item": "BULB", "alternates": ["DIMMER", "CLAMP", "CABLE"], "quantity": 6}]
    document = LAMP | {"revision": "B", "features": features, "rules": [], "lines": lines}
    services.release_revision(
        actor=planner, revision=services.draft_revision(actor=planner, document=document, valid_from=MONDAY)
    )
    for code, successor in (("HEAD-L", "HEAD-S"), ("CLAMP", "CABLE")):
        services.make_obsolete(actor=planner, item=Item.objects.get(code=code), replaced_by=Item.objects.get(code=successor))
    compiling.compile_all(actor=planner)
    return company


@pytest.mark.parametrize("seed", range(4))
def test_the_date_of_an_option_reckons_with_alternates_and_successors_as_the_promise_does(replaceable: Lamps, seed: int) -> None:
    """Supplies of all items come on any days, and nothing is shared between the options and lines of a lamp."""
    revision, chance = Revision.objects.get(name="B"), Random(seed)
    for code in ("HEAD-S", "ARM-S", "ARM-L", "BULB", "DIMMER", "CABLE"):
        wanted = purchasing.Wanted(Item.objects.get(code=code), chance.randint(1, 9))
        purchasing.order(actor=replaceable.actor("buyer"), wanted=[wanted])
    for supply in Supply.objects.filter(kind="purchase"):
        Supply.objects.filter(pk=supply.pk).update(due=MONDAY + timedelta(days=chance.randint(1, 20)))
    Item.objects.filter(code="CABLE").update(safety_stock=chance.randint(60, 100))
    instead = set()
    for quantity in (1, 2, 3, 4, 5):
        found = snapshot.compiled_form(revision, MONDAY)
        available = Availability(found.needs, revision.product_model_id, quantity, MONDAY)
        for feature, days in snapshot.ship_dates(found, {}, available).items():
            for value, day in days.items():
                choices = snapshot.read(revision, {feature: value})
                best = snapshot.earliest(snapshot.configurator(revision, MONDAY), found, choices, available)
                promised = sales.explore(lines=[sales.NewLine("DL", dict(best), quantity)], today=MONDAY).lines[0]
                instead |= promised.instead.items()
                assert day == promised.ship_date, (quantity, feature, value)
    assert {item for item, _ in instead} == {"HEAD-L", "BULB"}


def test_units_protected_for_another_class_are_free_for_no_option_and_no_inquiry(compiled: Lamps, signed_in: SignIn) -> None:
    """6 of the 8 feet are for trade, so that 3 lamps for retail wait for a foot."""
    Protection.objects.create(customer_class="trade", item=Item.objects.get(code="FOOT"), quantity=6)
    client = signed_in("sales")

    def told(customer: str) -> str:
        asked = {"choices": {}, "quantity": 3, "customer": customer}
        answer = client.post("/api/v1/models/DL/state", asked, content_type="application/json").json()
        return next(value["ships"] for value in answer["values"]["head"] if value["value"] == "HEAD-S")

    line = sales.NewLine("DL", {}, 3)
    customers = ("ACME", "MUELLER", "")  # of trade, of retail, anybody
    promised = {c: sales.inquire(line=line, today=MONDAY, customer=c).ship_date.isoformat() for c in customers}
    assert promised["ACME"] < promised["MUELLER"] == promised[""]
    assert {c: told(c) for c in customers} == promised
    order = compiled.order(3, customer="MUELLER")
    assert order.lines.get().promises.get().ship_date.isoformat() == promised["MUELLER"]


def test_the_earliest_completion_is_offered_and_taken_back(compiled: Lamps, signed_in: SignIn) -> None:
    client = signed_in("sales")
    page = client.get("/configure/DL?quantity=60").content.decode()
    assert 'value="earliest"' in page
    done = by_htmx(client, page, complete="earliest")
    assert checked(done)["head"] == ["HEAD-S"]


def test_the_queries_of_a_click_do_not_grow_with_the_options(compiled: Lamps, signed_in: SignIn) -> None:
    client = signed_in("sales")

    def queries(address: str) -> int:
        client.get(address)
        with CaptureQueriesContext(connection) as captured:
            client.get(address)
        return len(captured)

    before = queries("/configure/DL?f.head=HEAD-L")
    planner = compiled.actor("planner")
    document = LAMP | {"revision": "B"}
    more = [{"code": f"X{n}", "name": f"X{n}", "item": "BULB"} for n in range(40)]
    document["features"] = [*LAMP["features"], {"code": "more", "name": "More", "kind": "many", "options": more}]
    draft = services.draft_revision(actor=planner, document=document, valid_from=MONDAY)
    services.release_revision(actor=planner, revision=draft)
    compiling.compile_all(actor=planner)
    assert queries("/configure/DL?f.head=HEAD-L") == before <= 25


def test_the_api_tells_state_conflicts_completions_samples_and_counts(compiled: Lamps, api: Callable[..., dict]) -> None:
    state = api("state", choices={"arm": "ARM-S"}, quantity=2)
    assert state["engine"]["engine"] == "decision diagram"
    assert (state["engine"]["configurations"], state["configurations"]) == ("120", "40")
    heads = {one["value"]: one for one in state["values"]["head"]}
    assert (heads["HEAD-S"]["possible"], heads["HEAD-S"]["lowest_price"], heads["HEAD-S"]["gives_up"]) == (True, "62.00", 0)
    assert (heads["HEAD-L"]["possible"], heads["HEAD-L"]["lowest_price"], heads["HEAD-L"]["gives_up"]) == (False, None, 1)
    assert heads["HEAD-S"]["ships"] == sales.inquire(line=sales.NewLine("DL", {}, 2), today=MONDAY).ship_date.isoformat()
    assert heads["HEAD-L"]["ships"] is None

    found = api("explain", choices={"arm": "ARM-S", "head": "HEAD-L", "cable": 4})
    assert found["rules"] == ["The arm must carry the head."]
    assert found["choices"] == {"arm": "ARM-S", "head": "HEAD-L"}
    assert {"arm": "ARM-S"} in found["repairs"]
    assert api("explain", choices={"arm": "ARM-S"})["repairs"] == []

    assert api("complete", choices={"head": "HEAD-L"}, aim="cheapest")["choices"] == {"head": "HEAD-L", "cable": 1}
    assert api("complete", choices={"head": "HEAD-S"}, aim="earliest")["choices"] == {"head": "HEAD-S"}

    drawn = api("samples", choices={"dimmer": "DIMMER"}, size=20, seed=4)["samples"]
    assert len(drawn) == 20
    assert all(values["dimmer"] == "DIMMER" for values in drawn)
    counts = api("counts", choices={"dimmer": "DIMMER"})
    assert (counts["configurations"], counts["values"]["head"]) == ("60", {"HEAD-S": "40", "HEAD-L": "20"})


def test_the_api_answers_by_sat_where_there_is_no_form(company: Lamps, api: Callable[..., dict]) -> None:
    state = api("state", choices={"arm": "ARM-S"})
    assert state["engine"]["engine"] == "SAT"
    heads = {one["value"]: one["possible"] for one in state["values"]["head"]}
    assert heads == {"HEAD-S": True, "HEAD-L": False}
    assert api("samples", size=3)["samples"] == []
    assert api("counts")["configurations"] is None
    assert api("complete", choices={"head": "HEAD-L"}, aim="earliest")["choices"] == {"head": "HEAD-L"}
