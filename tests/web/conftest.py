"""Fixtures of the web package's tests: a small company, and a browser in which somebody is signed in."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from atoll_web.accounts.models import User
from atoll_web.accounts.services import create_token
from atoll_web.purchasing.models import SupplierItem
from tests.lamps import Lamps, load_lamps


@pytest.fixture
def company(db: None) -> Lamps:
    """The company of the tests, empty of orders."""
    return load_lamps()


@pytest.fixture
def signed_in(client: Client) -> Callable[[str], Client]:
    """A browser in which the demonstration user of a role is signed in."""

    def sign_in(role: str) -> Client:
        client.force_login(User.objects.get(username=role))
        return client

    return sign_in


class Program:
    """A program that uses the API with a token of a role."""

    def __init__(self, role: str):
        secret = create_token(user=User.objects.get(username=role), name=f"test {timezone.now().isoformat()}").secret
        self.client = Client(headers={"Authorization": f"Bearer {secret}"})

    def get(self, path: str, expect: int = 200, **query):
        return self._answer(self.client.get(f"/api/v1{path}", query), expect)

    def post(self, path: str, body=None, expect: int = 200, **headers):
        response = self.client.post(f"/api/v1{path}", body or {}, content_type="application/json", headers=headers)
        return self._answer(response, expect)

    def _answer(self, response, expect: int):
        assert response.status_code == expect, response.content
        return response.json()


@pytest.fixture
def program(company):
    return Program


@pytest.fixture
def fast_heads(company: Lamps) -> Lamps:
    """Large heads take 14 days, express 3 days for 40 more; one is there."""
    SupplierItem.objects.filter(item__code="HEAD-L").update(expedited_days=3, expedite_cost=40)
    return company
