"""Currencies fixed to another one, as dated rows; the first two by the words of their central banks."""

from django.db import migrations

# The dirham's parity with the dollar has been this since 1997-11, the riyal's since 1986-06.
_FIRST = """
INSERT INTO fx_peg (currency, anchor, units, valid_from, source, known_at) VALUES
    ('AED', 'USD', 3.6725, '1997-11-01', 'Central Bank of the UAE', '1997-11-01T00:00:00Z'),
    ('SAR', 'USD', 3.75, '1986-06-01', 'Saudi Central Bank', '1986-06-01T00:00:00Z')
"""


class Migration(migrations.Migration):
    dependencies = [("fx", "0001_initial")]

    operations = [migrations.RunSQL(_FIRST, "DELETE FROM fx_peg")]
