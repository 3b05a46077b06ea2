"""All migrations so far as one, which makes a new database in half the time."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    replaces = [
        ('stock', '0001_initial'),
        ('stock', '0002_set_based_triggers'),
        ('stock', '0003_checks_of_whole_statements'),
        ('stock', '0004_cheaper_checks'),
        ('stock', '0005_free_supply'),
    ]

    dependencies = [
        ('catalogue', '0001_squashed_0010_cheaper_checks'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Demand',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('order line', 'order line'), ('build order', 'build order')], max_length=12)),
                ('reference', models.CharField(blank=True, max_length=60)),
                ('need_date', models.DateField(help_text='First day of assembly: everything must be there')),
            ],
        ),
        migrations.CreateModel(
            name='StockedItem',
            fields=[
            ],
            options={
                'proxy': True,
                'indexes': [],
                'constraints': [],
            },
            bases=('catalogue.item',),
        ),
        migrations.CreateModel(
            name='Location',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=20, unique=True)),
                ('name', models.CharField(max_length=100)),
                ('kind', models.CharField(choices=[('stock', 'stock'), ('line', 'line'), ('finished', 'finished'), ('supplier', 'supplier'), ('customer', 'customer'), ('production', 'production'), ('scrap', 'scrap'), ('adjustment', 'adjustment')], max_length=12)),
            ],
            options={
                'ordering': ['code'],
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ('stock', 'line', 'finished', 'supplier', 'customer', 'production', 'scrap', 'adjustment'))), name='location_kind_is_known')],
            },
        ),
        migrations.CreateModel(
            name='Lot',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=60)),
                ('quantity', models.PositiveIntegerField()),
                ('used', models.PositiveIntegerField(default=0, help_text='Built into units; kept by the trigger of the as-built record')),
                ('origin', models.CharField(blank=True, help_text='The document that brought it, such as a purchase order', max_length=60)),
                ('made_at', models.DateTimeField()),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lots', to='catalogue.item')),
            ],
            options={
                'ordering': ['id'],
                'constraints': [models.UniqueConstraint(fields=('item', 'number'), name='lot_number_once_per_item'), models.CheckConstraint(condition=models.Q(('used__lte', models.F('quantity'))), name='lot_not_used_twice'), models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='lot_quantity_positive')],
            },
        ),
        migrations.CreateModel(
            name='Balance',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.IntegerField()),
                ('physical', models.BooleanField()),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='balances', to='catalogue.item')),
                ('location', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='balances', to='stock.location')),
                ('lot', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='balances', to='stock.lot')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('item', 'location', 'lot'), name='balance_once', nulls_distinct=False), models.CheckConstraint(condition=models.Q(('physical', False), ('quantity__gte', 0), _connector='OR'), name='no_negative_stock')],
            },
        ),
        migrations.CreateModel(
            name='Move',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.PositiveIntegerField()),
                ('at', models.DateTimeField(help_text='Business time')),
                ('reference', models.CharField(help_text='The document that caused it', max_length=60)),
                ('destination', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='stock.location')),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='moves', to='catalogue.item')),
                ('lot', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='moves', to='stock.lot')),
                ('reverses', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reversed_by', to='stock.move')),
                ('source', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='stock.location')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['item', '-id'], name='ledger_of_item'), models.Index(fields=['reference'], name='move_of')],
                'constraints': [models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='move_quantity_positive'), models.CheckConstraint(condition=models.Q(('source', models.F('destination')), _negated=True), name='move_goes_somewhere')],
            },
        ),
        migrations.CreateModel(
            name='Requirement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.PositiveIntegerField()),
                ('issued', models.PositiveIntegerField(default=0)),
                ('demand', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='requirements', to='stock.demand')),
                ('item', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='requirements', to='catalogue.item')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('issued__lt', models.F('quantity'))), fields=['item'], name='open_requirement')],
                'constraints': [models.UniqueConstraint(fields=('demand', 'item'), name='requirement_names_an_item_once'), models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='requirement_quantity_positive'), models.CheckConstraint(condition=models.Q(('issued__lte', models.F('quantity'))), name='requirement_not_over_issued')],
            },
        ),
        migrations.CreateModel(
            name='Supply',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('on hand', 'on hand'), ('purchase', 'purchase'), ('build', 'build'), ('planned', 'planned')], max_length=8)),
                ('quantity', models.IntegerField(default=0, help_text='Still to come, or on hand')),
                ('allocated', models.IntegerField(default=0, help_text='Kept by the trigger of the allocations')),
                ('due', models.DateField(help_text='Usable from this date on; empty for on hand', null=True)),
                ('margin_days', models.PositiveSmallIntegerField(default=0, help_text='Days after due that a promise adds for an unsteady supply')),
                ('reference', models.CharField(blank=True, max_length=60)),
                ('item', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='supplies', to='catalogue.item')),
            ],
            options={
                'verbose_name_plural': 'supplies',
                'indexes': [models.Index(condition=models.Q(('quantity__gt', 0)), fields=['item', 'due'], name='open_supply'), models.Index(condition=models.Q(('quantity__gt', models.F('allocated'))), fields=['item'], name='free_supply')],
                'constraints': [models.CheckConstraint(condition=models.Q(('allocated__gte', 0), ('allocated__lte', models.F('quantity'))), name='supply_not_over_allocated'), models.CheckConstraint(condition=models.Q(('kind__in', ('on hand', 'purchase', 'build', 'planned'))), name='supply_kind_is_known'), models.CheckConstraint(condition=models.Q(models.Q(('due', None), ('kind', 'on hand')), models.Q(models.Q(('kind', 'on hand'), _negated=True), ('due__isnull', False)), _connector='OR'), name='supply_due'), models.UniqueConstraint(condition=models.Q(('kind', 'on hand')), fields=('item',), name='one_on_hand_supply_per_item')],
            },
        ),
        migrations.AddField(
            model_name='demand',
            name='builds',
            field=models.OneToOneField(help_text="What a build order's demand produces", null=True, on_delete=django.db.models.deletion.PROTECT, related_name='consumes', to='stock.supply'),
        ),
        migrations.CreateModel(
            name='Allocation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.PositiveIntegerField()),
                ('requirement', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='allocations', to='stock.requirement')),
                ('supply', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='allocations', to='stock.supply')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('requirement', 'supply'), name='allocation_once'), models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='allocation_quantity_positive')],
            },
        ),
        migrations.AddConstraint(
            model_name='demand',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ('order line', 'build order'))), name='demand_kind_is_known'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='location',
            trigger=pgtrigger.compiler.Trigger(name='location_kind_stays', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."kind" IS DISTINCT FROM (NEW."kind"))', func="RAISE EXCEPTION '% refuses to update: location_kind_stays', TG_TABLE_NAME USING ERRCODE = 'check_violation';", hash='aec32d3aa780ad39f8fd03855fe48c9acbedba3a', operation='UPDATE', pgid='pgtrigger_location_kind_stays_857fe', table='stock_location', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='stockeditem',
            trigger=pgtrigger.compiler.Trigger(name='tracking_stays', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."tracking" IS DISTINCT FROM (NEW."tracking"))', func="\n    IF EXISTS (SELECT 1 FROM stock_move WHERE item_id = NEW.id) THEN\n        RAISE EXCEPTION 'item % has moved by %, so its tracking stays', NEW.code, OLD.tracking USING ERRCODE = 'check_violation';\n    END IF;\n    RETURN NEW;\n    ", hash='1ee07becb523301a6a870eafb70474e44d10b72f', operation='UPDATE OF "tracking"', pgid='pgtrigger_tracking_stays_646dc', table='catalogue_item', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='stockeditem',
            trigger=pgtrigger.compiler.Trigger(name='named_by_stock_requirement', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n        LOCK TABLE stock_requirement IN SHARE ROW EXCLUSIVE MODE;\n        IF EXISTS (SELECT 1 FROM stock_requirement r JOIN old_rows o ON o.id = r.item_id) THEN\n            RAISE EXCEPTION 'a row of % is still named in stock_requirement.item', TG_TABLE_NAME\n                USING ERRCODE = 'foreign_key_violation';\n        END IF;\n        RETURN NULL;\n        ", hash='9c2cfef22b22786e3b19cc35742877bfbf0c68c7', level='STATEMENT', operation='DELETE', pgid='pgtrigger_named_by_stock_requirement_579e7', referencing='REFERENCING OLD TABLE AS old_rows ', table='catalogue_item', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='lot',
            trigger=pgtrigger.compiler.Trigger(name='used_starts_at_zero', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NEW."used" <> 0 AND pg_trigger_depth() = 0)', func="RAISE EXCEPTION '%.used is a sum that a trigger keeps', TG_TABLE_NAME USING ERRCODE = 'check_violation';", hash='478eb48518c0e3a03a829e61fe9641be42b0ee40', operation='INSERT', pgid='pgtrigger_used_starts_at_zero_a3441', table='stock_lot', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='lot',
            trigger=pgtrigger.compiler.Trigger(name='used_is_a_sum', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NEW."used" <> OLD."used" AND pg_trigger_depth() = 0)', func="RAISE EXCEPTION '%.used is a sum that a trigger keeps', TG_TABLE_NAME USING ERRCODE = 'check_violation';", hash='8a58a599f11bee5701299fe6a25992d4a6ceda56', operation='UPDATE', pgid='pgtrigger_used_is_a_sum_3accb', table='stock_lot', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='lot',
            trigger=pgtrigger.compiler.Trigger(name='lot_stays_as_it_is', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."item_id" IS DISTINCT FROM (NEW."item_id") OR OLD."number" IS DISTINCT FROM (NEW."number") OR OLD."quantity" IS DISTINCT FROM (NEW."quantity"))', func="RAISE EXCEPTION '% refuses to update: lot_stays_as_it_is', TG_TABLE_NAME USING ERRCODE = 'check_violation';", hash='22dc18967415ec97698d91278e598c93b3da97fc', operation='UPDATE', pgid='pgtrigger_lot_stays_as_it_is_b846b', table='stock_lot', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='lot',
            trigger=pgtrigger.compiler.Trigger(name='lot_is_of_a_numbered_item', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF EXISTS (\n        SELECT 1 FROM new_rows lot JOIN catalogue_item i ON i.id = lot.item_id\n        WHERE i.tracking = 'none' OR (i.tracking = 'serial' AND lot.quantity <> 1)\n    ) THEN\n        RAISE EXCEPTION 'only a numbered item has lots, and a serial number is a lot of one unit'\n            USING ERRCODE = 'check_violation';\n    END IF;\n    RETURN NULL;\n    ", hash='ff69270d22b3b8d25e5aab3179d74ae21fb44586', level='STATEMENT', operation='INSERT', pgid='pgtrigger_lot_is_of_a_numbered_item_06697', referencing='REFERENCING NEW TABLE AS new_rows ', table='stock_lot', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='balance',
            trigger=pgtrigger.compiler.Trigger(name='balance_is_a_sum', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (pg_trigger_depth() = 0)', func="RAISE EXCEPTION '% refuses to insert or update or delete: balance_is_a_sum', TG_TABLE_NAME USING ERRCODE = 'check_violation';", hash='8ac9c4d96f4e2a7531c1a23d78af79b7e7374ccf', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_balance_is_a_sum_1213d', table='stock_balance', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='balance',
            trigger=pgtrigger.compiler.Trigger(name='emptied_with_company', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF EXISTS (SELECT 1 FROM accounts_company) THEN\n        RAISE EXCEPTION '% can only be emptied together with the company and all else', TG_TABLE_NAME\n            USING ERRCODE = 'check_violation';\n    END IF;\n    RETURN NULL;\n    ", hash='8fbe7c8f87a39912a2e2e54bff5426c1ac48ee9f', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_emptied_with_company_44483', table='stock_balance', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='move',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION '% refuses to update or delete: append_only', TG_TABLE_NAME USING ERRCODE = 'check_violation';", hash='b4cd764e9a9fab86787e1fe606386750d1cd6d29', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_c1281', table='stock_move', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='move',
            trigger=pgtrigger.compiler.Trigger(name='emptied_with_company', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF EXISTS (SELECT 1 FROM accounts_company) THEN\n        RAISE EXCEPTION '% can only be emptied together with the company and all else', TG_TABLE_NAME\n            USING ERRCODE = 'check_violation';\n    END IF;\n    RETURN NULL;\n    ", hash='c7f686f05f7312adab2b6fab00c7ff10c6cdf6e0', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_emptied_with_company_12677', table='stock_move', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='move',
            trigger=pgtrigger.compiler.Trigger(name='keep_balances', sql=pgtrigger.compiler.UpsertTriggerSql(func="\nIF EXISTS (\n    SELECT 1 FROM new_moves m JOIN catalogue_item i ON i.id = m.item_id LEFT JOIN stock_lot lot ON lot.id = m.lot_id\n    WHERE (i.tracking = 'none') <> (m.lot_id IS NULL) OR lot.item_id <> m.item_id OR (i.tracking = 'serial' AND m.quantity <> 1)\n) THEN\n    RAISE EXCEPTION 'a numbered item moves by its own lots, a serial number alone' USING ERRCODE = 'check_violation';\nEND IF;\nIF EXISTS (\n    SELECT 1 FROM new_moves m JOIN stock_move before ON before.id = m.reverses_id\n    WHERE (m.item_id, m.quantity, m.source_id, m.destination_id)\n        <> (before.item_id, before.quantity, before.destination_id, before.source_id) OR m.lot_id IS DISTINCT FROM before.lot_id\n) THEN\n    RAISE EXCEPTION 'a reversing move is the opposite of the one before' USING ERRCODE = 'check_violation';\nEND IF;\n\nINSERT INTO stock_balance (item_id, location_id, lot_id, quantity, physical)\nSELECT DISTINCT side.item_id, side.location_id, side.lot_id, 0, side.physical\nFROM (\n    SELECT m.item_id, m.destination_id AS location_id, CASE WHEN (l.kind IN ('stock', 'line', 'finished')) THEN m.lot_id END AS lot_id, (l.kind IN ('stock', 'line', 'finished')) AS physical\n    FROM new_moves m JOIN stock_location l ON l.id = m.destination_id\n    UNION ALL\n    SELECT m.item_id, m.source_id, CASE WHEN (l.kind IN ('stock', 'line', 'finished')) THEN m.lot_id END, (l.kind IN ('stock', 'line', 'finished'))\n    FROM new_moves m JOIN stock_location l ON l.id = m.source_id\n) side\nORDER BY 1, 2, 3\nON CONFLICT DO NOTHING;\n\nWITH side AS (\n    SELECT m.item_id, m.destination_id AS location_id, CASE WHEN (l.kind IN ('stock', 'line', 'finished')) THEN m.lot_id END AS lot_id, m.quantity\n    FROM new_moves m JOIN stock_location l ON l.id = m.destination_id\n    UNION ALL\n    SELECT m.item_id, m.source_id, CASE WHEN (l.kind IN ('stock', 'line', 'finished')) THEN m.lot_id END, -m.quantity\n    FROM new_moves m JOIN stock_location l ON l.id = m.source_id\n), change AS (\n    SELECT item_id, location_id, lot_id, SUM(quantity) AS quantity FROM side GROUP BY 1, 2, 3\n), locked AS MATERIALIZED (\n    SELECT b.id, change.quantity\n    FROM stock_balance b JOIN change\n      ON b.item_id = change.item_id AND b.location_id = change.location_id AND b.lot_id IS NOT DISTINCT FROM change.lot_id\n    ORDER BY b.item_id, b.location_id, b.lot_id\n    FOR UPDATE OF b\n)\nUPDATE stock_balance b SET quantity = b.quantity + locked.quantity FROM locked WHERE b.id = locked.id;\n\nIF EXISTS (\n    SELECT 1 FROM (\n        SELECT DISTINCT m.lot_id FROM new_moves m JOIN stock_location l ON l.id = m.source_id AND NOT (l.kind IN ('stock', 'line', 'finished'))\n    ) arrived\n    JOIN stock_lot lot ON lot.id = arrived.lot_id\n    CROSS JOIN LATERAL (SELECT SUM(b.quantity) AS units FROM stock_balance b WHERE b.lot_id = lot.id) there\n    WHERE there.units > lot.quantity\n) THEN\n    RAISE EXCEPTION 'a lot cannot be there with more units than it has' USING ERRCODE = 'check_violation';\nEND IF;\n\nINSERT INTO stock_supply (item_id, kind, quantity, allocated, margin_days, reference)\nSELECT DISTINCT m.item_id, 'on hand', 0, 0, 0, ''\nFROM new_moves m JOIN stock_location l ON l.kind = 'stock' AND l.id IN (m.source_id, m.destination_id)\nORDER BY 1\nON CONFLICT DO NOTHING;\n\nWITH change AS (\n    SELECT m.item_id, SUM(CASE WHEN l.id = m.destination_id THEN m.quantity ELSE -m.quantity END) AS quantity\n    FROM new_moves m JOIN stock_location l ON l.kind = 'stock' AND l.id IN (m.source_id, m.destination_id)\n    GROUP BY 1\n), locked AS MATERIALIZED (\n    SELECT s.id, change.quantity\n    FROM stock_supply s JOIN change ON s.item_id = change.item_id AND s.kind = 'on hand'\n    ORDER BY s.id\n    FOR UPDATE OF s\n)\nUPDATE stock_supply s SET quantity = s.quantity + locked.quantity FROM locked WHERE s.id = locked.id;\nRETURN NULL;\n", hash='8813bee4e554bf82db325fb482aea7dcebb5ae1b', level='STATEMENT', operation='INSERT', pgid='pgtrigger_keep_balances_508ed', referencing='REFERENCING NEW TABLE AS new_moves ', table='stock_move', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='requirement',
            trigger=pgtrigger.compiler.Trigger(name='demand_is_there', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF (\n        SELECT count(*) FROM (\n            SELECT 1 FROM stock_demand t WHERE t.id IN (SELECT demand_id FROM new_rows) ORDER BY t.id FOR KEY SHARE\n        ) found\n    ) <> (SELECT count(DISTINCT demand_id) FROM new_rows) THEN\n        RAISE EXCEPTION '%.demand names a row of stock_demand that is not there', TG_TABLE_NAME\n            USING ERRCODE = 'foreign_key_violation';\n    END IF;\n    RETURN NULL;\n    ", hash='1e07bf6eca4d53b165aa9862422291de17c1375e', level='STATEMENT', operation='INSERT', pgid='pgtrigger_demand_is_there_28966', referencing='REFERENCING NEW TABLE AS new_rows ', table='stock_requirement', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='requirement',
            trigger=pgtrigger.compiler.Trigger(name='demand_stays', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."demand_id" IS DISTINCT FROM (NEW."demand_id"))', func="RAISE EXCEPTION '% refuses to update: demand_stays', TG_TABLE_NAME USING ERRCODE = 'check_violation';", hash='a338603ed7b9e6356f2c8c87974d4bd47703bbab', operation='UPDATE', pgid='pgtrigger_demand_stays_5f050', table='stock_requirement', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='requirement',
            trigger=pgtrigger.compiler.Trigger(name='item_is_there', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF (\n        SELECT count(*) FROM (\n            SELECT 1 FROM catalogue_item t WHERE t.id IN (SELECT item_id FROM new_rows)\n        ) found\n    ) <> (SELECT count(DISTINCT item_id) FROM new_rows) THEN\n        RAISE EXCEPTION '%.item names a row of catalogue_item that is not there', TG_TABLE_NAME\n            USING ERRCODE = 'foreign_key_violation';\n    END IF;\n    RETURN NULL;\n    ", hash='4004759d65e9556b6ba3716a0bffff2b963e8c73', level='STATEMENT', operation='INSERT', pgid='pgtrigger_item_is_there_89207', referencing='REFERENCING NEW TABLE AS new_rows ', table='stock_requirement', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='requirement',
            trigger=pgtrigger.compiler.Trigger(name='item_stays', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."item_id" IS DISTINCT FROM (NEW."item_id"))', func="RAISE EXCEPTION '% refuses to update: item_stays', TG_TABLE_NAME USING ERRCODE = 'check_violation';", hash='0b881a601a76dd4e27f58f5e2f42666f6553b36d', operation='UPDATE', pgid='pgtrigger_item_stays_517a6', table='stock_requirement', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='requirement',
            trigger=pgtrigger.compiler.Trigger(name='named_by_stock_allocation', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n        IF EXISTS (SELECT 1 FROM stock_allocation r JOIN old_rows o ON o.id = r.requirement_id) THEN\n            RAISE EXCEPTION 'a row of % is still named in stock_allocation.requirement', TG_TABLE_NAME\n                USING ERRCODE = 'foreign_key_violation';\n        END IF;\n        RETURN NULL;\n        ", hash='415b77d06db35bb574e080f74cc38320a5f7a2c2', level='STATEMENT', operation='DELETE', pgid='pgtrigger_named_by_stock_allocation_5b715', referencing='REFERENCING OLD TABLE AS old_rows ', table='stock_requirement', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='requirement',
            trigger=pgtrigger.compiler.Trigger(name='issued_within_requirement', sql=pgtrigger.compiler.UpsertTriggerSql(func="\nIF EXISTS (\n    SELECT 1 FROM new_rows CROSS JOIN LATERAL (\n        SELECT r.quantity - r.issued < (SELECT SUM(x.quantity) FROM stock_allocation x WHERE x.requirement_id = r.id) AS is_over FROM stock_requirement r WHERE r.id = new_rows.id OFFSET 0\n    ) found\n    WHERE found.is_over\n) THEN\n    RAISE EXCEPTION 'a requirement has more allocated and issued than it requires' USING ERRCODE = 'check_violation';\nEND IF;\nRETURN NULL;", hash='dd5cf706fe965fe0398b7bb1f78ffaea6c9ed7f8', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_issued_within_requirement_45df2', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='stock_requirement', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='supply',
            trigger=pgtrigger.compiler.Trigger(name='allocated_starts_at_zero', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NEW."allocated" <> 0 AND pg_trigger_depth() = 0)', func="RAISE EXCEPTION '%.allocated is a sum that a trigger keeps', TG_TABLE_NAME USING ERRCODE = 'check_violation';", hash='4b88d702feb6573377c95ecab8dca9678ddfdc97', operation='INSERT', pgid='pgtrigger_allocated_starts_at_zero_6fa27', table='stock_supply', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='supply',
            trigger=pgtrigger.compiler.Trigger(name='allocated_is_a_sum', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NEW."allocated" <> OLD."allocated" AND pg_trigger_depth() = 0)', func="RAISE EXCEPTION '%.allocated is a sum that a trigger keeps', TG_TABLE_NAME USING ERRCODE = 'check_violation';", hash='d16e367feddf39488fedc5930f4e1c7e4c377dc2', operation='UPDATE', pgid='pgtrigger_allocated_is_a_sum_fe8c4', table='stock_supply', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='supply',
            trigger=pgtrigger.compiler.Trigger(name='on_hand_begins_with_a_move', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (NEW.kind = 'on hand' AND pg_trigger_depth() = 0)", func="RAISE EXCEPTION '% refuses to insert: on_hand_begins_with_a_move', TG_TABLE_NAME USING ERRCODE = 'check_violation';", hash='f47dbef41138ebf829d77b5720f60b30872fb72d', operation='INSERT', pgid='pgtrigger_on_hand_begins_with_a_move_9ab1d', table='stock_supply', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='supply',
            trigger=pgtrigger.compiler.Trigger(name='on_hand_follows_ledger', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN ('on hand' IN (OLD.kind, NEW.kind) AND (OLD.kind, OLD.quantity) <> (NEW.kind, NEW.quantity) AND pg_trigger_depth() = 0)", func="RAISE EXCEPTION '% refuses to update: on_hand_follows_ledger', TG_TABLE_NAME USING ERRCODE = 'check_violation';", hash='fccce22d9dc5f7b4d38cf94c678ec32477f1f75b', operation='UPDATE', pgid='pgtrigger_on_hand_follows_ledger_33903', table='stock_supply', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='supply',
            trigger=pgtrigger.compiler.Trigger(name='on_hand_stays', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (OLD.kind = 'on hand')", func="RAISE EXCEPTION '% refuses to delete: on_hand_stays', TG_TABLE_NAME USING ERRCODE = 'check_violation';", hash='8816d99194e6c10e6297388ef0a22aa56f98ea11', operation='DELETE', pgid='pgtrigger_on_hand_stays_ebded', table='stock_supply', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='supply',
            trigger=pgtrigger.compiler.Trigger(name='supply_item_stays', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."item_id" IS DISTINCT FROM (NEW."item_id"))', func="RAISE EXCEPTION '% refuses to update: supply_item_stays', TG_TABLE_NAME USING ERRCODE = 'check_violation';", hash='81e25259ae47c2fd5dae78cb0dcb88c0b16a01dd', operation='UPDATE', pgid='pgtrigger_supply_item_stays_693f9', table='stock_supply', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='supply',
            trigger=pgtrigger.compiler.Trigger(name='build_waits', sql=pgtrigger.compiler.UpsertTriggerSql(constraint='CONSTRAINT', func="\nIF EXISTS (\n    SELECT 1 FROM stock_demand d\n    JOIN stock_requirement r ON r.demand_id = d.id\n    JOIN stock_allocation a ON a.requirement_id = r.id\n    JOIN stock_supply s ON s.id = a.supply_id\n    WHERE s.id = NEW.id AND d.builds_id IS NOT NULL AND s.due > d.need_date\n) OR EXISTS (\n    SELECT 1 FROM stock_demand d JOIN stock_supply s ON s.id = d.builds_id WHERE s.id = NEW.id AND s.due < d.need_date\n) THEN\n    RAISE EXCEPTION 'a build cannot begin before its components are due, nor be due before it begins; move its dates too'\n        USING ERRCODE = 'check_violation';\nEND IF;\nRETURN NULL;\n", hash='31a3c3390b69e16f667bb68fda0e97f9bb940d93', operation='UPDATE OF "due"', pgid='pgtrigger_build_waits_76143', table='stock_supply', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='supply',
            trigger=pgtrigger.compiler.Trigger(name='named_by_stock_allocation', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n        IF EXISTS (SELECT 1 FROM stock_allocation r JOIN old_rows o ON o.id = r.supply_id) THEN\n            RAISE EXCEPTION 'a row of % is still named in stock_allocation.supply', TG_TABLE_NAME\n                USING ERRCODE = 'foreign_key_violation';\n        END IF;\n        RETURN NULL;\n        ", hash='73e6b56daaec51a0c1d8815777555f1769e26d43', level='STATEMENT', operation='DELETE', pgid='pgtrigger_named_by_stock_allocation_d3f9a', referencing='REFERENCING OLD TABLE AS old_rows ', table='stock_supply', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='demand',
            trigger=pgtrigger.compiler.Trigger(name='build_waits', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NEW.builds_id IS NOT NULL)', constraint='CONSTRAINT', func="\nIF EXISTS (\n    SELECT 1 FROM stock_demand d\n    JOIN stock_requirement r ON r.demand_id = d.id\n    JOIN stock_allocation a ON a.requirement_id = r.id\n    JOIN stock_supply s ON s.id = a.supply_id\n    WHERE d.id = NEW.id AND d.builds_id IS NOT NULL AND s.due > d.need_date\n) OR EXISTS (\n    SELECT 1 FROM stock_demand d JOIN stock_supply s ON s.id = d.builds_id WHERE d.id = NEW.id AND s.due < d.need_date\n) THEN\n    RAISE EXCEPTION 'a build cannot begin before its components are due, nor be due before it begins; move its dates too'\n        USING ERRCODE = 'check_violation';\nEND IF;\nRETURN NULL;\n", hash='003814bfa6e5fc4362eeff65333a3fdd5390cfb3', operation='UPDATE OF "need_date"', pgid='pgtrigger_build_waits_a1664', table='stock_demand', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='demand',
            trigger=pgtrigger.compiler.Trigger(name='build_is_due_after_it_begins', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF EXISTS (SELECT 1 FROM new_rows d JOIN stock_supply s ON s.id = d.builds_id WHERE s.due < d.need_date) THEN\n        RAISE EXCEPTION 'a build cannot be due before it begins' USING ERRCODE = 'check_violation';\n    END IF;\n    RETURN NULL;\n    ", hash='2e670dfdfee0e5eb606729b9d53765f435cc6351', level='STATEMENT', operation='INSERT', pgid='pgtrigger_build_is_due_after_it_begins_6730c', referencing='REFERENCING NEW TABLE AS new_rows ', table='stock_demand', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='demand',
            trigger=pgtrigger.compiler.Trigger(name='named_by_stock_requirement', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n        IF EXISTS (SELECT 1 FROM stock_requirement r JOIN old_rows o ON o.id = r.demand_id) THEN\n            RAISE EXCEPTION 'a row of % is still named in stock_requirement.demand', TG_TABLE_NAME\n                USING ERRCODE = 'foreign_key_violation';\n        END IF;\n        RETURN NULL;\n        ", hash='b598624c9630426d822f2475e60f6e86120eaead', level='STATEMENT', operation='DELETE', pgid='pgtrigger_named_by_stock_requirement_a7a54', referencing='REFERENCING OLD TABLE AS old_rows ', table='stock_demand', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='allocation',
            trigger=pgtrigger.compiler.Trigger(name='allocated', sql=pgtrigger.compiler.UpsertTriggerSql(func="\nPERFORM 1 FROM stock_requirement r\nWHERE r.id IN (SELECT requirement_id FROM new_rows) AND r.xmin <> pg_current_xact_id()::xid\nORDER BY r.id FOR NO KEY UPDATE;\n\nPERFORM 1 FROM stock_supply s WHERE s.id IN (SELECT supply_id FROM (SELECT supply_id, quantity FROM new_rows) r) ORDER BY s.id FOR NO KEY UPDATE;\nUPDATE stock_supply s SET allocated = s.allocated + change.quantity\nFROM (SELECT supply_id, SUM(quantity) AS quantity FROM (SELECT supply_id, quantity FROM new_rows) r GROUP BY 1 HAVING SUM(quantity) <> 0) change\nWHERE s.id = change.supply_id;\n\nIF (CASE WHEN current_setting('enable_nestloop')::boolean THEN EXISTS (\nSELECT 1 FROM new_rows LEFT JOIN LATERAL (\n    SELECT r.id, r.item_id <> s.item_id OR (d.builds_id IS NOT NULL AND s.due > d.need_date) OR r.quantity - r.issued < (SELECT SUM(x.quantity) FROM stock_allocation x WHERE x.requirement_id = r.id) AS is_wrong\n    FROM stock_requirement r JOIN stock_demand d ON d.id = r.demand_id JOIN stock_supply s ON s.id = new_rows.supply_id\n    WHERE r.id = new_rows.requirement_id OFFSET 0\n) found ON true\nWHERE found.id IS NULL OR found.is_wrong\n) ELSE EXISTS (\nSELECT 1 FROM new_rows LEFT JOIN stock_requirement r ON r.id = new_rows.requirement_id\nLEFT JOIN stock_demand d ON d.id = r.demand_id LEFT JOIN stock_supply s ON s.id = new_rows.supply_id\nWHERE r.id IS NULL OR s.id IS NULL OR r.item_id <> s.item_id OR (d.builds_id IS NOT NULL AND s.due > d.need_date) OR r.quantity - r.issued < (SELECT SUM(x.quantity) FROM stock_allocation x WHERE x.requirement_id = r.id)\n) END) THEN\n    \nIF EXISTS (SELECT 1 FROM new_rows a WHERE NOT EXISTS (SELECT 1 FROM stock_requirement t WHERE t.id = a.requirement_id)) THEN\n    RAISE EXCEPTION 'an allocation names a requirement that is not there' USING ERRCODE = 'foreign_key_violation';\nEND IF;\n\n    \nIF EXISTS (SELECT 1 FROM new_rows a WHERE NOT EXISTS (SELECT 1 FROM stock_supply t WHERE t.id = a.supply_id)) THEN\n    RAISE EXCEPTION 'an allocation names a supply that is not there' USING ERRCODE = 'foreign_key_violation';\nEND IF;\n\n    \nIF EXISTS (\n    SELECT 1 FROM new_rows CROSS JOIN LATERAL (\n        SELECT r.quantity - r.issued < (SELECT SUM(x.quantity) FROM stock_allocation x WHERE x.requirement_id = r.id) AS is_over FROM stock_requirement r WHERE r.id = new_rows.requirement_id OFFSET 0\n    ) found\n    WHERE found.is_over\n) THEN\n    RAISE EXCEPTION 'a requirement has more allocated and issued than it requires' USING ERRCODE = 'check_violation';\nEND IF;\n\n    IF EXISTS (\n        SELECT 1 FROM new_rows a\n        JOIN stock_requirement r ON r.id = a.requirement_id JOIN stock_supply s ON s.id = a.supply_id\n        WHERE r.item_id <> s.item_id\n    ) THEN\n        RAISE EXCEPTION 'a requirement cannot be met by the supply of another item' USING ERRCODE = 'check_violation';\n    END IF;\n    RAISE EXCEPTION 'a build cannot rest on what is due after it begins' USING ERRCODE = 'check_violation';\nEND IF;\nRETURN NULL;", hash='c8583bcadccadb2008cffce557debd8457f4393e', level='STATEMENT', operation='INSERT', pgid='pgtrigger_allocated_afaf4', referencing='REFERENCING NEW TABLE AS new_rows ', table='stock_allocation', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='allocation',
            trigger=pgtrigger.compiler.Trigger(name='released', sql=pgtrigger.compiler.UpsertTriggerSql(func='\nPERFORM 1 FROM stock_supply s WHERE s.id IN (SELECT supply_id FROM (SELECT supply_id, -quantity AS quantity FROM old_rows) r) ORDER BY s.id FOR NO KEY UPDATE;\nUPDATE stock_supply s SET allocated = s.allocated + change.quantity\nFROM (SELECT supply_id, SUM(quantity) AS quantity FROM (SELECT supply_id, -quantity AS quantity FROM old_rows) r GROUP BY 1 HAVING SUM(quantity) <> 0) change\nWHERE s.id = change.supply_id;\nRETURN NULL;', hash='1dd804462798cbe4ff12d9ecb5284a64ccf294f1', level='STATEMENT', operation='DELETE', pgid='pgtrigger_released_2d9ac', referencing='REFERENCING OLD TABLE AS old_rows ', table='stock_allocation', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='allocation',
            trigger=pgtrigger.compiler.Trigger(name='reallocated', sql=pgtrigger.compiler.UpsertTriggerSql(func="\nPERFORM 1 FROM stock_requirement r\nWHERE r.id IN (SELECT requirement_id FROM new_rows) AND r.xmin <> pg_current_xact_id()::xid\nORDER BY r.id FOR NO KEY UPDATE;\n\nPERFORM 1 FROM stock_supply s WHERE s.id IN (SELECT supply_id FROM (SELECT supply_id, quantity FROM new_rows UNION ALL SELECT supply_id, -quantity AS quantity FROM old_rows) r) ORDER BY s.id FOR NO KEY UPDATE;\nUPDATE stock_supply s SET allocated = s.allocated + change.quantity\nFROM (SELECT supply_id, SUM(quantity) AS quantity FROM (SELECT supply_id, quantity FROM new_rows UNION ALL SELECT supply_id, -quantity AS quantity FROM old_rows) r GROUP BY 1 HAVING SUM(quantity) <> 0) change\nWHERE s.id = change.supply_id;\n\nIF (CASE WHEN current_setting('enable_nestloop')::boolean THEN EXISTS (\nSELECT 1 FROM new_rows LEFT JOIN LATERAL (\n    SELECT r.id, r.item_id <> s.item_id OR (d.builds_id IS NOT NULL AND s.due > d.need_date) OR r.quantity - r.issued < (SELECT SUM(x.quantity) FROM stock_allocation x WHERE x.requirement_id = r.id) AS is_wrong\n    FROM stock_requirement r JOIN stock_demand d ON d.id = r.demand_id JOIN stock_supply s ON s.id = new_rows.supply_id\n    WHERE r.id = new_rows.requirement_id OFFSET 0\n) found ON true\nWHERE found.id IS NULL OR found.is_wrong\n) ELSE EXISTS (\nSELECT 1 FROM new_rows LEFT JOIN stock_requirement r ON r.id = new_rows.requirement_id\nLEFT JOIN stock_demand d ON d.id = r.demand_id LEFT JOIN stock_supply s ON s.id = new_rows.supply_id\nWHERE r.id IS NULL OR s.id IS NULL OR r.item_id <> s.item_id OR (d.builds_id IS NOT NULL AND s.due > d.need_date) OR r.quantity - r.issued < (SELECT SUM(x.quantity) FROM stock_allocation x WHERE x.requirement_id = r.id)\n) END) THEN\n    \nIF EXISTS (SELECT 1 FROM new_rows a WHERE NOT EXISTS (SELECT 1 FROM stock_requirement t WHERE t.id = a.requirement_id)) THEN\n    RAISE EXCEPTION 'an allocation names a requirement that is not there' USING ERRCODE = 'foreign_key_violation';\nEND IF;\n\n    \nIF EXISTS (SELECT 1 FROM new_rows a WHERE NOT EXISTS (SELECT 1 FROM stock_supply t WHERE t.id = a.supply_id)) THEN\n    RAISE EXCEPTION 'an allocation names a supply that is not there' USING ERRCODE = 'foreign_key_violation';\nEND IF;\n\n    \nIF EXISTS (\n    SELECT 1 FROM new_rows CROSS JOIN LATERAL (\n        SELECT r.quantity - r.issued < (SELECT SUM(x.quantity) FROM stock_allocation x WHERE x.requirement_id = r.id) AS is_over FROM stock_requirement r WHERE r.id = new_rows.requirement_id OFFSET 0\n    ) found\n    WHERE found.is_over\n) THEN\n    RAISE EXCEPTION 'a requirement has more allocated and issued than it requires' USING ERRCODE = 'check_violation';\nEND IF;\n\n    IF EXISTS (\n        SELECT 1 FROM new_rows a\n        JOIN stock_requirement r ON r.id = a.requirement_id JOIN stock_supply s ON s.id = a.supply_id\n        WHERE r.item_id <> s.item_id\n    ) THEN\n        RAISE EXCEPTION 'a requirement cannot be met by the supply of another item' USING ERRCODE = 'check_violation';\n    END IF;\n    RAISE EXCEPTION 'a build cannot rest on what is due after it begins' USING ERRCODE = 'check_violation';\nEND IF;\nRETURN NULL;", hash='c87782a9176bb96611c48960a6b756d669687c9e', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_reallocated_b5bce', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='stock_allocation', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='allocation',
            trigger=pgtrigger.compiler.Trigger(name='emptied_with_company', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF EXISTS (SELECT 1 FROM accounts_company) THEN\n        RAISE EXCEPTION '% can only be emptied together with the company and all else', TG_TABLE_NAME\n            USING ERRCODE = 'check_violation';\n    END IF;\n    RETURN NULL;\n    ", hash='9926c9fda3da625e94254b9fd6ec5c6a1489ab7a', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_emptied_with_company_915a2', table='stock_allocation', when='AFTER')),
        ),
    ]
