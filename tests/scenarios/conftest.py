"""Fixtures of the scenarios."""

import pytest

from tests.lamps import Lamps, load_lamps


@pytest.fixture
def company(db: None) -> Lamps:
    """The small company of the tests."""
    return load_lamps()
