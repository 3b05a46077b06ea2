from django.db import migrations, models
from django.db.models.deletion import PROTECT


class Migration(migrations.Migration):

    dependencies = [
        ('catalogue', '0010_cheaper_checks'),
        ('stock', '0004_cheaper_checks'),
    ]

    operations = [
        # Django takes every index of the column alone for the one that goes, so this one is made anew.
        migrations.RemoveConstraint(
            model_name='supply',
            name='one_on_hand_supply_per_item',
        ),
        migrations.AlterField(
            model_name='supply',
            name='item',
            field=models.ForeignKey(db_index=False, on_delete=PROTECT, related_name='supplies', to='catalogue.item'),
        ),
        migrations.AddConstraint(
            model_name='supply',
            constraint=models.UniqueConstraint(
                condition=models.Q(('kind', 'on hand')), fields=('item',), name='one_on_hand_supply_per_item'
            ),
        ),
        migrations.AddIndex(
            model_name='supply',
            index=models.Index(
                condition=models.Q(('quantity__gt', models.F('allocated'))), fields=['item'], name='free_supply'
            ),
        ),
    ]
