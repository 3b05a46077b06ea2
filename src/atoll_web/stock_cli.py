"""The commands `atoll stock …` that know the company in the database as well as files."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import click

from atoll.cli import Command
from atoll.cli.stock import compare, show, stock, variety, variety_of

Work = Callable[[date, Mapping[str, Any]], dict[str, Any]]
"""Gets the day and the options of a command, and returns its document."""


def or_company(files: Command, example: tuple[str, str], work: Work) -> Command:
    """A command about a file, which answers about the company in the database when asked with --company."""
    file, *others = files.params
    company = click.Option(["--company"], is_flag=True, help="The company in the database, with its levels in force.")

    @click.command(
        files.name,
        cls=Command,
        examples=[*files.examples, example],
        params=[click.Argument(["file"], type=file.type, required=False), company, *others],
        help=files.help,
    )
    @click.pass_context
    def command(context: click.Context, company: bool, **options: Any) -> None:
        if company == (options["file"] is not None):
            raise click.UsageError("Name a FILE, or --company for the one in the database.")
        if not company:
            context.invoke(files, **options)
            return
        from atoll_web.cli import application

        with application():
            from atoll_web.accounts.acting import business_time
            from atoll_web.accounts.models import Company

            if not Company.objects.exists():
                raise click.UsageError("There is no company in the database. Import one, or play `atoll demo`.")
            show(work(business_time().date(), options), options["as_json"])

    return command


def _compared(today: date, options: Mapping[str, Any]) -> dict[str, Any]:
    from atoll_web.planning.services.stocking import compare_company

    return compare_company(today=today, seed=options["seed"], horizon=options["horizon"])


def _variety(today: date, options: Mapping[str, Any]) -> dict[str, Any]:
    from atoll_web.planning.services.stocking import stock_in_value

    system, policy = stock_in_value(today=today, seed=options["seed"])
    return variety_of(system, policy, options["seed"], options)


# Each in the place of the one that knows files alone.
stock.add_command(or_company(compare, ("atoll stock compare --company", "the company in the database"), _compared))
stock.add_command(
    or_company(variety, ("atoll stock variety --company --merge CASE-A,CASE-B", "the company in the database"), _variety)
)
