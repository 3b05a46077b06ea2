"""The command `atoll promise`: an inquiry from the terminal, for one line or a basket."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import IO, Any

import click

from atoll.cli import NEGATIVE, Command, write_document
from atoll_web.words import missed

LINE_OPTIONS = ("choices", "quantity", "request_date")
"""What is said of the one line that is named by its model; lines of a file say it themselves."""


@click.command(
    "promise",
    cls=Command,
    examples=[
        ("atoll promise OFFICE", "when can the standard product ship?"),
        ("atoll promise OFFICE --choose os=WIN-HOME --quantity 5 --json", "another option, five of them, for programs"),
        ("atoll promise --lines basket.csv --ship-complete", "several lines, delivered together"),
    ],
)
@click.argument("model", required=False)
@click.option("--choose", "choices", multiple=True, metavar="NAME=VALUE", help="A choice; as often as you like.")
@click.option("--quantity", type=int, default=1, show_default=True, help="Units.")
@click.option(
    "--date", "request_date", type=click.DateTime(["%Y-%m-%d"]), help="The day asked for; default: as soon as possible."
)
@click.option(
    "--lines",
    "file",
    type=click.File(encoding="utf-8-sig"),
    metavar="FILE",
    help="Several lines in place of MODEL: CSV (columns model, quantity, request_date, choices, delivery_group) or JSON; "
    "- is standard input.",
)
@click.option("--ship-complete", is_flag=True, help="All lines on one day.")
@click.option("--customer", default="", metavar="CODE", help="On whose terms.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_context
def promise_command(
    ctx: click.Context,
    model: str | None,
    choices: tuple[str, ...],
    quantity: int,
    request_date: Any,
    file: IO[str] | None,
    ship_complete: bool,
    customer: str,
    as_json: bool,
) -> int:
    """Say when MODEL can ship, why, how surely, and what would be faster. Nothing is reserved or written.

    Ends with 1 when no date can be promised for a line.
    """
    given = [name for name in LINE_OPTIONS if ctx.get_parameter_source(name) is not click.core.ParameterSource.DEFAULT]
    if (model is None) == (file is None) or (file is not None and given):
        raise click.UsageError("Name either a MODEL with --choose, --quantity and --date, or --lines FILE.")
    from atoll_web.cli import application

    with application():
        from atoll_web.accounts.acting import business_time
        from atoll_web.catalogue.configuring import read_choices
        from atoll_web.catalogue.errors import ModelNotOrderable, UnknownModel
        from atoll_web.catalogue.services import orderable_revision
        from atoll_web.sales import services
        from atoll_web.sales.promise_api import explored_document

        today = business_time().date()
        if file is not None:
            lines = services.read_lines(file.read(), today)
        else:
            made: dict[str, Any] = {}
            with suppress(UnknownModel, ModelNotOrderable):  # told below with all else that is wrong
                made = read_choices(orderable_revision(model, today), texts(choices))
            lines = [services.NewLine(model, made, quantity, request_date and request_date.date())]
        found = services.explore(lines=lines, today=today, customer=customer, ship_complete=ship_complete)
        document = explored_document(found)
    is_promised = not found.refused
    if as_json:
        write_document({"promised": is_promised} | (document if file is not None else _sole(document)))
    else:
        tell(document)
    return 0 if is_promised else NEGATIVE


def texts(choices: Sequence[str]) -> dict[str, list[str]]:
    """Values by feature, as a form sends them; ``extras=MOUSE,KEYBOARD`` chooses two."""
    made = {}
    for choice in choices:
        name, sign, value = choice.partition("=")
        if not sign or not name.strip():
            raise click.UsageError(f"A choice looks like NAME=VALUE, not like {choice!r}.")
        made[name.strip()] = [part.strip() for part in value.split(",")]
    return made


def _sole(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The one line of a basket, which needs no position."""
    (line,) = (*document["lines"], *document["refused"])
    return {name: value for name, value in line.items() if name != "position"}


def tell(basket: Mapping[str, Any]) -> None:
    """The answer in words, line by line."""
    lines = sorted((*basket["lines"], *basket["refused"]), key=lambda line: line["position"])
    for line in lines:
        name = f"{line['position']}. " if len(lines) > 1 else ""
        _tell_promised(name, line) if "ship_date" in line else click.echo(f"{name}{line['reason']}")
        for one in line["faster"]:
            word = "Faster" if one["days_earlier"] else "Possible"
            pays = f" (the {one['paid_by']} {'pays' if one['cost'] > 0 else 'saves'})" if one["cost"] else ""
            click.echo(f"{word}: {one['ship_date']} for {one['cost']:+,.2f} {one['currency']}: {one['words']}{pays}")
    if len(lines) > 1:
        together = f"all together on {basket['complete_on']}" if basket["complete_on"] else "not all together"
        click.echo(f"In all {basket['total']:,.2f} {basket['currency']}, {together}.")


def _tell_promised(name: str, line: Mapping[str, Any]) -> None:
    ships = f"ships with group {line['delivery_group']} on" if line["delivery_group"] else "ships on"
    price = f"{line['price']:,.2f} {line['currency']}"
    click.echo(f"{name}{line['quantity']} × {line['model']} {ships} {line['ship_date']}, {price}.")
    click.echo(f"{missed(line['request_date'], line['ship_date'])} {line['reason']}".strip())
    later = [one for one in line["sure_dates"] if one["ship_date"] != line["ship_date"]]
    sure = [f"{line['confidence']:.1%} by {line['ship_date']}"]
    sure += [f"{one['probability']:.0%} by {one['ship_date'] or 'no known day'}" for one in later]
    click.echo(f"Sure: {'; '.join(sure)}.")
    if line["warning"]:
        click.echo(f"Warning: {line['warning']}")
