"""Commands of the information system. Light to import: Django is loaded by the commands that need it."""

import dataclasses
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import wraps
from pathlib import Path
from typing import Any

import click

from atoll.cli import NEGATIVE, Command, Group, write_document
from atoll.cli.stock import SHARE
from atoll.errors import AtollError, BadInput, Issue
from atoll_web import cluster, database, home, serve
from atoll_web.promise_cli import promise_command
from atoll_web.stock_cli import stock

COMPANIES = ("computers", "vehicles", "electronics")
MIGRATION_LOCK = 4_711_000  # any number that nothing else in the database locks

as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


class DatabaseLost(AtollError):
    """The connection to the database was lost: {reason}. What was not finished is undone; start the command again."""


class DatabaseNotPrepared(AtollError):
    """The database lacks tables of this version of Atoll: {reason}. Run `atoll db migrate` first."""


@contextmanager
def application() -> Iterator[None]:
    """Django, set up on a database that answers; what the database's driver then reports becomes an error with a way on."""
    database.ensure_database()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "atoll_web.settings")
    import django

    django.setup()
    from django.db import Error

    try:
        yield
    except Error as error:
        raise _explained(error) from error


def _explained(error: Exception) -> Exception:
    state = getattr(error.__cause__, "sqlstate", None)
    reason = next(iter(str(error).splitlines()), "no reason was given")
    if state in ("42P01", "42703"):  # a table or a column is missing
        return DatabaseNotPrepared(reason=reason)
    if state is None or state.startswith(("08", "57P")):  # never sent, connection failure, server shut down
        return DatabaseLost(reason=reason)
    return error


def with_application(function: Callable[..., Any]) -> Callable[..., Any]:
    """Let a command run inside `application`."""

    @wraps(function)
    def wrapped(*arguments: Any, **options: Any) -> Any:
        with application():
            return function(*arguments, **options)

    return wrapped


def migrate() -> bool:
    """Bring the tables up to date, one process at a time; whether there was anything to do."""
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
        try:
            executor = MigrationExecutor(connection)
            pending = bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
            if pending:
                call_command("migrate", interactive=False, verbosity=0)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATION_LOCK])
    return pending


@click.command(
    "serve",
    cls=Command,
    examples=[("atoll serve", "at http://127.0.0.1:8000"), ("atoll serve --port 8080 --processes 4", "for a small office")],
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port to listen on.")
@click.option(
    "--processes", default=serve.usual_processes, type=click.IntRange(1), help="That answer requests; else one a core, at most 4."
)
def serve_command(host: str, port: int, processes: int) -> int:
    """Run the application and a background worker until Ctrl-C."""
    with serve.reserved(host, port):
        code = serve.prepare()
        if not code:
            serve.supervise(host, port, processes)
    return code


@click.command(
    "worker", cls=Command, examples=[("atoll worker", "on a further computer"), ("atoll worker --jobs 4", "four jobs at once")]
)
@click.option("--jobs", default=1, show_default=True, type=click.IntRange(1), help="Jobs at the same time.")
def worker_command(jobs: int) -> None:
    """Run background jobs until Ctrl-C."""
    with application():
        serve.work(jobs)


@click.group(
    "db",
    cls=Group,
    invoke_without_command=True,
    examples=[("atoll db", "show where the database is"), ("atoll db dump atoll.dump", "write all of it to one file")],
)
@as_json
@click.pass_context
def db(context: click.Context, as_json: bool) -> None:
    """Show, dump, restore or stop the database."""
    if context.invoked_subcommand is None:
        _show(as_json)


@db.command("show", examples=[("atoll db show", "in words"), ("atoll db show --json", "for programs")])
@as_json
def show(as_json: bool) -> None:
    """Show where the database is and how large it is."""
    _show(as_json)


def _show(as_json: bool) -> None:
    facts = database.facts(database.ensure_database())
    if as_json:
        write_document(facts)
    else:
        for name, value in facts.items():
            click.echo(f"{name:<10}{value}")


@db.command("dump", examples=[("atoll db dump atoll.dump", "here"), ("atoll db dump ~/backup/monday.dump", "elsewhere")])
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def dump(file: Path) -> None:
    """Write the whole database to FILE."""
    database.dump(file, database.ensure_database())
    click.echo(f"Wrote {file} ({file.stat().st_size:,} bytes).", err=True)


@db.command(
    "restore",
    examples=[("atoll db restore atoll.dump", "from here"), ("atoll db restore monday.dump && atoll serve", "and go on")],
)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def restore(file: Path) -> None:
    """Replace the whole database by that in FILE; it stays as it is if anything fails."""
    database.restore(file, database.ensure_database())
    click.echo(f"Restored {file}.", err=True)


@db.command(
    "migrate",
    examples=[("atoll db migrate", "after an update"), ("atoll db dump old.dump && atoll db migrate", "with a way back")],
)
@with_application
def migrate_command() -> None:
    """Bring the tables up to this version of Atoll."""
    click.echo("The database was brought up to date." if migrate() else "The database was up to date.", err=True)


@db.command("stop", examples=[("atoll db stop", "before the folder is moved"), ("atoll db", "starts it again")])
def stop() -> None:
    """Stop the embedded server; the next command that needs it starts it again."""
    if not database.embedded():
        raise click.UsageError("ATOLL_DATABASE_URL names a server that is not Atoll's to stop.")
    click.echo("The server was stopped." if database.stop() else "No server was running.", err=True)


@db.command("shell", examples=[("atoll db shell", "type SQL"), ("echo 'select 1' | atoll db shell", "from elsewhere")])
def shell() -> None:
    """Open PostgreSQL's own command line, psql."""
    program, address = cluster.program("psql"), database.ensure_database()
    os.execve(program, [program], os.environ | database.environment(address))


@click.command(
    "manage",
    cls=Command,
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False, "help_option_names": []},
    examples=[("atoll manage createsuperuser", "make an administrator"), ("atoll manage help", "list Django's commands")],
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def manage(arguments: tuple[str, ...]) -> None:
    """Run one of Django's management commands."""
    with application():
        from django.core.management import execute_from_command_line

        execute_from_command_line(["atoll manage", *arguments])


@click.command(
    "demo",
    cls=Command,
    examples=[
        ("atoll demo", "a computer maker, twelve weeks, 2000 orders"),
        ("atoll demo --company vehicles --weeks 4 --orders 300 --fresh --json", "another company, from the start"),
    ],
)
@click.option(
    "--company", type=click.Choice(COMPANIES), default=COMPANIES[0], show_default=True, help="Whose business is played."
)
@click.option("--weeks", type=click.IntRange(1), default=12, show_default=True, help="How long it lasts.")
@click.option("--orders", type=click.IntRange(1), default=2000, show_default=True, help="Customer orders in all.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="The same seed gives the same business.")
@click.option("--fresh", is_flag=True, help="Clear the company which the database holds.")
@click.option("--improve-after", type=click.IntRange(1), help="Weeks after which the planner optimises levels and applies them.")
@click.option("--service", default=0.9, show_default=True, type=SHARE, help="Order fill rate that they are optimised for.")
@as_json
@with_application
def demo(fresh: bool, improve_after: int | None, service: float, as_json: bool, **play: Any) -> None:
    """Play a company's business to the end and report."""
    migrate()
    from atoll.demo.translation import translated_beside
    from atoll_web.demo import report, services

    improvement = services.Improvement(improve_after, service) if improve_after else None
    with translated_beside(), progress() as tell:
        document = services.play(fresh=fresh, improvement=improvement, progress=tell, **play)
    if as_json:
        write_document(document)
    else:
        click.echo(report.describe(document))


@click.command(
    "import",
    cls=Command,
    examples=[
        ("atoll import mine", "enter the company of the folder `mine` into an empty database"),
        ("atoll import mine --check", "only say what is wrong in its files"),
    ],
)
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--check", is_flag=True, help="Read the files and change nothing.")
def import_command(folder: Path, check: bool) -> None:
    """Set up a company from the files in FOLDER, all or nothing."""
    if check:
        from atoll.configure import read_company_folder

        data = read_company_folder(folder)
    else:
        with application():
            migrate()
            from atoll_web.company import services

            data = services.import_company(folder)
    what = f"{len(data.items)} items, {len(data.models)} product models, {len(data.suppliers)} suppliers"
    click.echo(f"{data.company.name}: {what}. {'No fault was found' if check else 'All was entered'}.", err=True)


@click.command(
    "import-orders",
    cls=Command,
    examples=[
        ("atoll import-orders orders.csv", "enter all orders of the file, or none"),
        ("atoll import-orders - --check --json < orders.json", "only say what would be entered, and when it would ship"),
    ],
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@click.option("--check", is_flag=True, help="Try it, and take it back.")
@click.option("--user", help="Who enters them; the system when not given.")
@as_json
@with_application
def import_orders(file: Path, check: bool, user: str | None, as_json: bool) -> None:
    """Enter the orders of FILE, CSV or JSON; what was entered before under the same reference stays as it is.

    - is standard input.
    """
    from atoll_web.accounts.acting import actor_now
    from atoll_web.accounts.services import system_user, user_named
    from atoll_web.sales import services

    source = "standard input" if str(file) == "-" else file.name
    actor = actor_now(user_named(user) if user else system_user(), f"imported from {source}")
    try:
        text = (sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput([Issue(source, "not-utf-8", f"It is not written in UTF-8: {error.reason}.")]) from None
    found = (services.preview_import if check else services.import_orders)(actor=actor, text=text)
    if as_json:
        write_document({"orders": [dataclasses.asdict(order) for order in found], "entered": not check})
        return
    for order in found:
        ships = f"ships {order.ship_date}" if order.ship_date else "is not promised"
        known = f" (was there: {order.state})" if order.was_known else ""
        total = f"{order.total:>12,.2f} {order.currency}"
        click.echo(f"{order.number or 'new':<9}  {order.reference:<20} {order.lines:>4} line(s)  {total}  {ships}{known}")
    there = sum(order.was_known for order in found)
    known = f" {there} order(s) were there already and stay as they are." if there else ""
    click.echo(f"{len(found) - there} order(s) {'can be' if check else 'are'} entered.{known}", err=True)


@click.command(
    "calendar",
    cls=Command,
    examples=[
        ("atoll calendar", "open the days of all lines up to the horizon, and say how far they reach"),
        ("atoll calendar --horizon 365", "let the calendar reach a year ahead from now on"),
    ],
)
@click.option("--horizon", type=click.IntRange(1, 3660), help="Calendar days ahead for which capacity is kept.")
@as_json
@with_application
def calendar_command(horizon: int | None, as_json: bool) -> None:
    """Keep the capacity calendar of the assembly lines up to its horizon; a worker does so every hour."""
    from django.db.models import Max, Q

    from atoll_web.accounts.acting import actor_now
    from atoll_web.accounts.models import Company
    from atoll_web.accounts.services import system_user
    from atoll_web.catalogue import services
    from atoll_web.catalogue.models import AssemblyLine

    if not Company.objects.exists():
        raise click.UsageError("There is no company in the database. Import one, or play `atoll demo`.")
    actor = actor_now(system_user(), "calendar kept by hand")
    if horizon is None:
        services.extend_calendar(actor=actor)
    else:
        services.set_horizon(actor=actor, days=horizon)
    reach = actor.today + timedelta(days=Company.objects.values_list("horizon_days", flat=True).get())
    last_day = Max("days__day", filter=Q(days__day__lte=reach))
    lines = list(AssemblyLine.objects.annotate(last_day=last_day).order_by("code").values("code", "last_day"))
    if as_json:
        write_document({"lines": lines})
    else:
        for line in lines:
            click.echo(f"{line['code']:<20} {line['last_day'] or 'has no day'}")


@contextmanager
def progress() -> Iterator[Callable[[str, int, int], None]]:
    """A callable for phase, steps done and steps in all, which draws a bar on a terminal and is silent elsewhere."""
    if not sys.stderr.isatty():
        yield lambda phase, done, total: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bars:
        bar = bars.add_task("")
        yield lambda phase, done, total: bars.update(bar, description=phase, completed=done, total=total)


@click.command(
    "check-invariants",
    cls=Command,
    examples=[
        ("atoll check-invariants", "in words"),
        ("atoll check-invariants --json", "for programs; ends with 1 if any is violated"),
    ],
)
@as_json
@with_application
def check_invariants(as_json: bool) -> int:
    """Recompute from the rows whether everything holds that must hold."""
    from atoll_web import invariants

    report = invariants.check()
    if as_json:
        write_document({"checks": [dataclasses.asdict(check) for check in report], "violations": report.violations})
    else:
        for check in report:
            click.echo(f"{check.violations:>6} of {check.rows:>9,} rows  {check.name}")
            for example in check.examples:
                click.echo(f"{'':>28}{example}")
        click.echo(f"{report.violations} violation(s) in {home.root() if database.embedded() else 'the database'}.")
    return NEGATIVE if report.violations else 0


@click.group(
    "token",
    cls=Group,
    examples=[("atoll token create ann --name nightly", "a secret for a program"), ("atoll token list ann", "what is in force")],
)
def token() -> None:
    """Make and end the tokens with which programs use the API."""


@token.command(
    "create",
    examples=[
        ("atoll token create ann --name nightly", "prints the secret"),
        ("atoll token create ann --name shop > secret", "keeps it in a file"),
    ],
)
@click.argument("user")
@click.option("--name", required=True, help="By which to know the token.")
@with_application
def create_token(user: str, name: str) -> None:
    """Print a new secret with which a program acts as USER. It is shown this once; only its digest is kept."""
    from atoll_web.accounts import services

    made = services.create_token(user=services.user_named(user), name=name)
    click.echo(made.secret)
    click.echo("Send it as the header `Authorization: Bearer SECRET`. It cannot be shown again.", err=True)


@token.command("list", examples=[("atoll token list ann", "in words"), ("atoll token list ann --json", "for programs")])
@click.argument("user")
@as_json
@with_application
def list_tokens(user: str, as_json: bool) -> None:
    """List the tokens of USER that are in force."""
    from atoll_web.accounts import services

    tokens = services.user_named(user).tokens.filter(revoked_at=None).order_by("id")
    if as_json:
        write_document({"tokens": [{"name": row.name, "created_at": row.created_at.isoformat()} for row in tokens]})
    else:
        for row in tokens:
            click.echo(f"{row.created_at:%Y-%m-%d %H:%M}  {row.name}")


@token.command(
    "revoke",
    examples=[("atoll token revoke ann --name nightly", "ends it at once"), ("atoll token list ann", "shows what is left")],
)
@click.argument("user")
@click.option("--name", required=True, help="Of the token.")
@with_application
def revoke_token(user: str, name: str) -> None:
    """End a token of USER: nobody can act with it from now on."""
    from atoll_web.accounts import services
    from atoll_web.accounts.acting import actor_now

    owner = services.user_named(user)
    services.revoke_token(actor=actor_now(owner, "revoked on the command line"), user=owner, name=name)
    click.echo(f"The token {name} of {user} is revoked.", err=True)


commands: dict[str, click.Command] = {
    command.name or "": command
    for command in (
        serve_command,
        worker_command,
        db,
        manage,
        demo,
        import_command,
        import_orders,
        promise_command,
        calendar_command,
        check_invariants,
        token,
        stock,
    )
}
