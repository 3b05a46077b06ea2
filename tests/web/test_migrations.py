"""What the migrations made is what the models say, and what a new database gets at once is what they make one by one."""

import os
import subprocess
import sys

import pgtrigger
import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection

from atoll_web import database

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


WHAT_IS_THERE = """
SELECT array_agg(row ORDER BY row) FROM (
    SELECT concat_ws(' ', 'migration', app, name) FROM django_migrations UNION ALL
    SELECT concat_ws(' ', 'role', name) FROM auth_group UNION ALL
    SELECT concat_ws(' ', 'permission', c.app_label, c.model, p.codename)
    FROM auth_permission p JOIN django_content_type c ON c.id = p.content_type_id
) rows (row)
"""


@pytest.mark.long
@pytest.mark.skipif(not database.embedded(), reason="makes a further database on the embedded server")
def test_a_new_database_is_what_migrations_make_one_by_one(db: None) -> None:
    names = ("one_by_one", "one_by_one_copied", connection.settings_dict["NAME"])
    one_by_one, copied, at_once = map(database.ensure_database, names)
    command = [sys.executable, "-m", "atoll.cli", "manage", "migrate", "--one-by-one", "--verbosity", "0"]
    subprocess.run(command, env=os.environ | {"ATOLL_DATABASE_URL": one_by_one}, check=True)
    there = []
    with database.connect(copied) as session, session.transaction():  # conditions are written otherwise once they were copied
        session.execute(database.tables(one_by_one))
    for address in (one_by_one, at_once):
        with database.connect(address) as session:
            there.append(session.execute(WHAT_IS_THERE).fetchone())

    assert database.tables(at_once).splitlines() == database.tables(copied).splitlines()
    assert there[0] == there[1]
