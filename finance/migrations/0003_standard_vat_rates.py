from datetime import date
from decimal import Decimal

from django.db import migrations

# Standard rates in per cent from the day of their law, as the tax authorities publish them (read 2026-11). Rows of the
# past are kept where a sale of the last years may still be computed again.
CONTAINED = (
    ("AE", "2018-01-01", "5"), ("AT", "1984-01-01", "20"), ("AU", "2000-07-01", "10"), ("BE", "1996-01-01", "21"),
    ("BG", "1999-01-01", "20"), ("CH", "2018-01-01", "7.7"), ("CH", "2024-01-01", "8.1"), ("CY", "2014-01-13", "19"),
    ("CZ", "2013-01-01", "21"), ("DE", "2007-01-01", "19"), ("DE", "2020-07-01", "16"), ("DE", "2021-01-01", "19"),
    ("DK", "1992-01-01", "25"), ("EE", "2009-07-01", "20"), ("EE", "2024-01-01", "22"), ("EE", "2025-07-01", "24"),
    ("EG", "2017-07-01", "14"), ("ES", "2012-09-01", "21"), ("FI", "2013-01-01", "24"), ("FI", "2024-09-01", "25.5"),
    ("FR", "2014-01-01", "20"), ("GB", "2011-01-04", "20"), ("GR", "2016-06-01", "24"), ("HR", "2012-03-01", "25"),
    ("HU", "2012-01-01", "27"), ("IE", "2012-01-01", "23"), ("IE", "2020-09-01", "21"), ("IE", "2021-03-01", "23"),
    ("IN", "2017-07-01", "18"), ("IT", "2013-10-01", "22"), ("JP", "2019-10-01", "10"), ("LT", "2009-09-01", "21"),
    ("LU", "2015-01-01", "17"), ("LU", "2023-01-01", "16"), ("LU", "2024-01-01", "17"), ("LV", "2012-07-01", "21"),
    ("MT", "2004-01-01", "18"), ("MX", "2010-01-01", "16"), ("NL", "2012-10-01", "21"), ("NO", "2005-01-01", "25"),
    ("PL", "2011-01-01", "23"), ("PT", "2011-01-01", "23"), ("RO", "2017-01-01", "19"), ("RO", "2025-08-01", "21"),
    ("SA", "2018-01-01", "5"), ("SA", "2020-07-01", "15"), ("SE", "1990-07-01", "25"), ("SG", "2023-01-01", "8"),
    ("SG", "2024-01-01", "9"), ("SI", "2013-07-01", "22"), ("SK", "2011-01-01", "20"), ("SK", "2025-01-01", "23"),
    ("TR", "2019-01-01", "18"), ("TR", "2023-07-10", "20"), ("ZA", "2018-04-01", "15"),
)  # fmt: skip
# Tax comes on top of the price; the marketplace collects it or the seller adds it, by the buyer's region.
ON_TOP = (("US", "2019-10-01"), ("CA", "2008-01-01"))


def seed(apps, schema_editor):
    rates = apps.get_model("finance", "VatRate")
    source = "standard rate"
    rows = [
        rates(country=c, valid_from=date.fromisoformat(day), rate=Decimal(rate) / 100, source=source)
        for c, day, rate in CONTAINED
    ]
    rows += [
        rates(country=c, valid_from=date.fromisoformat(day), rate=0, is_contained=False, source="tax on top of the price")
        for c, day in ON_TOP
    ]
    rates.objects.bulk_create(rows, ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies = [("finance", "0002_journals_balance")]

    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
