import config.core.clock
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Peg',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('currency', models.CharField(max_length=3)),
                ('anchor', models.CharField(default='USD', max_length=3)),
                ('units', models.DecimalField(blank=True, decimal_places=8, max_digits=18, null=True)),
                ('valid_from', models.DateField()),
                ('source', models.CharField(max_length=120)),
                ('known_at', models.DateTimeField(default=config.core.clock.now, editable=False)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('currency', 'valid_from', 'known_at'), name='peg_once'), models.CheckConstraint(condition=models.Q(('units__gt', 0)), name='peg_is_positive'), models.CheckConstraint(condition=models.Q(('anchor', 'EUR'), _negated=True), name='peg_has_an_anchor_with_rates')],
            },
        ),
        migrations.CreateModel(
            name='Rate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('currency', models.CharField(max_length=3)),
                ('per_eur', models.DecimalField(decimal_places=8, max_digits=18)),
                ('source', models.CharField(max_length=30)),
                ('known_at', models.DateTimeField(default=config.core.clock.now)),
            ],
            options={
                'indexes': [models.Index(fields=['day'], name='rate_day')],
                'constraints': [models.UniqueConstraint(fields=('currency', 'day', 'known_at'), name='rate_fact_once'), models.CheckConstraint(condition=models.Q(('per_eur__gt', 0)), name='rate_is_positive'), models.CheckConstraint(condition=models.Q(('currency', 'EUR'), _negated=True), name='rate_is_never_of_the_euro')],
            },
        ),
    ]
