from django.db import migrations

from atoll_web.accounts.numbering import create_sequences, drop_sequences


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [migrations.RunSQL(create_sequences(), drop_sequences())]
