"""All migrations so far as one, which makes a new database in half the time."""

import django.db.models.deletion
import django.db.models.expressions
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    replaces = [
        ('purchasing', '0001_initial'),
        ('purchasing', '0002_history_of_deletions'),
        ('purchasing', '0003_set_based_triggers'),
        ('purchasing', '0004_expediting'),
        ('purchasing', '0005_short_deliveries'),
    ]

    dependencies = [
        ('catalogue', '0001_squashed_0010_cheaper_checks'),
        ('pghistory', '0007_auto_20250421_0444'),
        ('stock', '0001_squashed_0005_free_supply'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='PurchaseOrder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=20, unique=True)),
                ('state', models.CharField(choices=[('sent', 'sent'), ('received', 'received'), ('cancelled', 'cancelled')], default='sent', max_length=20)),
                ('ordered_at', models.DateTimeField(help_text='Business time')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='PurchaseOrderLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.PositiveIntegerField()),
                ('received', models.PositiveIntegerField(default=0)),
                ('missing', models.PositiveIntegerField(default=0, help_text='Units that will not come: the delivery ended short')),
                ('price', models.DecimalField(decimal_places=4, max_digits=14)),
                ('first_due', models.DateField(help_text='The date that the supplier confirmed first')),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='purchase_lines', to='catalogue.item')),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='purchasing.purchaseorder')),
                ('supply', models.OneToOneField(help_text='What is still to come, and the date expected now', on_delete=django.db.models.deletion.PROTECT, related_name='purchase_line', to='stock.supply')),
            ],
            options={
                'ordering': ['order', 'id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='purchase_quantity_positive'), models.CheckConstraint(condition=models.Q(('received__lte', django.db.models.expressions.CombinedExpression(models.F('quantity'), '-', models.F('missing')))), name='not_received_beyond_the_order')],
            },
        ),
        migrations.CreateModel(
            name='Receipt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.PositiveIntegerField()),
                ('at', models.DateTimeField(help_text='Business time')),
                ('line', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='receipts', to='purchasing.purchaseorderline')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='receipt_quantity_positive')],
            },
        ),
        migrations.CreateModel(
            name='Supplier',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=40, unique=True)),
                ('name', models.CharField(max_length=200)),
                ('country', models.CharField(blank=True, max_length=2)),
                ('on_time', models.FloatField(default=1, help_text='Share of deliveries on the confirmed date')),
                ('mean_delay_days', models.FloatField(default=0, help_text='Mean delay of the others')),
            ],
            options={
                'ordering': ['code'],
                'constraints': [models.CheckConstraint(condition=models.Q(('on_time__gte', 0), ('on_time__lte', 1)), name='supplier_on_time_is_a_share'), models.CheckConstraint(condition=models.Q(('mean_delay_days__gte', 0)), name='supplier_delay_not_negative')],
            },
        ),
        migrations.AddField(
            model_name='purchaseorder',
            name='supplier',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='orders', to='purchasing.supplier'),
        ),
        migrations.CreateModel(
            name='SupplierEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('code', models.CharField(max_length=40)),
                ('name', models.CharField(max_length=200)),
                ('country', models.CharField(blank=True, max_length=2)),
                ('on_time', models.FloatField(default=1, help_text='Share of deliveries on the confirmed date')),
                ('mean_delay_days', models.FloatField(default=0, help_text='Mean delay of the others')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='purchasing.supplier')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='SupplierItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('price', models.DecimalField(decimal_places=4, max_digits=14)),
                ('lead_time_days', models.PositiveIntegerField(help_text='Calendar days from order to delivery')),
                ('minimum_quantity', models.PositiveIntegerField(default=1)),
                ('multiple', models.PositiveIntegerField(default=1)),
                ('preferred', models.BooleanField(default=True)),
                ('expedited_days', models.PositiveIntegerField(blank=True, help_text='Calendar days when it is expedited; empty where it cannot be', null=True)),
                ('expedite_cost', models.DecimalField(decimal_places=4, default=0, help_text='What expediting costs more for each delivery', max_digits=14)),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='suppliers', to='catalogue.item')),
                ('supplier', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='items', to='purchasing.supplier')),
            ],
            options={
                'ordering': ['supplier', 'item'],
                'constraints': [models.UniqueConstraint(fields=('supplier', 'item'), name='supplier_sells_an_item_once'), models.UniqueConstraint(condition=models.Q(('preferred', True)), fields=('item',), name='one_preferred_supplier'), models.CheckConstraint(condition=models.Q(('minimum_quantity__gt', 0), ('multiple__gt', 0)), name='supplier_item_quantities_positive'), models.CheckConstraint(condition=models.Q(('price__gte', 0)), name='supplier_item_price_not_negative'), models.CheckConstraint(condition=models.Q(('expedited_days__isnull', True), ('expedited_days__lte', models.F('lead_time_days')), _connector='OR'), name='expedited_is_not_slower'), models.CheckConstraint(condition=models.Q(('expedite_cost__gte', 0)), name='expedite_cost_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='SupplierItemEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('price', models.DecimalField(decimal_places=4, max_digits=14)),
                ('lead_time_days', models.PositiveIntegerField(help_text='Calendar days from order to delivery')),
                ('minimum_quantity', models.PositiveIntegerField(default=1)),
                ('multiple', models.PositiveIntegerField(default=1)),
                ('preferred', models.BooleanField(default=True)),
                ('expedited_days', models.PositiveIntegerField(blank=True, help_text='Calendar days when it is expedited; empty where it cannot be', null=True)),
                ('expedite_cost', models.DecimalField(decimal_places=4, default=0, help_text='What expediting costs more for each delivery', max_digits=14)),
                ('item', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='catalogue.item')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='purchasing.supplieritem')),
                ('supplier', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='purchasing.supplier')),
            ],
            options={
                'abstract': False,
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='supplier',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "purchasing_supplierevent" ("code", "country", "id", "mean_delay_days", "name", "on_time", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (NEW."code", NEW."country", NEW."id", NEW."mean_delay_days", NEW."name", NEW."on_time", _pgh_attach_context(), NOW(), \'insert\', NEW."id"); RETURN NULL;', hash='0ad041bd12369d53c308776a1caec0c148675a97', operation='INSERT', pgid='pgtrigger_insert_insert_6cb4f', table='purchasing_supplier', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='supplier',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "purchasing_supplierevent" ("code", "country", "id", "mean_delay_days", "name", "on_time", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (NEW."code", NEW."country", NEW."id", NEW."mean_delay_days", NEW."name", NEW."on_time", _pgh_attach_context(), NOW(), \'update\', NEW."id"); RETURN NULL;', hash='024e7fb26983e7a3921750089994b7c8e261548e', operation='UPDATE', pgid='pgtrigger_update_update_75b73', table='purchasing_supplier', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='supplier',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "purchasing_supplierevent" ("code", "country", "id", "mean_delay_days", "name", "on_time", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (OLD."code", OLD."country", OLD."id", OLD."mean_delay_days", OLD."name", OLD."on_time", _pgh_attach_context(), NOW(), \'delete\', OLD."id"); RETURN NULL;', hash='4272603490c12536a88e42db6e1a8f8f2b06911d', operation='DELETE', pgid='pgtrigger_delete_delete_c3592', table='purchasing_supplier', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='purchaseorder',
            trigger=pgtrigger.compiler.Trigger(name='state_starts', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (NEW.state NOT IN ('sent'))", func="RAISE EXCEPTION '% cannot start in state %', TG_TABLE_NAME, NEW.state USING ERRCODE = 'check_violation';", hash='de6f750c60809eaa5bb745ff329d86f917de0de3', operation='INSERT', pgid='pgtrigger_state_starts_d3003', table='purchasing_purchaseorder', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='purchaseorder',
            trigger=pgtrigger.compiler.Trigger(name='state_changes', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (('sent', 'cancelled'), ('sent', 'received')))", func="\n            RAISE EXCEPTION '% % cannot go from % to %', TG_TABLE_NAME, NEW.id, OLD.state, NEW.state\n                USING ERRCODE = 'check_violation';\n            ", hash='7c59147f00da61d6af188f2d1435c38f18467329', operation='UPDATE OF "state"', pgid='pgtrigger_state_changes_4d50f', table='purchasing_purchaseorder', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='purchaseorder',
            trigger=pgtrigger.compiler.Trigger(name='state_recorded_at_start', sql=pgtrigger.compiler.UpsertTriggerSql(func="\nINSERT INTO accounts_statechange (entity, entity_id, from_state, to_state, user_id, at, recorded_at, reason)\nSELECT TG_TABLE_NAME, n.id, '', n.state,\n       NULLIF(current_setting('atoll.user', true), '')::bigint,\n       NULLIF(current_setting('atoll.at', true), '')::timestamptz,\n       clock_timestamp(), COALESCE(current_setting('atoll.reason', true), '')\nFROM new_rows n ORDER BY n.id;\nRETURN NULL;\n", hash='ef00eab6a163af57c67f08677abbb9fa5a62d2f2', level='STATEMENT', operation='INSERT', pgid='pgtrigger_state_recorded_at_start_a0a8b', referencing='REFERENCING NEW TABLE AS new_rows ', table='purchasing_purchaseorder', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='purchaseorder',
            trigger=pgtrigger.compiler.Trigger(name='state_recorded', sql=pgtrigger.compiler.UpsertTriggerSql(func="\nINSERT INTO accounts_statechange (entity, entity_id, from_state, to_state, user_id, at, recorded_at, reason)\nSELECT TG_TABLE_NAME, n.id, o.state, n.state,\n       NULLIF(current_setting('atoll.user', true), '')::bigint,\n       NULLIF(current_setting('atoll.at', true), '')::timestamptz,\n       clock_timestamp(), COALESCE(current_setting('atoll.reason', true), '')\nFROM new_rows n JOIN old_rows o ON o.id = n.id AND o.state <> n.state ORDER BY n.id;\nRETURN NULL;\n", hash='cd81796ed12c49783420fefee77d98b58c139814', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_state_recorded_d271b', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='purchasing_purchaseorder', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='supplieritem',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "purchasing_supplieritemevent" ("expedite_cost", "expedited_days", "id", "item_id", "lead_time_days", "minimum_quantity", "multiple", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "preferred", "price", "supplier_id") VALUES (NEW."expedite_cost", NEW."expedited_days", NEW."id", NEW."item_id", NEW."lead_time_days", NEW."minimum_quantity", NEW."multiple", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."preferred", NEW."price", NEW."supplier_id"); RETURN NULL;', hash='9d8b3df5634fc18ee0317ee980de4207d92a6a9b', operation='INSERT', pgid='pgtrigger_insert_insert_e7c00', table='purchasing_supplieritem', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='supplieritem',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "purchasing_supplieritemevent" ("expedite_cost", "expedited_days", "id", "item_id", "lead_time_days", "minimum_quantity", "multiple", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "preferred", "price", "supplier_id") VALUES (NEW."expedite_cost", NEW."expedited_days", NEW."id", NEW."item_id", NEW."lead_time_days", NEW."minimum_quantity", NEW."multiple", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."preferred", NEW."price", NEW."supplier_id"); RETURN NULL;', hash='5dcd5086424134e7f5995ba4d5c4b3d3c6e7554d', operation='UPDATE', pgid='pgtrigger_update_update_b6779', table='purchasing_supplieritem', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='supplieritem',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "purchasing_supplieritemevent" ("expedite_cost", "expedited_days", "id", "item_id", "lead_time_days", "minimum_quantity", "multiple", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "preferred", "price", "supplier_id") VALUES (OLD."expedite_cost", OLD."expedited_days", OLD."id", OLD."item_id", OLD."lead_time_days", OLD."minimum_quantity", OLD."multiple", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."preferred", OLD."price", OLD."supplier_id"); RETURN NULL;', hash='045bc4c752d58e7b7481097548a4c91d8e126209', operation='DELETE', pgid='pgtrigger_delete_delete_ca074', table='purchasing_supplieritem', when='AFTER')),
        ),
    ]
