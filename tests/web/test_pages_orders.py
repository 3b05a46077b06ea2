"""The pages and operations on which orders are changed, held and imported, and notices are seen."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from atoll_web.accounts.models import User
from atoll_web.accounts.services import create_token
from atoll_web.sales import services as sales
from atoll_web.sales.models import Customer, Notice, Order, Subscription
from atoll_web.sales.services import LineChange, NewLine
from tests.lamps import Lamps

SignIn = Callable[[str], Client]
CSV = "order,customer,model,quantity,head,arm\nPO-1,ACME,DL,2,HEAD-L,ARM-L\nPO-1,,DL,1,,\n"


def to_carry_out(preview: HttpResponse) -> dict[str, str]:
    """What the button below a preview sends."""
    form = next(form for form in preview.content.decode().split("<form") if "carry_out" in form)
    return dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form)) | {"carry_out": "1"}


def test_a_line_is_changed_in_two_steps(company: Lamps, signed_in: SignIn) -> None:
    order, client = company.order(2), signed_in("sales")
    address = reverse("change-line", args=[order.number, 1])
    assert "Light arm" in client.get(address).content.decode()
    form = {"f.head": "HEAD-L", "f.arm": "ARM-L", "f.dimmer": "none", "f.extras": "", "f.cable": "2", "f.engraving": ""}
    form |= {"quantity": "2", "request_date": "2026-03-02", "by": "own", "reason": "they asked"}
    seen = client.post(address, form | {"preview": "1"})
    assert "Difference" in seen.content.decode()
    assert "90.00" in seen.content.decode()
    assert order.lines.get().configuration.values["head"] == "HEAD-S"
    assert client.post(address, to_carry_out(seen)).status_code == 302
    assert order.lines.get().configuration.values["head"] == "HEAD-L"
    page = client.get(reverse("order", args=[order.number])).content.decode()
    assert "they asked" in page
    assert 'id="changes"' in page


def test_nothing_is_carried_out_that_was_not_shown(company: Lamps, signed_in: SignIn) -> None:
    order, client = company.order(2), signed_in("sales")
    address = reverse("change-line", args=[order.number, 1])
    seen = to_carry_out(client.post(address, {"quantity": "3", "preview": "1"}))
    assert (seen["quantity"], "f.head" in seen) == ("3", False)
    for other in ({"quantity": "7", "carry_out": "1"}, seen | {"quantity": "7"}):  # typed, and never looked at
        answer = client.post(address, other)
        assert (answer.status_code, "since you were shown" in answer.content.decode()) == (422, True)
        assert order.lines.get().quantity == 2
    sales.change_order(actor=company.actor("sales"), order=order, added=[NewLine("DL", {})])
    removal = client.post(address, {"quantity": "3", "remove": "1"})
    assert to_carry_out(removal).keys() == {"csrfmiddlewaretoken", "remove", "reason", "shown", "carry_out"}
    edit = next(form for form in removal.content.decode().split("<form") if 'name="preview"' in form)
    assert 'type="hidden" name="remove"' not in edit  # what is looked at next is what is typed, no removal again


def test_a_change_of_an_order_that_moved_meanwhile_is_shown_anew(company: Lamps, signed_in: SignIn) -> None:
    order, client = company.order(2), signed_in("sales")
    address = reverse("change-line", args=[order.number, 1])
    stale = to_carry_out(client.post(address, {"f.dimmer": "DIMMER", "quantity": "2", "preview": "1"}))
    sales.change_order(actor=company.actor("sales"), order=order, lines=[LineChange(1, {"engraving": "A"}, 4)])
    answer = client.post(address, stale)
    assert (answer.status_code, "since you were shown" in answer.content.decode()) == (422, True)
    fresh = to_carry_out(answer)
    assert fresh["shown"] != stale["shown"]
    assert client.post(address, fresh).status_code == 302
    line = order.lines.get()
    assert (line.quantity, line.configuration.values["dimmer"], line.configuration.values["engraving"]) == (4, "DIMMER", "A")


def test_a_refused_change_keeps_what_was_entered(company: Lamps, signed_in: SignIn) -> None:
    order = company.order(1)
    answer = signed_in("sales").post(
        reverse("change-line", args=[order.number, 1]), {"f.head": "HEAD-L", "quantity": "3", "preview": "1"}
    )
    assert answer.status_code == 422
    assert "The arm must carry the head" in answer.content.decode()
    assert 'value="HEAD-L" selected' in answer.content.decode()


def test_a_change_tells_all_that_cannot_be_read(company: Lamps, signed_in: SignIn) -> None:
    order = company.order(1)
    sent = {"f.head": "HEAD-L", "quantity": "many", "request_date": "soon", "preview": "1"}
    answer = signed_in("sales").post(reverse("change-line", args=[order.number, 1]), sent)
    page = answer.content.decode()
    assert (answer.status_code, "carry_out" in page) == (422, False)
    assert all(words in page for words in ("“many” is not", "“soon” is not", "The arm must carry the head"))
    assert ('value="many"' in page, 'value="soon"' in page) == (True, True)


def test_an_order_is_held_and_let_go_on_its_page(company: Lamps, signed_in: SignIn) -> None:
    order, client = company.order(1), signed_in("sales")
    client.post(reverse("hold-order", args=[order.number]), {"reason": "deposit"})
    assert "deposit" in client.get(reverse("order", args=[order.number])).content.decode()
    client.post(reverse("lift-hold", args=[order.number]))
    assert Order.objects.get().hold_reason == ""


def test_a_file_is_seen_before_it_is_entered(company: Lamps, signed_in: SignIn) -> None:
    client, address = signed_in("sales"), reverse("import-orders")
    seen = client.post(address, {"file": SimpleUploadedFile("orders.csv", CSV.encode("utf-8-sig")), "preview": "1"})
    assert "What would be entered: 1 order" in seen.content.decode()
    assert not Order.objects.exists()
    bad = client.post(address, {"text": CSV.replace("DL,2", "DL,0"), "preview": "1"})
    assert (bad.status_code, "line 2, column quantity" in bad.content.decode()) == (422, True)
    assert client.post(address, {"file": SimpleUploadedFile("x.csv", b"\xff\xfe\x00")}).status_code == 422
    done = client.post(address, {"text": CSV, "carry_out": "1"})
    assert Order.objects.get().number in done.content.decode()


def test_the_example_of_a_file_is_one_that_this_company_can_enter(company: Lamps, signed_in: SignIn) -> None:
    client, address = signed_in("sales"), reverse("import-orders")
    example = re.search(r"<pre[^>]*>(.*?)</pre>", client.get(address).content.decode(), re.DOTALL)[1]
    assert "head=HEAD-S" in example
    assert client.post(address, {"text": example, "carry_out": "1"}).status_code == 200
    assert Order.objects.get().lines.get().quantity == 2


@pytest.mark.parametrize("page", ["hold-order", "lift-hold", "change-line", "import-orders"])
def test_who_may_not_order_changes_nothing(company: Lamps, signed_in: SignIn, page: str) -> None:
    order = company.order(1)
    arguments = {"import-orders": [], "change-line": [order.number, 1]}.get(page, [order.number])
    assert signed_in("assembler").post(reverse(page, args=arguments), {"reason": "no"}).status_code == 403


def test_notices_are_listed_shown_and_sent_again(company: Lamps, signed_in: SignIn) -> None:
    Customer.objects.filter(code="ACME").update(email="a@acme.example")
    sales.confirm_by_email(actor=company.actor("admin"))
    company.order(1, customer="ACME")
    sales.deliver_due()
    row, client = Notice.objects.get(), signed_in("sales")
    assert row.state == "delivered"
    assert "promise.made" in client.get(reverse("notices")).content.decode()
    assert client.get("/notices.json").json()["rows"][0]["state"] == "delivered"
    assert "An order or quote has been promised" in client.get(reverse("notice", args=[row.pk])).content.decode()
    assert client.get(reverse("notice-json", args=[row.pk])).json()["to"] == "Customers"
    client.post(reverse("resend-notice", args=[row.pk]))
    row.refresh_from_db()
    assert row.state == "waiting"


def test_a_program_is_told_from_the_page_of_notices_and_told_no_more(company: Lamps, signed_in: SignIn) -> None:
    client, address = signed_in("manager"), reverse("subscribe")
    assert address in client.get(reverse("notices")).content.decode()
    form = {"name": "ERP", "url": "https://93.184.216.34/hook", "events": ["promise.changed", "order.shipped"]}
    wrong = client.post(address, form | {"url": "https://127.0.0.1/"})
    assert (wrong.status_code, 'value="ERP"' in wrong.content.decode()) == (422, True)
    assert 'value="promise.made" checked' not in wrong.content.decode()
    made = client.post(address, form)
    row = Subscription.objects.get()
    assert (row.secret in made.content.decode(), "no-store" in made["Cache-Control"]) == (True, True)
    assert (row.events, row.created_by.username) == (form["events"], "manager")
    page = client.get(reverse("notices")).content.decode()
    assert ("https://93.184.216.34/hook" in page, row.secret in page) == (True, False)
    assert "There is a subscription ERP already" in client.post(address, form).content.decode()
    client.post(reverse("unsubscribe", args=[row.pk]))
    row.refresh_from_db()
    assert not row.active


def test_customers_are_written_to_from_the_page_of_notices(company: Lamps, signed_in: SignIn) -> None:
    client, address = signed_in("manager"), reverse("write-to-customers")
    Customer.objects.filter(code="ACME").update(email="a@acme.example")
    page = client.get(address).content.decode()
    assert ("1 now" in page, "promise.at_risk" in page) == (True, False)
    assert client.post(address, {"name": "Customers"}).status_code == 422  # of nothing
    assert client.post(address, {"name": "Customers", "events": ["promise.made"]}).status_code == 302
    company.order(1, customer="ACME")
    assert Notice.objects.get().subscription.name == "Customers"


def test_who_may_not_change_the_company_subscribes_nobody(company: Lamps, signed_in: SignIn) -> None:
    sales.confirm_by_email(actor=company.actor("admin"))
    client = signed_in("sales")
    page = client.get(reverse("notices")).content.decode()
    assert ("Customers" in page, "Tell a program" in page) == (True, False)
    addresses = [reverse("subscribe"), reverse("write-to-customers"), reverse("unsubscribe", args=[1])]
    assert {client.post(address, {"name": "x", "events": ["promise.made"]}).status_code for address in addresses} == {403}


@pytest.fixture
def program(company: Lamps) -> Callable[..., Any]:
    """A program with the token of a user."""

    def post(path: str, body: Any = None, user: str = "manager") -> Any:
        owner = User.objects.get(username=user)
        token = create_token(user=owner, name=f"token {owner.tokens.count()}").secret
        client = Client(headers={"Authorization": f"Bearer {token}"})
        return client.post(f"/api/v1{path}", json.dumps(body or {}), content_type="application/json")

    return post


def test_a_program_changes_holds_and_lifts(company: Lamps, program: Callable[..., Any]) -> None:
    number = company.order(1).number
    body = {"lines": [{"position": 1, "choices": {"extras": ["CLAMP"]}}], "added": [{"model": "DL"}]}
    seen = program(f"/orders/{number}/change/preview", body)
    assert (seen.status_code, seen.json()["price_difference"]) == (200, "73.00")
    assert program(f"/orders/{number}/change", body).json()["lines"] == seen.json()["lines"]
    again = program(f"/orders/{number}/change", {"removed": [9]})
    assert (again.status_code, again.json()["code"]) == (422, "no-such-line")
    assert program(f"/orders/{number}/hold", {"reason": "deposit"}).json()["hold_reason"] == "deposit"
    assert program(f"/orders/{number}/lift-hold").json()["hold_reason"] == ""
    assert program(f"/orders/{number}/lift-hold").status_code == 409


def test_a_program_subscribes_and_leaves(company: Lamps, program: Callable[..., Any]) -> None:
    assert program("/subscriptions", {"name": "x", "url": f"https://93.184.216.34/{'x' * 500}"}).status_code == 422
    assert program("/subscriptions", {"name": "x", "url": "https://127.0.0.1/"}).status_code == 422
    assert program("/subscriptions", {"name": "x", "url": "https://127.0.0.1/"}, user="sales").status_code == 403
    made = program("/subscriptions", {"name": "ERP", "url": "https://93.184.216.34/hook", "events": ["promise.changed"]})
    assert made.status_code == 201
    assert made.json()["secret"] == Subscription.objects.get().secret
    again = program("/subscriptions", {"name": "ERP", "url": "https://93.184.216.34/hook"})
    assert (again.status_code, again.json()["code"]) == (409, "subscription-name-taken")
    ended = program(f"/subscriptions/{made.json()['id']}/end")
    assert (ended.json()["active"], "secret" in ended.json()) == (False, False)


def test_a_program_lets_customers_be_written_to(company: Lamps, program: Callable[..., Any]) -> None:
    assert program("/subscriptions/customers", {"events": ["promise.at_risk"]}).status_code == 422
    assert program("/subscriptions/customers").json()["channel"] == "e-mail"
