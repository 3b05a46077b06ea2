"""A company's folder, read and checked as a whole."""

from collections.abc import Iterator
from pathlib import Path

from atoll.configure.checking import check
from atoll.configure.choice import read_choices
from atoll.configure.reading import read_product_model
from atoll.errors import AtollError, BadInput, Issue
from atoll.io import Catalogue, read_catalogue
from atoll.model.product import ProductModel


def read_company_folder(folder: Path) -> Catalogue:
    """Read a company's folder and see that each of its product models can be ordered.

    Raises
    ------
    NoSuchFolder
        When the folder does not exist.
    BadInput
        With every fault of its files, or, when these can be read, with every fault of its product models.
    """
    data = read_catalogue(folder)
    if faults := [issue for code in data.models for issue in _faults(data, code)]:
        raise BadInput(faults)
    return data


def _faults(data: Catalogue, code: str) -> Iterator[Issue]:
    source = f"model {code}"
    try:
        model = read_product_model(data.models[code], data.items, source)
    except BadInput as error:
        yield from error.issues
    else:
        yield from (Issue(source, finding.code, finding.text) for finding in check(model) if finding.blocks_release)
        yield from _faults_of_texts(data, model)


def _faults_of_texts(data: Catalogue, model: ProductModel) -> Iterator[Issue]:
    """What customers are said to write must be something that they can have written."""
    written = [texts for demand in data.demand.models if demand.code == model.code for texts in demand.texts]
    for feature, text in ((texts.feature, text) for texts in written for text in texts.texts):
        try:
            read_choices(model, {feature: text})
        except AtollError as fault:
            yield Issue(f"company.toml demand for {model.code}", fault.code, str(fault))
