"""The demonstration companies and their engines, read once."""

from collections.abc import Callable, Mapping
from functools import cache

import pytest

from atoll.configure import Configurator, read_product_model
from atoll.demo import load
from atoll.io import Catalogue


@pytest.fixture(scope="session")
def company() -> Callable[[str], tuple[Catalogue, Mapping[str, Configurator]]]:
    """A company by its name, with the configurator of each of its models."""

    @cache
    def read(name: str) -> tuple[Catalogue, Mapping[str, Configurator]]:
        data = load(name)
        models = {code: read_product_model(document, data.items, source=code) for code, document in data.models.items()}
        return data, {code: Configurator(model) for code, model in models.items()}

    return read
