"""The engine of whatever model is in a file."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from tomllib import TOMLDecodeError, loads
from typing import Any

from atoll.configure.compiled.circuit import Budget
from atoll.configure.model_engine import BUDGET, Answers, ModelEngine
from atoll.configure.product_engine import ProductEngine
from atoll.configure.reading import read_product_model
from atoll.configure.uvl import UvlDocument, write_product_uvl
from atoll.errors import BadInput, Issue
from atoll.io import read_catalogue
from atoll.io.exchange import read_constraint_model
from atoll.io.uvl import write_uvl
from atoll.model.item import Item
from atoll.model.product import ProductModel


def open_model(path: Path, budget: Budget = BUDGET, on: date | None = None) -> Answers:
    """Read a model and make its engine.

    A product model (TOML) in the folder `models` of a company takes its items from the company's folder; any other must be
    complete. All other formats are those of `atoll.io.exchange`.

    Parameters
    ----------
    on
        Of a product model, rules and price rules in force on this day count; all of them when None.

    Raises
    ------
    BadInput
        With every fault of the file.
    """
    if path.suffix != ".toml":
        return ModelEngine(read_constraint_model(path), budget)
    return ProductEngine(_product_model(path), budget, on)


def model_as_uvl(path: Path, on: date | None = None) -> UvlDocument:
    """Read a model of any format and write it as UVL.

    Parameters
    ----------
    on
        Of a product model, the rules in force on this day; all of them when None.

    Raises
    ------
    BadInput
        With every fault of the file.
    NotInUvl
        When a model of another format has anything that UVL cannot say.
    """
    if path.suffix != ".toml":
        return UvlDocument(write_uvl(read_constraint_model(path)), ())
    return write_product_uvl(_product_model(path), on)


def _product_model(path: Path) -> ProductModel:
    return read_product_model(_document(path), _items(path), path.name)


def _document(path: Path) -> Mapping[str, Any]:
    try:
        return loads(path.read_text(encoding="utf-8"))
    except (TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput([Issue(path.name, "bad-toml", f"{error}.")]) from error


def _items(path: Path) -> Mapping[str, Item]:
    folder = path.resolve().parent.parent
    return read_catalogue(folder).items if (folder / "company.toml").exists() else {}
