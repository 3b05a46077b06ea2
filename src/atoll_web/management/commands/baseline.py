"""Write the file from which new databases are made."""

from typing import Any

from django.core.management import BaseCommand

from atoll_web import baseline


class Command(BaseCommand):
    help = "Write the file from which new databases are made. Run it in an empty home, after `atoll manage migrate --one-by-one`."

    def handle(self, *args: Any, **options: Any) -> None:
        baseline.write()
