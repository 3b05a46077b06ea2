"""Where Atoll keeps what it keeps: one folder, named by `ATOLL_HOME`.

It holds the embedded database, the reports and the secret key. Without `ATOLL_HOME` it is the platform's folder for data.
"""

import os
import secrets
import sys
from pathlib import Path

from atoll.errors import AtollError


class HomeNotWritable(AtollError):
    """Atoll cannot keep its files in {path}: {reason}. Make the folder writable, or name another one in ATOLL_HOME."""


def root() -> Path:
    """The folder itself; it need not exist yet."""
    named = os.environ.get("ATOLL_HOME")
    return Path(named).expanduser().absolute() if named else _default()


def folder(name: str) -> Path:
    """A folder inside, such as ``reports``; made when missing."""
    path = root() / name
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise HomeNotWritable(path=path, reason=error.strerror or str(error)) from error
    return path


def secret_key() -> str:
    """The key that signs sessions: `ATOLL_SECRET_KEY`, else that of the home folder, made once and readable by its owner only."""
    return os.environ.get("ATOLL_SECRET_KEY") or _kept_secret(folder("") / "secret_key")


def _kept_secret(path: Path) -> str:
    try:
        if not path.exists():
            _write_once(path, secrets.token_urlsafe(50))
        return path.read_text(encoding="ascii")
    except OSError as error:
        raise HomeNotWritable(path=path, reason=error.strerror or str(error)) from error


def _write_once(path: Path, text: str) -> None:
    """Write a private file; of several processes at once the first one wins, and none reads half a file."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(text)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass  # another process was first
    finally:
        draft.unlink()


def _default() -> Path:
    if os.geteuid() == 0:
        return Path("/var/lib/atoll")  # root's own folder is closed to the system user which runs the database server
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "atoll"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "atoll"
