from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("inventory", "0004_holdings_follow_moves")]

    operations = [
        migrations.RemoveConstraint(
            model_name='skuday',
            name='sku_day_once',
        ),
        migrations.AddField(
            model_name='skuday',
            name='fulfilment',
            field=models.CharField(blank=True, max_length=12),
        ),
        migrations.AddConstraint(
            model_name='skuday',
            constraint=models.UniqueConstraint(fields=('day', 'account', 'channel', 'sku', 'currency', 'fulfilment'), name='sku_day_once', nulls_distinct=False),
        ),
    ]
