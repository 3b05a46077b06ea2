"""The command `atoll promise`: an inquiry from the terminal."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import click

from atoll.cli import NEGATIVE, Command, write_document


@click.command(
    "promise",
    cls=Command,
    examples=[
        ("atoll promise OFFICE", "when can the standard product ship?"),
        ("atoll promise OFFICE --choose os=WIN-HOME --quantity 5 --json", "another option, five of them, for programs"),
    ],
)
@click.argument("model")
@click.option("--choose", "choices", multiple=True, metavar="NAME=VALUE", help="A choice; as often as you like.")
@click.option("--quantity", type=int, default=1, show_default=True, help="Units.")
@click.option(
    "--date", "request_date", type=click.DateTime(["%Y-%m-%d"]), help="The day asked for; default: as soon as possible."
)
@click.option("--customer", default="", metavar="CODE", help="On whose terms.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def promise_command(model: str, choices: tuple[str, ...], quantity: int, request_date: Any, customer: str, as_json: bool) -> int:
    """Say when MODEL can ship, why, how surely, and what would be faster. Nothing is reserved or written.

    Ends with 1 when no date can be promised.
    """
    from atoll_web.cli import application

    with application():
        from atoll_web.accounts.acting import business_time
        from atoll_web.catalogue.configuring import read_choices
        from atoll_web.catalogue.errors import ModelNotOrderable, UnknownModel
        from atoll_web.catalogue.services import orderable_revision
        from atoll_web.sales import services
        from atoll_web.sales.errors import CannotPromise
        from atoll_web.sales.promise_api import explored_document

        today = business_time().date()
        made: dict[str, Any] = {}
        with suppress(UnknownModel, ModelNotOrderable):  # told below with all else that is wrong
            made = read_choices(orderable_revision(model, today), texts(choices))
        line = services.NewLine(model, made, quantity, request_date and request_date.date())
        try:
            found = explored_document(services.explore(lines=[line], today=today, customer=customer))
        except CannotPromise as refusal:
            document: Mapping[str, Any] = {"promised": False, "model": model, "reason": str(refusal), "facts": refusal.facts}
            write_document(document) if as_json else click.echo(str(refusal))
            return NEGATIVE
        (answer,) = found["lines"]
        write_document({"promised": True} | answer) if as_json else tell(answer)
    return 0


def texts(choices: Sequence[str]) -> dict[str, list[str]]:
    """Values by feature, as a form sends them; ``extras=MOUSE,KEYBOARD`` chooses two."""
    made = {}
    for choice in choices:
        name, sign, value = choice.partition("=")
        if not sign or not name.strip():
            raise click.UsageError(f"A choice looks like NAME=VALUE, not like {choice!r}.")
        made[name.strip()] = [part.strip() for part in value.split(",")]
    return made


def tell(line: Mapping[str, Any]) -> None:
    """The answer in words."""
    click.echo(f"{line['quantity']} × {line['model']} ships on {line['ship_date']}, {line['price']:,.2f} {line['currency']}.")
    click.echo(line["reason"])
    sure = ", ".join(f"{one['probability']:.0%} by {one['ship_date'] or 'no known day'}" for one in line["sure_dates"])
    click.echo(f"Sure: {line['confidence']:.1%} by {line['ship_date']}; {sure}.")
    if line["warning"]:
        click.echo(f"Warning: {line['warning']}")
    for one in line["faster"]:
        click.echo(f"Faster: {one['ship_date']} for {one['cost']:+,.2f} {one['currency']}: {one['words']}")
