"""Holdings follow moves and reservations by trigger and by nothing else; a move stays as it was recorded."""

from django.db import migrations

FOLLOW = """
CREATE FUNCTION inventory_move_counts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('INSERT INTO %1$I.inventory_holding (sku_id, warehouse_id, on_hand, reserved)
        SELECT sku_id, warehouse_id, 0, 0 FROM added GROUP BY 1, 2 ORDER BY 1, 2
        ON CONFLICT (sku_id, warehouse_id) DO NOTHING', TG_TABLE_SCHEMA);
    EXECUTE format('UPDATE %1$I.inventory_holding AS held SET on_hand = held.on_hand + moved.units
        FROM (SELECT sku_id, warehouse_id, sum(quantity) AS units FROM added GROUP BY 1, 2) AS moved
        WHERE held.sku_id = moved.sku_id AND held.warehouse_id = moved.warehouse_id AND moved.units <> 0',
        TG_TABLE_SCHEMA);
    RETURN NULL;
END $$;
CREATE TRIGGER stock_move_counts AFTER INSERT ON inventory_stockmove REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION inventory_move_counts();

CREATE FUNCTION inventory_move_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a stock move stays as it was recorded; add another one' USING ERRCODE = '23514';
END $$;
CREATE TRIGGER stock_move_stays BEFORE UPDATE OR DELETE ON inventory_stockmove
    FOR EACH STATEMENT EXECUTE FUNCTION inventory_move_stays();
CREATE TRIGGER stock_move_is_never_emptied BEFORE TRUNCATE ON inventory_stockmove
    FOR EACH STATEMENT EXECUTE FUNCTION inventory_move_stays();

CREATE FUNCTION inventory_reservation_counts() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE changes text;
BEGIN
    changes := CASE TG_OP
        WHEN 'INSERT' THEN 'SELECT sku_id, warehouse_id, held AS units FROM fresh'
        WHEN 'DELETE' THEN 'SELECT sku_id, warehouse_id, -held AS units FROM former'
        ELSE 'SELECT sku_id, warehouse_id, held AS units FROM fresh
              UNION ALL SELECT sku_id, warehouse_id, -held FROM former' END;
    EXECUTE format('UPDATE %1$I.inventory_holding AS held SET reserved = held.reserved + changed.units
        FROM (SELECT sku_id, warehouse_id, sum(units) AS units FROM (' || changes || ') AS told GROUP BY 1, 2) AS changed
        WHERE held.sku_id = changed.sku_id AND held.warehouse_id = changed.warehouse_id AND changed.units <> 0',
        TG_TABLE_SCHEMA);
    RETURN NULL;
END $$;
CREATE TRIGGER reservation_made AFTER INSERT ON inventory_reservation REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION inventory_reservation_counts();
CREATE TRIGGER reservation_changed AFTER UPDATE ON inventory_reservation
    REFERENCING OLD TABLE AS former NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION inventory_reservation_counts();
CREATE TRIGGER reservation_dropped AFTER DELETE ON inventory_reservation REFERENCING OLD TABLE AS former
    FOR EACH STATEMENT EXECUTE FUNCTION inventory_reservation_counts();

CREATE FUNCTION inventory_holding_is_derived() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what is on hand follows from stock moves and reservations; add one of these'
        USING ERRCODE = '23514';
END $$;
CREATE TRIGGER holding_begins_empty BEFORE INSERT ON inventory_holding
    FOR EACH ROW WHEN (NEW.on_hand <> 0 OR NEW.reserved <> 0) EXECUTE FUNCTION inventory_holding_is_derived();
CREATE TRIGGER holding_is_derived BEFORE UPDATE OR DELETE ON inventory_holding
    FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION inventory_holding_is_derived();

CREATE FUNCTION inventory_offer_grows_stale() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('INSERT INTO %1$I.inventory_staleoffer (sku_id, since)
        SELECT DISTINCT ON (fresh.sku_id) fresh.sku_id,
            coalesce(nullif(current_setting(''ninefold.now'', true), '''')::timestamptz, clock_timestamp())
        FROM fresh JOIN former USING (id)
        WHERE fresh.on_hand - fresh.reserved <> former.on_hand - former.reserved ORDER BY 1
        ON CONFLICT (sku_id) DO UPDATE SET since = LEAST(inventory_staleoffer.since, excluded.since)', TG_TABLE_SCHEMA);
    RETURN NULL;
END $$;
CREATE TRIGGER holding_makes_offers_stale AFTER UPDATE ON inventory_holding
    REFERENCING OLD TABLE AS former NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION inventory_offer_grows_stale();
"""
UNDO = """
DROP TRIGGER holding_makes_offers_stale ON inventory_holding;
DROP FUNCTION inventory_offer_grows_stale();
DROP TRIGGER holding_is_derived ON inventory_holding;
DROP TRIGGER holding_begins_empty ON inventory_holding;
DROP FUNCTION inventory_holding_is_derived();
DROP TRIGGER reservation_dropped ON inventory_reservation;
DROP TRIGGER reservation_changed ON inventory_reservation;
DROP TRIGGER reservation_made ON inventory_reservation;
DROP FUNCTION inventory_reservation_counts();
DROP TRIGGER stock_move_is_never_emptied ON inventory_stockmove;
DROP TRIGGER stock_move_stays ON inventory_stockmove;
DROP FUNCTION inventory_move_stays();
DROP TRIGGER stock_move_counts ON inventory_stockmove;
DROP FUNCTION inventory_move_counts();
"""


class Migration(migrations.Migration):
    dependencies = [("inventory", "0001_initial")]
    operations = [migrations.RunSQL(FOLLOW, UNDO)]
