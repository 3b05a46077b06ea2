"""The companies' folders."""

from pathlib import Path

from atoll.errors import AtollError
from atoll.io import Catalogue, read_catalogue

COMPANIES = ("computers", "vehicles", "electronics")
FOLDER = Path(__file__).parent / "companies"


class UnknownCompany(AtollError):
    """There is no demonstration company {name}. There are {known}."""


def load(name: str) -> Catalogue:
    """Read a demonstration company: `computers`, `vehicles` or `electronics`.

    Raises
    ------
    UnknownCompany
        For any other name.
    """
    if name not in COMPANIES:
        raise UnknownCompany(name=name, known=", ".join(COMPANIES))
    return read_catalogue(FOLDER / name)
