"""A rate is a fact known since a moment. Rates that stand already count as known since the bank told them."""

import django.db.models
from django.db import migrations, models

import config.core.clock


class Migration(migrations.Migration):
    dependencies = [("fx", "0001_initial")]

    operations = [
        migrations.RemoveConstraint("rate", "rate_once"),
        migrations.AddField("rate", "known_at", models.DateTimeField(null=True)),
        migrations.RunSQL(
            "UPDATE fx_rate SET known_at = (day + time '16:00') AT TIME ZONE 'Europe/Berlin'",
            migrations.RunSQL.noop,
        ),
        migrations.AlterField("rate", "known_at", models.DateTimeField(default=config.core.clock.now)),
        migrations.AddConstraint(
            "rate", models.UniqueConstraint(fields=("currency", "day", "known_at"), name="rate_fact_once")
        ),
        migrations.AddConstraint(
            "rate", models.CheckConstraint(condition=django.db.models.Q(per_eur__gt=0), name="rate_is_positive")
        ),
        migrations.AddConstraint(
            "rate",
            models.CheckConstraint(condition=~django.db.models.Q(currency="EUR"), name="rate_is_never_of_the_euro"),
        ),
        migrations.AddIndex("rate", models.Index(fields=["day"], name="rate_day")),
    ]
