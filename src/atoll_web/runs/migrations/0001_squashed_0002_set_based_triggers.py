"""All migrations so far as one, which makes a new database in half the time."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    replaces = [
        ('runs', '0001_initial'),
        ('runs', '0002_set_based_triggers'),
    ]

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Run',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=40)),
                ('state', models.CharField(choices=[('queued', 'queued'), ('running', 'running'), ('done', 'done'), ('failed', 'failed'), ('cancelled', 'cancelled')], default='queued', max_length=20)),
                ('parameters', models.JSONField(default=dict)),
                ('input_version', models.CharField(blank=True, help_text='Digest of the rows which were read', max_length=64)),
                ('seed', models.BigIntegerField(blank=True, null=True)),
                ('progress', models.FloatField(default=0, help_text='0 to 1')),
                ('message', models.TextField(blank=True)),
                ('result', models.JSONField(blank=True, null=True)),
                ('cancel_requested', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField(help_text='Business time')),
                ('started_at', models.DateTimeField(blank=True, null=True)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('progress__gte', 0), ('progress__lte', 1)), name='run_progress_is_a_share'), models.CheckConstraint(condition=models.Q(('state__in', ('queued', 'running', 'done', 'failed', 'cancelled'))), name='run_state_is_known'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'done'), _negated=True), models.Q(('progress', 1), ('result__isnull', False), models.Q(('result', models.Value(None, models.JSONField())), _negated=True)), _connector='OR'), name='run_done_has_result'), models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['running', 'done', 'failed']), _negated=True), ('started_at__isnull', False), _connector='OR'), name='run_that_began_has_a_beginning'), models.CheckConstraint(condition=models.Q(models.Q(('ended_at', None), ('state__in', ['queued', 'running'])), models.Q(('ended_at__gte', models.F('started_at')), ('ended_at__isnull', False), ('state__in', ['done', 'failed'])), ('state', 'cancelled'), _connector='OR'), name='run_ends_when_it_has_ended')],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='run',
            trigger=pgtrigger.compiler.Trigger(name='state_starts', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (NEW.state NOT IN ('queued'))", func="RAISE EXCEPTION '% cannot start in state %', TG_TABLE_NAME, NEW.state USING ERRCODE = 'check_violation';", hash='6fefa8e19329f2b40a9af9deff495d8e7ddb5c04', operation='INSERT', pgid='pgtrigger_state_starts_0c364', table='runs_run', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='run',
            trigger=pgtrigger.compiler.Trigger(name='state_changes', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (('queued', 'cancelled'), ('queued', 'running'), ('running', 'cancelled'), ('running', 'done'), ('running', 'failed'), ('running', 'queued')))", func="\n            RAISE EXCEPTION '% % cannot go from % to %', TG_TABLE_NAME, NEW.id, OLD.state, NEW.state\n                USING ERRCODE = 'check_violation';\n            ", hash='ed519b6585a36f616d883f67e03454e6d38439f5', operation='UPDATE OF "state"', pgid='pgtrigger_state_changes_e1de2', table='runs_run', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='run',
            trigger=pgtrigger.compiler.Trigger(name='state_recorded_at_start', sql=pgtrigger.compiler.UpsertTriggerSql(func="\nINSERT INTO accounts_statechange (entity, entity_id, from_state, to_state, user_id, at, recorded_at, reason)\nSELECT TG_TABLE_NAME, n.id, '', n.state,\n       NULLIF(current_setting('atoll.user', true), '')::bigint,\n       NULLIF(current_setting('atoll.at', true), '')::timestamptz,\n       clock_timestamp(), COALESCE(current_setting('atoll.reason', true), '')\nFROM new_rows n ORDER BY n.id;\nRETURN NULL;\n", hash='9b41170b763d11c5b50ff55386a68f6a412bec84', level='STATEMENT', operation='INSERT', pgid='pgtrigger_state_recorded_at_start_5b874', referencing='REFERENCING NEW TABLE AS new_rows ', table='runs_run', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='run',
            trigger=pgtrigger.compiler.Trigger(name='state_recorded', sql=pgtrigger.compiler.UpsertTriggerSql(func="\nINSERT INTO accounts_statechange (entity, entity_id, from_state, to_state, user_id, at, recorded_at, reason)\nSELECT TG_TABLE_NAME, n.id, o.state, n.state,\n       NULLIF(current_setting('atoll.user', true), '')::bigint,\n       NULLIF(current_setting('atoll.at', true), '')::timestamptz,\n       clock_timestamp(), COALESCE(current_setting('atoll.reason', true), '')\nFROM new_rows n JOIN old_rows o ON o.id = n.id AND o.state <> n.state ORDER BY n.id;\nRETURN NULL;\n", hash='7c95e63d40c872548773870f1b22a8097f3f5b87', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_state_recorded_b6ce7', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='runs_run', when='AFTER')),
        ),
    ]
