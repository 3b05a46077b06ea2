"""The order book and rush orders: before and after are shown, nothing counts until it is accepted."""

import re
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from atoll_web.accounts.models import User
from atoll_web.accounts.services import create_token
from atoll_web.purchasing.models import SupplierItem
from atoll_web.runs import services as runs
from atoll_web.sales import services as sales
from atoll_web.sales import tasks
from atoll_web.sales.models import Order, Promise, Proposal
from atoll_web.sales.services import Policy
from tests.lamps import Lamps

SignIn = Callable[[str], Client]
LARGE = {"head": "HEAD-L", "arm": "ARM-L"}
MOST_QUERIES = 15


@pytest.fixture
def two(company: Lamps) -> list[Order]:
    """The first order has the only large head; the second one waits for a purchase."""
    return [company.order(**LARGE), company.order(customer="ACME", **LARGE)]


def dates() -> dict[str, object]:
    return dict(Promise.objects.filter(in_force=True).values_list("line__order__number", "ship_date"))


def test_a_rush_order_is_one_button_whose_answer_is_accepted(two: list[Order], signed_in: SignIn) -> None:
    client, (first, second) = signed_in("sales"), two
    before = dates()
    assert f"/orders/{second}/rush" in client.get(f"/orders/{second}").content.decode()
    page = client.post(f"/orders/{second}/rush", follow=True)
    words = page.content.decode()
    assert f"Rush order {second}" in words
    assert {"later", "earlier"} <= set(words.replace("<", " ").replace(">", " ").split())
    assert dates() == before

    answer = client.post(f"{page.redirect_chain[-1][0]}/apply", follow=True).content.decode()
    assert "The new promises are in force." in answer
    assert dates() == {first.number: before[second.number], second.number: before[first.number]}
    assert [row["number"] for row in client.get("/order-book.json").json()["rows"]] == [second.number, first.number]


def test_a_row_is_moved_and_who_becomes_late_is_seen_before_it_is_saved(two: list[Order], signed_in: SignIn) -> None:
    client, (first, second) = signed_in("planner"), two
    before = dates()
    places = {f"was-{first}": 1, f"place-{first}": 1, f"was-{second}": 2, f"place-{second}": 1}
    page = client.post("/order-book/move", places, follow=True)
    assert "Another sequence" in page.content.decode()
    assert dates() == before
    assert list(sales.book()) == [first, second]
    client.post(f"{page.redirect_chain[-1][0]}/discard")
    assert list(sales.book()) == [first, second]

    page = client.post("/order-book/move", places, follow=True)
    client.post(f"{page.redirect_chain[-1][0]}/apply")
    assert list(sales.book()) == [second, first]
    assert dates() == {first.number: before[second.number], second.number: before[first.number]}


def test_places_that_are_none_or_did_not_change_are_told(two: list[Order], signed_in: SignIn) -> None:
    client, (first, _) = signed_in("planner"), two
    same = client.post("/order-book/move", {f"was-{first}": 1, f"place-{first}": 1}, follow=True).content.decode()
    assert "stands at that place already" in same
    wrong = client.post("/order-book/move", {f"was-{first}": 1, f"place-{first}": "first"}, follow=True).content.decode()
    assert "is not a whole number" in wrong
    assert "is not in the order book" in client.post("/order-book/move", {"place-SO-9": 1}, follow=True).content.decode()
    assert client.post("/re-promises/propose", {"policy": "whim"}).status_code == 404


def test_refused_places_come_back_as_they_were_typed_with_every_fault(two: list[Order], signed_in: SignIn) -> None:
    client, (first, second) = signed_in("planner"), two
    sent = {f"was-{first}": 1, f"place-{first}": "first", f"was-{second}": 2, f"place-{second}": "0", "place-SO-9": 1}
    answer = client.post("/order-book?sort=-place", sent)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert [f"Place of {order}" in page for order in two] == [True, True]
    assert "SO-9 is not in the order book" in page
    assert re.findall(r'name="place-[^"]+" value="([^"]*)"', page) == ["0", "first"]  # the last one first, as it was sorted
    assert not Proposal.objects.exists()


def test_places_count_the_whole_book_whatever_is_filtered(two: list[Order], signed_in: SignIn) -> None:
    rows = signed_in("planner").get("/order-book.json?customer=ACME").json()["rows"]
    assert [(row["place"], row["number"]) for row in rows] == [(2, two[1].number)]


def test_a_proposal_that_the_world_has_overtaken_is_refused_in_words(company: Lamps, two: list[Order], signed_in: SignIn) -> None:
    client = signed_in("sales")
    page = client.post(f"/orders/{two[1]}/rush", follow=True)
    sales.cancel(actor=company.actor("sales"), order=two[0])
    before = dates()
    assert "Propose again" in client.post(f"{page.redirect_chain[-1][0]}/apply", follow=True).content.decode()
    assert dates() == before


def test_the_pages_take_few_queries_however_many_orders_there_are(company: Lamps, two: list[Order], signed_in: SignIn) -> None:
    client = signed_in("planner")
    client.post("/re-promises/propose", {"policy": "least lateness", "weighing": "margin"})
    key = Proposal.objects.get().pk
    addresses = ("/order-book", "/order-book.json", "/re-promises", f"/re-promises/{key}", f"/re-promises/{key}.json")
    addresses += ("/proposed-promises", f"/proposed-promises.csv?proposal={key}", "/order-book.csv")
    found = {}
    for round_ in range(2):
        for address in addresses:
            with CaptureQueriesContext(connection) as queries:
                assert client.get(address).status_code == 200, address
            assert len(queries) <= MOST_QUERIES, (address, [query["sql"] for query in queries])
            assert found.setdefault(address, len(queries)) == len(queries) or not round_, address
        for _ in range(5):
            company.order()


@pytest.mark.parametrize("role", ["buyer", "warehouse", "assembler"])
def test_others_may_look_but_not_propose_or_accept(two: list[Order], signed_in: SignIn, role: str) -> None:
    client = signed_in(role)
    assert "New place" not in client.get("/order-book").content.decode()
    for address in ("/order-book/move", "/re-promises/propose", f"/orders/{two[0]}/rush", "/re-promises/1/apply"):
        assert client.post(address).status_code == 403, address


def test_the_rushed_order_is_shown_even_if_nothing_changes(two: list[Order], signed_in: SignIn) -> None:
    page = signed_in("sales").post(f"/orders/{two[0]}/rush", follow=True).content.decode()
    assert f"{two[0]}</a>/1" in page
    assert "kept" in page


def test_a_sequence_that_costs_more_than_leaving_all_says_so(two: list[Order], signed_in: SignIn) -> None:
    client, second = signed_in("planner"), two[1]
    places = {f"was-{second}": 2, f"place-{second}": 1}
    page = client.post("/order-book/move", places, follow=True)
    assert "more weighted days late than leaving everything as it is" in page.content.decode()
    document = client.get(f"{page.redirect_chain[-1][0]}.json").json()
    assert document["figures"]["leaving"] == 0 < document["days_late"]


def test_sales_proposes_anything_and_accepts_a_rush_on_pages_and_by_program(two: list[Order], signed_in: SignIn) -> None:
    """Proposing changes nothing; whose promises give way the planner decides."""
    page = signed_in("sales").post("/re-promises/propose", {"policy": "keep"}, follow=True)
    address = page.redirect_chain[-1][0]
    assert "Accept all" not in page.content.decode()
    assert signed_in("sales").post(f"{address}/apply").status_code == 403
    program = Program("sales")
    made = program.post("/re-promise", {"policy": "keep"}, expect=202)
    assert made["leaving"] == 0
    program.post(f"/proposals/{made['id']}/apply", expect=403)
    assert program.post(f"/proposals/{made['id']}/discard")["state"] == "discarded"
    assert Program("planner").post(f"{address.replace('re-promises', 'proposals')}/apply")["state"] == "applied"
    made = Program("planner").post("/re-promise", {"policy": "rush", "order": two[1].number}, expect=202)
    assert program.post(f"/proposals/{made['id']}/apply")["state"] == "applied"


class Program:
    def __init__(self, role: str) -> None:
        secret = create_token(user=User.objects.get(username=role), name=f"test {timezone.now().isoformat()}").secret
        self.client = Client(headers={"Authorization": f"Bearer {secret}"})

    def post(self, path: str, body: dict | None = None, expect: int = 200) -> dict:
        answer = self.client.post(f"/api/v1{path}", body or {}, content_type="application/json")
        assert answer.status_code == expect, answer.content
        return answer.json()

    def get(self, path: str) -> dict:
        return self.client.get(f"/api/v1{path}").json()


def test_a_program_proposes_looks_and_applies(two: list[Order]) -> None:
    first, second = two
    before = dates()
    program = Program("sales")
    made = program.post("/re-promise", {"policy": "rush", "order": second.number}, expect=202)
    assert made["state"] == "proposed"
    assert [line["line"] for line in made["lines"]] == [f"{second}/1", f"{first}/1"]
    assert program.get(f"/proposals/{made['id']}")["days_late"] == made["days_late"] > 0
    assert dates() == before
    assert program.post(f"/proposals/{made['id']}/apply")["state"] == "applied"
    assert program.post(f"/proposals/{made['id']}/discard", expect=409)["code"] == "not-proposed"
    assert dates() == {first.number: before[second.number], second.number: before[first.number]}


def test_a_program_names_lines_and_is_told_of_those_that_are_not_open(two: list[Order]) -> None:
    program = Program("planner")
    line = f"{two[1]}/1"
    made = program.post("/re-promise", {"policy": "keep", "lines": [line]}, expect=202)
    assert [row["line"] for row in made["lines"]] == [line]
    assert program.post(f"/proposals/{made['id']}/discard")["state"] == "discarded"
    for names in ([line, "SO-999999/1"], ["x"], ["SO-000001/²"]):
        assert program.post("/re-promise", {"lines": names}, expect=404)["code"] == "not-found"
    assert Program("sales").post("/re-promise", {"policy": "rush"}, expect=404)["code"] == "not-found"
    program.post("/re-promise", {"policy": "whim"}, expect=422)
    Program("warehouse").post("/re-promise", {"policy": "keep"}, expect=403)


def test_no_lines_are_refused_in_words(two: list[Order]) -> None:
    (issue,) = Program("planner").post("/re-promise", {"lines": []}, expect=422)["issues"]
    assert (issue["source"], issue["code"]) == ("lines", "no-lines")
    assert "leave it out for all open ones" in issue["hint"]
    assert not Proposal.objects.exists()


def test_orders_at_risk_are_listed_for_programs_and_on_the_page(two: list[Order], signed_in: SignIn) -> None:
    program, client = Program("planner"), signed_in("planner")
    Promise.objects.filter(line__order=two[1]).update(at_risk=True)
    assert [row["number"] for row in program.get("/orders?at_risk=true")["items"]] == [two[1].number]
    assert [row["number"] for row in program.get("/orders?at_risk=false")["items"]] == [two[0].number]
    assert len(program.get("/orders")["items"]) == 2
    assert [row["number"] for row in client.get("/orders.json?at_risk=1").json()["rows"]] == [two[1].number]


def test_a_line_without_a_date_is_listed_with_its_reason_and_the_rest_is_accepted(
    company: Lamps, two: list[Order], signed_in: SignIn
) -> None:
    SupplierItem.objects.filter(item__code="HEAD-L").update(preferred=False)
    program, why = Program("planner"), "HEAD-L is short and has no preferred supplier"
    made = program.post("/re-promise", {"policy": "fifo"}, expect=202)
    assert made["without_date"] == 1
    assert [(row["after"] is None, row["reason"].startswith(why)) for row in made["lines"]] == [(False, False), (True, True)]
    client = signed_in("planner")
    page = client.get(f"/re-promises/{made['id']}").content.decode()
    assert "No date can be found for 1 line." in page
    assert f"{why}; enter one" in page
    assert "Accept all" in page
    assert [row["reason"][:6] for row in client.get(f"/re-promises/{made['id']}.json").json()["lines"]] == ["", "HEAD-L"]
    assert program.post(f"/proposals/{made['id']}/apply")["state"] == "applied"
    assert [row["number"] for row in program.get("/orders?at_risk=true")["items"]] == [two[1].number]

    late = Order.objects.get(pk=two[1].pk)
    refused = program.post(f"/orders/{late}/re-promise", expect=403)
    refused = Program("sales").post(f"/orders/{late}/re-promise", expect=409)
    assert (refused["code"], why in refused["message"]) == ("cannot-promise", True)
    page = client.post("/risks/promise", {"all": "1"}, follow=True).content.decode()
    assert f"No date can be found, so it stays as it is, at risk: {late}/1: {why}" in page


def test_of_an_order_the_lines_without_a_date_are_told_beside_those_that_are_promised_anew(company: Lamps) -> None:
    lines = [sales.NewLine("DL", {}), sales.NewLine("DL", {"dimmer": "DIMMER"}, 6)]
    order = sales.enter_order(actor=company.actor("sales"), customer="ACME", lines=lines)
    SupplierItem.objects.filter(item__code="DIMMER").update(preferred=False)
    Promise.objects.update(at_risk=True)
    answer = Program("sales").post(f"/orders/{order}/re-promise")
    assert [(line["position"], line["reason"][:15]) for line in answer["undated"]] == [(2, "DIMMER is short")]
    assert [[p["at_risk"] for p in line["promises"] if p["in_force"]] for line in answer["lines"]] == [[False], [True]]


def test_a_move_and_a_rush_say_what_is_compared(two: list[Order], signed_in: SignIn) -> None:
    client, (first, second) = signed_in("planner"), two
    places = {f"was-{second}": 2, f"place-{second}": 1}
    move = client.post("/order-book/move", places, follow=True)
    hurry = client.post(f"/orders/{second}/rush", follow=True)
    for page, what in ((move, "this move"), (hurry, "this order served first")):
        assert f"After: the same with {what}; every difference comes from it alone." in page.content.decode()
    lines = [client.get(f"{page.redirect_chain[-1][0]}.json").json()["lines"] for page in (move, hurry)]
    assert lines[0] == lines[1]
    assert [line["line"] for line in lines[0]] == [f"{second}/1", f"{first}/1"]


def test_a_large_book_is_left_to_the_worker(company: Lamps, two: list[Order], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "AT_ONCE", 1)
    proposal = tasks.request_proposal(actor=company.actor("planner"), policy=Policy.KEEP)
    assert (proposal.state, proposal.run.state) == ("computing", "queued")
    tasks.compute(proposal.pk)
    assert Proposal.objects.get().state == "proposed"


def test_a_stopped_computation_leaves_no_proposal(company: Lamps, two: list[Order], signed_in: SignIn) -> None:
    planner = company.actor("planner")
    proposal = sales.ask_proposal(actor=planner, policy=Policy.KEEP)
    page = signed_in("planner").get(f"/re-promises/{proposal.pk}").content.decode()
    assert "waits for the worker" in page
    runs.cancel(actor=planner, run=proposal.run)
    tasks.compute(proposal.pk)
    assert Proposal.objects.get().promises.count() == 0
