"""Migrations are complete, numbered once, and never tie two schemas together."""

from collections import Counter

import pytest
from django.core.management import call_command
from django.db import connection

from tests.architecture.source import PACKAGES, ROOT


def test_it_numbers_each_migration_of_an_app_once():
    files = [file for package in PACKAGES for file in (ROOT / package).rglob("migrations/[0-9]*.py")]
    numbers = Counter(f"{file.parent.parent.relative_to(ROOT)} {file.stem.split('_')[0]}" for file in files)
    assert [number for number, times in numbers.items() if times > 1] == []


@pytest.mark.django_db
def test_it_has_a_migration_for_every_change_of_a_model():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.django_db
def test_it_never_ties_two_schemas_together():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.conname FROM pg_constraint c JOIN pg_class a ON a.oid = c.conrelid "
            "JOIN pg_class b ON b.oid = c.confrelid WHERE c.contype = 'f' AND a.relnamespace <> b.relnamespace"
        )
        assert cursor.fetchall() == []
