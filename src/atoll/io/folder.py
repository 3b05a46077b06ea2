"""A company folder while it is read: its files, and the faults found so far."""

from collections.abc import Container
from pathlib import Path

from atoll.io.faults import Faults
from atoll.io.fields import Fields, read_document
from atoll.io.table import NO_CODE, Row, Table, read_table


class Folder:
    """A folder of files. A fault is reported where it is, and not again wherever its row is referred to.

    Parameters
    ----------
    path
        Where the folder is.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.faults = Faults()
        self.incomplete: set[str] = set()

    def table(self, what: str, name: str, *needed: str, optional: tuple[str, ...] = (), free: bool = False) -> Table:
        """The rows of a file; none, and what it holds is known to be incomplete, when it cannot be read."""
        table = read_table(self.path / name, name, self.faults, needed=needed, optional=optional, free=free)
        if table is None:
            self.incomplete.add(what)
        return table or Table((), ())

    def document(self, what: str, name: str) -> Fields | None:
        """The fields of a TOML file; None, and what it holds is known to be incomplete, when it cannot be read."""
        document = read_document(self.path / name, name, self.faults)
        if document is None:
            self.incomplete.add(what)
            return None
        return Fields(name, document, self.faults)

    def files(self, what: str, folder: str, ending: str) -> list[str]:
        """The files of a folder within this one, at least one."""
        names = sorted(f"{folder}/{path.name}" for path in (self.path / folder).glob(f"*{ending}"))
        if not names:
            self.incomplete.add(what)
            hint = f"Each {what} stands in one of its files."
            self.faults.add(f"{folder}/", "missing-file", f"The folder {folder}/ holds no file that ends with {ending}.", hint)
        return names

    def is_known(self, what: str, code: str, known: Container[str], row: Row) -> bool:
        """Whether something that a row names is there; a fault if it surely is not."""
        if code not in known and code != NO_CODE and self.is_complete(what):
            row.fault(f"unknown-{what}", f"There is no {what} {code}.", "Check the code, or add it.")
        return code in known

    def is_complete(self, what: str) -> bool:
        """Whether all files with such things could be read."""
        return what not in self.incomplete


def is_new(code: str, row: Row, first: dict[str, str]) -> bool:
    """Whether no earlier row has the code; a fault otherwise. `first` keeps where each code was first."""
    if code == NO_CODE:
        return False
    if code in first:
        row.fault("duplicate-code", f"{code} is there already, in {first[code]}.", "Take one of the two out.")
        return False
    first[code] = row.source
    return True
