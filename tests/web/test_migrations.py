"""What the migrations made is what the models say."""

import pgtrigger
from django.apps import apps
from django.core.management import call_command
from django.db import connection

NAMES = """
SELECT relname FROM pg_class UNION SELECT conname FROM pg_constraint UNION SELECT tgname FROM pg_trigger
"""


def test_every_index_constraint_and_trigger_of_the_models_is_in_the_database(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(NAMES)
        there = {name for (name,) in cursor.fetchall()}
    models = apps.get_models(include_auto_created=True)
    named = {part.name for model in models for part in (*model._meta.constraints, *model._meta.indexes)}
    triggers = {trigger.get_pgid(model) for model, trigger in pgtrigger.registered()}
    assert len(named) > 50
    assert len(triggers) > 100
    assert named | triggers <= there


def test_no_migration_is_missing(db: None) -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
