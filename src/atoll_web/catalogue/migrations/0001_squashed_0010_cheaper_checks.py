"""All migrations so far as one, which makes a new database in half the time."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    replaces = [
        ('catalogue', '0001_initial'),
        ('catalogue', '0002_shop_and_history'),
        ('catalogue', '0003_history_of_deletions'),
        ('catalogue', '0004_set_based_triggers'),
        ('catalogue', '0005_compiled_form'),
        ('catalogue', '0006_alternates_and_overtime'),
        ('catalogue', '0007_successors'),
        ('catalogue', '0008_substitutes'),
        ('catalogue', '0009_fewer_indexes'),
        ('catalogue', '0010_cheaper_checks'),
    ]

    dependencies = [
        ('pghistory', '0007_auto_20250421_0444'),
        ('runs', '0001_squashed_0002_set_based_triggers'),
    ]

    operations = [
        migrations.CreateModel(
            name='AssemblyLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=40, unique=True)),
                ('name', models.CharField(max_length=200)),
                ('minutes_per_day', models.PositiveIntegerField()),
                ('overtime_minutes', models.PositiveIntegerField(default=0, help_text='That people can work longer on a day')),
                ('overtime_rate', models.DecimalField(decimal_places=4, default=0, help_text='What a minute of overtime costs', max_digits=14)),
            ],
            options={
                'ordering': ['code'],
            },
        ),
        migrations.CreateModel(
            name='BillLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.PositiveIntegerField()),
            ],
            options={
                'ordering': ['parent', 'component'],
            },
        ),
        migrations.CreateModel(
            name='Configuration',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=64)),
                ('values', models.JSONField()),
                ('price', models.DecimalField(decimal_places=2, max_digits=14)),
                ('cost', models.DecimalField(decimal_places=4, max_digits=14)),
                ('minutes', models.PositiveIntegerField(help_text='Work of final assembly for one unit')),
            ],
        ),
        migrations.CreateModel(
            name='Item',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=40, unique=True)),
                ('name', models.CharField(max_length=200)),
                ('kind', models.CharField(choices=[('component', 'component'), ('subassembly', 'subassembly'), ('end item', 'end item')], max_length=12)),
                ('unit', models.CharField(default='piece', max_length=12)),
                ('cost', models.DecimalField(decimal_places=4, default=0, help_text='Standard cost of one unit', max_digits=14)),
                ('tracking', models.CharField(choices=[('none', 'none'), ('lot', 'lot'), ('serial', 'serial')], default='none', max_length=6)),
                ('assembly_minutes', models.PositiveIntegerField(default=0, help_text='Work per unit on final assembly')),
                ('build_minutes', models.PositiveIntegerField(default=0, help_text='Work to build one unit ahead')),
                ('build_days', models.PositiveIntegerField(default=1, help_text='Working days of a build order')),
                ('attributes', models.JSONField(blank=True, default=dict)),
                ('active', models.BooleanField(default=True, help_text='What is not is obsolete: used up, but neither bought nor built any more')),
                ('replaced_by', models.ForeignKey(blank=True, help_text='What promises take for an obsolete item that is used up', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='replaces', to='catalogue.item')),
            ],
            options={
                'ordering': ['code'],
                'constraints': [models.CheckConstraint(condition=models.Q(('cost__gte', 0)), name='item_cost_not_negative'), models.CheckConstraint(condition=models.Q(('replaced_by', None), ('active', False), _connector='OR'), name='only_what_is_obsolete_is_replaced'), models.CheckConstraint(condition=models.Q(('replaced_by', models.F('id')), _negated=True), name='item_is_replaced_by_another'), models.CheckConstraint(condition=models.Q(('kind__in', ('component', 'subassembly', 'end item'))), name='item_kind_is_known'), models.CheckConstraint(condition=models.Q(('tracking__in', ('none', 'lot', 'serial'))), name='item_tracking_is_known'), models.CheckConstraint(condition=models.Q(('kind', 'component'), models.Q(('kind', 'subassembly'), ('tracking__in', ['lot', 'serial'])), ('tracking', 'serial'), _connector='OR'), name='what_is_built_is_numbered')],
            },
        ),
        migrations.CreateModel(
            name='BillLineEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('quantity', models.PositiveIntegerField()),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='catalogue.billline')),
                ('component', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='catalogue.item')),
                ('parent', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='catalogue.item')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.AddField(
            model_name='billline',
            name='component',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='where_used', to='catalogue.item'),
        ),
        migrations.AddField(
            model_name='billline',
            name='parent',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='bill', to='catalogue.item'),
        ),
        migrations.CreateModel(
            name='ItemEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('code', models.CharField(max_length=40)),
                ('name', models.CharField(max_length=200)),
                ('kind', models.CharField(choices=[('component', 'component'), ('subassembly', 'subassembly'), ('end item', 'end item')], max_length=12)),
                ('unit', models.CharField(default='piece', max_length=12)),
                ('cost', models.DecimalField(decimal_places=4, default=0, help_text='Standard cost of one unit', max_digits=14)),
                ('tracking', models.CharField(choices=[('none', 'none'), ('lot', 'lot'), ('serial', 'serial')], default='none', max_length=6)),
                ('assembly_minutes', models.PositiveIntegerField(default=0, help_text='Work per unit on final assembly')),
                ('build_minutes', models.PositiveIntegerField(default=0, help_text='Work to build one unit ahead')),
                ('build_days', models.PositiveIntegerField(default=1, help_text='Working days of a build order')),
                ('attributes', models.JSONField(blank=True, default=dict)),
                ('active', models.BooleanField(default=True, help_text='What is not is obsolete: used up, but neither bought nor built any more')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='catalogue.item')),
                ('replaced_by', models.ForeignKey(blank=True, db_constraint=False, help_text='What promises take for an obsolete item that is used up', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='catalogue.item')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='LineDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('capacity', models.PositiveIntegerField(help_text='Minutes, overtime included')),
                ('overtime', models.PositiveIntegerField(default=0, help_text='Minutes of the capacity that are worked longer than usual')),
                ('reserved', models.IntegerField(default=0, help_text='Minutes; kept by the trigger of the reservations')),
                ('line', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='days', to='catalogue.assemblyline')),
            ],
            options={
                'ordering': ['day', 'line'],
                'constraints': [models.UniqueConstraint(fields=('line', 'day'), name='line_day_once'), models.CheckConstraint(condition=models.Q(('reserved__gte', 0), ('reserved__lte', models.F('capacity'))), name='line_day_not_overbooked'), models.CheckConstraint(condition=models.Q(('overtime__lte', models.F('capacity'))), name='overtime_is_capacity')],
            },
        ),
        migrations.CreateModel(
            name='OrderBillAlternate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rank', models.PositiveSmallIntegerField(help_text='The smaller, the rather it is taken')),
                ('on_request', models.BooleanField(default=False, help_text='A substitute: taken only where somebody agrees to it')),
                ('alternate', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalogue.item')),
                ('configuration', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='alternates', to='catalogue.configuration')),
                ('item', models.ForeignKey(help_text='Of the order bill', on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalogue.item')),
            ],
            options={
                'ordering': ['configuration', 'item', 'rank'],
                'constraints': [models.UniqueConstraint(fields=('configuration', 'item', 'alternate'), name='alternate_once'), models.UniqueConstraint(fields=('configuration', 'item', 'rank'), name='alternates_have_ranks'), models.CheckConstraint(condition=models.Q(('item', models.F('alternate')), _negated=True), name='alternate_is_another_item')],
            },
        ),
        migrations.CreateModel(
            name='OrderBillLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.PositiveIntegerField()),
                ('configuration', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='order_bill', to='catalogue.configuration')),
                ('item', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalogue.item')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('configuration', 'item'), name='order_bill_names_an_item_once'), models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='order_bill_quantity_positive')],
            },
        ),
        migrations.CreateModel(
            name='ProductModel',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=40, unique=True)),
                ('name', models.CharField(max_length=200)),
                ('in_shop', models.BooleanField(default=False, help_text='Whether everybody may configure it, without signing in')),
                ('end_item', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='product_model', to='catalogue.item')),
            ],
            options={
                'ordering': ['code'],
            },
        ),
        migrations.AddField(
            model_name='assemblyline',
            name='builds',
            field=models.ManyToManyField(related_name='lines', to='catalogue.productmodel'),
        ),
        migrations.CreateModel(
            name='Revision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=20)),
                ('state', models.CharField(choices=[('draft', 'draft'), ('released', 'released'), ('obsolete', 'obsolete')], default='draft', max_length=20)),
                ('document', models.JSONField(help_text='The product model in full: features, options with attributes, rules, super bill')),
                ('digest', models.CharField(max_length=64)),
                ('valid_from', models.DateField()),
                ('valid_until', models.DateField(blank=True, help_text='First day on which it can no longer be ordered', null=True)),
                ('product_model', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='revisions', to='catalogue.productmodel')),
            ],
            options={
                'ordering': ['product_model', '-valid_from'],
                'constraints': [models.UniqueConstraint(fields=('product_model', 'name'), name='revision_name_once_per_model'), models.CheckConstraint(condition=models.Q(('valid_until__isnull', True), ('valid_until__gte', models.F('valid_from')), _connector='OR'), name='revision_ends_after_it_begins'), django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('state', 'released')), expressions=[(models.Func('product_model_id', 'product_model_id', models.Value('[]'), function='int8range'), '&&'), (models.Func('valid_from', 'valid_until', function='daterange', output_field=django.contrib.postgres.fields.ranges.DateRangeField()), '&&')], name='one_released_revision_a_day')],
            },
        ),
        migrations.AddField(
            model_name='configuration',
            name='revision',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='configurations', to='catalogue.revision'),
        ),
        migrations.CreateModel(
            name='RevisionEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('name', models.CharField(max_length=20)),
                ('state', models.CharField(choices=[('draft', 'draft'), ('released', 'released'), ('obsolete', 'obsolete')], default='draft', max_length=20)),
                ('document', models.JSONField(help_text='The product model in full: features, options with attributes, rules, super bill')),
                ('digest', models.CharField(max_length=64)),
                ('valid_from', models.DateField()),
                ('valid_until', models.DateField(blank=True, help_text='First day on which it can no longer be ordered', null=True)),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='catalogue.revision')),
                ('product_model', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='catalogue.productmodel')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='CompiledForm',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(help_text="Of the revision's document", max_length=64)),
                ('since', models.DateField(help_text='First day of those on which the same rules and price rules hold')),
                ('outline', models.CharField(help_text='Digest of what it speaks of; another one no longer fits', max_length=64)),
                ('engine', models.CharField(choices=[('decision diagram', 'decision diagram'), ('d-DNNF', 'd-DNNF'), ('none', 'none')], max_length=20)),
                ('data', models.BinaryField(blank=True, null=True)),
                ('nodes', models.PositiveIntegerField(default=0)),
                ('seconds', models.FloatField(help_text='That the compilation took')),
                ('configurations', models.TextField(blank=True, help_text='How many there are, in digits; texts aside')),
                ('made_at', models.DateTimeField()),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='runs.run')),
            ],
            options={
                'ordering': ['digest', 'since'],
                'constraints': [models.UniqueConstraint(fields=('digest', 'since'), name='compiled_form_once_for_the_same_rules'), models.CheckConstraint(condition=models.Q(('engine__in', ('decision diagram', 'd-DNNF', 'none'))), name='compiled_form_engine_is_known'), models.CheckConstraint(condition=models.Q(models.Q(('configurations', ''), ('data', None), ('engine', 'none')), models.Q(models.Q(('engine', 'none'), _negated=True), ('data__isnull', False), ('configurations__regex', '^[0-9]+$')), _connector='OR'), name='compiled_form_has_its_data')],
            },
        ),
        migrations.AddConstraint(
            model_name='billline',
            constraint=models.UniqueConstraint(fields=('parent', 'component'), name='bill_names_a_component_once'),
        ),
        migrations.AddConstraint(
            model_name='billline',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='quantity_per_positive'),
        ),
        migrations.AddConstraint(
            model_name='assemblyline',
            constraint=models.CheckConstraint(condition=models.Q(('overtime_rate__gte', 0)), name='overtime_rate_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='configuration',
            constraint=models.UniqueConstraint(fields=('revision', 'key'), name='equal_configurations_share_a_row'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='item',
            trigger=pgtrigger.compiler.Trigger(name='named_by_catalogue_orderbillline', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n        LOCK TABLE catalogue_orderbillline IN SHARE ROW EXCLUSIVE MODE;\n        IF EXISTS (SELECT 1 FROM catalogue_orderbillline r JOIN old_rows o ON o.id = r.item_id) THEN\n            RAISE EXCEPTION 'a row of % is still named in catalogue_orderbillline.item', TG_TABLE_NAME\n                USING ERRCODE = 'foreign_key_violation';\n        END IF;\n        RETURN NULL;\n        ", hash='b19b23c98e14a15d009314dad8ba85f3bafbe07f', level='STATEMENT', operation='DELETE', pgid='pgtrigger_named_by_catalogue_orderbillline_edac7', referencing='REFERENCING OLD TABLE AS old_rows ', table='catalogue_item', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='item',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "catalogue_itemevent" ("active", "assembly_minutes", "attributes", "build_days", "build_minutes", "code", "cost", "id", "kind", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "replaced_by_id", "tracking", "unit") VALUES (NEW."active", NEW."assembly_minutes", NEW."attributes", NEW."build_days", NEW."build_minutes", NEW."code", NEW."cost", NEW."id", NEW."kind", NEW."name", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."replaced_by_id", NEW."tracking", NEW."unit"); RETURN NULL;', hash='8828237e1442a135ca705b543600a51899a69387', operation='INSERT', pgid='pgtrigger_insert_insert_186f3', table='catalogue_item', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='item',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "catalogue_itemevent" ("active", "assembly_minutes", "attributes", "build_days", "build_minutes", "code", "cost", "id", "kind", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "replaced_by_id", "tracking", "unit") VALUES (NEW."active", NEW."assembly_minutes", NEW."attributes", NEW."build_days", NEW."build_minutes", NEW."code", NEW."cost", NEW."id", NEW."kind", NEW."name", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."replaced_by_id", NEW."tracking", NEW."unit"); RETURN NULL;', hash='b20a7d3536722ed29af3403aca6cbc798d3193e1', operation='UPDATE', pgid='pgtrigger_update_update_c7b81', table='catalogue_item', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='item',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "catalogue_itemevent" ("active", "assembly_minutes", "attributes", "build_days", "build_minutes", "code", "cost", "id", "kind", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "replaced_by_id", "tracking", "unit") VALUES (OLD."active", OLD."assembly_minutes", OLD."attributes", OLD."build_days", OLD."build_minutes", OLD."code", OLD."cost", OLD."id", OLD."kind", OLD."name", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."replaced_by_id", OLD."tracking", OLD."unit"); RETURN NULL;', hash='8550ea22a31f7dc87115a1ab808d5bce3242c559', operation='DELETE', pgid='pgtrigger_delete_delete_0095f', table='catalogue_item', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='billline',
            trigger=pgtrigger.compiler.Trigger(name='bill_without_cycle', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    PERFORM pg_advisory_xact_lock(4711001);  -- two writers could each add one half of a cycle that the other does not see yet\n    IF EXISTS (\n        WITH RECURSIVE below(item_id) AS (\n            SELECT NEW.component_id\n            UNION\n            SELECT line.component_id FROM catalogue_billline line JOIN below ON line.parent_id = below.item_id\n            WHERE line.id <> NEW.id\n        )\n        SELECT 1 FROM below WHERE item_id = NEW.parent_id\n    ) THEN\n        RAISE EXCEPTION 'item % would contain itself', NEW.parent_id USING ERRCODE = 'check_violation';\n    END IF;\n    RETURN NEW;\n    ", hash='dd6ce65311bedc9c2f2cf86f0d390708cfd37b42', operation='INSERT OR UPDATE', pgid='pgtrigger_bill_without_cycle_f8969', table='catalogue_billline', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='billline',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "catalogue_billlineevent" ("component_id", "id", "parent_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "quantity") VALUES (NEW."component_id", NEW."id", NEW."parent_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."quantity"); RETURN NULL;', hash='2dd73745c280713d896e0fc89b72a632fa1800b1', operation='INSERT', pgid='pgtrigger_insert_insert_75e7d', table='catalogue_billline', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='billline',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "catalogue_billlineevent" ("component_id", "id", "parent_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "quantity") VALUES (NEW."component_id", NEW."id", NEW."parent_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."quantity"); RETURN NULL;', hash='3319f84cf58ce82922f3a7cec1178cc508fb4ec6', operation='UPDATE', pgid='pgtrigger_update_update_54ff2', table='catalogue_billline', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='billline',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "catalogue_billlineevent" ("component_id", "id", "parent_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "quantity") VALUES (OLD."component_id", OLD."id", OLD."parent_id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."quantity"); RETURN NULL;', hash='053460bd2d52fe1124095083f6e1d7c902570a31', operation='DELETE', pgid='pgtrigger_delete_delete_95b34', table='catalogue_billline', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='lineday',
            trigger=pgtrigger.compiler.Trigger(name='reserved_starts_at_zero', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NEW."reserved" <> 0 AND pg_trigger_depth() = 0)', func="RAISE EXCEPTION '%.reserved is a sum that a trigger keeps', TG_TABLE_NAME USING ERRCODE = 'check_violation';", hash='287ec7cc9664833b52f717f408a7310af1c38610', operation='INSERT', pgid='pgtrigger_reserved_starts_at_zero_d224c', table='catalogue_lineday', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='lineday',
            trigger=pgtrigger.compiler.Trigger(name='reserved_is_a_sum', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NEW."reserved" <> OLD."reserved" AND pg_trigger_depth() = 0)', func="RAISE EXCEPTION '%.reserved is a sum that a trigger keeps', TG_TABLE_NAME USING ERRCODE = 'check_violation';", hash='83ec6b7f450d72cd42d0a567e63a260612f89ed6', operation='UPDATE', pgid='pgtrigger_reserved_is_a_sum_da64d', table='catalogue_lineday', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='orderbillalternate',
            trigger=pgtrigger.compiler.Trigger(name='alternate_never_changes', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION '% refuses to update or delete: alternate_never_changes', TG_TABLE_NAME USING ERRCODE = 'check_violation';", hash='6933a514ce1d3c115416f596b179b823f05f1dff', operation='UPDATE OR DELETE', pgid='pgtrigger_alternate_never_changes_e2c01', table='catalogue_orderbillalternate', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='orderbillalternate',
            trigger=pgtrigger.compiler.Trigger(name='alternates_are_written_at_once', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF EXISTS (\n        SELECT 1 FROM catalogue_orderbillalternate line\n        WHERE line.configuration_id IN (SELECT configuration_id FROM new_rows) AND line.id NOT IN (SELECT id FROM new_rows)\n    ) THEN\n        RAISE EXCEPTION 'an order bill never changes once it is written' USING ERRCODE = 'check_violation';\n    END IF;\n    RETURN NULL;\n    ", hash='c8888293d3258f04cd27f5f8af2662f679e1ca7b', level='STATEMENT', operation='INSERT', pgid='pgtrigger_alternates_are_written_at_once_de64b', referencing='REFERENCING NEW TABLE AS new_rows ', table='catalogue_orderbillalternate', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='orderbillalternate',
            trigger=pgtrigger.compiler.Trigger(name='emptied_with_company', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF EXISTS (SELECT 1 FROM accounts_company) THEN\n        RAISE EXCEPTION '% can only be emptied together with the company and all else', TG_TABLE_NAME\n            USING ERRCODE = 'check_violation';\n    END IF;\n    RETURN NULL;\n    ", hash='3f98cae9db82c048af9864e05c89a43ea5dd2323', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_emptied_with_company_7a5ee', table='catalogue_orderbillalternate', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='orderbillline',
            trigger=pgtrigger.compiler.Trigger(name='order_bill_never_changes', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION '% refuses to update or delete: order_bill_never_changes', TG_TABLE_NAME USING ERRCODE = 'check_violation';", hash='8124c4fb521b45425f4669b271739babb018f6f5', operation='UPDATE OR DELETE', pgid='pgtrigger_order_bill_never_changes_a98d0', table='catalogue_orderbillline', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='orderbillline',
            trigger=pgtrigger.compiler.Trigger(name='order_bill_is_written_at_once', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF EXISTS (\n        SELECT 1 FROM catalogue_orderbillline line\n        WHERE line.configuration_id IN (SELECT configuration_id FROM new_rows) AND line.id NOT IN (SELECT id FROM new_rows)\n    ) THEN\n        RAISE EXCEPTION 'an order bill never changes once it is written' USING ERRCODE = 'check_violation';\n    END IF;\n    RETURN NULL;\n    ", hash='98097bb4b0e5c3809723383510cd183e33a125ba', level='STATEMENT', operation='INSERT', pgid='pgtrigger_order_bill_is_written_at_once_35a28', referencing='REFERENCING NEW TABLE AS new_rows ', table='catalogue_orderbillline', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='orderbillline',
            trigger=pgtrigger.compiler.Trigger(name='configuration_is_there', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF (\n        SELECT count(*) FROM (\n            SELECT 1 FROM catalogue_configuration t WHERE t.id IN (SELECT configuration_id FROM new_rows)\n        ) found\n    ) <> (SELECT count(DISTINCT configuration_id) FROM new_rows) THEN\n        RAISE EXCEPTION '%.configuration names a row of catalogue_configuration that is not there', TG_TABLE_NAME\n            USING ERRCODE = 'foreign_key_violation';\n    END IF;\n    RETURN NULL;\n    ", hash='a487f6c6c02eb7895f1178ff6a012065a0a0a267', level='STATEMENT', operation='INSERT', pgid='pgtrigger_configuration_is_there_1d046', referencing='REFERENCING NEW TABLE AS new_rows ', table='catalogue_orderbillline', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='orderbillline',
            trigger=pgtrigger.compiler.Trigger(name='configuration_stays', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."configuration_id" IS DISTINCT FROM (NEW."configuration_id"))', func="RAISE EXCEPTION '% refuses to update: configuration_stays', TG_TABLE_NAME USING ERRCODE = 'check_violation';", hash='b2481cb96c9ca60577e5f2127d83f862ff52aeca', operation='UPDATE', pgid='pgtrigger_configuration_stays_5c750', table='catalogue_orderbillline', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='orderbillline',
            trigger=pgtrigger.compiler.Trigger(name='item_is_there', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF (\n        SELECT count(*) FROM (\n            SELECT 1 FROM catalogue_item t WHERE t.id IN (SELECT item_id FROM new_rows)\n        ) found\n    ) <> (SELECT count(DISTINCT item_id) FROM new_rows) THEN\n        RAISE EXCEPTION '%.item names a row of catalogue_item that is not there', TG_TABLE_NAME\n            USING ERRCODE = 'foreign_key_violation';\n    END IF;\n    RETURN NULL;\n    ", hash='9870a67d47907e9de9a1d4408c13189bb4d5f4cf', level='STATEMENT', operation='INSERT', pgid='pgtrigger_item_is_there_f389a', referencing='REFERENCING NEW TABLE AS new_rows ', table='catalogue_orderbillline', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='orderbillline',
            trigger=pgtrigger.compiler.Trigger(name='item_stays', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."item_id" IS DISTINCT FROM (NEW."item_id"))', func="RAISE EXCEPTION '% refuses to update: item_stays', TG_TABLE_NAME USING ERRCODE = 'check_violation';", hash='3c15e60f6764559777bf4b69cb591ffa3f901fde', operation='UPDATE', pgid='pgtrigger_item_stays_7409e', table='catalogue_orderbillline', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='orderbillline',
            trigger=pgtrigger.compiler.Trigger(name='emptied_with_company', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF EXISTS (SELECT 1 FROM accounts_company) THEN\n        RAISE EXCEPTION '% can only be emptied together with the company and all else', TG_TABLE_NAME\n            USING ERRCODE = 'check_violation';\n    END IF;\n    RETURN NULL;\n    ", hash='fa13ce7706e96cb2027cc85cf53aab53ba6e9994', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_emptied_with_company_5751d', table='catalogue_orderbillline', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='revision',
            trigger=pgtrigger.compiler.Trigger(name='state_starts', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (NEW.state NOT IN ('draft'))", func="RAISE EXCEPTION '% cannot start in state %', TG_TABLE_NAME, NEW.state USING ERRCODE = 'check_violation';", hash='a84e34a8b6bf7b5d38888b71a5bb3883eb06fcf4', operation='INSERT', pgid='pgtrigger_state_starts_1f1c2', table='catalogue_revision', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='revision',
            trigger=pgtrigger.compiler.Trigger(name='state_changes', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (('draft', 'obsolete'), ('draft', 'released'), ('released', 'obsolete')))", func="\n            RAISE EXCEPTION '% % cannot go from % to %', TG_TABLE_NAME, NEW.id, OLD.state, NEW.state\n                USING ERRCODE = 'check_violation';\n            ", hash='58cc92b39bf807da0baee5cf9da27fa3de889485', operation='UPDATE OF "state"', pgid='pgtrigger_state_changes_b41cd', table='catalogue_revision', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='revision',
            trigger=pgtrigger.compiler.Trigger(name='state_recorded_at_start', sql=pgtrigger.compiler.UpsertTriggerSql(func="\nINSERT INTO accounts_statechange (entity, entity_id, from_state, to_state, user_id, at, recorded_at, reason)\nSELECT TG_TABLE_NAME, n.id, '', n.state,\n       NULLIF(current_setting('atoll.user', true), '')::bigint,\n       NULLIF(current_setting('atoll.at', true), '')::timestamptz,\n       clock_timestamp(), COALESCE(current_setting('atoll.reason', true), '')\nFROM new_rows n ORDER BY n.id;\nRETURN NULL;\n", hash='62bb2f9ab999293f0e37a114919b79e6884d023e', level='STATEMENT', operation='INSERT', pgid='pgtrigger_state_recorded_at_start_55f19', referencing='REFERENCING NEW TABLE AS new_rows ', table='catalogue_revision', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='revision',
            trigger=pgtrigger.compiler.Trigger(name='state_recorded', sql=pgtrigger.compiler.UpsertTriggerSql(func="\nINSERT INTO accounts_statechange (entity, entity_id, from_state, to_state, user_id, at, recorded_at, reason)\nSELECT TG_TABLE_NAME, n.id, o.state, n.state,\n       NULLIF(current_setting('atoll.user', true), '')::bigint,\n       NULLIF(current_setting('atoll.at', true), '')::timestamptz,\n       clock_timestamp(), COALESCE(current_setting('atoll.reason', true), '')\nFROM new_rows n JOIN old_rows o ON o.id = n.id AND o.state <> n.state ORDER BY n.id;\nRETURN NULL;\n", hash='34c762373420f389ddeb26923d4073688c5817bb', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_state_recorded_6b6d3', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='catalogue_revision', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='revision',
            trigger=pgtrigger.compiler.Trigger(name='released_stays_as_it_is', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."state" IS DISTINCT FROM \'draft\' AND (OLD."document" IS DISTINCT FROM (NEW."document") OR OLD."digest" IS DISTINCT FROM (NEW."digest") OR OLD."valid_from" IS DISTINCT FROM (NEW."valid_from") OR OLD."product_model_id" IS DISTINCT FROM (NEW."product_model_id")))', func="RAISE EXCEPTION '% refuses to update: released_stays_as_it_is', TG_TABLE_NAME USING ERRCODE = 'check_violation';", hash='6b75599c4ae1eea1e63f2b0049a2303687685e83', operation='UPDATE', pgid='pgtrigger_released_stays_as_it_is_73c22', table='catalogue_revision', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='revision',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "catalogue_revisionevent" ("digest", "document", "id", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "product_model_id", "state", "valid_from", "valid_until") VALUES (NEW."digest", NEW."document", NEW."id", NEW."name", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."product_model_id", NEW."state", NEW."valid_from", NEW."valid_until"); RETURN NULL;', hash='3fde93b810390261c098f4f56562faf8427671d2', operation='INSERT', pgid='pgtrigger_insert_insert_0eb27', table='catalogue_revision', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='revision',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "catalogue_revisionevent" ("digest", "document", "id", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "product_model_id", "state", "valid_from", "valid_until") VALUES (NEW."digest", NEW."document", NEW."id", NEW."name", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."product_model_id", NEW."state", NEW."valid_from", NEW."valid_until"); RETURN NULL;', hash='294ef2d68dad6f09ae4d843186b68e9afc5000b6', operation='UPDATE', pgid='pgtrigger_update_update_d51a3', table='catalogue_revision', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='revision',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "catalogue_revisionevent" ("digest", "document", "id", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "product_model_id", "state", "valid_from", "valid_until") VALUES (OLD."digest", OLD."document", OLD."id", OLD."name", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."product_model_id", OLD."state", OLD."valid_from", OLD."valid_until"); RETURN NULL;', hash='048a0dc2255e278411332c04d111be98fc84282e', operation='DELETE', pgid='pgtrigger_delete_delete_20744', table='catalogue_revision', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='configuration',
            trigger=pgtrigger.compiler.Trigger(name='configuration_never_changes', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION '% refuses to update or delete: configuration_never_changes', TG_TABLE_NAME USING ERRCODE = 'check_violation';", hash='a0c7651d64f436645e3a73b36fe6ea8a4457c366', operation='UPDATE OR DELETE', pgid='pgtrigger_configuration_never_changes_5dae0', table='catalogue_configuration', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='configuration',
            trigger=pgtrigger.compiler.Trigger(name='named_by_catalogue_orderbillline', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n        LOCK TABLE catalogue_orderbillline IN SHARE ROW EXCLUSIVE MODE;\n        IF EXISTS (SELECT 1 FROM catalogue_orderbillline r JOIN old_rows o ON o.id = r.configuration_id) THEN\n            RAISE EXCEPTION 'a row of % is still named in catalogue_orderbillline.configuration', TG_TABLE_NAME\n                USING ERRCODE = 'foreign_key_violation';\n        END IF;\n        RETURN NULL;\n        ", hash='76f03d90c4766499e07bcf4b2bb3ff7d3af57798', level='STATEMENT', operation='DELETE', pgid='pgtrigger_named_by_catalogue_orderbillline_9b5f0', referencing='REFERENCING OLD TABLE AS old_rows ', table='catalogue_configuration', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='configuration',
            trigger=pgtrigger.compiler.Trigger(name='emptied_with_company', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF EXISTS (SELECT 1 FROM accounts_company) THEN\n        RAISE EXCEPTION '% can only be emptied together with the company and all else', TG_TABLE_NAME\n            USING ERRCODE = 'check_violation';\n    END IF;\n    RETURN NULL;\n    ", hash='b614f20bb4d3d0caaaef9b94df0351e6d877ab33', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_emptied_with_company_6a6be', table='catalogue_configuration', when='AFTER')),
        ),
    ]
