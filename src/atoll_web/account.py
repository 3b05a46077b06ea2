"""The account under which the embedded database server runs.

PostgreSQL refuses to run as root. An ordinary user runs it as himself; root runs it as the owner of the existing database, or as
a system user which must then reach the database's folder and PostgreSQL's programs.
"""

import hashlib
import os
import pwd
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from atoll.errors import AtollError

SYSTEM_USER = "atoll"


class NoServerAccount(AtollError):
    """PostgreSQL refuses to run as root, and the system user {name} could not be made: {reason}.
    Run Atoll as an ordinary user, or make that user.
    """


class FolderOutOfReach(AtollError):
    """The user {user}, who runs the database server for root, cannot reach {path}: {reason}.
    Let others pass through {blocked}, or run Atoll as an ordinary user.
    """


class PrivateFolderTaken(AtollError):
    """The folder {path} for the database's socket belongs to somebody else or is open to others.
    Remove it, or name a shorter folder in ATOLL_HOME.
    """


@dataclass(frozen=True, slots=True)
class Account:
    """A user of the operating system.

    Parameters
    ----------
    foreign
        Whether it is another user than that of this process.
    """

    name: str
    uid: int
    gid: int
    foreign: bool

    def run_as(self) -> dict[str, Any]:
        """Arguments for `subprocess.run`."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.foreign else {}

    def give(self, path: Path) -> None:
        """Make the account the owner."""
        if self.foreign:
            os.chown(path, self.uid, self.gid)


def of_server(folder: Path) -> Account:
    """The account for the server of this folder."""
    if os.geteuid() != 0:
        return _account(pwd.getpwuid(os.geteuid()))
    owner = folder.stat().st_uid if (folder / "PG_VERSION").exists() else 0
    return _account(pwd.getpwuid(owner) if owner else _system_user())


def _account(entry: pwd.struct_passwd) -> Account:
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, foreign=entry.pw_uid != os.geteuid())


def _system_user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        return _make_system_user()


def _make_system_user() -> pwd.struct_passwd:
    private = ("--no-create-home", "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin")
    command = ["useradd", "--system", *private, SYSTEM_USER]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
    except FileNotFoundError as error:
        raise NoServerAccount(name=SYSTEM_USER, reason="there is no useradd") from error
    except subprocess.CalledProcessError as error:
        if error.returncode != 9:  # 9: another process has just made it
            raise NoServerAccount(name=SYSTEM_USER, reason=error.stderr.strip()) from error
    return pwd.getpwnam(SYSTEM_USER)


def let_reach(account: Account, folder: Path) -> None:
    """Let the account pass through the folder and all above it.

    Only the right to pass is added, not that to list: what lies in a private folder keeps its own rights.
    """
    if not account.foreign:
        return
    for path in (*reversed(folder.parents), folder):
        if not _passes(account, path.stat()):
            _open_passage(account, path, folder)


def _passes(account: Account, status: os.stat_result) -> bool:
    if status.st_uid == account.uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == account.gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)


def _open_passage(account: Account, blocked: Path, goal: Path) -> None:
    try:
        blocked.chmod(stat.S_IMODE(blocked.stat().st_mode) | stat.S_IXOTH)
    except OSError as error:
        raise FolderOutOfReach(user=account.name, path=goal, reason=error.strerror, blocked=blocked) from error


def let_run(account: Account, installation: Path) -> None:
    """Let the account run PostgreSQL's programs, also when they were installed for root alone."""
    if not account.foreign:
        return
    let_reach(account, installation)
    if _can_run(account, installation):
        return
    for path in (installation, *installation.rglob("*")):
        mode = path.stat().st_mode
        path.chmod(stat.S_IMODE(mode) | stat.S_IRGRP | stat.S_IROTH | ((mode & stat.S_IXUSR) >> 3) | ((mode & stat.S_IXUSR) >> 6))
    if not _can_run(account, installation):
        raise FolderOutOfReach(user=account.name, path=installation, reason="its programs do not run", blocked=installation)


def _can_run(account: Account, installation: Path) -> bool:
    command = [str(installation / "bin" / "initdb"), "--version"]
    try:
        return subprocess.run(command, cwd="/", capture_output=True, **account.run_as()).returncode == 0
    except PermissionError:
        return False


def short_folder(account: Account, key: str) -> Path:
    """A private folder of the account's with a short path that is always the same for the key."""
    name = f"atoll-{account.uid}-{hashlib.sha256(key.encode()).hexdigest()[:12]}"
    path = Path(tempfile.gettempdir()) / name
    if len(os.fsencode(path)) > 80:
        path = Path("/tmp") / name
    try:
        path.mkdir(mode=0o700)
        account.give(path)
    except FileExistsError:
        pass  # from an earlier start, or put there by somebody else: looked at below
    status = path.lstat()
    if status.st_uid != account.uid or not stat.S_ISDIR(status.st_mode) or status.st_mode & 0o077:
        raise PrivateFolderTaken(path=path)
    return path


def is_server(pid: int, folder: Path) -> bool:
    """Whether the process lives and works in this folder, as PostgreSQL does; assumed where the system does not tell."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/cwd").readlink() == folder.resolve()
    except ProcessLookupError:
        return False
    except OSError:
        return True
