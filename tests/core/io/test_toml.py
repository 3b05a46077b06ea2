"""Documents written as TOML are read back as they were."""

import tomllib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atoll.demo import COMPANIES, load
from atoll.io.toml import write_toml

NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
PLAIN = st.one_of(NAMES, st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False), st.dates())
VALUES = st.recursive(PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=8)


@given(st.dictionaries(NAMES, VALUES, max_size=4))
def test_what_is_written_is_read_again(document: dict[str, object]) -> None:
    assert tomllib.loads(write_toml(document)) == document


def test_a_field_without_value_is_left_out() -> None:
    assert write_toml({"day": date(2026, 1, 5), "item": None}) == "day = 2026-01-05\n"


@pytest.mark.parametrize("company", COMPANIES)
def test_the_models_of_the_demonstrations_are_read_again(company: str) -> None:
    for document in load(company).models.values():
        assert tomllib.loads(write_toml(document)) == document
