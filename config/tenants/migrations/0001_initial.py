import django.core.validators
import django.db.models.deletion
import django_tenants.postgresql_backend.base
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Tenant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('schema_name', models.CharField(db_index=True, max_length=41, unique=True, validators=[django.core.validators.RegexValidator('^[a-z][a-z0-9_]{1,40}$', 'lower case letters, digits and _; begin with a letter'), django_tenants.postgresql_backend.base._check_schema_name], verbose_name='key')),
                ('name', models.CharField(max_length=120)),
                ('status', models.CharField(choices=[('creating', 'being set up'), ('active', 'Active'), ('suspended', 'Suspended'), ('removing', 'Removing')], default='active', max_length=12)),
                ('status_reason', models.CharField(blank=True, max_length=200)),
                ('reporting_currency', models.CharField(default='EUR', max_length=3)),
                ('account_limit', models.PositiveIntegerField(blank=True, null=True)),
                ('remove_after', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Domain',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('domain', models.CharField(db_index=True, max_length=253, unique=True)),
                ('is_primary', models.BooleanField(db_index=True, default=True)),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='domains', to='tenants.tenant')),
            ],
            options={
                'abstract': False,
            },
        ),
    ]
