"""The embedded database: made, found again, killed, dumped, restored, out of reach."""

import os
import pwd
import signal
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from atoll_web import account, cluster, database, home
from atoll_web.testing import remove_home

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become another user")


def rows(address: str, query: str) -> list[tuple]:
    with database.connect(address) as session:
        return session.execute(query).fetchall()


def make_reef(address: str, boards: int) -> None:
    with database.connect(address) as session:
        session.execute("CREATE TABLE reef AS SELECT n FROM generate_series(1, %s) n", [boards])


def elsewhere(code: str, **options) -> subprocess.CompletedProcess[str]:
    """Run Python code in a process of its own."""
    return subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False, **options)


def as_ordinary_user(code: str, **options) -> subprocess.CompletedProcess[str]:
    """Run Python code in a process that gives up root's rights after its imports: the user may not reach Python itself."""
    user = pwd.getpwnam("nobody")
    become = f"import os; os.setgroups([]); os.setgid({user.pw_gid}); os.setuid({user.pw_uid})"
    return elsewhere(f"import psycopg, encodings.idna; from atoll_web import database; {become}; {code}", **options)


def kill_server(folder: Path) -> None:
    pid = cluster.running(folder).pid
    os.kill(pid, signal.SIGKILL)
    while Path(f"/proc/{pid}").exists():
        time.sleep(0.01)


def test_the_first_need_makes_the_database_and_the_second_finds_it(own_home):
    first = database.url()
    server = cluster.running(database.folder())
    assert database.url() == first
    assert cluster.running(database.folder()).pid == server.pid
    assert rows(first, "SELECT current_database()") == [("atoll",)]


def test_a_committed_row_survives_because_nothing_durable_is_switched_off(own_home):
    settings = "SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes')"
    assert dict(rows(database.url(), settings)) == {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}


def test_nobody_reaches_the_server_over_the_network_or_through_its_folder(own_home):
    assert rows(database.url(), "SHOW listen_addresses") == [("",)]
    assert stat.S_IMODE(database.folder().stat().st_mode) == 0o700


def test_processes_that_start_at_once_share_one_server(own_home):
    code = "from atoll_web import database, cluster; database.url(); print(cluster.running(database.folder()).pid)"
    with ThreadPoolExecutor(3) as pool:
        results = list(pool.map(lambda _: elsewhere(code), range(3)))
    assert [result.stderr for result in results] == ["", "", ""]
    assert len({result.stdout for result in results}) == 1


def test_a_killed_process_leaves_a_server_that_the_next_one_finds(own_home):
    code = "import os; from atoll_web import database; database.url(); os.kill(os.getpid(), 9)"
    assert elsewhere(code).returncode == -signal.SIGKILL
    server = cluster.running(database.folder())
    assert server is not None
    database.url()
    assert cluster.running(database.folder()).pid == server.pid


def test_a_killed_server_is_started_again_with_its_rows(own_home):
    make_reef(database.url(), 3)
    kill_server(database.folder())
    assert rows(database.url(), "SELECT count(*) FROM reef") == [(3,)]


def test_a_pid_file_whose_number_another_program_has_got_does_not_hinder_the_start(own_home):
    database.url()
    folder = database.folder()
    lines = (folder / "postmaster.pid").read_text().splitlines()
    kill_server(folder)
    (folder / "postmaster.pid").write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    assert rows(database.url(), "SELECT 1") == [(1,)]


def test_a_kill_while_the_database_is_made_leaves_no_half_of_it(own_home):
    half = database.folder().with_name(".database.new")
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    assert rows(database.url(), "SELECT 1") == [(1,)]
    assert not half.exists()


def test_stopping_says_whether_a_server_ran(own_home):
    database.url()
    assert database.stop() is True
    assert database.stop() is False
    assert cluster.running(database.folder()) is None


def test_a_home_whose_path_is_too_long_for_a_socket_gets_a_short_private_one(own_home, monkeypatch):
    deep = own_home / ("reef" * 30)
    monkeypatch.setenv("ATOLL_HOME", str(deep))
    try:
        address = database.url()
        sockets = cluster.running(database.folder()).sockets
        assert len(os.fsencode(sockets / cluster.SOCKET)) <= cluster.LONGEST_SOCKET
        assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
        assert rows(address, "SELECT 1") == [(1,)]
    finally:
        remove_home(deep)


def test_a_short_socket_folder_that_others_may_enter_is_refused(tmp_path):
    user = account._account(pwd.getpwuid(os.geteuid()))
    path = account.short_folder(user, str(tmp_path))
    try:
        path.chmod(0o755)
        with pytest.raises(account.PrivateFolderTaken, match="Remove it"):
            account.short_folder(user, str(tmp_path))
    finally:
        path.rmdir()


def test_a_home_with_a_space_and_an_apostrophe_works(own_home, monkeypatch):
    odd = own_home / "Ann's reef"
    monkeypatch.setenv("ATOLL_HOME", str(odd))
    try:
        assert rows(database.url(), "SELECT 1") == [(1,)]
    finally:
        remove_home(odd)


@as_root
def test_an_ordinary_user_runs_his_own_server(own_home):
    nobody = pwd.getpwnam("nobody")
    own_home.chmod(0o755)
    theirs = own_home / "nobody"
    theirs.mkdir()
    os.chown(theirs, nobody.pw_uid, nobody.pw_gid)
    code = "print(database.facts(database.url())['bytes'] > 0)"
    environment = os.environ | {"ATOLL_HOME": str(theirs), "HOME": str(theirs)}
    try:
        result = as_ordinary_user(code, env=environment)
        assert (result.stdout, result.stderr) == ("True\n", "")
        assert (theirs / "database").stat().st_uid == nobody.pw_uid
        # root then uses the same server, as the user to whom it belongs
        assert elsewhere(f"from atoll_web import database; {code}", env=environment).stdout == "True\n"
        assert (theirs / "database" / "postmaster.pid").stat().st_uid == nobody.pw_uid
    finally:
        remove_home(theirs)


@as_root
def test_an_ordinary_user_is_told_that_the_database_is_roots(own_home):
    database.url()
    own_home.chmod(0o755)
    result = as_ordinary_user("database.url()")
    assert "belongs to the user atoll" in result.stderr


@as_root
def test_only_the_right_to_pass_is_added_above_a_private_home(own_home, monkeypatch):
    private = own_home / "private"
    private.mkdir(mode=0o700)
    monkeypatch.setenv("ATOLL_HOME", str(private / "home"))
    try:
        assert rows(database.url(), "SELECT 1") == [(1,)]
        assert stat.S_IMODE(private.stat().st_mode) == 0o701
    finally:
        remove_home(private / "home")


def test_a_home_that_cannot_be_written_is_named(monkeypatch):
    monkeypatch.setenv("ATOLL_HOME", "/proc/atoll")
    with pytest.raises(home.HomeNotWritable, match=r"/proc/atoll.*ATOLL_HOME"):
        home.folder("reports")


def test_the_secret_key_is_made_once_and_is_private(own_home):
    key = home.secret_key()
    assert home.secret_key() == key
    assert len(key) >= 50
    assert stat.S_IMODE((own_home / "secret_key").stat().st_mode) == 0o600


def test_the_secret_key_of_the_environment_goes_before_the_kept_one(own_home, monkeypatch):
    monkeypatch.setenv("ATOLL_SECRET_KEY", "coral")
    assert home.secret_key() == "coral"


def test_a_restored_dump_has_the_rows_of_its_day(own_home):
    address = database.url()
    make_reef(address, 3)
    database.dump(own_home / "day.dump", address)
    rows(address, "INSERT INTO reef SELECT 4 RETURNING n")
    database.restore(own_home / "day.dump", address)
    assert rows(address, "SELECT count(*) FROM reef") == [(3,)]
    assert rows(address, "SELECT datname FROM pg_database WHERE NOT datistemplate ORDER BY 1") == [("atoll",), ("postgres",)]


def test_a_damaged_dump_leaves_the_database_as_it_was(own_home):
    address = database.url()
    make_reef(address, 3000)
    path = own_home / "day.dump"
    database.dump(path, address)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(database.NotADump, match=r"day\.dump"):
        database.restore(path, address)
    assert rows(address, "SELECT count(*) FROM reef") == [(3000,)]
    assert rows(address, "SELECT count(*) FROM pg_database") == [(4,)]


def test_what_is_no_dump_is_refused(own_home, tmp_path):
    (tmp_path / "notes.txt").write_text("shopping list")
    for name in ("notes.txt", "missing.dump"):
        with pytest.raises(database.NotADump, match=name):
            database.restore(tmp_path / name, database.url())


def test_a_database_in_use_is_not_replaced(own_home):
    address = database.url()
    make_reef(address, 3)
    database.dump(own_home / "day.dump", address)
    with psycopg.connect(address, autocommit=True) as reader:
        reader.execute("INSERT INTO reef VALUES (4)")
        with pytest.raises(database.DatabaseInUse, match="1 connection"):
            database.restore(own_home / "day.dump", address)
        assert reader.execute("SELECT count(*) FROM reef").fetchone() == (4,)
    assert rows(address, "SELECT count(*) FROM pg_database") == [(4,)]


def test_a_dump_to_a_folder_that_is_missing_says_so(own_home):
    with pytest.raises(database.DumpFailed, match="Nothing was written"):
        database.dump(own_home / "missing" / "day.dump", database.url())


def test_an_unreachable_server_is_named_without_its_password(monkeypatch):
    monkeypatch.setenv("ATOLL_DATABASE_URL", "postgresql://ann:secret@127.0.0.1:9/reef")
    with pytest.raises(database.DatabaseUnreachable, match=r"reef on 127\.0\.0\.1 port 9.*ATOLL_DATABASE_URL") as caught:
        database.ensure_database()
    assert "secret" not in str(caught.value)


def test_an_address_that_is_none_is_refused(monkeypatch):
    monkeypatch.setenv("ATOLL_DATABASE_URL", "reef")
    with pytest.raises(database.DatabaseUrlInvalid, match="postgresql://"):
        database.ensure_database()


def test_a_named_server_gets_the_missing_database(own_home, monkeypatch):
    address = database.url().replace("/atoll?", "/lagoon?")
    monkeypatch.setenv("ATOLL_DATABASE_URL", address)
    assert database.ensure_database() == address
    assert rows(address, "SELECT current_database()") == [("lagoon",)]


def test_django_gets_each_part_of_the_address():
    given = database.settings_for_django("postgresql://ann:pw@db.example:5433/reef?sslmode=require")
    assert [given[key] for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT")] == ["reef", "ann", "pw", "db.example", "5433"]
    assert given["OPTIONS"]["sslmode"] == "require"


def test_a_process_shares_its_connections_when_told_how_many(monkeypatch):
    monkeypatch.setenv("ATOLL_DATABASE_POOL", "7")
    assert database.settings_for_django("postgresql://x/y")["OPTIONS"]["pool"]["max_size"] == 7


def test_a_database_of_another_version_is_not_touched(own_home):
    folder = database.folder()
    folder.mkdir(parents=True)
    (folder / "PG_VERSION").write_text("16\n")
    with pytest.raises(cluster.DatabaseOfOtherVersion, match="PostgreSQL 16"):
        database.url()
