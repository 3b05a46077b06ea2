"""A database without a company: whatever is asked of it says so, and how to go on."""

from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from atoll_web.accounts.acting import actor_now
from atoll_web.accounts.errors import NoCompany
from atoll_web.accounts.models import User
from atoll_web.api import api
from atoll_web.sales import services as sales

pytestmark = pytest.mark.django_db


@pytest.fixture
def root(client: Client) -> Client:
    """A browser in which the administrator of an empty database is signed in."""
    client.force_login(User.objects.create_superuser("root", "a@b.c", "x"))
    return client


def addresses(patterns: list[Any], before: str = "") -> list[str]:
    """Those of pages that show no single thing."""
    found = []
    for one in patterns:
        address = before + str(one.pattern)
        if isinstance(one, URLResolver) and not address.startswith(("admin", "api")):
            found += addresses(one.url_patterns, address)
        elif isinstance(one, URLPattern) and "<" not in address and "^" not in address:
            found.append(f"/{address}")
    return found


def test_no_page_and_no_list_of_the_interface_fails(root: Client) -> None:
    operations = api.get_openapi_schema()["paths"]
    lists = [path for path, found in operations.items() if "get" in found and "{" not in path]
    failed = [(p, s) for p in [*addresses(get_resolver().url_patterns), *lists] if (s := root.get(p).status_code) >= 500]
    assert failed == []


def test_no_operation_of_the_interface_fails(root: Client) -> None:
    line = {"model": "DL", "quantity": 1}
    bodies = {
        "/inquiries": line,
        "/promises": {"lines": [line]},
        "/orders": {"customer": "ACME", "lines": [line]},
        "/quotes": {"customer": "ACME", "lines": [line]},
        "/orders/batch": {"orders": [{"customer": "ACME", "lines": [line]}]},
        "/re-promise": {},
        "/order-book/move": {"places": {"SO-1": 1}},
    }
    for path, found in api.get_openapi_schema()["paths"].items():
        if "post" in found and "{" not in path:
            body = bodies.get(path.removeprefix("/api/v1"), {})
            answer = root.post(path, body, content_type="application/json")
            assert answer.status_code < 500, (path, answer.content)


def test_an_import_page_says_how_to_go_on(root: Client) -> None:
    page = root.post("/orders/import", {"text": "customer,model\nC,M\n", "preview": "1"})
    assert page.status_code == 422
    assert "There is no company in the database yet" in page.content.decode()


def test_orders_and_inquiries_name_the_remedy(root: Client) -> None:
    actor = actor_now(User.objects.get())
    line = sales.NewLine("DL", {})
    for ask in (
        lambda: sales.inquire(line=line, today=actor.today),
        lambda: sales.explore(lines=[line], today=actor.today),
        lambda: sales.enter_order(actor=actor, customer="ACME", lines=[line]),
    ):
        with pytest.raises(NoCompany, match="atoll import"):
            ask()
