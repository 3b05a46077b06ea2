"""Fixtures that all tests share. The database server of the tests is set up by `atoll_web.testing`."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from atoll_web.testing import remove_home


@pytest.fixture
def own_home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty home with a server of its own, for tests that start, stop and kill it."""
    folder = Path(tempfile.mkdtemp(prefix="atoll-home-"))
    monkeypatch.setenv("ATOLL_HOME", str(folder))
    monkeypatch.delenv("ATOLL_DATABASE_URL", raising=False)
    yield folder
    remove_home(folder)
