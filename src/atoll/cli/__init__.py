"""The command line `atoll`.

Commands come through the entry point group `atoll.commands`: each entry point names a mapping of command names to click commands,
in a module that is quick to import. What a command needs it imports when it runs, so that help appears at once.

Data goes to standard output, messages and progress to standard error. The exit code is 0 when done, 1 when done and the answer is
negative, 2 for wrong usage, 3 for bad input, 4 when a limit was reached without an answer, 70 for a fault of the program and 130
when interrupted.
"""

import dataclasses
import json
import os
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import entry_points
from typing import Any

import click

from atoll import __version__
from atoll.errors import AtollError, BadInput, Issue, LimitReached

SCHEMA_VERSION = 1
NEGATIVE, USAGE, BAD, LIMIT, FAULT, INTERRUPTED = 1, 2, 3, 4, 70, 130

Example = tuple[str, str]


class Command(click.Command):
    """A command whose help starts with examples.

    Parameters
    ----------
    examples
        Pairs of a command line and what it does.
    """

    def __init__(self, *arguments: Any, examples: Sequence[Example] = (), **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.examples = tuple(examples)

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples, then what click writes."""
        write_examples(self.examples, formatter)
        super().format_help(ctx, formatter)


class Group(click.Group):
    """A group of commands whose help starts with examples."""

    command_class = Command

    def __init__(self, *arguments: Any, examples: Sequence[Example] = (), **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.examples = tuple(examples)

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples, then what click writes."""
        write_examples(self.examples, formatter)
        super().format_help(ctx, formatter)


class InstalledGroup(Group):
    """A group that also has the commands of all installed packages."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of the alphabet."""
        self._load()
        return super().list_commands(ctx)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """The command of that name, if any."""
        self._load()
        return super().get_command(ctx, name)

    def _load(self) -> None:
        if not self.commands:
            for point in entry_points(group="atoll.commands"):
                self.commands.update(point.load())


def write_examples(examples: Sequence[Example], formatter: click.HelpFormatter) -> None:
    """The first section of a command's help."""
    if examples:
        with formatter.section("Examples"):
            formatter.write_dl(examples)
        formatter.write_paragraph()


@click.group(
    cls=InstalledGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    examples=[
        ("atoll demo", "play twelve weeks of a computer maker and report"),
        ("atoll serve", "open it in the browser at http://127.0.0.1:8000"),
    ],
)
@click.version_option(__version__, prog_name="atoll")
def atoll() -> None:
    """Assemble to order, from the first click to the shipped box."""


def write_document(document: Mapping[str, Any]) -> None:
    """Print one JSON document, with the version of its schema, as data."""
    click.echo(json.dumps({"schema_version": SCHEMA_VERSION} | dict(document), indent=2, ensure_ascii=False, default=_plain))


def _plain(value: Any) -> Any:
    """What JSON has no type for: decimals, dates and paths become text, values become objects, NumPy's numbers become numbers."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if hasattr(value, "tolist"):
        return value.tolist()
    return str(value)


def main() -> None:
    """The entry point of the program."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command line; its exit code. An error is reported, never raised.

    A command's own return value, when it is a whole number, is the exit code.
    """
    as_json = "--json" in arguments
    try:
        color = False if os.environ.get("NO_COLOR") else None
        outcome = atoll.main(list(arguments), prog_name="atoll", standalone_mode=False, color=color)
        return outcome if isinstance(outcome, int) else 0
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return USAGE
    except click.ClickException as error:
        return _report_usage(error, as_json)
    except AtollError as error:
        return _report(error, as_json)
    except (KeyboardInterrupt, click.Abort):
        click.echo("Interrupted.", err=True)
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader has gone; say no more
        return 0
    except Exception as error:
        sys.excepthook(type(error), error, error.__traceback__)
        click.echo("This is a fault of Atoll, not of your input. Please report it with the lines above.", err=True)
        if as_json:
            _write_error("fault", f"{type(error).__name__}: {error}", "Please report it.", ())
        return FAULT


def _report_usage(error: click.ClickException, as_json: bool) -> int:
    if as_json:
        _write_error("usage", error.format_message(), "See `atoll --help`.", ())
    else:
        error.show()
    return BAD if isinstance(error, click.FileError) else USAGE


def _report(error: AtollError, as_json: bool) -> int:
    issues = error.issues if isinstance(error, BadInput) else ()
    if as_json:
        _write_error(error.code, str(error), error.hint, issues)
    else:
        for issue in issues:
            click.echo(str(issue), err=True)
        message = f"{len(issues)} fault(s) in the input; nothing was changed." if issues else str(error)
        click.echo(" ".join(filter(None, (click.style("Error:", fg="red"), message, error.hint))), err=True)
    return LIMIT if isinstance(error, LimitReached) else BAD


def _write_error(code: str, message: str, hint: str, issues: Sequence[Issue]) -> None:
    faults = [dataclasses.asdict(issue) for issue in issues]
    write_document({"error": {"code": code, "message": message, "hint": hint, "issues": faults}})
