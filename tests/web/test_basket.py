"""The basket of somebody who sells: several configured lines, promised, quoted and ordered together, and added to an order."""

import json
import re
from collections.abc import Callable
from datetime import date

import pytest
from click.testing import CliRunner, Result
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from atoll.cli import atoll
from atoll_web.accounts.models import Company
from atoll_web.catalogue import services as catalogue
from atoll_web.catalogue.models import Item, LineDay, Revision
from atoll_web.purchasing.models import PurchaseOrderLine, SupplierItem
from atoll_web.sales import services as sales
from atoll_web.sales.models import Customer, LeverTaken, Order, Promise
from atoll_web.sales.services import NewLine
from tests.lamps import Lamps

pytestmark = pytest.mark.django_db

SignIn = Callable[[str], Client]
LARGE = {"f.head": "HEAD-L", "f.arm": "ARM-L"}


def text(response: object) -> str:
    """The page's text without its tags, on one line."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


@pytest.fixture
def client_of_sales(company: Lamps, signed_in: SignIn) -> Client:
    return signed_in("sales")


@pytest.fixture
def with_two(client_of_sales: Client) -> Client:
    """Somebody with a small lamp and two large ones in the basket."""
    client_of_sales.post("/configure/DL/basket", {"customer": "ACME"})
    client_of_sales.post("/configure/DL/basket", LARGE | {"quantity": "2"})
    return client_of_sales


def form(*keys: int, **fields: str) -> dict[str, object]:
    """What the page of the basket sends for lines with these keys."""
    sent = {"line": [str(key) for key in keys], "customer": "ACME", "days": "7", "idempotency_key": "of-this-page"}
    return sent | {name.replace("__", "."): value for name, value in fields.items()}


def kept(client: Client) -> list[dict[str, object]]:
    return client.session["basket"]["lines"]


def shown(client: Client) -> dict[str, object]:
    return client.get("/basket.json").json()


def test_lines_are_collected_and_shown_with_dates_prices_and_reasons(with_two: Client) -> None:
    page = with_two.get("/basket")
    words = text(page)
    for expected in (
        "1. Desk lamp",
        "As standard",
        "Head: Large head · Arm: Strong arm",
        "4 Mar 2026",
        "18 Mar 2026",
        "HEAD-L is short",
        "100.0 % sure by then",
        "218.00 EUR",
        "282.00 EUR",
        "All 2 lines can ship together on 18 Mar 2026",
    ):
        assert expected in words
    assert 'value="ACME" selected' in page.content.decode()
    assert "Basket 2 lines" in text(with_two.get("/orders"))
    with CaptureQueriesContext(connection) as queries:
        with_two.get("/basket")
    assert len(queries) <= 18


def test_an_empty_basket_says_how_to_fill_it(client_of_sales: Client) -> None:
    assert "The basket is empty. Configure a product and add it" in text(client_of_sales.get("/basket"))
    assert shown(client_of_sales)["lines"] == []


def test_quantity_and_date_are_changed_and_the_whole_form_is_kept_whatever_is_pressed(with_two: Client) -> None:
    with_two.post("/basket/change", form(1, 2, quantity__1="3", request_date__2="2026-03-10", duplicate_line="1"))
    assert [line["query"] for line in kept(with_two)] == [
        "quantity=3",
        "quantity=3",
        "f.head=HEAD-L&f.arm=ARM-L&quantity=2&request_date=2026-03-10",
    ]
    with_two.post("/basket/change", form(1, 3, 2, delivery="complete", remove_line="1"))
    assert [line["key"] for line in kept(with_two)] == [3, 2]
    assert with_two.session["basket"]["ship_complete"]
    assert "Put it back" in text(with_two.get("/basket"))
    with_two.post("/basket/change", form(3, 2, undo="1"))
    assert [line["key"] for line in kept(with_two)] == [1, 3, 2]


def test_a_change_answers_with_the_form_alone_and_says_it_aloud(with_two: Client) -> None:
    part = with_two.post("/basket/change", form(1, 2, quantity__1="3"), headers={"HX-Request": "true"})
    assert "<html" not in part.content.decode()
    assert "Line 1 ships 4 March 2026. Line 2 ships 18 March 2026. Total 410.00 EUR." in text(part)


def test_a_line_goes_back_to_the_configurator_and_returns_to_its_place(with_two: Client) -> None:
    address = re.search(r'href="(/configure/DL\?[^"]*basket=1[^"]*)"', with_two.get("/basket").content.decode())[1]
    page = with_two.get(address.replace("&amp;", "&"))
    assert "Back to the basket" in text(page)
    with_two.post("/configure/DL/basket", {"f.dimmer": "DIMMER", "quantity": "4", "basket": "1"})
    first, _ = kept(with_two)
    assert (first["key"], first["query"]) == (1, "f.dimmer=DIMMER&quantity=4")


@pytest.mark.parametrize(("take", "state"), [("order", "confirmed"), ("quote", "quoted")])
def test_all_lines_become_one_order_or_quote_also_when_the_form_is_sent_twice(with_two: Client, take: str, state: str) -> None:
    answers = [with_two.post("/basket/change", form(1, 2, quantity__1="3", take=take)) for _ in range(2)]
    order = Order.objects.get()
    assert [answer.url for answer in answers] == [f"/orders/{order.number}"] * 2
    assert (order.state, order.customer.code) == (state, "ACME")
    assert list(order.lines.order_by("position").values_list("quantity", flat=True)) == [3, 2]
    assert kept(with_two) == []


def test_lines_ship_together_and_say_what_they_wait_for(with_two: Client) -> None:
    with_two.post("/basket/change", form(1, 2, delivery="complete"))
    assert "Waits for line 2, with which it ships: HEAD-L is short" in text(with_two.get("/basket"))
    with_two.post("/basket/change", form(1, 2, delivery="complete", take="order"))
    assert Order.objects.get().ship_complete
    promises = Promise.objects.order_by("line__position").values_list("ship_date", "reason")
    assert {day for day, _ in promises} == {date(2026, 3, 18)}
    assert promises[0][1].startswith("Waits for line 2, with which it ships: HEAD-L is short")


def test_lines_of_a_group_ship_together_and_the_last_of_all_is_told(with_two: Client) -> None:
    with_two.post("/basket/change", form(1, 2, duplicate_line="1"))
    with_two.post("/basket/change", form(1, 3, 2, group__1="A", group__2="A"))
    assert [line["group"] for line in kept(with_two)] == ["A", "", "A"]
    page = text(with_two.get("/basket"))
    assert "Waits for line 3, with which it ships: HEAD-L is short" in page
    assert "Last line ships 18 Mar 2026" in page
    assert [line["delivery_group"] for line in with_two.get("/basket.json").json()["lines"]] == ["A", "", "A"]
    with_two.post("/basket/change", form(1, 3, 2, take="order"))
    lines = Order.objects.get().lines.order_by("position")
    assert [(line.delivery_group, line.promises.get().ship_date.day) for line in lines] == [("A", 18), ("", 4), ("A", 18)]


def test_a_faster_way_of_a_group_brings_all_of_it_to_its_day(with_two: Client) -> None:
    SupplierItem.objects.filter(item__code="HEAD-L").update(expedited_days=3, expedite_cost=40)
    with_two.post("/basket/change", form(1, 2, group__1="A", group__2="A", faster__2="express:HEAD-L"))
    assert "Last line ships 6 Mar 2026" in text(with_two.get("/basket"))


def test_a_faster_way_is_chosen_for_a_line_and_taken_with_the_order(with_two: Client) -> None:
    SupplierItem.objects.filter(item__code="HEAD-L").update(expedited_days=3, expedite_cost=40)
    with_two.post("/basket/change", form(1, 2, faster__2="express:HEAD-L"))
    assert "Taken: Buy 5 × HEAD-L from Nord-Teile GmbH express" in text(with_two.get("/basket"))
    with_two.post("/basket/change", form(1, 2, faster__2="option:head=HEAD-S"))
    words = text(with_two.get("/basket"))
    assert "222.00 EUR" in words  # 60 less for two small heads
    assert "−60.00 EUR, which the customer saves." in words
    refused = with_two.post("/basket/change", form(1, 2, faster__2="express:HEAD-L", take="quote"))
    assert (refused.status_code, "a quote cannot hold it" in text(refused)) == (422, True)
    with_two.post("/basket/change", form(1, 2, take="order"))
    assert LeverTaken.objects.get().line.position == 2


def test_ways_that_are_chosen_for_several_lines_are_shown_as_they_are_together(with_two: Client) -> None:
    """Both lines have two large heads; one is there, and a lot of five is enough for both."""
    SupplierItem.objects.filter(item__code="HEAD-L").update(expedited_days=3, expedite_cost=40)
    with_two.post("/basket/change", form(1, 2, duplicate_line="2", faster__2="express:HEAD-L"))
    page = with_two.get("/basket")
    words = text(page)
    assert "Taken: Buy 5 × HEAD-L from Nord-Teile GmbH express, there on 5 Mar 2026, +40.00 EUR, which the company pays." in words
    assert "there on 5 Mar 2026, +0.00 EUR. It spends money at once" in words
    assert "costs the company +40.00 EUR; what several lines need is done once" in words
    assert words.count("Otherwise it ships 18 Mar 2026") == 2
    assert "All 3 lines can ship together on 6 Mar 2026" in words
    assert 'value="quote" disabled' in page.content.decode()
    assert [one["cost"] for one in with_two.get("/basket.json").json()["chosen"]["levers"]] == ["40.00", "0.00"]
    with_two.post("/basket/change", form(1, 2, 3, take="order"))
    assert PurchaseOrderLine.objects.get().quantity == 5
    assert list(LeverTaken.objects.values_list("line__position", "cost")) == [(2, 40), (3, 0)]


def test_what_is_chosen_for_a_line_and_moves_another_is_told_there(company: Lamps, with_two: Client) -> None:
    """Of three small heads that are free the first line takes one; the second takes the others from the third."""
    catalogue.set_safety_stock(actor=company.actor("planner"), item=Item.objects.get(code="HEAD-S"), units=17)
    with_two.post("/configure/DL/basket", {"quantity": "2"})
    plain = form(1, 2, 3, quantity__1="1")
    with_two.post("/basket/change", plain)
    assert "makes it" not in text(with_two.get("/basket"))
    with_two.post("/basket/change", plain | {"faster.2": "option:head=HEAD-S"})
    assert "What is chosen for the other lines makes it 6 days later." in text(with_two.get("/basket"))


def test_a_line_that_what_is_chosen_for_it_makes_later_beside_the_others_is_told(company: Lamps, with_two: Client) -> None:
    """Six small heads are free: the second line takes two, and the third, for five of them, waits for more."""
    LineDay.objects.update(capacity=4800)
    catalogue.set_safety_stock(actor=company.actor("planner"), item=Item.objects.get(code="HEAD-S"), units=14)
    SupplierItem.objects.filter(item__code="HEAD-S").update(lead_time_days=22)
    with_two.post("/basket/change", form(1, 2, remove_line="1"))
    with_two.post("/configure/DL/basket", LARGE | {"quantity": "5"})
    chosen = form(2, 3, faster__2="option:head=HEAD-S", faster__3="option:head=HEAD-S")
    with_two.post("/basket/change", chosen)
    assert "What is chosen, taken together, makes it 8 days later." in text(with_two.get("/basket"))
    SupplierItem.objects.filter(item__code="HEAD-S").update(lead_time_days=14)
    assert "What is chosen for it makes it no earlier beside what" in text(with_two.get("/basket"))


def test_what_is_not_needed_beside_the_others_is_said_to_be_left(with_two: Client) -> None:
    SupplierItem.objects.filter(item__code="HEAD-L").update(expedited_days=3, expedite_cost=40)
    with_two.post("/basket/change", form(1, 2, remove_line="1"))
    with_two.post("/configure/DL/basket", LARGE | {"quantity": "1"})
    with_two.post("/basket/change", form(2, 3, faster__2="option:head=HEAD-S", faster__3="express:HEAD-L"))
    words = text(with_two.get("/basket"))
    assert "Not needed beside what is chosen for the other lines, and not done: Buy 5 × HEAD-L" in words
    assert "Taken: Buy" not in words


def test_ways_that_cannot_be_taken_together_are_refused_before_anything_is_ordered(company: Lamps, with_two: Client) -> None:
    """No large head, two small ones, and nobody sells any: either line can have them."""
    company.order(1, head="HEAD-L", arm="ARM-L")
    company.order(18)
    SupplierItem.objects.filter(item__code__in=["HEAD-L", "HEAD-S"]).delete()
    with_two.post("/basket/change", form(1, 2, remove_line="1"))
    with_two.post("/basket/change", form(2, duplicate_line="2"))
    key = "option:head=HEAD-S"
    with_two.post("/basket/change", form(2, 3, faster__2=key))
    page = with_two.post("/basket/change", form(2, 3, faster__3=key), follow=True)
    assert "What is chosen to be faster cannot be taken together: a line would have no date then." in text(page)
    assert 'value="order" disabled' in page.content.decode()
    refused = with_two.post("/basket/change", form(2, 3, take="order"))
    assert (refused.status_code, "cannot be taken together" in text(refused)) == (422, True)


def test_programs_are_told_why_what_is_chosen_cannot_be_taken(with_two: Client) -> None:
    assert shown(with_two)["misfit"] is None
    with_two.post("/basket/change", form(1, 2, faster__2="bogus"))
    told = shown(with_two)
    assert (told["chosen"], told["misfit"]["code"]) == (None, "no-longer-offered")
    assert told["misfit"]["facts"] == {"key": "bogus", "line": "line 2"}
    with_two.post("/basket/change", form(1, 2, faster__2=""))
    assert shown(with_two)["misfit"] is None


def test_every_fault_is_told_beside_its_line_and_nothing_is_lost(with_two: Client) -> None:
    with_two.post("/configure/DL/basket", {"f.dimmer": "DIMMER", "quantity": "6"})
    SupplierItem.objects.filter(item__code="DIMMER").delete()
    with_two.post("/basket/change", form(1, 2, 3, quantity__1="0", request_date__2="soon"))
    words = text(with_two.get("/basket"))
    for expected in (
        "A quantity of 0 cannot be ordered.",
        "soon is no date.",
        "No date can be promised: DIMMER is short and has no preferred supplier; enter one, or mark one as preferred,",
        "They cannot all ship together: a line has no date.",
    ):
        assert expected in words
    assert 'value="soon"' in with_two.get("/basket").content.decode()
    refused = with_two.post("/basket/change", form(1, 2, 3, request_date__2="", take="order"))
    assert refused.status_code == 422
    assert "line 1, quantity: A quantity of 0 cannot be ordered." in text(refused)
    refused = with_two.post("/basket/change", form(1, 2, 3, quantity__1="1", take="order"))
    assert "line 3: No date can be promised" in text(refused)
    assert len(kept(with_two)) == 3
    assert not Order.objects.exists()


def test_a_model_that_is_no_longer_ordered_is_told_at_its_line(with_two: Client) -> None:
    Revision.objects.update(valid_until=date(2026, 3, 3))
    Company.objects.update(business_date=date(2026, 3, 4))
    page = with_two.get("/basket")
    assert page.status_code == 200
    assert text(page).count("DL cannot be ordered") == 2


def test_a_customer_on_hold_is_told_and_the_dates_stay(with_two: Client) -> None:
    Customer.objects.filter(code="ACME").update(on_hold=True)
    words = text(with_two.get("/basket"))
    assert "Customer ACME is on hold" in words
    assert "18 Mar 2026" in words
    missing = with_two.post("/basket/change", form(1, 2, customer="", take="order"))
    assert "No customer is chosen." in text(missing)


def test_what_another_window_changed_is_not_ordered_unseen(with_two: Client) -> None:
    answer = with_two.post("/basket/change", form(1, take="order"))
    assert (answer.status_code, "has been changed since this page was shown" in text(answer)) == (422, True)
    assert not Order.objects.exists()


def test_a_basket_is_not_ordered_at_a_price_that_was_not_shown(with_two: Client) -> None:
    """Whoever orders has seen what it costs now."""
    page = with_two.get("/basket").content.decode()
    (seen,) = re.findall(r'name="price" value="([^"]+)"', page)
    assert seen == f"{shown(with_two)['total']} EUR"
    sent = form(1, 2, take="order")
    refused = with_two.post("/basket/change", sent | {"price": "217.00 EUR"})
    assert (refused.status_code, Order.objects.count()) == (422, 0)
    assert f"The price is {seen}, not 217.00 EUR as shown" in text(refused)
    with_two.post("/basket/change", sent | {"price": seen})
    assert Order.objects.count() == 1


def test_a_basket_is_its_users_own_and_full_at_fifty_lines(with_two: Client, signed_in: SignIn) -> None:
    for _ in range(48):
        with_two.post("/basket/change", form(*range(1, 51), duplicate_line="1"))
    full = with_two.post("/basket/change", form(*range(1, 51), duplicate_line="1"))
    assert (full.status_code, "The basket holds 50 lines" in text(full)) == (422, True)
    other = signed_in("manager")
    assert "The basket is empty" in text(other.get("/basket"))


def test_who_may_not_order_may_look_only(company: Lamps, signed_in: SignIn) -> None:
    client = signed_in("assembler")
    assert client.get("/basket").status_code == 200
    for address in ("/configure/DL/basket", "/basket/change", f"/orders/{company.order()}/add"):
        assert client.post(address).status_code == 403


def test_the_lines_of_the_basket_are_added_to_an_open_order(with_two: Client, company: Lamps) -> None:
    order = company.order(1, customer="MUELLER")
    seen = with_two.post(f"/orders/{order}/add")
    assert "Difference 282.00 EUR" in text(seen)
    assert order.lines.count() == 1
    done = with_two.post(f"/orders/{order}/add", {"carry_out": "1", "reason": "they called", "shown": mark(seen)})
    assert done.url == f"/orders/{order}"
    assert list(order.lines.order_by("position").values_list("position", "quantity")) == [(1, 1), (2, 1), (3, 2)]
    assert kept(with_two) == []
    assert "The basket is empty." in text(with_two.post(f"/orders/{order}/add"))


def test_a_delivery_group_of_the_basket_is_another_one_than_that_of_the_order(with_two: Client, company: Lamps) -> None:
    asked = [NewLine("DL", {}, delivery_group=group) for group in ("A", "C")]
    order = sales.enter_order(actor=company.actor("sales"), customer="MUELLER", lines=asked)
    session = with_two.session
    session["basket"] = session["basket"] | {"lines": [line | {"group": "A"} for line in session["basket"]["lines"]]}
    session.save()
    page = with_two.post(f"/orders/{order}/add")
    with_two.post(f"/orders/{order}/add", {"carry_out": "1", "reason": "they called", "shown": mark(page)})
    assert [*order.lines.order_by("position").values_list("delivery_group", flat=True)] == ["A", "C", "B", "B"]


def mark(page: object) -> str:
    """Of what the page shows that the lines come to."""
    return re.search(r'name="shown" value="(\w+)"', page.content.decode())[1]


def test_no_line_is_added_at_a_date_or_price_that_was_not_shown(with_two: Client, company: Lamps) -> None:
    order = company.order(1, customer="MUELLER")
    seen = with_two.post(f"/orders/{order}/add")
    assert "18 Mar 2026" in text(seen)
    company.order(1, head="HEAD-L", arm="ARM-L")  # takes the one large head that was there
    SupplierItem.objects.filter(item__code="HEAD-L").update(lead_time_days=21)
    carry_out = {"carry_out": "1", "reason": "they called"}
    for sent in (carry_out | {"shown": mark(seen)}, carry_out):
        moved = with_two.post(f"/orders/{order}/add", sent)
        assert (moved.status_code, "has moved since you were shown" in text(moved)) == (422, True)
    assert order.lines.count() == 1
    assert "25 Mar 2026" in text(moved)  # what it comes to now, to be agreed to
    assert 'value="they called"' in moved.content.decode()
    assert with_two.post(f"/orders/{order}/add", carry_out | {"shown": mark(moved)}).status_code == 302
    assert order.lines.count() == 3


def test_a_missed_request_date_is_said_everywhere(with_two: Client) -> None:
    with_two.post("/basket/change", form(1, 2, request_date__2="2026-03-10"))
    missed = "Asked for 10 Mar 2026; 8 days later: HEAD-L is short"
    assert missed in text(with_two.get("/basket"))
    query = "f.head=HEAD-L&f.arm=ARM-L&quantity=2&request_date=2026-03-10"
    assert missed in text(with_two.get(f"/configure/DL/promise?{query}"))
    assert missed in text(with_two.get(f"/configure/DL?{query}"))
    order = with_two.post("/basket/change", form(1, 2, take="order")).url
    page = text(with_two.get(order))
    assert missed in page
    assert "Asked for as soon as possible" in page
    assert missed in text(with_two.get(f"{order}/2/why"))
    assert shown(with_two)["lines"] == []


def run(*arguments: str, given: str = "") -> Result:
    return CliRunner().invoke(atoll, ["promise", *arguments], input=given, standalone_mode=False)


CSV = "model,quantity,request_date,head,arm\nDL,1,,,\nDL,2,2026-03-10,HEAD-L,ARM-L\n"


def test_the_command_promises_a_basket_from_a_file(company: Lamps) -> None:
    told = json.loads(run("--lines", "-", "--json", given=CSV).stdout)
    assert (told["promised"], told["complete_on"], told["total"]) == (True, "2026-03-18", "282.00")
    assert [(line["position"], line["ship_date"], line["days_late"]) for line in told["lines"]] == [
        (1, "2026-03-04", 0),
        (2, "2026-03-18", 8),
    ]
    words = run("--lines", "-", "--ship-complete", given=CSV).stdout
    assert "1. 1 × DL ships on 2026-03-18" in words
    assert "Asked for 10 Mar 2026; 8 days later: HEAD-L is short" in words
    assert "In all 282.00 EUR, all together on 2026-03-18." in words
    as_json = json.dumps({"lines": [{"model": "DL", "quantity": 5000}, {"model": "DL"}]})
    partly = run("--lines", "-", given=as_json)
    assert partly.return_value == 1
    assert "1. No date can be promised for line 1, DL" in partly.stdout
    assert "2. 1 × DL ships on 2026-03-04" in partly.stdout


def test_a_line_is_named_or_a_file_but_not_both(company: Lamps) -> None:
    for arguments in ((), ("DL", "--lines", "-"), ("--lines", "-", "--quantity", "3")):
        assert "Name either a MODEL" in str(run(*arguments).exception)


def test_faults_of_a_file_are_told_together_with_their_places(company: Lamps) -> None:
    fault = run("--lines", "-", given="model,quantity\n,1\nDL,many\n").exception
    assert [issue.source for issue in fault.issues] == ["line 2, column model", "line 3, column quantity"]
