import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalogue', '0011_fewer_checks'),
        ('stock', '0005_free_supply'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='allocation',
            name='allocated',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='allocation',
            name='released',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='allocation',
            name='reallocated',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='requirement',
            name='demand_is_there',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='requirement',
            name='demand_stays',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='requirement',
            name='item_stays',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='requirement',
            name='item_is_there',
        ),
        migrations.RemoveIndex(
            model_name='supply',
            name='free_supply',
        ),
        migrations.AddField(
            model_name='supply',
            name='is_free',
            field=models.GeneratedField(db_persist=True, expression=models.Q(('quantity__gt', models.F('allocated'))), output_field=models.BooleanField()),
        ),
        migrations.AddIndex(
            model_name='supply',
            index=models.Index(condition=models.Q(('is_free', True)), fields=['item'], name='free_supply'),
        ),
        # Room on each page, so that a new sum stays beside the old one and no index is written.
        migrations.RunSQL(
            sql='ALTER TABLE stock_supply SET (fillfactor = 80)',
            reverse_sql='ALTER TABLE stock_supply RESET (fillfactor)',
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='allocation',
            trigger=pgtrigger.compiler.Trigger(name='allocated', sql=pgtrigger.compiler.UpsertTriggerSql(func="\nWITH change AS (\n    SELECT supply_id, SUM(quantity) AS quantity FROM (SELECT supply_id, quantity FROM new_rows) r GROUP BY 1 HAVING SUM(quantity) <> 0\n), locked AS MATERIALIZED (\n    SELECT s.id, change.quantity FROM change JOIN stock_supply s ON s.id = change.supply_id ORDER BY s.id FOR NO KEY UPDATE OF s\n)\nUPDATE stock_supply s SET allocated = s.allocated + locked.quantity FROM locked WHERE s.id = locked.id;\n\nIF (CASE WHEN current_setting('enable_nestloop')::boolean THEN EXISTS (\nSELECT 1 FROM new_rows LEFT JOIN LATERAL (\n    SELECT r.id, r.xmin <> pg_current_xact_id()::xid OR r.item_id <> s.item_id OR (d.builds_id IS NOT NULL AND s.due > d.need_date) OR r.quantity - r.issued < (SELECT SUM(x.quantity) FROM stock_allocation x WHERE x.requirement_id = r.id) AS is_wrong\n    FROM stock_requirement r JOIN stock_demand d ON d.id = r.demand_id JOIN stock_supply s ON s.id = new_rows.supply_id\n    WHERE r.id = new_rows.requirement_id OFFSET 0\n) found ON true\nWHERE found.id IS NULL OR found.is_wrong\n) ELSE EXISTS (\nSELECT 1 FROM new_rows LEFT JOIN stock_requirement r ON r.id = new_rows.requirement_id\nLEFT JOIN stock_demand d ON d.id = r.demand_id LEFT JOIN stock_supply s ON s.id = new_rows.supply_id\nLEFT JOIN (\n    SELECT requirement_id, SUM(quantity) AS units FROM stock_allocation\n    WHERE requirement_id IN (SELECT requirement_id FROM new_rows) GROUP BY 1\n) taken ON taken.requirement_id = r.id\nWHERE r.id IS NULL OR s.id IS NULL OR r.xmin <> pg_current_xact_id()::xid OR r.item_id <> s.item_id OR (d.builds_id IS NOT NULL AND s.due > d.need_date) OR r.quantity - r.issued < taken.units\n) END) THEN\n    PERFORM 1 FROM stock_requirement r WHERE r.id IN (SELECT requirement_id FROM new_rows) AND r.xmin <> pg_current_xact_id()::xid\n    ORDER BY r.id FOR NO KEY UPDATE;\n    IF (CASE WHEN current_setting('enable_nestloop')::boolean THEN EXISTS (\nSELECT 1 FROM new_rows LEFT JOIN LATERAL (\n    SELECT r.id, false OR r.item_id <> s.item_id OR (d.builds_id IS NOT NULL AND s.due > d.need_date) OR r.quantity - r.issued < (SELECT SUM(x.quantity) FROM stock_allocation x WHERE x.requirement_id = r.id) AS is_wrong\n    FROM stock_requirement r JOIN stock_demand d ON d.id = r.demand_id JOIN stock_supply s ON s.id = new_rows.supply_id\n    WHERE r.id = new_rows.requirement_id OFFSET 0\n) found ON true\nWHERE found.id IS NULL OR found.is_wrong\n) ELSE EXISTS (\nSELECT 1 FROM new_rows LEFT JOIN stock_requirement r ON r.id = new_rows.requirement_id\nLEFT JOIN stock_demand d ON d.id = r.demand_id LEFT JOIN stock_supply s ON s.id = new_rows.supply_id\nLEFT JOIN (\n    SELECT requirement_id, SUM(quantity) AS units FROM stock_allocation\n    WHERE requirement_id IN (SELECT requirement_id FROM new_rows) GROUP BY 1\n) taken ON taken.requirement_id = r.id\nWHERE r.id IS NULL OR s.id IS NULL OR false OR r.item_id <> s.item_id OR (d.builds_id IS NOT NULL AND s.due > d.need_date) OR r.quantity - r.issued < taken.units\n) END) THEN\n        \nIF EXISTS (SELECT 1 FROM new_rows a WHERE NOT EXISTS (SELECT 1 FROM stock_requirement t WHERE t.id = a.requirement_id)) THEN\n    RAISE EXCEPTION 'an allocation names a requirement that is not there' USING ERRCODE = 'foreign_key_violation';\nEND IF;\n\n        \nIF EXISTS (SELECT 1 FROM new_rows a WHERE NOT EXISTS (SELECT 1 FROM stock_supply t WHERE t.id = a.supply_id)) THEN\n    RAISE EXCEPTION 'an allocation names a supply that is not there' USING ERRCODE = 'foreign_key_violation';\nEND IF;\n\n        \nIF EXISTS (\n    SELECT 1 FROM new_rows CROSS JOIN LATERAL (\n        SELECT r.quantity - r.issued < (SELECT SUM(x.quantity) FROM stock_allocation x WHERE x.requirement_id = r.id) AS is_over FROM stock_requirement r WHERE r.id = new_rows.requirement_id OFFSET 0\n    ) found\n    WHERE found.is_over\n) THEN\n    RAISE EXCEPTION 'a requirement has more allocated and issued than it requires' USING ERRCODE = 'check_violation';\nEND IF;\n\n        IF EXISTS (\n            SELECT 1 FROM new_rows a\n            JOIN stock_requirement r ON r.id = a.requirement_id JOIN stock_supply s ON s.id = a.supply_id\n            WHERE r.item_id <> s.item_id\n        ) THEN\n            RAISE EXCEPTION 'a requirement cannot be met by the supply of another item' USING ERRCODE = 'check_violation';\n        END IF;\n        RAISE EXCEPTION 'a build cannot rest on what is due after it begins' USING ERRCODE = 'check_violation';\n    END IF;\nEND IF;\nRETURN NULL;", hash='62a10b2df0385aa70d78fee8905dd88f01973f04', level='STATEMENT', operation='INSERT', pgid='pgtrigger_allocated_afaf4', referencing='REFERENCING NEW TABLE AS new_rows ', table='stock_allocation', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='allocation',
            trigger=pgtrigger.compiler.Trigger(name='released', sql=pgtrigger.compiler.UpsertTriggerSql(func='\nWITH change AS (\n    SELECT supply_id, SUM(quantity) AS quantity FROM (SELECT supply_id, -quantity AS quantity FROM old_rows) r GROUP BY 1 HAVING SUM(quantity) <> 0\n), locked AS MATERIALIZED (\n    SELECT s.id, change.quantity FROM change JOIN stock_supply s ON s.id = change.supply_id ORDER BY s.id FOR NO KEY UPDATE OF s\n)\nUPDATE stock_supply s SET allocated = s.allocated + locked.quantity FROM locked WHERE s.id = locked.id;\nRETURN NULL;', hash='0ef589bd5f519795d51b8a7c6117a5e6747addcf', level='STATEMENT', operation='DELETE', pgid='pgtrigger_released_2d9ac', referencing='REFERENCING OLD TABLE AS old_rows ', table='stock_allocation', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='allocation',
            trigger=pgtrigger.compiler.Trigger(name='reallocated', sql=pgtrigger.compiler.UpsertTriggerSql(func="\nWITH change AS (\n    SELECT supply_id, SUM(quantity) AS quantity FROM (SELECT supply_id, quantity FROM new_rows UNION ALL SELECT supply_id, -quantity AS quantity FROM old_rows) r GROUP BY 1 HAVING SUM(quantity) <> 0\n), locked AS MATERIALIZED (\n    SELECT s.id, change.quantity FROM change JOIN stock_supply s ON s.id = change.supply_id ORDER BY s.id FOR NO KEY UPDATE OF s\n)\nUPDATE stock_supply s SET allocated = s.allocated + locked.quantity FROM locked WHERE s.id = locked.id;\n\nIF (CASE WHEN current_setting('enable_nestloop')::boolean THEN EXISTS (\nSELECT 1 FROM new_rows LEFT JOIN LATERAL (\n    SELECT r.id, r.xmin <> pg_current_xact_id()::xid OR r.item_id <> s.item_id OR (d.builds_id IS NOT NULL AND s.due > d.need_date) OR r.quantity - r.issued < (SELECT SUM(x.quantity) FROM stock_allocation x WHERE x.requirement_id = r.id) AS is_wrong\n    FROM stock_requirement r JOIN stock_demand d ON d.id = r.demand_id JOIN stock_supply s ON s.id = new_rows.supply_id\n    WHERE r.id = new_rows.requirement_id OFFSET 0\n) found ON true\nWHERE found.id IS NULL OR found.is_wrong\n) ELSE EXISTS (\nSELECT 1 FROM new_rows LEFT JOIN stock_requirement r ON r.id = new_rows.requirement_id\nLEFT JOIN stock_demand d ON d.id = r.demand_id LEFT JOIN stock_supply s ON s.id = new_rows.supply_id\nLEFT JOIN (\n    SELECT requirement_id, SUM(quantity) AS units FROM stock_allocation\n    WHERE requirement_id IN (SELECT requirement_id FROM new_rows) GROUP BY 1\n) taken ON taken.requirement_id = r.id\nWHERE r.id IS NULL OR s.id IS NULL OR r.xmin <> pg_current_xact_id()::xid OR r.item_id <> s.item_id OR (d.builds_id IS NOT NULL AND s.due > d.need_date) OR r.quantity - r.issued < taken.units\n) END) THEN\n    PERFORM 1 FROM stock_requirement r WHERE r.id IN (SELECT requirement_id FROM new_rows) AND r.xmin <> pg_current_xact_id()::xid\n    ORDER BY r.id FOR NO KEY UPDATE;\n    IF (CASE WHEN current_setting('enable_nestloop')::boolean THEN EXISTS (\nSELECT 1 FROM new_rows LEFT JOIN LATERAL (\n    SELECT r.id, false OR r.item_id <> s.item_id OR (d.builds_id IS NOT NULL AND s.due > d.need_date) OR r.quantity - r.issued < (SELECT SUM(x.quantity) FROM stock_allocation x WHERE x.requirement_id = r.id) AS is_wrong\n    FROM stock_requirement r JOIN stock_demand d ON d.id = r.demand_id JOIN stock_supply s ON s.id = new_rows.supply_id\n    WHERE r.id = new_rows.requirement_id OFFSET 0\n) found ON true\nWHERE found.id IS NULL OR found.is_wrong\n) ELSE EXISTS (\nSELECT 1 FROM new_rows LEFT JOIN stock_requirement r ON r.id = new_rows.requirement_id\nLEFT JOIN stock_demand d ON d.id = r.demand_id LEFT JOIN stock_supply s ON s.id = new_rows.supply_id\nLEFT JOIN (\n    SELECT requirement_id, SUM(quantity) AS units FROM stock_allocation\n    WHERE requirement_id IN (SELECT requirement_id FROM new_rows) GROUP BY 1\n) taken ON taken.requirement_id = r.id\nWHERE r.id IS NULL OR s.id IS NULL OR false OR r.item_id <> s.item_id OR (d.builds_id IS NOT NULL AND s.due > d.need_date) OR r.quantity - r.issued < taken.units\n) END) THEN\n        \nIF EXISTS (SELECT 1 FROM new_rows a WHERE NOT EXISTS (SELECT 1 FROM stock_requirement t WHERE t.id = a.requirement_id)) THEN\n    RAISE EXCEPTION 'an allocation names a requirement that is not there' USING ERRCODE = 'foreign_key_violation';\nEND IF;\n\n        \nIF EXISTS (SELECT 1 FROM new_rows a WHERE NOT EXISTS (SELECT 1 FROM stock_supply t WHERE t.id = a.supply_id)) THEN\n    RAISE EXCEPTION 'an allocation names a supply that is not there' USING ERRCODE = 'foreign_key_violation';\nEND IF;\n\n        \nIF EXISTS (\n    SELECT 1 FROM new_rows CROSS JOIN LATERAL (\n        SELECT r.quantity - r.issued < (SELECT SUM(x.quantity) FROM stock_allocation x WHERE x.requirement_id = r.id) AS is_over FROM stock_requirement r WHERE r.id = new_rows.requirement_id OFFSET 0\n    ) found\n    WHERE found.is_over\n) THEN\n    RAISE EXCEPTION 'a requirement has more allocated and issued than it requires' USING ERRCODE = 'check_violation';\nEND IF;\n\n        IF EXISTS (\n            SELECT 1 FROM new_rows a\n            JOIN stock_requirement r ON r.id = a.requirement_id JOIN stock_supply s ON s.id = a.supply_id\n            WHERE r.item_id <> s.item_id\n        ) THEN\n            RAISE EXCEPTION 'a requirement cannot be met by the supply of another item' USING ERRCODE = 'check_violation';\n        END IF;\n        RAISE EXCEPTION 'a build cannot rest on what is due after it begins' USING ERRCODE = 'check_violation';\n    END IF;\nEND IF;\nRETURN NULL;", hash='34f8e97700892c60f9de86494b78b8e3dab767fe', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_reallocated_b5bce', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='stock_allocation', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='requirement',
            trigger=pgtrigger.compiler.Trigger(name='references_are_there', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    PERFORM 1 FROM stock_demand t WHERE t.id IN (SELECT demand_id FROM new_rows) AND t.xmin <> pg_current_xact_id()::xid\n    ORDER BY t.id FOR KEY SHARE;\n    IF EXISTS (SELECT 1 FROM new_rows n WHERE NOT EXISTS (SELECT 1 FROM stock_demand t WHERE t.id = n.demand_id)) THEN\n        RAISE EXCEPTION '%.demand names a row of stock_demand that is not there', TG_TABLE_NAME\n            USING ERRCODE = 'foreign_key_violation';\n    END IF;\n    IF EXISTS (SELECT 1 FROM new_rows n WHERE NOT EXISTS (SELECT 1 FROM catalogue_item t WHERE t.id = n.item_id)) THEN\n        RAISE EXCEPTION '%.item names a row of catalogue_item that is not there', TG_TABLE_NAME\n            USING ERRCODE = 'foreign_key_violation';\n    END IF;\n    RETURN NULL;\n    ", hash='568ba5e6af4a4f4921a3d4de4b2e94460a115384', level='STATEMENT', operation='INSERT', pgid='pgtrigger_references_are_there_a7d8e', referencing='REFERENCING NEW TABLE AS new_rows ', table='stock_requirement', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='requirement',
            trigger=pgtrigger.compiler.Trigger(name='references_stay', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."demand_id" IS DISTINCT FROM (NEW."demand_id") OR OLD."item_id" IS DISTINCT FROM (NEW."item_id"))', func="RAISE EXCEPTION '% refuses to update: references_stay', TG_TABLE_NAME USING ERRCODE = 'check_violation';", hash='71df43e1f9192e53a5706b89b8f221310fcb2b33', operation='UPDATE', pgid='pgtrigger_references_stay_cf450', table='stock_requirement', when='BEFORE')),
        ),
    ]
