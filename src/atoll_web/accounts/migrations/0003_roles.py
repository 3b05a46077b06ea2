from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from atoll_web.accounts.roles import Role


def make_roles(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Every role is a group, so that an administrator finds them all to give."""
    group = apps.get_model("auth", "Group")
    group.objects.bulk_create([group(name=role) for role in Role], ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_numbers"), ("auth", "0012_alter_user_first_name_max_length")]

    operations = [migrations.RunPython(make_roles, migrations.RunPython.noop)]
