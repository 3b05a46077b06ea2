"""Fixtures of the web package's tests: a small company, and a browser in which somebody is signed in."""

from collections.abc import Callable

import pytest
from django.test import Client

from atoll_web.accounts.models import User
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
