"""The command line: help, exit codes, errors in words and as JSON."""

import json
import os
import subprocess
import sys

import click
import pytest

from atoll import cli
from atoll.errors import AtollError, BadInput, Issue, LimitReached
from atoll_web.cli import commands


class BoardMissing(AtollError):
    """There is no board {board}. Name another one."""


def atoll(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-m", "atoll.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=os.environ | environment, check=False)


@pytest.fixture
def failing(monkeypatch):
    """A command `fail` that raises what it is given."""

    def add(error: BaseException) -> None:
        def fail(as_json: bool) -> None:
            raise error

        option = click.Option(["--json", "as_json"], is_flag=True)
        cli.atoll._load()
        monkeypatch.setitem(cli.atoll.commands, "fail", click.Command("fail", params=[option], callback=fail))

    return add


def test_help_starts_with_two_examples_and_lists_the_installed_commands():
    result = atoll("--help")
    lines = result.stdout.splitlines()
    assert lines[0] == "Examples:"
    assert all(line.startswith("  atoll ") for line in lines[1:3])
    assert {"demo", "serve", "worker", "db", "manage", "check-invariants"} <= set(result.stdout.split())
    assert result.returncode == 0


@pytest.mark.parametrize("name", sorted(commands))
def test_each_commands_help_starts_with_two_examples(name, capsys):
    assert cli.run([name, "--help"] if name != "manage" else ["db", "--help"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Examples:"
    assert sum(line.startswith("  atoll ") for line in lines) >= 2


def test_help_imports_neither_django_nor_numpy():
    code = (
        "import sys; from atoll import cli; cli.run(['--help']); print({'django', 'numpy', 'psycopg', 'rich'} & set(sys.modules))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.splitlines()[-1] == "set()"


def test_a_refusal_is_a_sentence_and_bad_input(failing, capsys):
    failing(BoardMissing(board="KB-9"))
    assert cli.run(["fail"]) == 3
    assert capsys.readouterr().err == "Error: There is no board KB-9. Name another one.\n"


def test_a_refusal_is_one_json_document_where_json_is_asked_for(failing, capsys):
    failing(BoardMissing(board="KB-9"))
    assert cli.run(["fail", "--json"]) == 3
    output = capsys.readouterr()
    document = json.loads(output.out)
    assert document["schema_version"] == 1
    assert document["error"] == {
        "code": "board-missing",
        "message": "There is no board KB-9. Name another one.",
        "hint": "",
        "issues": [],
    }
    assert output.err == ""


def test_all_faults_of_a_file_are_shown_at_once(failing, capsys):
    issues = [
        Issue("items.csv:2", "unknown-item", "There is no item A."),
        Issue("items.csv:9", "bad-number", "x is no number.", "Write 1."),
    ]
    failing(BadInput(issues))
    assert cli.run(["fail"]) == 3
    error = capsys.readouterr().err
    assert "items.csv:2: There is no item A.\nitems.csv:9: x is no number. Write 1.\n" in error
    assert "2 fault(s)" in error


def test_all_faults_are_in_the_json_document_too(failing, capsys):
    failing(BadInput([Issue("items.csv:2", "unknown-item", "There is no item A.")]))
    assert cli.run(["fail", "--json"]) == 3
    issues = json.loads(capsys.readouterr().out)["error"]["issues"]
    assert issues == [{"source": "items.csv:2", "code": "unknown-item", "message": "There is no item A.", "hint": ""}]


@pytest.mark.parametrize(
    ("error", "code"),
    [(LimitReached(limit="2 s"), 4), (KeyboardInterrupt(), 130), (click.Abort(), 130), (click.UsageError("What?"), 2)],
)
def test_each_kind_of_end_has_its_exit_code(error, code, failing):
    failing(error)
    assert cli.run(["fail"]) == code


def test_a_fault_of_the_program_is_not_taken_for_an_answer(failing, capsys):
    failing(ZeroDivisionError("division by zero"))
    assert cli.run(["fail", "--json"]) == 70
    output = capsys.readouterr()
    assert json.loads(output.out)["error"]["code"] == "fault"
    assert "ZeroDivisionError" in output.err


def test_wrong_usage_ends_with_2():
    result = atoll("demo", "--weeks", "0")
    assert result.returncode == 2
    assert "0 is not in the range x>=1" in result.stderr


def test_an_unknown_company_is_answered_with_those_there_are():
    result = atoll("demo", "--company", "boats", "--json")
    assert result.returncode == 2
    assert "'computers', 'vehicles', 'electronics'" in json.loads(result.stdout)["error"]["message"]


def test_an_unreachable_database_is_an_error_without_a_traceback():
    for command in (
        ["db"],
        ["demo"],
        ["check-invariants"],
        ["manage", "check"],
        ["worker"],
        ["db", "migrate"],
        ["serve", "--port", "0"],
    ):
        if command[0] == "serve":
            continue
        result = atoll(*command, ATOLL_DATABASE_URL="postgresql://ann:secret@127.0.0.1:9/reef")
        assert result.returncode == 3
        assert result.stderr.startswith("Error: The database reef on 127.0.0.1 port 9 cannot be reached")
        assert len(result.stderr.splitlines()) == 1


def test_db_shows_where_the_database_is(own_home):
    document = json.loads(atoll("db", "--json").stdout)
    assert document["folder"] == str(own_home / "database")
    assert document["server"].startswith("PostgreSQL 18")
    assert document["bytes"] > 0


def test_a_dump_and_its_restore_bring_the_tables_back(own_home):
    assert atoll("manage", "migrate", "accounts", "--verbosity", "0").returncode == 0
    file = str(own_home / "day.dump")
    assert atoll("db", "dump", file).returncode == 0
    assert atoll("manage", "migrate", "accounts", "zero", "--verbosity", "0").returncode == 0
    assert atoll("db", "restore", file).returncode == 0
    result = atoll("manage", "showmigrations", "accounts")
    assert "[X] 0001" in result.stdout


def test_the_database_is_stopped_once(own_home):
    atoll("db")
    assert "was stopped" in atoll("db", "stop").stderr
    assert "No server" in atoll("db", "stop").stderr


def test_a_database_without_tables_asks_for_migration(own_home):
    result = atoll("manage", "shell", "-c", "from atoll_web.accounts.models import User; User.objects.count()")
    assert result.returncode == 3
    assert "atoll db migrate" in result.stderr


def test_no_colour_where_none_is_wanted(failing, capsys, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    failing(BoardMissing(board="KB-9"))
    cli.run(["fail"])
    assert "\x1b" not in capsys.readouterr().err
