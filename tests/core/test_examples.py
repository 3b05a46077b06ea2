"""The examples in the docstrings of the science give what they show."""

import doctest
import pkgutil
from importlib import import_module

import numpy as np
import pytest

import atoll

MODULES = sorted(module.name for module in pkgutil.walk_packages(atoll.__path__, "atoll."))


@pytest.mark.parametrize("name", MODULES)
def test_examples_give_what_they_show(name: str) -> None:
    results = doctest.testmod(import_module(name), extraglobs={"np": np})
    assert results.failed == 0
