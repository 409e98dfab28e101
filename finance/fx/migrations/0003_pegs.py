"""Currencies fixed to another one, as dated rows; the first two by the words of their central banks."""

import django.db.models
from django.db import migrations, models

import config.core.clock

# The dirham's parity with the dollar has been this since 1997-11, the riyal's since 1986-06.
_FIRST = """
INSERT INTO fx_peg (currency, anchor, units, valid_from, source, known_at) VALUES
    ('AED', 'USD', 3.6725, '1997-11-01', 'Central Bank of the UAE', '1997-11-01T00:00:00Z'),
    ('SAR', 'USD', 3.75, '1986-06-01', 'Saudi Central Bank', '1986-06-01T00:00:00Z')
"""


class Migration(migrations.Migration):
    dependencies = [("fx", "0002_known_at")]

    operations = [
        migrations.CreateModel(
            name="Peg",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("currency", models.CharField(max_length=3)),
                ("anchor", models.CharField(default="USD", max_length=3)),
                ("units", models.DecimalField(blank=True, decimal_places=8, max_digits=18, null=True)),
                ("valid_from", models.DateField()),
                ("source", models.CharField(max_length=120)),
                ("known_at", models.DateTimeField(default=config.core.clock.now, editable=False)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("currency", "valid_from", "known_at"), name="peg_once"),
                    models.CheckConstraint(condition=django.db.models.Q(units__gt=0), name="peg_is_positive"),
                    models.CheckConstraint(
                        condition=~django.db.models.Q(anchor="EUR"), name="peg_has_an_anchor_with_rates"
                    ),
                ],
            },
        ),
        migrations.RunSQL(_FIRST, "DELETE FROM fx_peg"),
    ]
