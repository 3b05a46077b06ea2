"""Django's `migrate`, which makes the tables of a new database at once."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.commands import migrate

from atoll_web import baseline


class Command(migrate.Command):
    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--one-by-one", action="store_true", help="Make the tables of a new database by its migrations too.")

    def handle(self, *args: Any, **options: Any) -> None:
        changes = not (options["plan"] or options["check_unapplied"] or options["fake"] or options["app_label"])
        if changes and not options.pop("one_by_one"):
            baseline.load()
        super().handle(*args, **options)
