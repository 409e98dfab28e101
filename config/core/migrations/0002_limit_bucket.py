"""The limiter's rows, once for the whole installation: the statement names `public`, whichever schema is migrated."""

from django.db import migrations

from config.core.limits import CREATE_TABLE


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]

    operations = [migrations.RunSQL(CREATE_TABLE, migrations.RunSQL.noop)]
