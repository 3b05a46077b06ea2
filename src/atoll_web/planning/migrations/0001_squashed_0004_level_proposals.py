"""All migrations so far as one, which makes a new database in half the time."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    replaces = [
        ('planning', '0001_initial'),
        ('planning', '0002_history_of_deletions'),
        ('planning', '0003_set_based_triggers'),
        ('planning', '0004_level_proposals'),
    ]

    dependencies = [
        ('catalogue', '0001_squashed_0010_cheaper_checks'),
        ('pghistory', '0007_auto_20250421_0444'),
        ('runs', '0001_squashed_0002_set_based_triggers'),
    ]

    operations = [
        migrations.CreateModel(
            name='Forecast',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('weekly_units', models.FloatField()),
                ('units_per_order', models.FloatField(default=1, help_text="Mean of the square over the mean of an order's units: how lumpy demand is")),
                ('product_model', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='forecast', to='catalogue.productmodel')),
            ],
            options={
                'ordering': ['product_model'],
                'constraints': [models.CheckConstraint(condition=models.Q(('units_per_order__gte', 1), ('weekly_units__gte', 0)), name='forecast_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='ForecastEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('weekly_units', models.FloatField()),
                ('units_per_order', models.FloatField(default=1, help_text="Mean of the square over the mean of an order's units: how lumpy demand is")),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='planning.forecast')),
                ('product_model', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='catalogue.productmodel')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='LevelProposal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('target', models.FloatField(help_text='Share of the orders that the levels of one target serve together')),
                ('before', models.PositiveIntegerField(help_text='Base stock when it was proposed')),
                ('base_stock', models.PositiveIntegerField()),
                ('daily_demand', models.FloatField(help_text='Units per calendar day in the orders that it was optimised for')),
                ('lead_time_days', models.FloatField(help_text='Mean, with the wait for the planning run')),
                ('cover', models.FloatField(help_text='Standard deviations of lead-time demand above its mean')),
                ('applied_at', models.DateTimeField(blank=True, help_text='When it was put in force last, business time', null=True)),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='level_proposals', to='catalogue.item')),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='level_proposals', to='runs.run')),
            ],
            options={
                'ordering': ['run', 'target', 'item'],
                'constraints': [models.UniqueConstraint(fields=('run', 'target', 'item'), name='level_proposed_once_for_a_target'), models.CheckConstraint(condition=models.Q(('target__gt', 0), ('target__lt', 1)), name='level_target_is_a_share')],
            },
        ),
        migrations.CreateModel(
            name='PlannedOrder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('purchase', 'purchase'), ('build', 'build')], max_length=8)),
                ('quantity', models.PositiveIntegerField()),
                ('pegged', models.PositiveIntegerField(default=0, help_text='Part of it that promises already rest on')),
                ('due', models.DateField()),
                ('state', models.CharField(choices=[('proposed', 'proposed'), ('released', 'released'), ('discarded', 'discarded')], default='proposed', max_length=20)),
                ('reference', models.CharField(blank=True, help_text='The purchase or build order made of it', max_length=20)),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='planned_orders', to='catalogue.item')),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='planned_orders', to='runs.run')),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [models.Index(condition=models.Q(('state', 'proposed')), fields=['kind'], name='proposed_order')],
                'constraints': [models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='planned_quantity_positive'), models.CheckConstraint(condition=models.Q(('kind__in', ('purchase', 'build'))), name='planned_kind_is_known')],
            },
        ),
        migrations.CreateModel(
            name='StockPolicy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('base_stock', models.PositiveIntegerField(help_text='On hand + on order − backorders is brought up to this level')),
                ('daily_demand', models.FloatField(default=0, help_text='Forecast units per calendar day')),
                ('lead_time_days', models.PositiveIntegerField(default=0)),
                ('item', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='policy', to='catalogue.item')),
            ],
            options={
                'verbose_name_plural': 'stock policies',
                'ordering': ['item'],
            },
        ),
        migrations.CreateModel(
            name='StockPolicyEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('base_stock', models.PositiveIntegerField(help_text='On hand + on order − backorders is brought up to this level')),
                ('daily_demand', models.FloatField(default=0, help_text='Forecast units per calendar day')),
                ('lead_time_days', models.PositiveIntegerField(default=0)),
                ('item', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='catalogue.item')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='planning.stockpolicy')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='ActionMessage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('action', models.CharField(choices=[('release', 'release'), ('expedite', 'expedite'), ('defer', 'defer'), ('cancel', 'cancel')], max_length=10)),
                ('reference', models.CharField(blank=True, max_length=60)),
                ('quantity', models.PositiveIntegerField()),
                ('day', models.DateField(help_text='The day to which the supply should move, or on which it should be released')),
                ('text', models.TextField()),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalogue.item')),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='messages', to='runs.run')),
            ],
            options={
                'ordering': ['day', 'id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('action__in', ('release', 'expedite', 'defer', 'cancel'))), name='action_is_known')],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='forecast',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "planning_forecastevent" ("id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "product_model_id", "units_per_order", "weekly_units") VALUES (NEW."id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."product_model_id", NEW."units_per_order", NEW."weekly_units"); RETURN NULL;', hash='fb6e273761226d58be196494c06e5ee972f57031', operation='INSERT', pgid='pgtrigger_insert_insert_b51a3', table='planning_forecast', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='forecast',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "planning_forecastevent" ("id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "product_model_id", "units_per_order", "weekly_units") VALUES (NEW."id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."product_model_id", NEW."units_per_order", NEW."weekly_units"); RETURN NULL;', hash='baf19b3e6fe2c4b9b4feaa6e8e03136602f81a06', operation='UPDATE', pgid='pgtrigger_update_update_82379', table='planning_forecast', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='forecast',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "planning_forecastevent" ("id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "product_model_id", "units_per_order", "weekly_units") VALUES (OLD."id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."product_model_id", OLD."units_per_order", OLD."weekly_units"); RETURN NULL;', hash='4dc4b7168c07653a349df413255e3c1f798c2764', operation='DELETE', pgid='pgtrigger_delete_delete_c4413', table='planning_forecast', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='plannedorder',
            trigger=pgtrigger.compiler.Trigger(name='state_starts', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (NEW.state NOT IN ('proposed'))", func="RAISE EXCEPTION '% cannot start in state %', TG_TABLE_NAME, NEW.state USING ERRCODE = 'check_violation';", hash='a1dfb36eeaea3bbc3adee021a10ef327c4aebc4c', operation='INSERT', pgid='pgtrigger_state_starts_c0582', table='planning_plannedorder', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='plannedorder',
            trigger=pgtrigger.compiler.Trigger(name='state_changes', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (('proposed', 'discarded'), ('proposed', 'released')))", func="\n            RAISE EXCEPTION '% % cannot go from % to %', TG_TABLE_NAME, NEW.id, OLD.state, NEW.state\n                USING ERRCODE = 'check_violation';\n            ", hash='7f7b4b0089cd71fcd7d6abefbce1549f182c29da', operation='UPDATE OF "state"', pgid='pgtrigger_state_changes_b89e8', table='planning_plannedorder', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='plannedorder',
            trigger=pgtrigger.compiler.Trigger(name='state_recorded_at_start', sql=pgtrigger.compiler.UpsertTriggerSql(func="\nINSERT INTO accounts_statechange (entity, entity_id, from_state, to_state, user_id, at, recorded_at, reason)\nSELECT TG_TABLE_NAME, n.id, '', n.state,\n       NULLIF(current_setting('atoll.user', true), '')::bigint,\n       NULLIF(current_setting('atoll.at', true), '')::timestamptz,\n       clock_timestamp(), COALESCE(current_setting('atoll.reason', true), '')\nFROM new_rows n ORDER BY n.id;\nRETURN NULL;\n", hash='6e309bff717d820b8537a06f04507cfb1a5d40e1', level='STATEMENT', operation='INSERT', pgid='pgtrigger_state_recorded_at_start_d96e6', referencing='REFERENCING NEW TABLE AS new_rows ', table='planning_plannedorder', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='plannedorder',
            trigger=pgtrigger.compiler.Trigger(name='state_recorded', sql=pgtrigger.compiler.UpsertTriggerSql(func="\nINSERT INTO accounts_statechange (entity, entity_id, from_state, to_state, user_id, at, recorded_at, reason)\nSELECT TG_TABLE_NAME, n.id, o.state, n.state,\n       NULLIF(current_setting('atoll.user', true), '')::bigint,\n       NULLIF(current_setting('atoll.at', true), '')::timestamptz,\n       clock_timestamp(), COALESCE(current_setting('atoll.reason', true), '')\nFROM new_rows n JOIN old_rows o ON o.id = n.id AND o.state <> n.state ORDER BY n.id;\nRETURN NULL;\n", hash='4fe97afb8c5ff3a2c70e87e0dd0150f3d7f570bb', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_state_recorded_3e62a', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='planning_plannedorder', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='stockpolicy',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "planning_stockpolicyevent" ("base_stock", "daily_demand", "id", "item_id", "lead_time_days", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (NEW."base_stock", NEW."daily_demand", NEW."id", NEW."item_id", NEW."lead_time_days", _pgh_attach_context(), NOW(), \'insert\', NEW."id"); RETURN NULL;', hash='0fe2c9006ae8014811e3200dd4c4aa5f78ef269f', operation='INSERT', pgid='pgtrigger_insert_insert_20c89', table='planning_stockpolicy', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='stockpolicy',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "planning_stockpolicyevent" ("base_stock", "daily_demand", "id", "item_id", "lead_time_days", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (NEW."base_stock", NEW."daily_demand", NEW."id", NEW."item_id", NEW."lead_time_days", _pgh_attach_context(), NOW(), \'update\', NEW."id"); RETURN NULL;', hash='985b63f0d79242347578e886938994d6c3105e05', operation='UPDATE', pgid='pgtrigger_update_update_92127', table='planning_stockpolicy', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='stockpolicy',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "planning_stockpolicyevent" ("base_stock", "daily_demand", "id", "item_id", "lead_time_days", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (OLD."base_stock", OLD."daily_demand", OLD."id", OLD."item_id", OLD."lead_time_days", _pgh_attach_context(), NOW(), \'delete\', OLD."id"); RETURN NULL;', hash='418b049d5ef0121e5633b1ad677df83750e08346', operation='DELETE', pgid='pgtrigger_delete_delete_d270d', table='planning_stockpolicy', when='AFTER')),
        ),
    ]
