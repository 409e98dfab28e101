from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Heartbeat',
            fields=[
                ('name', models.CharField(max_length=120, primary_key=True, serialize=False)),
                ('at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='JobOverride',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('job', models.CharField(max_length=120, unique=True)),
                ('is_enabled', models.BooleanField(default=True)),
                ('every_seconds', models.PositiveIntegerField(blank=True, null=True)),
                ('reason', models.CharField(max_length=200)),
                ('decided_by', models.CharField(blank=True, max_length=150)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='JobRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('job', models.CharField(max_length=120)),
                ('account_id', models.BigIntegerField(blank=True, null=True)),
                ('work_item_id', models.BigIntegerField(blank=True, null=True)),
                ('started_at', models.DateTimeField()),
                ('milliseconds', models.PositiveIntegerField(default=0)),
                ('outcome', models.CharField(choices=[('ok', 'Ok'), ('retry', 'Retry'), ('paused', 'Paused'), ('failed', 'Failed'), ('lost', 'Lost')], max_length=10)),
                ('code', models.CharField(blank=True, max_length=60)),
                ('message', models.TextField(blank=True)),
                ('counts', models.JSONField(default=dict)),
            ],
            options={
                'indexes': [models.Index(fields=['job', 'account_id', '-started_at'], name='job_run_latest'), models.Index(fields=['-started_at'], name='job_run_newest')],
            },
        ),
        migrations.CreateModel(
            name='Pace',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('degraded', 'degraded for a peak'), ('hurry', 'faster than declared')], max_length=10)),
                ('account_id', models.BigIntegerField(blank=True, null=True)),
                ('factors', models.JSONField(default=dict)),
                ('reason', models.CharField(max_length=300)),
                ('decided_by', models.CharField(max_length=150)),
                ('begun_at', models.DateTimeField()),
                ('until', models.DateTimeField()),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('ended_by', models.CharField(blank=True, max_length=150)),
            ],
            options={
                'indexes': [models.Index(fields=['-until'], name='pace_until')],
            },
        ),
        migrations.CreateModel(
            name='WorkItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('job', models.CharField(max_length=120)),
                ('account_id', models.BigIntegerField(blank=True, null=True)),
                ('dedupe_key', models.CharField(max_length=250)),
                ('queue', models.CharField(max_length=30)),
                ('kwargs', models.JSONField(default=dict)),
                ('state', models.CharField(choices=[('ready', 'Ready'), ('leased', 'Leased'), ('done', 'Done'), ('dead', 'Dead')], default='ready', max_length=10)),
                ('due_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField(blank=True, null=True)),
                ('sent_at', models.DateTimeField(blank=True, null=True)),
                ('lease_until', models.DateTimeField(blank=True, null=True)),
                ('wanted_at', models.DateTimeField(blank=True, null=True)),
                ('leased_by', models.CharField(blank=True, max_length=120)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('lost', models.PositiveSmallIntegerField(default=0)),
                ('last_error', models.TextField(blank=True)),
                ('created_at', models.DateTimeField()),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state', 'ready')), fields=['due_at'], name='work_item_ready'), models.Index(condition=models.Q(('state', 'leased')), fields=['lease_until'], name='work_item_leased'), models.Index(fields=['state', 'finished_at'], name='work_item_finished')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state__in', ['ready', 'leased'])), fields=('dedupe_key',), name='work_item_one_open')],
            },
        ),
    ]
