"""Carriers weigh parcels; another weight than was declared costs more."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inventory", "0005_shortages_of_components")]
    operations = [
        migrations.AddField(
            model_name="label",
            name="weighed_g",
            field=models.PositiveIntegerField(blank=True, help_text="grams by the carrier's own scales", null=True),
        ),
    ]
