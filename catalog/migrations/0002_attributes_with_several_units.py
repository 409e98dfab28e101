from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0001_initial")]

    operations = [
        migrations.AlterField(model_name="attribute", name="unit", field=models.TextField(blank=True)),
    ]
