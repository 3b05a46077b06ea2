"""All migrations so far as one, which makes a new database in half the time."""

import django.contrib.auth.models
import django.contrib.auth.validators
import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from atoll_web.accounts.numbering import create_sequences, drop_sequences
from atoll_web.accounts.roles import Role


def make_roles(apps, schema_editor):
    """Every role is a group, so that an administrator finds them all to give."""
    group = apps.get_model('auth', 'Group')
    group.objects.bulk_create([group(name=role) for role in Role], ignore_conflicts=True)


class Migration(migrations.Migration):

    initial = True

    replaces = [
        ('accounts', '0001_initial'),
        ('accounts', '0002_numbers'),
        ('accounts', '0003_roles'),
        ('accounts', '0004_minute_rate'),
    ]

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('username', models.CharField(error_messages={'unique': 'A user with that username already exists.'}, help_text='Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.', max_length=150, unique=True, validators=[django.contrib.auth.validators.UnicodeUsernameValidator()], verbose_name='username')),
                ('first_name', models.CharField(blank=True, max_length=150, verbose_name='first name')),
                ('last_name', models.CharField(blank=True, max_length=150, verbose_name='last name')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='email address')),
                ('is_staff', models.BooleanField(default=False, help_text='Designates whether the user can log into this admin site.', verbose_name='staff status')),
                ('is_active', models.BooleanField(default=True, help_text='Designates whether this user should be treated as active. Unselect this instead of deleting accounts.', verbose_name='active')),
                ('date_joined', models.DateTimeField(default=django.utils.timezone.now, verbose_name='date joined')),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
            options={
                'verbose_name': 'user',
                'verbose_name_plural': 'users',
                'abstract': False,
            },
            managers=[
                ('objects', django.contrib.auth.models.UserManager()),
            ],
        ),
        migrations.CreateModel(
            name='ApiToken',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100)),
                ('digest', models.CharField(max_length=64, unique=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tokens', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Company',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.SlugField(unique=True)),
                ('name', models.CharField(max_length=200)),
                ('currency', models.CharField(default='USD', max_length=3)),
                ('weekdays', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(), default=list, help_text='Working weekdays, Monday is 0', size=None)),
                ('holidays', django.contrib.postgres.fields.ArrayField(base_field=models.DateField(), blank=True, default=list, size=None)),
                ('shipping_days', models.PositiveSmallIntegerField(default=0, help_text='Working days from last assembly day to shipment')),
                ('horizon_days', models.PositiveSmallIntegerField(default=120, help_text='Calendar days ahead for which capacity is kept')),
                ('minute_rate', models.DecimalField(decimal_places=4, default=0, help_text='What a minute of work costs; 0 leaves labour out of costs', max_digits=12)),
                ('business_date', models.DateField(blank=True, help_text='Set in a demonstration: its date stands still', null=True)),
                ('is_demo', models.BooleanField(default=False)),
            ],
            options={
                'verbose_name_plural': 'companies',
                'constraints': [models.UniqueConstraint(models.Value(1), name='one_company'), models.CheckConstraint(condition=models.Q(('weekdays__len__gt', 0)), name='company_works_on_some_weekday'), models.CheckConstraint(condition=models.Q(('minute_rate__gte', 0)), name='company_minute_rate_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='StateChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('entity', models.CharField(max_length=63)),
                ('entity_id', models.BigIntegerField()),
                ('from_state', models.CharField(max_length=20)),
                ('to_state', models.CharField(max_length=20)),
                ('at', models.DateTimeField(help_text='Business time of the change')),
                ('recorded_at', models.DateTimeField()),
                ('reason', models.TextField(blank=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['entity', 'entity_id'], name='state_change_of')],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='statechange',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION '% refuses to update or delete: append_only', TG_TABLE_NAME USING ERRCODE = 'check_violation';", hash='40b76a52fe1e6a330702133c7e16424c884294ae', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_1342f', table='accounts_statechange', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='statechange',
            trigger=pgtrigger.compiler.Trigger(name='written_by_triggers', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (pg_trigger_depth() = 0)', func="RAISE EXCEPTION '% refuses to insert: written_by_triggers', TG_TABLE_NAME USING ERRCODE = 'check_violation';", hash='f53f2e664dd0ada6274eb319cf7ec8d4578ce2bf', operation='INSERT', pgid='pgtrigger_written_by_triggers_8b3a3', table='accounts_statechange', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='statechange',
            trigger=pgtrigger.compiler.Trigger(name='emptied_with_company', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF EXISTS (SELECT 1 FROM accounts_company) THEN\n        RAISE EXCEPTION '% can only be emptied together with the company and all else', TG_TABLE_NAME\n            USING ERRCODE = 'check_violation';\n    END IF;\n    RETURN NULL;\n    ", hash='7d325cda5c819b0661d6e8a2760653f5c445372b', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_emptied_with_company_54f59', table='accounts_statechange', when='AFTER')),
        ),
        migrations.RunSQL(create_sequences(), drop_sequences()),
        migrations.RunPython(make_roles, migrations.RunPython.noop),
    ]
