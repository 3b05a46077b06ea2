import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('catalogue', '0010_cheaper_checks'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='orderbillline',
            name='configuration_stays',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='orderbillline',
            name='item_stays',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='orderbillline',
            name='configuration_is_there',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='orderbillline',
            name='item_is_there',
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='orderbillline',
            trigger=pgtrigger.compiler.Trigger(name='references_are_there', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF EXISTS (SELECT 1 FROM new_rows n WHERE NOT EXISTS (SELECT 1 FROM catalogue_configuration t WHERE t.id = n.configuration_id)) THEN\n        RAISE EXCEPTION '%.configuration names a row of catalogue_configuration that is not there', TG_TABLE_NAME\n            USING ERRCODE = 'foreign_key_violation';\n    END IF;\n    IF EXISTS (SELECT 1 FROM new_rows n WHERE NOT EXISTS (SELECT 1 FROM catalogue_item t WHERE t.id = n.item_id)) THEN\n        RAISE EXCEPTION '%.item names a row of catalogue_item that is not there', TG_TABLE_NAME\n            USING ERRCODE = 'foreign_key_violation';\n    END IF;\n    RETURN NULL;\n    ", hash='57a700dd82f11014325255f39576313fedad9b70', level='STATEMENT', operation='INSERT', pgid='pgtrigger_references_are_there_f66c2', referencing='REFERENCING NEW TABLE AS new_rows ', table='catalogue_orderbillline', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='orderbillline',
            trigger=pgtrigger.compiler.Trigger(name='references_stay', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."configuration_id" IS DISTINCT FROM (NEW."configuration_id") OR OLD."item_id" IS DISTINCT FROM (NEW."item_id"))', func="RAISE EXCEPTION '% refuses to update: references_stay', TG_TABLE_NAME USING ERRCODE = 'check_violation';", hash='3371a74c23134972302489f80a664644ac91afb8', operation='UPDATE', pgid='pgtrigger_references_stay_4606b', table='catalogue_orderbillline', when='BEFORE')),
        ),
    ]
