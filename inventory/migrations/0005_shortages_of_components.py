"""A bundle lacks its components, each for itself: a line may have a shortage of several SKUs."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inventory", "0004_storage_rates")]
    operations = [
        migrations.AlterField(
            model_name="shortage",
            name="order_line",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="shortages",
                to="inventory.orderline",
            ),
        ),
        migrations.AddConstraint(
            model_name="shortage",
            constraint=models.UniqueConstraint(fields=("order_line", "sku"), name="shortage_once"),
        ),
    ]
