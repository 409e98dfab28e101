"""The tables of a client whose migrations were repeated are those of a client whose migrations ran."""

from __future__ import annotations

from django.db import connection

from tests import database

FACTS = {
    "columns": """SELECT table_name, ordinal_position, column_name, udt_name, character_maximum_length, numeric_precision,
        numeric_scale, is_nullable, column_default, is_identity, identity_generation, generation_expression
        FROM information_schema.columns WHERE table_schema = %(schema)s""",
    "constraints": """SELECT conrelid::regclass::text, conname, contype, condeferrable, condeferred,
        pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = %(schema)s::regnamespace""",
    "indexes": "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = %(schema)s",
    "triggers": """SELECT t.tgrelid::regclass::text, tgname, pg_get_triggerdef(t.oid) FROM pg_trigger t
        JOIN pg_class c ON c.oid = t.tgrelid WHERE c.relnamespace = %(schema)s::regnamespace AND NOT tgisinternal""",
    "functions": "SELECT proname, pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = %(schema)s::regnamespace",
    "sequences": """SELECT sequencename, start_value, increment_by, data_type::text FROM pg_sequences
        WHERE schemaname = %(schema)s""",
    "options": "SELECT relname, relkind, relpersistence, reloptions FROM pg_class WHERE relnamespace = %(schema)s::regnamespace",
    "migrations": "SELECT id, app, name FROM django_migrations",
    "kinds": "SELECT id, app_label, model FROM django_content_type",
    "permissions": "SELECT id, content_type_id, codename FROM auth_permission",
}  # fmt: skip


def facts(schema: str) -> dict[str, list[str]]:
    """What a schema was made of, without its name."""
    connection.set_schema(schema)
    found = {}
    with connection.cursor() as cursor:
        for name, query in FACTS.items():
            cursor.execute(query, {"schema": schema})
            found[name] = sorted(repr(row).replace(f"{schema}.", "") for row in cursor.fetchall())
    return found


def test_a_client_whose_migrations_were_repeated_has_what_a_migrated_one_has(db):
    """The suite's template migrates the first client and repeats that for the second one."""
    migrated, repeated = facts(database.CLIENTS[0]), facts(database.CLIENTS[1])
    assert repeated == migrated
    assert all(migrated.values())
