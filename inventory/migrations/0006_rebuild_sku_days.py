from django.db import migrations

REBUILD = """
DELETE FROM inventory_skuday;
INSERT INTO inventory_skuday (account_id, channel, day, sku_id, currency, fulfilment, units, revenue)
SELECT o.account_id, o.channel, o.business_on, line.sku_id, o.currency, o.fulfilment,
       sum(line.quantity - line.quantity_cancelled),
       coalesce(sum(CASE WHEN line.quantity_cancelled = line.quantity THEN 0 ELSE
           line.item_total * (line.quantity - line.quantity_cancelled) / nullif(line.quantity, 0)
           + coalesce(line.shipping, 0) + coalesce(line.gift_wrap, 0)
           - coalesce(line.discount, 0) - coalesce(line.shipping_discount, 0) END), 0)
FROM inventory_order o JOIN inventory_orderline line ON line.order_id = o.id
WHERE o.replacement_of = '' AND o.status <> 'cancelled' GROUP BY 1, 2, 3, 4, 5, 6
"""


class Migration(migrations.Migration):
    """Days told before anybody asked who ships are told again."""

    dependencies = [("inventory", "0005_sku_day_fulfilment")]

    operations = [migrations.RunSQL(REBUILD, migrations.RunSQL.noop)]
