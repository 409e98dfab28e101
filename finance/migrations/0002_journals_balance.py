"""The law of double entry in the database: the lines of an entry sum to zero, and a locked entry stays as it is."""

from django.db import migrations

BALANCE = """
CREATE FUNCTION finance_journal_is_sound() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE wrong bigint;
BEGIN
    EXECUTE format('SELECT id FROM %I.finance_journal WHERE is_locked AND id IN (SELECT journal_id FROM touched) LIMIT 1',
        TG_TABLE_SCHEMA) INTO wrong;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'journal % is locked; book the difference in an open month', wrong USING ERRCODE = '23514';
    END IF;
    EXECUTE format('SELECT journal_id FROM %I.finance_journalline WHERE journal_id IN (SELECT journal_id FROM touched)
        GROUP BY 1 HAVING sum(amount) <> 0 LIMIT 1', TG_TABLE_SCHEMA) INTO wrong;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'the debits and credits of journal % differ', wrong USING ERRCODE = '23514';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER journal_line_added AFTER INSERT ON finance_journalline REFERENCING NEW TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION finance_journal_is_sound();
CREATE TRIGGER journal_line_changed AFTER UPDATE ON finance_journalline REFERENCING NEW TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION finance_journal_is_sound();
CREATE TRIGGER journal_line_moved AFTER UPDATE ON finance_journalline REFERENCING OLD TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION finance_journal_is_sound();
CREATE TRIGGER journal_line_removed AFTER DELETE ON finance_journalline REFERENCING OLD TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION finance_journal_is_sound();
CREATE FUNCTION finance_journal_is_locked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'journal % is locked; book the difference in an open month', OLD.number USING ERRCODE = '23514';
END $$;
CREATE TRIGGER journal_stays BEFORE UPDATE OR DELETE ON finance_journal
    FOR EACH ROW WHEN (OLD.is_locked) EXECUTE FUNCTION finance_journal_is_locked();
"""
UNDO = """
DROP TRIGGER journal_stays ON finance_journal;
DROP FUNCTION finance_journal_is_locked();
DROP TRIGGER journal_line_added ON finance_journalline;
DROP TRIGGER journal_line_changed ON finance_journalline;
DROP TRIGGER journal_line_moved ON finance_journalline;
DROP TRIGGER journal_line_removed ON finance_journalline;
DROP FUNCTION finance_journal_is_sound();
"""


class Migration(migrations.Migration):
    dependencies = [("finance", "0001_initial")]
    operations = [migrations.RunSQL(BALANCE, UNDO)]
