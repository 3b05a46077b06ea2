"""All migrations so far as one, which makes a new database in half the time."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    replaces = [
        ('assembly', '0001_initial'),
        ('assembly', '0002_set_based_triggers'),
        ('assembly', '0003_held_is_not_released'),
        ('assembly', '0004_one_rule_for_holds'),
    ]

    dependencies = [
        ('catalogue', '0001_squashed_0010_cheaper_checks'),
        ('stock', '0001_squashed_0005_free_supply'),
        ('sales', '0001_squashed_0012_cheaper_checks'),
    ]

    operations = [
        migrations.CreateModel(
            name='BuildOrder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=20, unique=True)),
                ('quantity', models.PositiveIntegerField()),
                ('state', models.CharField(choices=[('planned', 'planned'), ('kitted', 'kitted'), ('completed', 'completed'), ('cancelled', 'cancelled')], default='planned', max_length=20)),
                ('made_at', models.DateTimeField(help_text='Business time')),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='build_orders', to='catalogue.item')),
                ('supply', models.OneToOneField(help_text='What it yields; the demand that this consumes is its kit', on_delete=django.db.models.deletion.PROTECT, related_name='build_order', to='stock.supply')),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['state'], name='build_order_by_state')],
                'constraints': [models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='build_quantity_positive')],
            },
        ),
        migrations.CreateModel(
            name='FinalAssemblyOrder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=20, unique=True)),
                ('state', models.CharField(choices=[('released', 'released'), ('kitted', 'kitted'), ('completed', 'completed')], default='released', max_length=20)),
                ('released_at', models.DateTimeField(help_text='Business time')),
                ('completed_at', models.DateTimeField(blank=True, null=True)),
                ('order_line', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='assembly_order', to='sales.orderline')),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['state'], name='assembly_order_by_state')],
            },
        ),
        migrations.CreateModel(
            name='KitLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.PositiveIntegerField()),
                ('assembly_order', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='kit', to='assembly.finalassemblyorder')),
                ('build_order', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='kit', to='assembly.buildorder')),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalogue.item')),
                ('lot', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='stock.lot')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('assembly_order__isnull', True), ('build_order__isnull', True), _connector='XOR'), name='kit_belongs_to_one_order'), models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='kit_quantity_positive')],
            },
        ),
        migrations.CreateModel(
            name='AsBuilt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.PositiveIntegerField()),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalogue.item')),
                ('lot', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='built_into', to='stock.lot')),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='contents', to='stock.lot')),
            ],
            options={
                'verbose_name_plural': 'as built',
                'constraints': [models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='as_built_quantity_positive')],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='asbuilt',
            trigger=pgtrigger.compiler.Trigger(name='as_built_never_changes', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION '% refuses to update or delete: as_built_never_changes', TG_TABLE_NAME USING ERRCODE = 'check_violation';", hash='7ca1dbd97c8994720f9f8a731e2bc29199c90f6e', operation='UPDATE OR DELETE', pgid='pgtrigger_as_built_never_changes_6e1eb', table='assembly_asbuilt', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='asbuilt',
            trigger=pgtrigger.compiler.Trigger(name='lot_used', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF EXISTS (\n        SELECT 1 FROM new_rows a JOIN catalogue_item i ON i.id = a.item_id LEFT JOIN stock_lot lot ON lot.id = a.lot_id\n        WHERE (i.tracking = 'none') <> (a.lot_id IS NULL) OR lot.item_id <> a.item_id OR a.lot_id = a.unit_id\n    ) THEN\n        RAISE EXCEPTION 'what is built in of a numbered item names a lot of it' USING ERRCODE = 'check_violation';\n    END IF;\n    WITH change AS (\n        SELECT lot_id, SUM(quantity) AS quantity FROM new_rows WHERE lot_id IS NOT NULL GROUP BY 1\n    ), locked AS MATERIALIZED (\n        SELECT t.id, change.quantity FROM stock_lot t JOIN change ON t.id = change.lot_id ORDER BY t.id FOR UPDATE OF t\n    )\n    UPDATE stock_lot t SET used = t.used + locked.quantity FROM locked WHERE t.id = locked.id;\n    RETURN NULL;\n    ", hash='9716d8e69074145b1971eee2a451dc3d65ec4212', level='STATEMENT', operation='INSERT', pgid='pgtrigger_lot_used_ea028', referencing='REFERENCING NEW TABLE AS new_rows ', table='assembly_asbuilt', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='asbuilt',
            trigger=pgtrigger.compiler.Trigger(name='emptied_with_company', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF EXISTS (SELECT 1 FROM accounts_company) THEN\n        RAISE EXCEPTION '% can only be emptied together with the company and all else', TG_TABLE_NAME\n            USING ERRCODE = 'check_violation';\n    END IF;\n    RETURN NULL;\n    ", hash='8d16dc105a6d4d04b1b7a60b5e032769a61d827f', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_emptied_with_company_72fda', table='assembly_asbuilt', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='buildorder',
            trigger=pgtrigger.compiler.Trigger(name='state_starts', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (NEW.state NOT IN ('planned'))", func="RAISE EXCEPTION '% cannot start in state %', TG_TABLE_NAME, NEW.state USING ERRCODE = 'check_violation';", hash='3946999beeb44ae5d481c4d359ae56034b7ab9fe', operation='INSERT', pgid='pgtrigger_state_starts_37bcb', table='assembly_buildorder', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='buildorder',
            trigger=pgtrigger.compiler.Trigger(name='state_changes', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (('kitted', 'completed'), ('planned', 'cancelled'), ('planned', 'kitted')))", func="\n            RAISE EXCEPTION '% % cannot go from % to %', TG_TABLE_NAME, NEW.id, OLD.state, NEW.state\n                USING ERRCODE = 'check_violation';\n            ", hash='2a420b6514bf77237bc90eb3ea2dc27882456e9e', operation='UPDATE OF "state"', pgid='pgtrigger_state_changes_1f1c6', table='assembly_buildorder', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='buildorder',
            trigger=pgtrigger.compiler.Trigger(name='state_recorded_at_start', sql=pgtrigger.compiler.UpsertTriggerSql(func="\nINSERT INTO accounts_statechange (entity, entity_id, from_state, to_state, user_id, at, recorded_at, reason)\nSELECT TG_TABLE_NAME, n.id, '', n.state,\n       NULLIF(current_setting('atoll.user', true), '')::bigint,\n       NULLIF(current_setting('atoll.at', true), '')::timestamptz,\n       clock_timestamp(), COALESCE(current_setting('atoll.reason', true), '')\nFROM new_rows n ORDER BY n.id;\nRETURN NULL;\n", hash='a6b76402528e0522164721661b72be6acf9c0626', level='STATEMENT', operation='INSERT', pgid='pgtrigger_state_recorded_at_start_390dc', referencing='REFERENCING NEW TABLE AS new_rows ', table='assembly_buildorder', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='buildorder',
            trigger=pgtrigger.compiler.Trigger(name='state_recorded', sql=pgtrigger.compiler.UpsertTriggerSql(func="\nINSERT INTO accounts_statechange (entity, entity_id, from_state, to_state, user_id, at, recorded_at, reason)\nSELECT TG_TABLE_NAME, n.id, o.state, n.state,\n       NULLIF(current_setting('atoll.user', true), '')::bigint,\n       NULLIF(current_setting('atoll.at', true), '')::timestamptz,\n       clock_timestamp(), COALESCE(current_setting('atoll.reason', true), '')\nFROM new_rows n JOIN old_rows o ON o.id = n.id AND o.state <> n.state ORDER BY n.id;\nRETURN NULL;\n", hash='0d32d9043f6a26ac20c7f373b78d4ecdbdfbb487', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_state_recorded_db678', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='assembly_buildorder', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='finalassemblyorder',
            trigger=pgtrigger.compiler.Trigger(name='state_starts', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (NEW.state NOT IN ('released'))", func="RAISE EXCEPTION '% cannot start in state %', TG_TABLE_NAME, NEW.state USING ERRCODE = 'check_violation';", hash='6e7d7c0ca0adc3c2f5ce68e7375db17135d8ef50', operation='INSERT', pgid='pgtrigger_state_starts_7b61b', table='assembly_finalassemblyorder', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='finalassemblyorder',
            trigger=pgtrigger.compiler.Trigger(name='state_changes', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (('kitted', 'completed'), ('released', 'kitted')))", func="\n            RAISE EXCEPTION '% % cannot go from % to %', TG_TABLE_NAME, NEW.id, OLD.state, NEW.state\n                USING ERRCODE = 'check_violation';\n            ", hash='1271aa8d35c97e3321716a5f952df64a6443db18', operation='UPDATE OF "state"', pgid='pgtrigger_state_changes_60cde', table='assembly_finalassemblyorder', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='finalassemblyorder',
            trigger=pgtrigger.compiler.Trigger(name='state_recorded_at_start', sql=pgtrigger.compiler.UpsertTriggerSql(func="\nINSERT INTO accounts_statechange (entity, entity_id, from_state, to_state, user_id, at, recorded_at, reason)\nSELECT TG_TABLE_NAME, n.id, '', n.state,\n       NULLIF(current_setting('atoll.user', true), '')::bigint,\n       NULLIF(current_setting('atoll.at', true), '')::timestamptz,\n       clock_timestamp(), COALESCE(current_setting('atoll.reason', true), '')\nFROM new_rows n ORDER BY n.id;\nRETURN NULL;\n", hash='4b11e9b1025124cab3584ab1641ff715f825ab39', level='STATEMENT', operation='INSERT', pgid='pgtrigger_state_recorded_at_start_a94af', referencing='REFERENCING NEW TABLE AS new_rows ', table='assembly_finalassemblyorder', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='finalassemblyorder',
            trigger=pgtrigger.compiler.Trigger(name='state_recorded', sql=pgtrigger.compiler.UpsertTriggerSql(func="\nINSERT INTO accounts_statechange (entity, entity_id, from_state, to_state, user_id, at, recorded_at, reason)\nSELECT TG_TABLE_NAME, n.id, o.state, n.state,\n       NULLIF(current_setting('atoll.user', true), '')::bigint,\n       NULLIF(current_setting('atoll.at', true), '')::timestamptz,\n       clock_timestamp(), COALESCE(current_setting('atoll.reason', true), '')\nFROM new_rows n JOIN old_rows o ON o.id = n.id AND o.state <> n.state ORDER BY n.id;\nRETURN NULL;\n", hash='0896b808b3799fd8d83fb09e61bb186f6f76b33d', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_state_recorded_ba382', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='assembly_finalassemblyorder', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='finalassemblyorder',
            trigger=pgtrigger.compiler.Trigger(name='released_with_its_line', sql=pgtrigger.compiler.UpsertTriggerSql(constraint='CONSTRAINT', func="\n    IF NOT EXISTS (SELECT 1 FROM sales_orderline l WHERE l.id = NEW.order_line_id AND l.state IN ('in assembly', 'assembled', 'shipped')) THEN\n        RAISE EXCEPTION 'assembly order % is of an order line that is not released', NEW.number USING ERRCODE = 'check_violation';\n    END IF;\n    RETURN NULL;\n    ", hash='157047bae9f43b0517fc21e894c8e8fdadd5a317', operation='INSERT', pgid='pgtrigger_released_with_its_line_52277', table='assembly_finalassemblyorder', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
        ),
    ]
