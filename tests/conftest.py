"""Fixtures that all tests share. The database server of the tests is set up by `atoll_web.testing`."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from hypothesis import settings
from pytest_django import DjangoDbBlocker

from atoll_web.testing import remove_home

# Examples are timed by the wall clock, which says little on a busy machine. Whether a change passes must not depend on luck, so
# the same ones are drawn each time; others with --hypothesis-profile=thorough.
settings.register_profile("atoll", deadline=None, derandomize=True)
settings.register_profile("thorough", deadline=None, max_examples=2000)
settings.load_profile("atoll")


def pytest_addoption(parser: pytest.Parser) -> None:
    """How long people race."""
    parser.addoption("--race-seconds", type=float, default=3, help="how long each race takes (default: 3)")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long tests begin first, or one process would end long after the others."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The tests' database, let go of at the end by all who hold it: a browser may leave a request that is being answered."""
    yield
    others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_terminate_backend(pid) {others}")


@pytest.fixture
def own_home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty home with a server of its own, for tests that start, stop and kill it."""
    folder = Path(tempfile.mkdtemp(prefix="atoll-home-"))
    monkeypatch.setenv("ATOLL_HOME", str(folder))
    monkeypatch.delenv("ATOLL_DATABASE_URL", raising=False)
    yield folder
    remove_home(folder)
