"""Every address of the screens that names a row by its number: a client's own opens, another client's is unknown."""

from __future__ import annotations

import re

import pytest
from django.apps import apps
from django.core.cache import cache
from django.db import connection
from django.urls import URLPattern, URLResolver, get_resolver
from psycopg import sql

from config.core import tenancy
from tests import lookalikes
from tests.isolation.test_tenants import MARKUP, OURS, THEIRS, is_markup, owner, shows

__all__ = ["owner"]
pytestmark = pytest.mark.django_db
FAR = 1_000
MODELS = {
    "order": "inventory.Order",
    "unlinked_product": "catalog.RemoteProduct",
    "master": "catalog.Sku",
    "upload": "catalog.Upload",
    "batch": "catalog.PublishBatch",
    "parity_run": "catalog.ParityRun",
    "listing": "catalog.Listing",
    "count": "inventory.StockCount",
    "label": "inventory.Label",
    "label_paper": "inventory.Label",
    "manifest_paper": "inventory.Manifest",
    "return": "inventory.Return",
    "inbound_shipment": "inventory.InboundShipment",
    "statement": "finance.Settlement",
    "lines": "finance.Settlement",
    "line": "finance.SettlementLine",
    "discrepancy": "finance.Discrepancy",
    "claim": "finance.Claim",
    "claim_pack": "finance.Claim",
    "bank_row": "finance.BankRejected",
    "cost": "finance.Cost",
    "cost_sheet": "finance.CostSheet",
    "fee": "finance.FeeRule",
    "journal": "finance.Journal",
    "export": "finance.JournalExport",
    "ticket": "tickets.Ticket",
    "incident": "tickets.Incident",
    "incident_archive": "tickets.Incident",
    "run": "marketplaces.SyncRun",
    "rejected_row": "marketplaces.RejectedRow",
    "event": "marketplaces.InboxEvent",
    "exchange": "marketplaces.Traffic",
    "page": "marketplaces.RawPage",
    "page_file": "marketplaces.RawPage",
    "command": "marketplaces.Command",
}
WORDS = {"kind": "label"}


@pytest.fixture
def rows(north, south):
    """South's rows are numbered from 1,001 on, so that no number of one client is one of the other."""
    cache.clear()
    with tenancy.in_tenant("south"):
        _number_from(FAR)
        lookalikes.fill(THEIRS)
    return lookalikes.fill(OURS + MARKUP)


def _number_from(last):
    with connection.cursor() as cursor:
        cursor.execute("SELECT sequencename FROM pg_sequences WHERE schemaname = 'south'")
        for (name,) in cursor.fetchall():
            cursor.execute(sql.SQL("SELECT setval({}, %s)").format(sql.Literal(f"south.{name}")), [last])


def numbered(patterns, prefix=""):
    """Name and address, still to be filled, of each screen of one row."""
    for entry in patterns:
        part = str(entry.pattern)
        if isinstance(entry, URLResolver) and not part.startswith(("api/", "admin/")):
            yield from numbered(entry.url_patterns, prefix + part)
        elif isinstance(entry, URLPattern) and "<int:pk>" in prefix + part and entry.name not in ("evidence",):
            yield entry.name, "/" + prefix + part


def address(pattern, pk):
    return re.sub(r"<slug:(\w+)>", lambda found: WORDS[found[1]], pattern.replace("<int:pk>", str(pk)))


def test_a_client_opens_its_own_rows_by_number_and_no_row_of_another_client(owner, rows):
    theirs = _theirs()
    wrong = []
    for name, pattern in numbered(get_resolver("config.urls").url_patterns):
        ours = owner.get(address(pattern, rows[MODELS[name]].pk))
        foreign = owner.get(address(pattern, theirs[MODELS[name]]))
        if (
            (ours.status_code, foreign.status_code) != (200, 404)
            or THEIRS in shows(ours) | shows(foreign)
            or is_markup(ours)
        ):
            wrong.append((name, ours.status_code, foreign.status_code))
    assert wrong == []
    assert len(theirs) > 25


def _theirs():
    """The number of south's row of each model, told by its own table."""
    with tenancy.in_tenant("south"):
        return {label: apps.get_model(label).objects.latest("pk").pk for label in set(MODELS.values())}
