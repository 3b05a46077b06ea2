"""A pytest plugin: tests get a home folder and an embedded database server of their own, gone when they end.

Load it with ``-p atoll_web.testing``, so that it comes before Django's settings are read. The processes of pytest-xdist share the
one server; each has its own database there. With `ATOLL_DATABASE_URL` set the tests make their databases on that server instead.
"""

import atexit
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree

import pytest

from atoll_web import cluster, database

# A test's database may be lost with the computer.
HASTE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_wal_size": "4GB"}

# A statement that waits for a lock which nobody will let go of fails its test.
PATIENCE = {"statement_timeout": "10min"}


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests() -> Iterator[None]:
    """Make the home before pytest-django reads the settings."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        os.environ["ATOLL_HOME"] = folder = tempfile.mkdtemp(prefix="atoll-test-")
        atexit.register(remove_home, Path(folder))  # also when the settings cannot be loaded
        if database.embedded():
            set_up(database.url())
    return (yield)


def set_up(address: str) -> None:
    """Let the server forgo what only matters after a power cut, and end what never ends."""
    with database.connect(address) as server:
        for name, value in (HASTE | PATIENCE).items():
            server.execute(f"ALTER SYSTEM SET {name} = '{value}'")
        server.execute("SELECT pg_reload_conf()")


def remove_home(folder: Path) -> None:
    """Stop the folder's server, if there is one, and remove the folder."""
    if folder.is_dir():
        cluster.stop(folder / "database")
        rmtree(folder, ignore_errors=True)
