"""The database: which one, reached how, dumped and restored.

`ATOLL_DATABASE_URL` names any PostgreSQL server. Without it the embedded one in the home folder is used, started on first need.
"""

import os
import re
import secrets
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from atoll.errors import AtollError
from atoll_web import cluster, home

if TYPE_CHECKING:
    import psycopg

NAME = "atoll"
CONNECT_SECONDS = 10


class DatabaseUnreachable(AtollError):
    """The database {where} cannot be reached: {reason}.
    Start that server or correct ATOLL_DATABASE_URL; without the variable Atoll uses its own embedded server.
    """


class DatabaseUrlInvalid(AtollError):
    """ATOLL_DATABASE_URL is not an address of a PostgreSQL database: {reason}. It looks like postgresql://user:password@host:5432/name."""


class DatabaseInUse(AtollError):
    """{count} connection(s) to the database {name} are open, so it cannot be replaced.
    Stop `atoll serve` and other programs that use it, then try again.
    """


class DumpFailed(AtollError):
    """The database could not be dumped to {path}: {reason}. Nothing was written."""


class NotADump(AtollError):
    """{path} cannot be restored: {reason}. Name a file that `atoll db dump` has made; the database is as before."""


def url(name: str = NAME) -> str:
    """The address of the database; starts the embedded server and makes the database when needed."""
    if configured := os.environ.get("ATOLL_DATABASE_URL"):
        return configured
    server = cluster.start(folder())
    address = f"postgresql://{cluster.SUPERUSER}@/{name}?host={quote(str(server.sockets), safe='')}"
    _ensure(address)
    return address


def folder() -> Path:
    """Where the embedded server keeps its files."""
    return home.folder("") / "database"


def embedded() -> bool:
    """Whether the embedded server is used."""
    return not os.environ.get("ATOLL_DATABASE_URL")


def ensure_database(name: str = NAME) -> str:
    """Make the database where it is missing; its address."""
    address = url(name)
    _ensure(address)
    return address


PLANNED_ONCE = "-c plan_cache_mode=force_generic_plan"
"""Statements that are kept planned (`atoll_web.bulk`) take arrays of any length, and are planned anew each time otherwise."""


def settings_for_django(url: str) -> dict[str, Any]:
    """What Django calls a database.

    `ATOLL_DATABASE_POOL` is the most connections that a process shares; without it each thread has one of its own.
    """
    parts = _parts(url)
    pool = int(os.environ.get("ATOLL_DATABASE_POOL", "0"))
    named = {
        key.upper() if key != "dbname" else "NAME": parts.pop(key, "") for key in ("dbname", "user", "password", "host", "port")
    }
    options: dict[str, Any] = {"connect_timeout": CONNECT_SECONDS, "application_name": "atoll"} | parts
    options["options"] = f"{PLANNED_ONCE} {parts.get('options', '')}".strip()
    if pool:
        options["pool"] = {"min_size": 1, "max_size": pool, "timeout": CONNECT_SECONDS}
    return {"ENGINE": "django.db.backends.postgresql", **named, "OPTIONS": options, "CONN_HEALTH_CHECKS": True}


def connect(address: str) -> "psycopg.Connection[Any]":
    """A connection of its own in autocommit mode, for work on the server itself."""
    import psycopg

    try:
        return psycopg.connect(address, autocommit=True, connect_timeout=CONNECT_SECONDS)
    except psycopg.OperationalError as error:
        raise DatabaseUnreachable(where=describe(address), reason=_first_line(error)) from error


def describe(address: str) -> str:
    """The address in words, without its password."""
    parts = _parts(address)
    place = parts.get("host") or "this computer"
    return f"{parts.get('dbname') or NAME} on {place}" + (f" port {parts['port']}" if parts.get("port") else "")


def stop() -> bool:
    """Stop the embedded server; whether there was one."""
    return cluster.stop(folder())


def facts(address: str) -> dict[str, Any]:
    """Where the database is, for people and programs; without a password."""
    import psycopg

    parts = _parts(address)
    with connect(address) as session:
        row = session.execute("SELECT pg_database_size(current_database()), current_setting('server_version')").fetchone()
    size, version = row or (0, "")
    kind = "embedded" if embedded() else "named in ATOLL_DATABASE_URL"
    place = {"folder": str(folder())} if embedded() else {}
    shown = psycopg.conninfo.make_conninfo(address, password="***") if parts.get("password") else address
    return {
        "server": f"PostgreSQL {version}, {kind}",
        **place,
        "database": parts.get("dbname", NAME),
        "bytes": size,
        "url": shown,
    }


def dump(path: Path, address: str) -> None:
    """Write the whole database to one file (PostgreSQL's custom format), all or nothing."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    arguments = ("--format=custom", "--no-owner", "--no-privileges", "--file", str(draft))
    try:
        problem = _client("pg_dump", address, *arguments)
        if problem:
            raise DumpFailed(path=path, reason=problem)
        draft.replace(path)
    except OSError as error:
        raise DumpFailed(path=path, reason=error.strerror) from error
    finally:
        draft.unlink(missing_ok=True)


TABLES_ARE_COMING = "SET LOCAL search_path = ''; SET LOCAL check_function_bodies = off;"


def tables(address: str) -> str:
    """SQL that makes the tables of the database, with all that belongs to them, in the transaction that executes it."""
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "tables.sql"
        arguments = ("--schema-only", "--no-owner", "--no-privileges", "--file", str(path))
        if problem := _client("pg_dump", address, *arguments):
            raise DumpFailed(path=path, reason=problem)
        _, begin, statements = path.read_text().partition("\nCREATE ")
    return TABLES_ARE_COMING + re.sub(r"^(SET default_|\\unrestrict ).*\n", "", begin + statements, flags=re.MULTILINE)


def restore(path: Path, address: str) -> None:
    """Replace the database by the dumped one: restored beside it, then swapped in one transaction.

    Until the swap the old database stays as it is and in use; if anything fails it stays altogether.
    """
    if not os.access(path, os.R_OK) or not path.is_file():
        raise NotADump(path=path, reason="there is no such file, or it cannot be read")
    name = _parts(address)["dbname"]
    fresh = f"{name}_restored_{secrets.token_hex(4)}"
    with connect(_beside(address)) as server:
        _create(server, fresh)
        try:
            problem = _client(
                "pg_restore",
                _renamed(address, fresh),
                "--exit-on-error",
                "--single-transaction",
                "--no-owner",
                "--dbname",
                fresh,
                str(path),
            )
            if problem:
                raise NotADump(path=path, reason=problem)
            old = _swap(server, name, fresh)
        except BaseException:
            _drop(server, fresh)
            raise
        _drop(server, old)


def environment(address: str) -> dict[str, str]:
    """The address as variables, because other users can see the arguments of a process, and so a password among them."""
    parts = _parts(address)
    names = {"dbname": "DATABASE", "host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD", "sslmode": "SSLMODE"}
    return {"LC_ALL": "C"} | {f"PG{names[key]}": str(value) for key, value in parts.items() if key in names}


def _swap(server: "psycopg.Connection[Any]", name: str, fresh: str) -> str:
    import psycopg
    from psycopg import sql

    old = f"{name}_replaced_{secrets.token_hex(4)}"
    rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    try:
        with server.transaction():
            server.execute(rename.format(sql.Identifier(name), sql.Identifier(old)))
            server.execute(rename.format(sql.Identifier(fresh), sql.Identifier(name)))
    except psycopg.errors.ObjectInUse as error:
        count = server.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = %s", [name]).fetchone()
        raise DatabaseInUse(name=name, count=count[0] if count else 1) from error
    return old


def _ensure(address: str) -> None:
    """Connect; where the server answers that there is no such database, make it."""
    import psycopg

    name = _parts(address).get("dbname") or NAME
    try:
        psycopg.connect(address, connect_timeout=CONNECT_SECONDS).close()
    except psycopg.OperationalError as error:
        if f'database "{name}" does not exist' not in str(error):
            raise DatabaseUnreachable(where=describe(address), reason=_first_line(error)) from error
        with connect(_beside(address)) as server, suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
            _create(server, name)  # suppressed: another process was faster


def _create(server: "psycopg.Connection[Any]", name: str) -> None:
    from psycopg import sql

    server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))


def _drop(server: "psycopg.Connection[Any]", name: str) -> None:
    from psycopg import sql

    server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _parts(address: str) -> dict[str, Any]:
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    try:
        return dict(conninfo_to_dict(address))
    except ProgrammingError as error:
        raise DatabaseUrlInvalid(reason=_first_line(error)) from error


def _renamed(address: str, name: str) -> str:
    from psycopg.conninfo import make_conninfo

    return make_conninfo(address, dbname=name)


def _beside(address: str) -> str:
    """The server's maintenance database, from where others are made and renamed."""
    return _renamed(address, "postgres")


def _client(program: str, address: str, *arguments: str) -> str:
    """Run one of PostgreSQL's client programs; what it complained of, or an empty text."""
    command = [cluster.program(program), *arguments]
    result = subprocess.run(command, env=os.environ | environment(address), capture_output=True, text=True)
    return _first_line(result.stderr or f"{program} ended with {result.returncode}") if result.returncode else ""


def _first_line(problem: object) -> str:
    lines = [line.strip() for line in str(problem).splitlines() if line.strip()]
    return lines[0].rstrip(".") if lines else "no reason was given"
