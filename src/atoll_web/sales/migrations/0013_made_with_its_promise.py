import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('sales', '0012_cheaper_checks'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='orderline',
            name='confirmed_line_has_promise',
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='orderline',
            trigger=pgtrigger.compiler.Trigger(name='line_is_made_with_its_promise', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n        IF EXISTS (\n            SELECT 1 FROM new_rows line\n            WHERE line.state IN ('quoted', 'confirmed', 'in assembly', 'assembled', 'shipped') AND NOT EXISTS (SELECT 1 FROM sales_promise p WHERE p.line_id = line.id AND p.in_force)\n        ) THEN\n            RAISE EXCEPTION 'a line is made as confirmed without a promise in force' USING ERRCODE = 'check_violation';\n        END IF;\n        RETURN NULL;\n        ", hash='3d93fa3da9a5ae8a66f3a03c2cde96a3030b5775', level='STATEMENT', operation='INSERT', pgid='pgtrigger_line_is_made_with_its_promise_b9bd0', referencing='REFERENCING NEW TABLE AS new_rows ', table='sales_orderline', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='orderline',
            trigger=pgtrigger.compiler.Trigger(name='confirmed_line_has_promise', sql=pgtrigger.compiler.UpsertTriggerSql(constraint='CONSTRAINT', func="\nIF EXISTS (\n    SELECT 1 FROM sales_orderline line WHERE line.id = NEW.id AND (line.state IN ('quoted', 'confirmed', 'in assembly', 'assembled', 'shipped'))\n        <> EXISTS (SELECT 1 FROM sales_promise p WHERE p.line_id = line.id AND p.in_force)\n) THEN\n    RAISE EXCEPTION 'order line % is confirmed without a promise in force, or has one without being confirmed', NEW.id\n        USING ERRCODE = 'check_violation';\nEND IF;\nRETURN NULL;", hash='a9628930569811a482a239f2a69aa67958958025', operation='UPDATE OF "state"', pgid='pgtrigger_confirmed_line_has_promise_b8d1f', table='sales_orderline', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
        ),
    ]
