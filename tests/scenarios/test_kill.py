"""Whenever the demonstration is killed, or the database under it, the rows are consistent and the next one runs to its end."""

import json
import os
import signal
import subprocess
import sys
import time
from typing import Any

import psycopg
import pytest

from atoll_web import cluster, database

ATOLL = [sys.executable, "-W", "error", "-m", "atoll.cli"]
DEMO = [*ATOLL, "demo", "--company", "electronics", "--weeks", "1", "--orders", "20", "--json"]
ORDERS = 20

MID_WRITE = "EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND backend_xid IS NOT NULL)"
TABLES_ARE_MADE = "(SELECT count(*) > 30 FROM django_migrations)"
COMPANY_IS_LOADED = """EXISTS (
    SELECT 1 FROM pg_stat_activity WHERE backend_xid IS NOT NULL AND clock_timestamp() - xact_start > interval '0.3 s'
) AND NOT EXISTS (SELECT 1 FROM accounts_company) AND EXISTS (SELECT 1 FROM django_migrations WHERE app = 'sessions')"""
ORDER_IS_PROMISED = f"(SELECT count(*) >= 3 FROM sales_promise) AND {MID_WRITE}"
PLANNING = "EXISTS (SELECT 1 FROM runs_run WHERE kind = 'replenishment' AND state = 'running')"
ASSEMBLING = f"EXISTS (SELECT 1 FROM assembly_finalassemblyorder WHERE state = 'kitted') AND {MID_WRITE}"


def start(*options: str) -> subprocess.Popen[str]:
    return subprocess.Popen([*DEMO, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_until(condition: str, play: subprocess.Popen[str]) -> None:
    """Return as soon as the database says so; the play must still be under way."""
    with database.connect(database.ensure_database()) as watcher:
        while not holds(watcher, condition):
            assert play.poll() is None, f"The play ended before {condition}: {play.communicate()[1]}"
            time.sleep(0.002)


def holds(watcher: "psycopg.Connection[Any]", condition: str) -> bool:
    try:
        (answer,) = watcher.execute(f"SELECT {condition}").fetchone() or (False,)
    except psycopg.errors.UndefinedTable:  # not yet
        return False
    return bool(answer)


def kill(play: subprocess.Popen[str]) -> None:
    play.kill()
    play.communicate()
    assert play.returncode == -signal.SIGKILL


def killed_when(condition: str, *options: str) -> dict[str, int]:
    """Play until the database says so and kill the play; the rows that the checks examined then, by their name."""
    play = start(*options)
    wait_until(condition, play)
    kill(play)
    return examined()


def examined() -> dict[str, int]:
    """Rows by check; none may be violated."""
    result = subprocess.run([*ATOLL, "check-invariants", "--json"], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    document = json.loads(result.stdout)
    assert document["violations"] == 0
    return {check["name"]: check["rows"] for check in document["checks"]}


@pytest.mark.long
def test_a_demonstration_killed_at_any_moment_leaves_a_consistent_database(own_home):
    play = start()
    wait_until(TABLES_ARE_MADE, play)
    kill(play)  # the next one makes the others

    assert killed_when(COMPANY_IS_LOADED)["move_is_positive"] == 0  # loaded in whole or not at all

    rows = killed_when(ORDER_IS_PROMISED)
    assert 3 <= rows["promise_names_its_supplies"] <= ORDERS

    assert killed_when(PLANNING, "--fresh")["run_says_what_it_computes"] > 0

    play = start("--fresh")
    wait_until(ASSEMBLING, play)
    os.kill(cluster.running(database.folder()).pid, signal.SIGKILL)
    refusal, _ = play.communicate()
    assert play.returncode == 3
    assert json.loads(refusal)["error"]["code"] == "database-lost"
    assert examined()["kit_is_what_was_required"] > 0

    play = start("--fresh")
    report, complaint = play.communicate()
    assert play.returncode == 0, complaint
    assert sum(json.loads(report)["orders"].values()) == ORDERS
    assert examined()["promise_names_its_supplies"] >= ORDERS
