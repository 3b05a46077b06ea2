"""Django's `migrate`, which makes the tables of a new database at once."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.commands import migrate
from django.db import connections

from atoll_web import baseline
from atoll_web.accounts.triggers import NEVER_IGNORED


class Command(migrate.Command):
    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--one-by-one", action="store_true", help="Make the tables of a new database by its migrations too.")

    def handle(self, *args: Any, **options: Any) -> None:
        one_by_one, only_shows = options.pop("one_by_one"), options["plan"] or options["check_unapplied"]
        if not (only_shows or one_by_one or options["fake"] or options["app_label"]):
            baseline.load()
        super().handle(*args, **options)
        if not only_shows:
            with connections[options["database"]].cursor() as cursor:
                cursor.execute(NEVER_IGNORED)
