"""All migrations so far as one, which makes a new database in half the time."""

import django.contrib.postgres.fields
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    replaces = [
        ('sales', '0001_initial'),
        ('sales', '0002_history_of_deletions'),
        ('sales', '0003_quotes_and_set_based_triggers'),
        ('sales', '0004_notices'),
        ('sales', '0005_levers'),
        ('sales', '0006_proposals'),
        ('sales', '0007_engineering_change'),
        ('sales', '0008_partial_shipment'),
        ('sales', '0009_one_rule_for_holds'),
        ('sales', '0010_substitutes'),
        ('sales', '0011_fewer_indexes'),
        ('sales', '0012_cheaper_checks'),
    ]

    dependencies = [
        ('catalogue', '0001_squashed_0010_cheaper_checks'),
        ('pghistory', '0007_auto_20250421_0444'),
        ('pricing', '0001_initial'),
        ('runs', '0001_squashed_0002_set_based_triggers'),
        ('stock', '0001_squashed_0005_free_supply'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='PromisedBill',
            fields=[
            ],
            options={
                'proxy': True,
                'indexes': [],
                'constraints': [],
            },
            bases=('catalogue.billline',),
        ),
        migrations.CreateModel(
            name='PromisedItem',
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
            name='PromisedSupply',
            fields=[
            ],
            options={
                'proxy': True,
                'indexes': [],
                'constraints': [],
            },
            bases=('stock.supply',),
        ),
        migrations.CreateModel(
            name='Customer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=40, unique=True)),
                ('name', models.CharField(max_length=200)),
                ('customer_class', models.CharField(blank=True, max_length=40)),
                ('country', models.CharField(blank=True, max_length=2)),
                ('email', models.EmailField(blank=True, max_length=254)),
                ('on_hold', models.BooleanField(default=False)),
                ('currency', models.CharField(blank=True, help_text="What they pay in; empty for the company's", max_length=3)),
                ('priority', models.PositiveSmallIntegerField(default=2, help_text='1 is served first where orders compete')),
                ('price_list', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='pricing.pricelist')),
            ],
            options={
                'ordering': ['code'],
            },
        ),
        migrations.CreateModel(
            name='CustomerEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('code', models.CharField(max_length=40)),
                ('name', models.CharField(max_length=200)),
                ('customer_class', models.CharField(blank=True, max_length=40)),
                ('country', models.CharField(blank=True, max_length=2)),
                ('email', models.EmailField(blank=True, max_length=254)),
                ('on_hold', models.BooleanField(default=False)),
                ('currency', models.CharField(blank=True, help_text="What they pay in; empty for the company's", max_length=3)),
                ('priority', models.PositiveSmallIntegerField(default=2, help_text='1 is served first where orders compete')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='sales.customer')),
                ('price_list', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='pricing.pricelist')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Order',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=20, unique=True)),
                ('state', models.CharField(choices=[('draft', 'draft'), ('quoted', 'quoted'), ('confirmed', 'confirmed'), ('in assembly', 'in assembly'), ('shipped', 'shipped'), ('expired', 'expired'), ('cancelled', 'cancelled')], default='draft', max_length=20)),
                ('ordered_at', models.DateTimeField(help_text='Business time')),
                ('currency', models.CharField(max_length=3)),
                ('idempotency_key', models.CharField(blank=True, max_length=80, null=True, unique=True)),
                ('expires_at', models.DateTimeField(blank=True, help_text='Business time at which a quote gives back what it holds', null=True)),
                ('rank', models.FloatField(default=0, help_text='Place in the order book: the smaller, the earlier it is served')),
                ('ship_complete', models.BooleanField(default=False, help_text='All lines are promised for one date')),
                ('hold_reason', models.CharField(blank=True, help_text='Why it is not released to assembly; empty if it is not held', max_length=200)),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='orders', to='sales.customer')),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['state'], name='order_by_state'), models.Index(condition=models.Q(('state__in', ('quoted', 'confirmed', 'in assembly'))), fields=['rank'], name='order_book'), models.Index(condition=models.Q(('state', 'quoted')), fields=['expires_at'], name='quote_by_expiry')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('state', 'quoted'), _negated=True), ('expires_at__isnull', False), _connector='OR'), name='quote_expires')],
            },
        ),
        migrations.CreateModel(
            name='OrderLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField()),
                ('quantity', models.PositiveIntegerField()),
                ('unit_price', models.DecimalField(decimal_places=2, max_digits=14)),
                ('request_date', models.DateField()),
                ('state', models.CharField(choices=[('draft', 'draft'), ('quoted', 'quoted'), ('confirmed', 'confirmed'), ('in assembly', 'in assembly'), ('assembled', 'assembled'), ('shipped', 'shipped'), ('expired', 'expired'), ('cancelled', 'cancelled')], default='draft', max_length=20)),
                ('filled_from_stock', models.BooleanField(help_text='Whether all it takes was free on hand when it was confirmed (order fill rate)', null=True)),
                ('shipped_on', models.DateField(blank=True, null=True)),
                ('configuration', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='order_lines', to='catalogue.configuration')),
                ('demand', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='order_line', to='stock.demand')),
                ('order', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='sales.order')),
            ],
            options={
                'ordering': ['order', 'position'],
                'indexes': [models.Index(fields=['state'], name='order_line_by_state')],
                'constraints': [models.UniqueConstraint(fields=('order', 'position'), name='order_line_position_once'), models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='order_line_quantity_positive'), models.CheckConstraint(condition=models.Q(models.Q(('state__in', ('quoted', 'confirmed', 'in assembly', 'assembled', 'shipped')), _negated=True), ('demand__isnull', False), _connector='OR'), name='promised_line_has_a_demand'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'shipped'), _negated=True), ('shipped_on__isnull', False), _connector='OR'), name='shipped_line_has_a_shipping_date')],
            },
        ),
        migrations.CreateModel(
            name='OrderChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('before', models.JSONField()),
                ('after', models.JSONField()),
                ('at', models.DateTimeField(help_text='Business time')),
                ('recorded_at', models.DateTimeField()),
                ('reason', models.TextField(blank=True)),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='changes', to='sales.order')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('line', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='changes', to='sales.orderline')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='LeverTaken',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('option', 'option'), ('substitute', 'substitute'), ('split', 'split'), ('overtime', 'overtime'), ('expedite', 'expedite'), ('express', 'express')], max_length=12)),
                ('words', models.CharField(max_length=300)),
                ('cost', models.DecimalField(decimal_places=2, help_text='More than without it; below 0 where it is cheaper', max_digits=14)),
                ('currency', models.CharField(max_length=3)),
                ('days_earlier', models.PositiveIntegerField()),
                ('item', models.ForeignKey(blank=True, help_text='Of the order bill, with a substitute', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalogue.item')),
                ('substitute', models.ForeignKey(blank=True, help_text='What may be taken for it', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalogue.item')),
                ('line', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='levers', to='sales.orderline')),
            ],
            options={
                'verbose_name_plural': 'levers taken',
                'ordering': ['line', 'id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ('option', 'substitute', 'split', 'overtime', 'expedite', 'express'))), name='lever_is_known'), models.CheckConstraint(condition=models.Q(models.Q(('item__isnull', False), ('kind', 'substitute'), ('substitute__isnull', False)), models.Q(models.Q(('kind', 'substitute'), _negated=True), ('item', None), ('substitute', None)), _connector='OR'), name='lever_names_its_substitute')],
            },
        ),
        migrations.CreateModel(
            name='Promise',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('ship_date', models.DateField()),
                ('need_date', models.DateField(help_text='First day of assembly')),
                ('made_at', models.DateTimeField(help_text='Business time')),
                ('in_force', models.BooleanField(default=True)),
                ('at_risk', models.BooleanField(default=False, help_text='What it rests on is late, lost or changed')),
                ('reason', models.TextField(help_text='Why this date, in words')),
                ('basis', models.JSONField(help_text='Supplies and assembly slots it rested on when it was made')),
                ('line', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='promises', to='sales.orderline')),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['line', 'id'],
                'indexes': [models.Index(condition=models.Q(('at_risk', True), ('in_force', True)), fields=['line'], name='promise_at_risk')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('in_force', True)), fields=('line',), name='one_promise_in_force'), models.CheckConstraint(condition=models.Q(('ship_date__gte', models.F('need_date'))), name='promise_ships_after_assembly_begins'), models.CheckConstraint(condition=models.Q(('basis__has_keys', ['supplies', 'planned', 'slots'])), name='promise_says_what_it_rests_on')],
            },
        ),
        migrations.CreateModel(
            name='Proposal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('computing', 'computing'), ('proposed', 'proposed'), ('applied', 'applied'), ('discarded', 'discarded')], default='computing', max_length=20)),
                ('policy', models.CharField(help_text='Whose promise gives way', max_length=20)),
                ('weighing', models.CharField(help_text='What a day late costs: by priority or margin', max_length=20)),
                ('ranks', models.JSONField(blank=True, default=dict, help_text='New rank by key of the order, saved when it is applied')),
                ('days_late', models.FloatField(blank=True, help_text='Weighted days by which lines become later', null=True)),
                ('bound', models.FloatField(blank=True, help_text='What no proposal can be below', null=True)),
                ('run', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='proposal', to='runs.run')),
                ('rush', models.ForeignKey(blank=True, help_text='The order that is in a hurry', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sales.order')),
            ],
            options={
                'ordering': ['-id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['computing', 'discarded']), models.Q(('bound__isnull', False), ('days_late__isnull', False)), _connector='OR'), name='proposal_says_how_late')],
            },
        ),
        migrations.CreateModel(
            name='ProposedPromise',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('place', models.PositiveIntegerField(help_text='When it is served: 0 first')),
                ('requested', models.DateField(help_text='The day it is served for; empty for as soon as possible', null=True)),
                ('before', models.DateField(help_text='Its promise when this was proposed')),
                ('after', models.DateField(help_text='Its new ship date; empty when it gets none', null=True)),
                ('need_date', models.DateField(help_text='First day of assembly', null=True)),
                ('weight', models.FloatField(help_text='Cost of one day late')),
                ('line', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='sales.orderline')),
                ('proposal', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='promises', to='sales.proposal')),
            ],
            options={
                'ordering': ['proposal', 'place'],
                'constraints': [models.UniqueConstraint(fields=('proposal', 'place'), name='proposed_promise_has_its_place'), models.UniqueConstraint(fields=('proposal', 'line'), name='line_proposed_once'), models.CheckConstraint(condition=models.Q(('after', None), ('after__gte', models.F('need_date')), _connector='OR'), name='proposed_ships_after_it_begins')],
            },
        ),
        migrations.CreateModel(
            name='Protection',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('customer_class', models.CharField(max_length=40)),
                ('quantity', models.PositiveIntegerField()),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='protections', to='catalogue.item')),
            ],
            options={
                'ordering': ['customer_class', 'item'],
                'constraints': [models.UniqueConstraint(fields=('customer_class', 'item'), name='protection_once'), models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='protection_quantity_positive')],
            },
        ),
        migrations.CreateModel(
            name='ProtectionEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('customer_class', models.CharField(max_length=40)),
                ('quantity', models.PositiveIntegerField()),
                ('item', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='catalogue.item')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='sales.protection')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Shipment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=20, unique=True)),
                ('at', models.DateTimeField(help_text='Business time')),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='shipments', to='sales.order')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='ShippedUnit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('line', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='shipped_units', to='sales.orderline')),
                ('shipment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='units', to='sales.shipment')),
                ('unit', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='shipped', to='stock.lot')),
            ],
        ),
        migrations.CreateModel(
            name='SlotReservation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('minutes', models.PositiveIntegerField()),
                ('line', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='slots', to='sales.orderline')),
                ('line_day', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reservations', to='catalogue.lineday')),
            ],
            options={
                'ordering': ['line', 'line_day'],
                'constraints': [models.UniqueConstraint(fields=('line', 'line_day'), name='slot_once'), models.CheckConstraint(condition=models.Q(('minutes__gt', 0)), name='slot_minutes_positive')],
            },
        ),
        migrations.CreateModel(
            name='Subscription',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, unique=True)),
                ('channel', models.CharField(choices=[('webhook', 'webhook'), ('e-mail', 'e-mail')], max_length=8)),
                ('url', models.URLField(blank=True, help_text='Where a webhook is sent; empty for e-mail', max_length=500)),
                ('secret', models.CharField(blank=True, help_text='Signs webhooks', max_length=80)),
                ('events', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), help_text='What it is told of', size=None)),
                ('active', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField(help_text='Business time')),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['name'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('channel', 'webhook'), models.Q(('url', ''), _negated=True), models.Q(('secret', ''), _negated=True)), models.Q(('channel', 'e-mail'), ('url', '')), _connector='OR'), name='webhook_has_address_and_secret'), models.CheckConstraint(condition=models.Q(('events__contained_by', ['promise.made', 'promise.changed', 'promise.at_risk', 'promise.cancelled', 'quote.accepted', 'quote.expired', 'order.shipped']), ('events__len__gt', 0)), name='subscription_names_known_events')],
            },
        ),
        migrations.CreateModel(
            name='Notice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('event_id', models.UUIDField(help_text='The same for all who are told of the event')),
                ('event', models.CharField(max_length=20)),
                ('facts', models.JSONField(help_text='What was so when it happened')),
                ('at', models.DateTimeField(help_text='Business time of the event')),
                ('state', models.CharField(choices=[('waiting', 'waiting'), ('delivered', 'delivered'), ('dead', 'dead')], default='waiting', max_length=10)),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('due_at', models.DateTimeField(help_text='When it is tried next, by the clock')),
                ('delivered_at', models.DateTimeField(blank=True, null=True)),
                ('fault', models.TextField(blank=True, help_text='Why the last attempt failed')),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notices', to='sales.order')),
                ('subscription', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notices', to='sales.subscription')),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [models.Index(condition=models.Q(('state', 'waiting')), fields=['due_at'], name='notice_by_due')],
                'constraints': [models.UniqueConstraint(fields=('event_id', 'subscription'), name='subscriber_is_told_once'), models.CheckConstraint(condition=models.Q(models.Q(('delivered_at__isnull', False), ('state', 'delivered')), models.Q(('delivered_at', None), models.Q(('state', 'delivered'), _negated=True)), _connector='OR'), name='delivered_notice_has_its_moment')],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='promisedbill',
            trigger=pgtrigger.compiler.Trigger(name='new_line_marks_promises', sql=pgtrigger.compiler.UpsertTriggerSql(func="\nWITH RECURSIVE hit (supply_id) AS (\n    \nSELECT s.id FROM stock_supply s JOIN (\nSELECT s.id FROM stock_supply s JOIN stock_demand d ON d.builds_id = s.id\nWHERE s.kind = 'planned' AND EXISTS (\n    SELECT 1 FROM (SELECT component_id, quantity FROM catalogue_billline WHERE parent_id = s.item_id) b\n    FULL JOIN (SELECT item_id, quantity FROM stock_requirement WHERE demand_id = d.id) r ON r.item_id = b.component_id\n    WHERE r.quantity IS DISTINCT FROM b.quantity * s.quantity\n)\n) o ON o.id = s.id\nWHERE s.item_id IN (SELECT parent_id FROM new_rows)\n\n    UNION\n    SELECT d.builds_id FROM hit JOIN stock_allocation a ON a.supply_id = hit.supply_id\n    JOIN stock_requirement r ON r.id = a.requirement_id JOIN stock_demand d ON d.id = r.demand_id\n    WHERE d.builds_id IS NOT NULL\n)\nUPDATE sales_promise p SET at_risk = true\nFROM hit JOIN stock_allocation a ON a.supply_id = hit.supply_id JOIN stock_requirement r ON r.id = a.requirement_id\nJOIN sales_orderline line ON line.demand_id = r.demand_id\nWHERE p.line_id = line.id AND p.in_force AND NOT p.at_risk;\nRETURN NULL;\n", hash='34ab5d5ed777f6e436e1c99a3b16901d44d354cd', level='STATEMENT', operation='INSERT', pgid='pgtrigger_new_line_marks_promises_79c67', referencing='REFERENCING NEW TABLE AS new_rows ', table='catalogue_billline', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='promisedbill',
            trigger=pgtrigger.compiler.Trigger(name='changed_line_marks_promises', sql=pgtrigger.compiler.UpsertTriggerSql(func="\nWITH RECURSIVE hit (supply_id) AS (\n    \nSELECT s.id FROM stock_supply s JOIN (\nSELECT s.id FROM stock_supply s JOIN stock_demand d ON d.builds_id = s.id\nWHERE s.kind = 'planned' AND EXISTS (\n    SELECT 1 FROM (SELECT component_id, quantity FROM catalogue_billline WHERE parent_id = s.item_id) b\n    FULL JOIN (SELECT item_id, quantity FROM stock_requirement WHERE demand_id = d.id) r ON r.item_id = b.component_id\n    WHERE r.quantity IS DISTINCT FROM b.quantity * s.quantity\n)\n) o ON o.id = s.id\nWHERE s.item_id IN (SELECT parent_id FROM new_rows)\n\n    UNION\n    SELECT d.builds_id FROM hit JOIN stock_allocation a ON a.supply_id = hit.supply_id\n    JOIN stock_requirement r ON r.id = a.requirement_id JOIN stock_demand d ON d.id = r.demand_id\n    WHERE d.builds_id IS NOT NULL\n)\nUPDATE sales_promise p SET at_risk = true\nFROM hit JOIN stock_allocation a ON a.supply_id = hit.supply_id JOIN stock_requirement r ON r.id = a.requirement_id\nJOIN sales_orderline line ON line.demand_id = r.demand_id\nWHERE p.line_id = line.id AND p.in_force AND NOT p.at_risk;\nRETURN NULL;\n", hash='5d9bec53337fe98ab4adee26ea9c0c868aa6cae4', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_changed_line_marks_promises_bf5a5', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='catalogue_billline', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='promisedbill',
            trigger=pgtrigger.compiler.Trigger(name='former_line_marks_promises', sql=pgtrigger.compiler.UpsertTriggerSql(func="\nWITH RECURSIVE hit (supply_id) AS (\n    \nSELECT s.id FROM stock_supply s JOIN (\nSELECT s.id FROM stock_supply s JOIN stock_demand d ON d.builds_id = s.id\nWHERE s.kind = 'planned' AND EXISTS (\n    SELECT 1 FROM (SELECT component_id, quantity FROM catalogue_billline WHERE parent_id = s.item_id) b\n    FULL JOIN (SELECT item_id, quantity FROM stock_requirement WHERE demand_id = d.id) r ON r.item_id = b.component_id\n    WHERE r.quantity IS DISTINCT FROM b.quantity * s.quantity\n)\n) o ON o.id = s.id\nWHERE s.item_id IN (SELECT parent_id FROM old_rows)\n\n    UNION\n    SELECT d.builds_id FROM hit JOIN stock_allocation a ON a.supply_id = hit.supply_id\n    JOIN stock_requirement r ON r.id = a.requirement_id JOIN stock_demand d ON d.id = r.demand_id\n    WHERE d.builds_id IS NOT NULL\n)\nUPDATE sales_promise p SET at_risk = true\nFROM hit JOIN stock_allocation a ON a.supply_id = hit.supply_id JOIN stock_requirement r ON r.id = a.requirement_id\nJOIN sales_orderline line ON line.demand_id = r.demand_id\nWHERE p.line_id = line.id AND p.in_force AND NOT p.at_risk;\nRETURN NULL;\n", hash='df61f4b5c22dad74a74e7f0c3e92d1d87b25c9ad', level='STATEMENT', operation='DELETE', pgid='pgtrigger_former_line_marks_promises_2b916', referencing='REFERENCING OLD TABLE AS old_rows ', table='catalogue_billline', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='promiseditem',
            trigger=pgtrigger.compiler.Trigger(name='obsolete_item_marks_promises', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NOT NEW."active" AND OLD."active")', func="\n    IF EXISTS (\n        SELECT 1 FROM stock_supply s WHERE s.item_id = NEW.id AND s.kind = 'planned' AND s.quantity > 0 AND EXISTS (\n            SELECT 1 FROM stock_allocation a JOIN stock_requirement r ON r.id = a.requirement_id\n            JOIN stock_demand d ON d.id = r.demand_id JOIN stock_supply b ON b.id = d.builds_id\n            WHERE a.supply_id = s.id AND b.kind = 'build'\n        )\n    ) THEN\n        RAISE EXCEPTION 'a build order waits for units of % nobody ordered; order them before it is obsolete', NEW.code\n            USING ERRCODE = 'check_violation';\n    END IF;\n    \nWITH RECURSIVE hit (supply_id) AS (\n    SELECT s.id FROM stock_supply s WHERE s.item_id = NEW.id AND s.kind = 'planned' AND s.quantity > 0\n    UNION\n    SELECT d.builds_id FROM hit JOIN stock_allocation a ON a.supply_id = hit.supply_id\n    JOIN stock_requirement r ON r.id = a.requirement_id JOIN stock_demand d ON d.id = r.demand_id\n    WHERE d.builds_id IS NOT NULL\n)\nUPDATE sales_promise p SET at_risk = true\nFROM hit JOIN stock_allocation a ON a.supply_id = hit.supply_id JOIN stock_requirement r ON r.id = a.requirement_id\nJOIN sales_orderline line ON line.demand_id = r.demand_id\nWHERE p.line_id = line.id AND p.in_force AND NOT p.at_risk;\nRETURN NULL;\n\n    ", hash='c82a9b73bcddc40cd803c72eb1ffc02393f75cae', operation='UPDATE OF "active"', pgid='pgtrigger_obsolete_item_marks_promises_49f86', table='catalogue_item', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='promisedsupply',
            trigger=pgtrigger.compiler.Trigger(name='slip_marks_promises', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NEW."due" > (OLD."due"))', func='\n    UPDATE sales_promise p SET at_risk = true\n    FROM sales_orderline line\n    JOIN stock_demand d ON d.id = line.demand_id\n    JOIN stock_requirement r ON r.demand_id = d.id\n    JOIN stock_allocation a ON a.requirement_id = r.id\n    WHERE a.supply_id = NEW.id AND p.line_id = line.id AND p.in_force AND NOT p.at_risk AND d.need_date < NEW.due;\n    RETURN NULL;\n    ', hash='a5a358c4e4a110a384e993b7a03e5e4ce7ba6965', operation='UPDATE OF "due"', pgid='pgtrigger_slip_marks_promises_f8d50', table='stock_supply', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='customer',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "sales_customerevent" ("code", "country", "currency", "customer_class", "email", "id", "name", "on_hold", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "price_list_id", "priority") VALUES (NEW."code", NEW."country", NEW."currency", NEW."customer_class", NEW."email", NEW."id", NEW."name", NEW."on_hold", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."price_list_id", NEW."priority"); RETURN NULL;', hash='dfc1ac8e138cc49fc372cbb7013cb90bd8f701e7', operation='INSERT', pgid='pgtrigger_insert_insert_45ddf', table='sales_customer', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='customer',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "sales_customerevent" ("code", "country", "currency", "customer_class", "email", "id", "name", "on_hold", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "price_list_id", "priority") VALUES (NEW."code", NEW."country", NEW."currency", NEW."customer_class", NEW."email", NEW."id", NEW."name", NEW."on_hold", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."price_list_id", NEW."priority"); RETURN NULL;', hash='33d0882e0c873e8237f3a301efeeb3c460980136', operation='UPDATE', pgid='pgtrigger_update_update_ea535', table='sales_customer', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='customer',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "sales_customerevent" ("code", "country", "currency", "customer_class", "email", "id", "name", "on_hold", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "price_list_id", "priority") VALUES (OLD."code", OLD."country", OLD."currency", OLD."customer_class", OLD."email", OLD."id", OLD."name", OLD."on_hold", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."price_list_id", OLD."priority"); RETURN NULL;', hash='bdd0e5720c964051a1a68bb30508786a12ba8303', operation='DELETE', pgid='pgtrigger_delete_delete_e730b', table='sales_customer', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='order',
            trigger=pgtrigger.compiler.Trigger(name='state_starts', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (NEW.state NOT IN ('confirmed', 'draft', 'quoted'))", func="RAISE EXCEPTION '% cannot start in state %', TG_TABLE_NAME, NEW.state USING ERRCODE = 'check_violation';", hash='2364f75fc87c0b6c50fec36cc2f44bedd469eb5d', operation='INSERT', pgid='pgtrigger_state_starts_3ea4f', table='sales_order', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='order',
            trigger=pgtrigger.compiler.Trigger(name='state_changes', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (('confirmed', 'cancelled'), ('confirmed', 'in assembly'), ('draft', 'cancelled'), ('draft', 'confirmed'), ('draft', 'quoted'), ('in assembly', 'shipped'), ('quoted', 'cancelled'), ('quoted', 'confirmed'), ('quoted', 'expired')))", func="\n            RAISE EXCEPTION '% % cannot go from % to %', TG_TABLE_NAME, NEW.id, OLD.state, NEW.state\n                USING ERRCODE = 'check_violation';\n            ", hash='04d6fffc32b84457e55942bda10ad95e7d9f0837', operation='UPDATE OF "state"', pgid='pgtrigger_state_changes_d9ba6', table='sales_order', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='order',
            trigger=pgtrigger.compiler.Trigger(name='state_recorded_at_start', sql=pgtrigger.compiler.UpsertTriggerSql(func="\nINSERT INTO accounts_statechange (entity, entity_id, from_state, to_state, user_id, at, recorded_at, reason)\nSELECT TG_TABLE_NAME, n.id, '', n.state,\n       NULLIF(current_setting('atoll.user', true), '')::bigint,\n       NULLIF(current_setting('atoll.at', true), '')::timestamptz,\n       clock_timestamp(), COALESCE(current_setting('atoll.reason', true), '')\nFROM new_rows n ORDER BY n.id;\nRETURN NULL;\n", hash='e24c1db36a912892da612a3f6d17fd1f1c390f87', level='STATEMENT', operation='INSERT', pgid='pgtrigger_state_recorded_at_start_1fc3c', referencing='REFERENCING NEW TABLE AS new_rows ', table='sales_order', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='order',
            trigger=pgtrigger.compiler.Trigger(name='state_recorded', sql=pgtrigger.compiler.UpsertTriggerSql(func="\nINSERT INTO accounts_statechange (entity, entity_id, from_state, to_state, user_id, at, recorded_at, reason)\nSELECT TG_TABLE_NAME, n.id, o.state, n.state,\n       NULLIF(current_setting('atoll.user', true), '')::bigint,\n       NULLIF(current_setting('atoll.at', true), '')::timestamptz,\n       clock_timestamp(), COALESCE(current_setting('atoll.reason', true), '')\nFROM new_rows n JOIN old_rows o ON o.id = n.id AND o.state <> n.state ORDER BY n.id;\nRETURN NULL;\n", hash='639b8fa197a196d10b3db11bede61dac968254f2', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_state_recorded_3cd2a', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='sales_order', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='order',
            trigger=pgtrigger.compiler.Trigger(name='hold_is_recorded', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.hold_reason <> NEW.hold_reason)', func="\nINSERT INTO sales_orderchange (order_id, line_id, before, after, user_id, at, recorded_at, reason)\nVALUES (NEW.id, NULL, jsonb_build_object('hold_reason', OLD.hold_reason), jsonb_build_object('hold_reason', NEW.hold_reason),\n        NULLIF(current_setting('atoll.user', true), '')::bigint, NULLIF(current_setting('atoll.at', true), '')::timestamptz,\n        clock_timestamp(), COALESCE(current_setting('atoll.reason', true), ''));\nRETURN NULL;\n", hash='ab8833ca33a625817f9ddc4b06af8e7bee1063b0', operation='UPDATE OF "hold_reason"', pgid='pgtrigger_hold_is_recorded_f718d', table='sales_order', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='order',
            trigger=pgtrigger.compiler.Trigger(name='order_ends_with_its_lines', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (NEW.state = 'shipped')", constraint='CONSTRAINT', func="\nIF EXISTS (\n    SELECT 1 FROM sales_order o WHERE o.id = NEW.id AND (o.state = 'shipped') <> (\n        EXISTS (SELECT 1 FROM sales_orderline l WHERE l.order_id = o.id AND l.state = 'shipped')\n        AND NOT EXISTS (SELECT 1 FROM sales_orderline l WHERE l.order_id = o.id AND l.state NOT IN ('shipped', 'cancelled'))\n    )\n) THEN\n    RAISE EXCEPTION 'order % is shipped when all its lines are shipped or cancelled, and only then', NEW.id\n        USING ERRCODE = 'check_violation';\nEND IF;\nRETURN NULL;\n", hash='33d3e9ba1dac8d650d74fd63a1246e5c926b3781', operation='UPDATE OF "state"', pgid='pgtrigger_order_ends_with_its_lines_8532f', table='sales_order', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='orderline',
            trigger=pgtrigger.compiler.Trigger(name='state_starts', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (NEW.state NOT IN ('confirmed', 'draft', 'quoted'))", func="RAISE EXCEPTION '% cannot start in state %', TG_TABLE_NAME, NEW.state USING ERRCODE = 'check_violation';", hash='27d49eebe3d55ddd9c54f6f048d6b832daba8393', operation='INSERT', pgid='pgtrigger_state_starts_78bb7', table='sales_orderline', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='orderline',
            trigger=pgtrigger.compiler.Trigger(name='state_changes', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (('assembled', 'shipped'), ('confirmed', 'cancelled'), ('confirmed', 'in assembly'), ('draft', 'cancelled'), ('draft', 'confirmed'), ('draft', 'quoted'), ('in assembly', 'assembled'), ('quoted', 'cancelled'), ('quoted', 'confirmed'), ('quoted', 'expired')))", func="\n            RAISE EXCEPTION '% % cannot go from % to %', TG_TABLE_NAME, NEW.id, OLD.state, NEW.state\n                USING ERRCODE = 'check_violation';\n            ", hash='ab5c267b80d5698d5681c2e9c685ec0b7612124a', operation='UPDATE OF "state"', pgid='pgtrigger_state_changes_aea42', table='sales_orderline', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='orderline',
            trigger=pgtrigger.compiler.Trigger(name='state_recorded_at_start', sql=pgtrigger.compiler.UpsertTriggerSql(func="\nINSERT INTO accounts_statechange (entity, entity_id, from_state, to_state, user_id, at, recorded_at, reason)\nSELECT TG_TABLE_NAME, n.id, '', n.state,\n       NULLIF(current_setting('atoll.user', true), '')::bigint,\n       NULLIF(current_setting('atoll.at', true), '')::timestamptz,\n       clock_timestamp(), COALESCE(current_setting('atoll.reason', true), '')\nFROM new_rows n ORDER BY n.id;\nRETURN NULL;\n", hash='af05e741ad200ff3759e571639cb95a4fb00c028', level='STATEMENT', operation='INSERT', pgid='pgtrigger_state_recorded_at_start_acbbc', referencing='REFERENCING NEW TABLE AS new_rows ', table='sales_orderline', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='orderline',
            trigger=pgtrigger.compiler.Trigger(name='state_recorded', sql=pgtrigger.compiler.UpsertTriggerSql(func="\nINSERT INTO accounts_statechange (entity, entity_id, from_state, to_state, user_id, at, recorded_at, reason)\nSELECT TG_TABLE_NAME, n.id, o.state, n.state,\n       NULLIF(current_setting('atoll.user', true), '')::bigint,\n       NULLIF(current_setting('atoll.at', true), '')::timestamptz,\n       clock_timestamp(), COALESCE(current_setting('atoll.reason', true), '')\nFROM new_rows n JOIN old_rows o ON o.id = n.id AND o.state <> n.state ORDER BY n.id;\nRETURN NULL;\n", hash='63f594f8615d797fc3730076a0979b76c6f6b6ae', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_state_recorded_ebbdf', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='sales_orderline', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='orderline',
            trigger=pgtrigger.compiler.Trigger(name='confirmed_line_has_promise', sql=pgtrigger.compiler.UpsertTriggerSql(constraint='CONSTRAINT', func="\nIF EXISTS (\n    SELECT 1 FROM sales_orderline line WHERE line.id = NEW.id AND (line.state IN ('quoted', 'confirmed', 'in assembly', 'assembled', 'shipped'))\n        <> EXISTS (SELECT 1 FROM sales_promise p WHERE p.line_id = line.id AND p.in_force)\n) THEN\n    RAISE EXCEPTION 'order line % is confirmed without a promise in force, or has one without being confirmed', NEW.id\n        USING ERRCODE = 'check_violation';\nEND IF;\nRETURN NULL;", hash='4b39f1f6560ebcb158046ed5d3395d5286e5a3a3', operation='INSERT OR UPDATE OF "state"', pgid='pgtrigger_confirmed_line_has_promise_b8d1f', table='sales_orderline', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='orderline',
            trigger=pgtrigger.compiler.Trigger(name='line_stays_once_assembly_begins', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (OLD.state NOT IN ('draft', 'quoted', 'confirmed') AND ROW(OLD.configuration_id, OLD.quantity, OLD.unit_price, OLD.request_date) IS DISTINCT FROM ROW(NEW.configuration_id, NEW.quantity, NEW.unit_price, NEW.request_date))", func="\n    RAISE EXCEPTION 'order line % is %, so what it asks for stays', NEW.id, OLD.state USING ERRCODE = 'check_violation';\n    ", hash='adccc7067bb2431c5328b8a2a7c244e07835d887', operation='UPDATE OF "configuration_id", "quantity", "unit_price", "request_date"', pgid='pgtrigger_line_stays_once_assembly_begins_71330', table='sales_orderline', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='orderline',
            trigger=pgtrigger.compiler.Trigger(name='line_change_is_recorded', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (ROW(OLD.configuration_id, OLD.quantity, OLD.unit_price, OLD.request_date) IS DISTINCT FROM ROW(NEW.configuration_id, NEW.quantity, NEW.unit_price, NEW.request_date))', func="\nINSERT INTO sales_orderchange (order_id, line_id, before, after, user_id, at, recorded_at, reason)\nVALUES (NEW.order_id, NEW.id, jsonb_build_object('configuration_id', OLD.configuration_id, 'quantity', OLD.quantity, 'unit_price', OLD.unit_price, 'request_date', OLD.request_date), jsonb_build_object('configuration_id', NEW.configuration_id, 'quantity', NEW.quantity, 'unit_price', NEW.unit_price, 'request_date', NEW.request_date),\n        NULLIF(current_setting('atoll.user', true), '')::bigint, NULLIF(current_setting('atoll.at', true), '')::timestamptz,\n        clock_timestamp(), COALESCE(current_setting('atoll.reason', true), ''));\nRETURN NULL;\n", hash='b1a9de1ac5f3a89ce342118ee906284e3c49ffda', operation='UPDATE OF "configuration_id", "quantity", "unit_price", "request_date"', pgid='pgtrigger_line_change_is_recorded_44f69', table='sales_orderline', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='orderline',
            trigger=pgtrigger.compiler.Trigger(name='held_line_is_not_released', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (NEW.state = 'in assembly' AND OLD.state <> NEW.state)", func="\n    PERFORM 1 FROM sales_order o JOIN sales_customer c ON c.id = o.customer_id\n    WHERE o.id = NEW.order_id AND (o.hold_reason <> '' OR c.on_hold) FOR SHARE;\n    IF FOUND THEN\n        RAISE EXCEPTION 'order line % is not released, as its order is held or its customer on hold', NEW.id\n            USING ERRCODE = 'check_violation';\n    END IF;\n    RETURN NEW;\n    ", hash='55d2e919c354f50558ac193741ecfd2066526f12', operation='UPDATE OF "state"', pgid='pgtrigger_held_line_is_not_released_961d4', table='sales_orderline', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='orderline',
            trigger=pgtrigger.compiler.Trigger(name='complete_order_leaves_together', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (NEW.state = 'shipped')", constraint='CONSTRAINT', func="\n    IF EXISTS (\n        SELECT 1 FROM sales_order o JOIN sales_orderline other ON other.order_id = o.id\n        WHERE o.id = NEW.order_id AND o.ship_complete AND other.state NOT IN ('shipped', 'cancelled')\n    ) THEN\n        RAISE EXCEPTION 'order line % leaves before the rest of an order that ships complete', NEW.id\n            USING ERRCODE = 'check_violation';\n    END IF;\n    RETURN NULL;\n    ", hash='e10ff772b45d61b1be76f6ccbfeedb2fc9c310ab', operation='UPDATE OF "state"', pgid='pgtrigger_complete_order_leaves_together_a1bdc', table='sales_orderline', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='orderline',
            trigger=pgtrigger.compiler.Trigger(name='shipped_line_has_its_units', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (NEW.state = 'shipped' AND OLD.state <> NEW.state)", constraint='CONSTRAINT', func="\n    IF (SELECT count(*) FROM sales_shippedunit u WHERE u.line_id = NEW.id) <> NEW.quantity THEN\n        RAISE EXCEPTION 'order line % is shipped without all its units', NEW.id USING ERRCODE = 'check_violation';\n    END IF;\n    RETURN NULL;\n    ", hash='3c078da15ff8d0c12149dddb7a030e45f0e28d2c', operation='UPDATE OF "state"', pgid='pgtrigger_shipped_line_has_its_units_f728c', table='sales_orderline', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='orderline',
            trigger=pgtrigger.compiler.Trigger(name='lines_end_with_their_order', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (NEW.state IN ('shipped', 'cancelled'))", constraint='CONSTRAINT', func="\nIF EXISTS (\n    SELECT 1 FROM sales_order o WHERE o.id = NEW.order_id AND (o.state = 'shipped') <> (\n        EXISTS (SELECT 1 FROM sales_orderline l WHERE l.order_id = o.id AND l.state = 'shipped')\n        AND NOT EXISTS (SELECT 1 FROM sales_orderline l WHERE l.order_id = o.id AND l.state NOT IN ('shipped', 'cancelled'))\n    )\n) THEN\n    RAISE EXCEPTION 'order % is shipped when all its lines are shipped or cancelled, and only then', NEW.order_id\n        USING ERRCODE = 'check_violation';\nEND IF;\nRETURN NULL;\n", hash='45a3d20af99ee564b6c2ff0e78283737d85f080a', operation='UPDATE OF "state"', pgid='pgtrigger_lines_end_with_their_order_ac0d5', table='sales_orderline', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='orderline',
            trigger=pgtrigger.compiler.Trigger(name='end_is_told', sql=pgtrigger.compiler.UpsertTriggerSql(func="\nIF NOT EXISTS (SELECT 1 FROM sales_subscription WHERE active) THEN\n    RETURN NULL;\nEND IF;\nWITH told AS (\n    SELECT n.id AS line_id, CASE n.state WHEN 'cancelled' THEN 'promise.cancelled' WHEN 'expired' THEN 'quote.expired'\n                            ELSE 'quote.accepted' END AS event,\n           COALESCE((SELECT jsonb_build_object('ship_date', p.ship_date, 'reason', p.reason) FROM sales_promise p\n                     WHERE p.line_id = n.id AND p.in_force), '{}') AS facts\n    FROM new_rows n JOIN old_rows o ON o.id = n.id\n    WHERE o.state IN ('quoted', 'confirmed') AND n.state IN ('cancelled', 'expired')\n       OR o.state = 'quoted' AND n.state = 'confirmed'\n), event AS MATERIALIZED (\n    SELECT gen_random_uuid() AS id, told.event, o.id AS order_id, c.email, jsonb_build_object(\n        'order', o.number, 'customer', c.code, 'currency', o.currency, 'ship_complete', o.ship_complete,\n        'expires_at', o.expires_at, 'lines', jsonb_agg(jsonb_build_object(\n            'position', line.position, 'state', line.state, 'model', m.code, 'revision', r.name, 'choices', k.values,\n            'quantity', line.quantity, 'unit_price', line.unit_price::text, 'request_date', line.request_date\n        ) || told.facts ORDER BY line.position)\n    ) AS facts\n    FROM told JOIN sales_orderline line ON line.id = told.line_id JOIN sales_order o ON o.id = line.order_id\n    JOIN sales_customer c ON c.id = o.customer_id JOIN catalogue_configuration k ON k.id = line.configuration_id\n    JOIN catalogue_revision r ON r.id = k.revision_id JOIN catalogue_productmodel m ON m.id = r.product_model_id\n    GROUP BY told.event, o.id, c.id\n)\nINSERT INTO sales_notice (event_id, event, subscription_id, order_id, facts, at, state, attempts, due_at, fault)\nSELECT event.id, event.event, s.id, event.order_id, event.facts,\n       COALESCE(NULLIF(current_setting('atoll.at', true), '')::timestamptz, clock_timestamp()),\n       'waiting', 0, clock_timestamp(), ''\nFROM event JOIN sales_subscription s ON s.active AND event.event = ANY(s.events) AND (s.channel = 'webhook' OR event.email <> '')\nORDER BY event.order_id, event.event, s.id;\nIF FOUND THEN\n    PERFORM procrastinate_defer_jobs_v1(ARRAY[\n        ROW('default', 'sales.deliver', 0, NULL, NULL, '{}'::jsonb, NULL)\n    ]::procrastinate_job_to_defer_v1[]);\nEND IF;\nRETURN NULL;\n", hash='98070b90360f80054afabd13710fecb7c9bc190b', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_end_is_told_965ff', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='sales_orderline', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='orderchange',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION '% refuses to update or delete: append_only', TG_TABLE_NAME USING ERRCODE = 'check_violation';", hash='4c7675335da97d136dd2a4622b90497ad40e3993', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_5eef4', table='sales_orderchange', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='orderchange',
            trigger=pgtrigger.compiler.Trigger(name='written_by_triggers', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (pg_trigger_depth() = 0)', func="RAISE EXCEPTION '% refuses to insert: written_by_triggers', TG_TABLE_NAME USING ERRCODE = 'check_violation';", hash='5692932eae081e9be6fdecb776bba2b3b19f5d2d', operation='INSERT', pgid='pgtrigger_written_by_triggers_54322', table='sales_orderchange', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='orderchange',
            trigger=pgtrigger.compiler.Trigger(name='emptied_with_company', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF EXISTS (SELECT 1 FROM accounts_company) THEN\n        RAISE EXCEPTION '% can only be emptied together with the company and all else', TG_TABLE_NAME\n            USING ERRCODE = 'check_violation';\n    END IF;\n    RETURN NULL;\n    ", hash='8918e7071f65fb8cd81ce0ac6f0ffd5c62a4f746', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_emptied_with_company_a5456', table='sales_orderchange', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='levertaken',
            trigger=pgtrigger.compiler.Trigger(name='lever_stays', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION '% refuses to update or delete: lever_stays', TG_TABLE_NAME USING ERRCODE = 'check_violation';", hash='08dd767c0d5a494dac5f593849bff8776b9e2062', operation='UPDATE OR DELETE', pgid='pgtrigger_lever_stays_7a53d', table='sales_levertaken', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='levertaken',
            trigger=pgtrigger.compiler.Trigger(name='emptied_with_company', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF EXISTS (SELECT 1 FROM accounts_company) THEN\n        RAISE EXCEPTION '% can only be emptied together with the company and all else', TG_TABLE_NAME\n            USING ERRCODE = 'check_violation';\n    END IF;\n    RETURN NULL;\n    ", hash='6f6003b7487cfb34f1d84a08315a5d851662d573', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_emptied_with_company_83a55', table='sales_levertaken', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='promise',
            trigger=pgtrigger.compiler.Trigger(name='promise_is_kept_in_history', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION '% refuses to delete: promise_is_kept_in_history', TG_TABLE_NAME USING ERRCODE = 'check_violation';", hash='72461d065e1740c98237d3f46120ada3d1c0ad2d', operation='DELETE', pgid='pgtrigger_promise_is_kept_in_history_b315a', table='sales_promise', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='promise',
            trigger=pgtrigger.compiler.Trigger(name='promise_never_changes', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."line_id" IS DISTINCT FROM (NEW."line_id") OR OLD."ship_date" IS DISTINCT FROM (NEW."ship_date") OR OLD."need_date" IS DISTINCT FROM (NEW."need_date") OR OLD."made_at" IS DISTINCT FROM (NEW."made_at") OR OLD."made_by_id" IS DISTINCT FROM (NEW."made_by_id") OR OLD."reason" IS DISTINCT FROM (NEW."reason") OR OLD."basis" IS DISTINCT FROM (NEW."basis"))', func="RAISE EXCEPTION '% refuses to update: promise_never_changes', TG_TABLE_NAME USING ERRCODE = 'check_violation';", hash='c5a9f6c487283440adb4ab6180f38388db97ddd5', operation='UPDATE', pgid='pgtrigger_promise_never_changes_b1e16', table='sales_promise', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='promise',
            trigger=pgtrigger.compiler.Trigger(name='promise_is_made_for_confirmed_line', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n        IF EXISTS (\n            SELECT 1 FROM new_rows p JOIN sales_orderline line ON line.id = p.line_id\n            WHERE p.in_force AND line.state NOT IN ('quoted', 'confirmed', 'in assembly', 'assembled', 'shipped')\n        ) THEN\n            RAISE EXCEPTION 'a promise is made for a line that is not confirmed' USING ERRCODE = 'check_violation';\n        END IF;\n        RETURN NULL;\n        ", hash='419d632d89cae0b259697a191728b133ef613ca4', level='STATEMENT', operation='INSERT', pgid='pgtrigger_promise_is_made_for_confirmed_line_800c3', referencing='REFERENCING NEW TABLE AS new_rows ', table='sales_promise', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='promise',
            trigger=pgtrigger.compiler.Trigger(name='promise_is_of_confirmed_line', sql=pgtrigger.compiler.UpsertTriggerSql(constraint='CONSTRAINT', func="\nIF EXISTS (\n    SELECT 1 FROM sales_orderline line WHERE line.id = NEW.line_id AND (line.state IN ('quoted', 'confirmed', 'in assembly', 'assembled', 'shipped'))\n        <> EXISTS (SELECT 1 FROM sales_promise p WHERE p.line_id = line.id AND p.in_force)\n) THEN\n    RAISE EXCEPTION 'order line % is confirmed without a promise in force, or has one without being confirmed', NEW.line_id\n        USING ERRCODE = 'check_violation';\nEND IF;\nRETURN NULL;", hash='0787adde21509495c33fe613784e04c6a275cea3', operation='UPDATE OF "in_force"', pgid='pgtrigger_promise_is_of_confirmed_line_2dbaf', table='sales_promise', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='promise',
            trigger=pgtrigger.compiler.Trigger(name='rests_in_time', sql=pgtrigger.compiler.UpsertTriggerSql(func="\nIF EXISTS (\n    SELECT 1 FROM new_rows p\n    JOIN sales_orderline line ON line.id = p.line_id\n    JOIN stock_demand d ON d.id = line.demand_id\n    JOIN stock_requirement r ON r.demand_id = d.id\n    JOIN stock_allocation a ON a.requirement_id = r.id\n    JOIN stock_supply s ON s.id = a.supply_id\n    WHERE p.in_force AND NOT p.at_risk AND s.due > d.need_date\n) THEN\n    RAISE EXCEPTION 'a promise rests on a supply that is due after its need date' USING ERRCODE = 'check_violation';\nEND IF;\nRETURN NULL;\n", hash='251586306a293886203139528dc664d5850dc164', level='STATEMENT', operation='INSERT', pgid='pgtrigger_rests_in_time_2cc7d', referencing='REFERENCING NEW TABLE AS new_rows ', table='sales_promise', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='promise',
            trigger=pgtrigger.compiler.Trigger(name='still_rests_in_time', sql=pgtrigger.compiler.UpsertTriggerSql(func="\nIF EXISTS (\n    SELECT 1 FROM new_rows p\n    JOIN sales_orderline line ON line.id = p.line_id\n    JOIN stock_demand d ON d.id = line.demand_id\n    JOIN stock_requirement r ON r.demand_id = d.id\n    JOIN stock_allocation a ON a.requirement_id = r.id\n    JOIN stock_supply s ON s.id = a.supply_id\n    WHERE p.in_force AND NOT p.at_risk AND s.due > d.need_date\n) THEN\n    RAISE EXCEPTION 'a promise rests on a supply that is due after its need date' USING ERRCODE = 'check_violation';\nEND IF;\nRETURN NULL;\n", hash='8064657fe9f00a9de8129ba79efe4b8a582800b6', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_still_rests_in_time_671d5', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='sales_promise', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='promise',
            trigger=pgtrigger.compiler.Trigger(name='promise_is_told', sql=pgtrigger.compiler.UpsertTriggerSql(func="\nIF NOT EXISTS (SELECT 1 FROM sales_subscription WHERE active) THEN\n    RETURN NULL;\nEND IF;\nWITH told AS (\n    SELECT p.line_id, CASE WHEN before.id IS NULL THEN 'promise.made' ELSE 'promise.changed' END AS event,\n           jsonb_build_object('ship_date', p.ship_date, 'ship_date_before', before.ship_date, 'reason', p.reason) AS facts\n    FROM new_rows p LEFT JOIN LATERAL (\n        SELECT b.id, b.ship_date, b.at_risk FROM sales_promise b WHERE b.line_id = p.line_id AND b.id < p.id\n        ORDER BY b.id DESC LIMIT 1\n    ) before ON true\n    WHERE before.id IS NULL OR before.ship_date <> p.ship_date OR before.at_risk OR EXISTS (\n        SELECT 1 FROM sales_orderchange c WHERE c.line_id = p.line_id AND c.recorded_at >= now()\n    )\n), event AS MATERIALIZED (\n    SELECT gen_random_uuid() AS id, told.event, o.id AS order_id, c.email, jsonb_build_object(\n        'order', o.number, 'customer', c.code, 'currency', o.currency, 'ship_complete', o.ship_complete,\n        'expires_at', o.expires_at, 'lines', jsonb_agg(jsonb_build_object(\n            'position', line.position, 'state', line.state, 'model', m.code, 'revision', r.name, 'choices', k.values,\n            'quantity', line.quantity, 'unit_price', line.unit_price::text, 'request_date', line.request_date\n        ) || told.facts ORDER BY line.position)\n    ) AS facts\n    FROM told JOIN sales_orderline line ON line.id = told.line_id JOIN sales_order o ON o.id = line.order_id\n    JOIN sales_customer c ON c.id = o.customer_id JOIN catalogue_configuration k ON k.id = line.configuration_id\n    JOIN catalogue_revision r ON r.id = k.revision_id JOIN catalogue_productmodel m ON m.id = r.product_model_id\n    GROUP BY told.event, o.id, c.id\n)\nINSERT INTO sales_notice (event_id, event, subscription_id, order_id, facts, at, state, attempts, due_at, fault)\nSELECT event.id, event.event, s.id, event.order_id, event.facts,\n       COALESCE(NULLIF(current_setting('atoll.at', true), '')::timestamptz, clock_timestamp()),\n       'waiting', 0, clock_timestamp(), ''\nFROM event JOIN sales_subscription s ON s.active AND event.event = ANY(s.events) AND (s.channel = 'webhook' OR event.email <> '')\nORDER BY event.order_id, event.event, s.id;\nIF FOUND THEN\n    PERFORM procrastinate_defer_jobs_v1(ARRAY[\n        ROW('default', 'sales.deliver', 0, NULL, NULL, '{}'::jsonb, NULL)\n    ]::procrastinate_job_to_defer_v1[]);\nEND IF;\nRETURN NULL;\n", hash='9c413fac3aad1849b50f14aa5c0eec079759a79c', level='STATEMENT', operation='INSERT', pgid='pgtrigger_promise_is_told_3065f', referencing='REFERENCING NEW TABLE AS new_rows ', table='sales_promise', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='promise',
            trigger=pgtrigger.compiler.Trigger(name='risk_is_told', sql=pgtrigger.compiler.UpsertTriggerSql(func="\nIF NOT EXISTS (SELECT 1 FROM sales_subscription WHERE active) THEN\n    RETURN NULL;\nEND IF;\nWITH told AS (\n    SELECT n.line_id, 'promise.at_risk' AS event, jsonb_build_object('ship_date', n.ship_date, 'reason', n.reason) AS facts\n    FROM new_rows n JOIN old_rows o ON o.id = n.id WHERE n.in_force AND n.at_risk AND NOT o.at_risk\n), event AS MATERIALIZED (\n    SELECT gen_random_uuid() AS id, told.event, o.id AS order_id, c.email, jsonb_build_object(\n        'order', o.number, 'customer', c.code, 'currency', o.currency, 'ship_complete', o.ship_complete,\n        'expires_at', o.expires_at, 'lines', jsonb_agg(jsonb_build_object(\n            'position', line.position, 'state', line.state, 'model', m.code, 'revision', r.name, 'choices', k.values,\n            'quantity', line.quantity, 'unit_price', line.unit_price::text, 'request_date', line.request_date\n        ) || told.facts ORDER BY line.position)\n    ) AS facts\n    FROM told JOIN sales_orderline line ON line.id = told.line_id JOIN sales_order o ON o.id = line.order_id\n    JOIN sales_customer c ON c.id = o.customer_id JOIN catalogue_configuration k ON k.id = line.configuration_id\n    JOIN catalogue_revision r ON r.id = k.revision_id JOIN catalogue_productmodel m ON m.id = r.product_model_id\n    GROUP BY told.event, o.id, c.id\n)\nINSERT INTO sales_notice (event_id, event, subscription_id, order_id, facts, at, state, attempts, due_at, fault)\nSELECT event.id, event.event, s.id, event.order_id, event.facts,\n       COALESCE(NULLIF(current_setting('atoll.at', true), '')::timestamptz, clock_timestamp()),\n       'waiting', 0, clock_timestamp(), ''\nFROM event JOIN sales_subscription s ON s.active AND event.event = ANY(s.events) AND (s.channel = 'webhook' OR event.email <> '')\nORDER BY event.order_id, event.event, s.id;\nIF FOUND THEN\n    PERFORM procrastinate_defer_jobs_v1(ARRAY[\n        ROW('default', 'sales.deliver', 0, NULL, NULL, '{}'::jsonb, NULL)\n    ]::procrastinate_job_to_defer_v1[]);\nEND IF;\nRETURN NULL;\n", hash='471f59e085b2bc095c93806f1bd90e4b2eb37161', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_risk_is_told_f84ff', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='sales_promise', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='promise',
            trigger=pgtrigger.compiler.Trigger(name='emptied_with_company', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF EXISTS (SELECT 1 FROM accounts_company) THEN\n        RAISE EXCEPTION '% can only be emptied together with the company and all else', TG_TABLE_NAME\n            USING ERRCODE = 'check_violation';\n    END IF;\n    RETURN NULL;\n    ", hash='6d1bc8520e0369749cfda2e57b849381ea0160a5', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_emptied_with_company_8d29c', table='sales_promise', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='proposal',
            trigger=pgtrigger.compiler.Trigger(name='state_starts', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (NEW.state NOT IN ('computing'))", func="RAISE EXCEPTION '% cannot start in state %', TG_TABLE_NAME, NEW.state USING ERRCODE = 'check_violation';", hash='5490ad423f329f2624531050dcef41a19fdeccf2', operation='INSERT', pgid='pgtrigger_state_starts_127f3', table='sales_proposal', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='proposal',
            trigger=pgtrigger.compiler.Trigger(name='state_changes', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (('computing', 'discarded'), ('computing', 'proposed'), ('proposed', 'applied'), ('proposed', 'discarded')))", func="\n            RAISE EXCEPTION '% % cannot go from % to %', TG_TABLE_NAME, NEW.id, OLD.state, NEW.state\n                USING ERRCODE = 'check_violation';\n            ", hash='6db7726ba58e778c739eb020fb660eb01f3b1ed4', operation='UPDATE OF "state"', pgid='pgtrigger_state_changes_77738', table='sales_proposal', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='proposal',
            trigger=pgtrigger.compiler.Trigger(name='state_recorded_at_start', sql=pgtrigger.compiler.UpsertTriggerSql(func="\nINSERT INTO accounts_statechange (entity, entity_id, from_state, to_state, user_id, at, recorded_at, reason)\nSELECT TG_TABLE_NAME, n.id, '', n.state,\n       NULLIF(current_setting('atoll.user', true), '')::bigint,\n       NULLIF(current_setting('atoll.at', true), '')::timestamptz,\n       clock_timestamp(), COALESCE(current_setting('atoll.reason', true), '')\nFROM new_rows n ORDER BY n.id;\nRETURN NULL;\n", hash='5965fca9fcbcb827b3c72542ddcfba3ca442671b', level='STATEMENT', operation='INSERT', pgid='pgtrigger_state_recorded_at_start_224f3', referencing='REFERENCING NEW TABLE AS new_rows ', table='sales_proposal', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='proposal',
            trigger=pgtrigger.compiler.Trigger(name='state_recorded', sql=pgtrigger.compiler.UpsertTriggerSql(func="\nINSERT INTO accounts_statechange (entity, entity_id, from_state, to_state, user_id, at, recorded_at, reason)\nSELECT TG_TABLE_NAME, n.id, o.state, n.state,\n       NULLIF(current_setting('atoll.user', true), '')::bigint,\n       NULLIF(current_setting('atoll.at', true), '')::timestamptz,\n       clock_timestamp(), COALESCE(current_setting('atoll.reason', true), '')\nFROM new_rows n JOIN old_rows o ON o.id = n.id AND o.state <> n.state ORDER BY n.id;\nRETURN NULL;\n", hash='71594b5ebb940a2a5201fd2e1315fb194ca5c783', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_state_recorded_5fdd6', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='sales_proposal', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='proposedpromise',
            trigger=pgtrigger.compiler.Trigger(name='proposed_promise_never_changes', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."proposal_id" IS DISTINCT FROM (NEW."proposal_id") OR OLD."line_id" IS DISTINCT FROM (NEW."line_id") OR OLD."place" IS DISTINCT FROM (NEW."place") OR OLD."requested" IS DISTINCT FROM (NEW."requested") OR OLD."before" IS DISTINCT FROM (NEW."before") OR OLD."after" IS DISTINCT FROM (NEW."after") OR OLD."weight" IS DISTINCT FROM (NEW."weight"))', func="RAISE EXCEPTION '% refuses to update: proposed_promise_never_changes', TG_TABLE_NAME USING ERRCODE = 'check_violation';", hash='5b4b219834e41d51dc8fe5ec0d9b070ba0722877', operation='UPDATE', pgid='pgtrigger_proposed_promise_never_changes_8c1d3', table='sales_proposedpromise', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='protection',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "sales_protectionevent" ("customer_class", "id", "item_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "quantity") VALUES (NEW."customer_class", NEW."id", NEW."item_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."quantity"); RETURN NULL;', hash='b47455e1acd32e6cfae7bfe3315685d43676bf64', operation='INSERT', pgid='pgtrigger_insert_insert_1e254', table='sales_protection', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='protection',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "sales_protectionevent" ("customer_class", "id", "item_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "quantity") VALUES (NEW."customer_class", NEW."id", NEW."item_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."quantity"); RETURN NULL;', hash='a994ccd5d55e40988c708665547467909ba62879', operation='UPDATE', pgid='pgtrigger_update_update_ca589', table='sales_protection', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='protection',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "sales_protectionevent" ("customer_class", "id", "item_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "quantity") VALUES (OLD."customer_class", OLD."id", OLD."item_id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."quantity"); RETURN NULL;', hash='b97a2e141f542989140c249f1ae1de91c5edcb63', operation='DELETE', pgid='pgtrigger_delete_delete_e3afc', table='sales_protection', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='shippedunit',
            trigger=pgtrigger.compiler.Trigger(name='line_leaves_with_its_last_unit', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF EXISTS (\n        SELECT 1 FROM sales_orderline l JOIN sales_order o ON o.id = l.order_id\n        CROSS JOIN LATERAL (SELECT count(*) AS shipped FROM sales_shippedunit u WHERE u.line_id = l.id) units\n        WHERE l.id IN (SELECT line_id FROM new_rows) AND (\n            units.shipped > l.quantity OR (units.shipped = l.quantity) <> (l.state = 'shipped')\n            OR (o.ship_complete AND l.state <> 'shipped')\n        )\n    ) THEN\n        RAISE EXCEPTION 'a line is shipped with its last unit, and of an order that ships complete no unit leaves before'\n            USING ERRCODE = 'check_violation';\n    END IF;\n    RETURN NULL;\n    ", hash='670646b422e5784db01fc6c8ae27ebd796f760c9', level='STATEMENT', operation='INSERT', pgid='pgtrigger_line_leaves_with_its_last_unit_2618e', referencing='REFERENCING NEW TABLE AS new_rows ', table='sales_shippedunit', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='shippedunit',
            trigger=pgtrigger.compiler.Trigger(name='shipment_is_told', sql=pgtrigger.compiler.UpsertTriggerSql(func="\nIF NOT EXISTS (SELECT 1 FROM sales_subscription WHERE active) THEN\n    RETURN NULL;\nEND IF;\nWITH told AS (\n    SELECT u.line_id, 'order.shipped' AS event,\n           jsonb_build_object('shipment', s.number, 'serials', jsonb_agg(lot.number ORDER BY lot.id)) AS facts\n    FROM new_rows u JOIN sales_shipment s ON s.id = u.shipment_id JOIN stock_lot lot ON lot.id = u.unit_id\n    GROUP BY u.line_id, s.number\n), event AS MATERIALIZED (\n    SELECT gen_random_uuid() AS id, told.event, o.id AS order_id, c.email, jsonb_build_object(\n        'order', o.number, 'customer', c.code, 'currency', o.currency, 'ship_complete', o.ship_complete,\n        'expires_at', o.expires_at, 'lines', jsonb_agg(jsonb_build_object(\n            'position', line.position, 'state', line.state, 'model', m.code, 'revision', r.name, 'choices', k.values,\n            'quantity', line.quantity, 'unit_price', line.unit_price::text, 'request_date', line.request_date\n        ) || told.facts ORDER BY line.position)\n    ) AS facts\n    FROM told JOIN sales_orderline line ON line.id = told.line_id JOIN sales_order o ON o.id = line.order_id\n    JOIN sales_customer c ON c.id = o.customer_id JOIN catalogue_configuration k ON k.id = line.configuration_id\n    JOIN catalogue_revision r ON r.id = k.revision_id JOIN catalogue_productmodel m ON m.id = r.product_model_id\n    GROUP BY told.event, o.id, c.id\n)\nINSERT INTO sales_notice (event_id, event, subscription_id, order_id, facts, at, state, attempts, due_at, fault)\nSELECT event.id, event.event, s.id, event.order_id, event.facts,\n       COALESCE(NULLIF(current_setting('atoll.at', true), '')::timestamptz, clock_timestamp()),\n       'waiting', 0, clock_timestamp(), ''\nFROM event JOIN sales_subscription s ON s.active AND event.event = ANY(s.events) AND (s.channel = 'webhook' OR event.email <> '')\nORDER BY event.order_id, event.event, s.id;\nIF FOUND THEN\n    PERFORM procrastinate_defer_jobs_v1(ARRAY[\n        ROW('default', 'sales.deliver', 0, NULL, NULL, '{}'::jsonb, NULL)\n    ]::procrastinate_job_to_defer_v1[]);\nEND IF;\nRETURN NULL;\n", hash='0af20be6624134b6e7553cad85175c11a330319b', level='STATEMENT', operation='INSERT', pgid='pgtrigger_shipment_is_told_b2162', referencing='REFERENCING NEW TABLE AS new_rows ', table='sales_shippedunit', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='slotreservation',
            trigger=pgtrigger.compiler.Trigger(name='reserved', sql=pgtrigger.compiler.UpsertTriggerSql(func='\nWITH change AS (\n    SELECT line_day_id, SUM(minutes) AS minutes FROM (SELECT line_day_id, minutes FROM new_rows) r GROUP BY 1 HAVING SUM(minutes) <> 0\n), locked AS MATERIALIZED (\n    SELECT t.id, change.minutes FROM catalogue_lineday t JOIN change ON t.id = change.line_day_id ORDER BY t.id FOR UPDATE OF t\n)\nUPDATE catalogue_lineday t SET reserved = t.reserved + locked.minutes FROM locked WHERE t.id = locked.id;\nRETURN NULL;\n', hash='e4ca324b71be6814a4b74fed30083ee3a5afb468', level='STATEMENT', operation='INSERT', pgid='pgtrigger_reserved_7afb6', referencing='REFERENCING NEW TABLE AS new_rows ', table='sales_slotreservation', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='slotreservation',
            trigger=pgtrigger.compiler.Trigger(name='freed', sql=pgtrigger.compiler.UpsertTriggerSql(func='\nWITH change AS (\n    SELECT line_day_id, SUM(minutes) AS minutes FROM (SELECT line_day_id, -minutes AS minutes FROM old_rows) r GROUP BY 1 HAVING SUM(minutes) <> 0\n), locked AS MATERIALIZED (\n    SELECT t.id, change.minutes FROM catalogue_lineday t JOIN change ON t.id = change.line_day_id ORDER BY t.id FOR UPDATE OF t\n)\nUPDATE catalogue_lineday t SET reserved = t.reserved + locked.minutes FROM locked WHERE t.id = locked.id;\nRETURN NULL;\n', hash='558bae4785097e5f52e07d7c8fc420ad0e831c1d', level='STATEMENT', operation='DELETE', pgid='pgtrigger_freed_c3d3f', referencing='REFERENCING OLD TABLE AS old_rows ', table='sales_slotreservation', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='slotreservation',
            trigger=pgtrigger.compiler.Trigger(name='reserved_anew', sql=pgtrigger.compiler.UpsertTriggerSql(func='\nWITH change AS (\n    SELECT line_day_id, SUM(minutes) AS minutes FROM (SELECT line_day_id, minutes FROM new_rows UNION ALL SELECT line_day_id, -minutes AS minutes FROM old_rows) r GROUP BY 1 HAVING SUM(minutes) <> 0\n), locked AS MATERIALIZED (\n    SELECT t.id, change.minutes FROM catalogue_lineday t JOIN change ON t.id = change.line_day_id ORDER BY t.id FOR UPDATE OF t\n)\nUPDATE catalogue_lineday t SET reserved = t.reserved + locked.minutes FROM locked WHERE t.id = locked.id;\nRETURN NULL;\n', hash='5ea90ee340053e1bf3ae4f6543e2124aaf1d50ba', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_reserved_anew_5ddf8', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='sales_slotreservation', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='slotreservation',
            trigger=pgtrigger.compiler.Trigger(name='emptied_with_company', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF EXISTS (SELECT 1 FROM accounts_company) THEN\n        RAISE EXCEPTION '% can only be emptied together with the company and all else', TG_TABLE_NAME\n            USING ERRCODE = 'check_violation';\n    END IF;\n    RETURN NULL;\n    ", hash='e42307c4d117387b90d77c909df3d354a3022d64', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_emptied_with_company_af3f5', table='sales_slotreservation', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='notice',
            trigger=pgtrigger.compiler.Trigger(name='notice_stays_as_it_is', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."event_id" IS DISTINCT FROM (NEW."event_id") OR OLD."event" IS DISTINCT FROM (NEW."event") OR OLD."subscription_id" IS DISTINCT FROM (NEW."subscription_id") OR OLD."order_id" IS DISTINCT FROM (NEW."order_id") OR OLD."facts" IS DISTINCT FROM (NEW."facts") OR OLD."at" IS DISTINCT FROM (NEW."at"))', func="RAISE EXCEPTION '% refuses to update: notice_stays_as_it_is', TG_TABLE_NAME USING ERRCODE = 'check_violation';", hash='7747da2e642aeb3490e69af719dae12bfa24c427', operation='UPDATE', pgid='pgtrigger_notice_stays_as_it_is_21cb0', table='sales_notice', when='BEFORE')),
        ),
    ]
