"""One row in every table of a client: ids and keys alike for all clients, every other text marked as this client's."""

from __future__ import annotations

import base64
import json
import zlib
from datetime import time, timedelta
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.postgres.fields import ArrayField
from django.db import models

from config.core.secrets import EncryptedTextField
from marketplaces import registry
from tests.factories import NOON
from tickets.detectors.base import DETECTORS
from tickets.types import TYPES

OURS = ("core", "marketplaces", "catalog", "inventory", "finance", "tickets", "api")
SHARED = {"core.JobOverride", "core.Heartbeat"}
ALIKE = {
    "external_id", "remote_id", "order_ref", "line_ref", "order_id", "event_id", "key", "code", "sha256", "digest",
    "fingerprint", "tracking_number", "document_id", "dedupe_key", "remote_ref", "scope_key", "subject", "source_hash", "hint",
}  # fmt: skip
PLAIN: dict[str, Any] = {
    "currency": "EUR",
    "fulfilment": "merchant",
    "resource": "orders",
    "path": "",
    "chain": "",
    "channel": "",
    "endpoint": "",
    "image_url": "",
    "media_type": "application/json",
    "ship_to_country": "NL",
    "resolution": "",
    "page_id": None,
    "parent": None,
    "merged_into": None,
    "line_class": "sale",
    "comparison": "at_least",
}


def fill(mark: str) -> dict[str, Any]:
    """The row of each model by `app.Model`, made in the current client."""
    rows: dict[str, Any] = {}
    user = get_user_model().objects.create_user("owner", first_name=mark, password="owner")
    rows[settings.AUTH_USER_MODEL] = user
    for model in tables():
        _make(model, mark, rows)
    return rows


def tables() -> list[type[models.Model]]:
    """Every model of ours that lives in a client's schema."""
    found = [model for label in OURS for model in apps.get_app_config(label).get_models()]
    return [model for model in found if model._meta.label not in SHARED and not model._meta.proxy]


def _make(model: type[models.Model], mark: str, rows: dict[str, Any]) -> Any:
    label = model._meta.label
    if label not in rows:
        given = {f.name: _value(f, mark, rows) for f in model._meta.concrete_fields if _is_written(f)}
        if label == "catalog.BundlePart":
            given["component"] = _another(given["bundle"], mark)
        rows[label] = model._default_manager.create(**{**given, **_special(label, mark)})
    return rows[label]


def _another(sku: Any, mark: str) -> Any:
    """A second SKU, for a bundle never holds itself."""
    return type(sku).objects.create(code="L-2", product=sku.product, title=mark)


def _is_written(field: models.Field) -> bool:
    is_made = isinstance(field, models.AutoField | models.UUIDField | models.GeneratedField)
    return field.concrete and not is_made and type(field).__name__ not in ("CompositePrimaryKey", "MultiRangeField")


def _special(label: str, mark: str) -> dict[str, Any]:
    adapter = next(registry.all_adapters())
    detector, ticket_type = next(iter(DETECTORS))[0], next(iter(TYPES))[0]
    return {
        "marketplaces.Account": {"marketplace": adapter.key, "stores": [adapter.stores[0].code], "key": "shop"},
        "marketplaces.RawPage": {"body": zlib.compress(b"{}")},
        "marketplaces.Backfill": {"until": NOON + timedelta(days=1)},
        "marketplaces.Gap": {"kind": "record", "found_at": NOON - timedelta(hours=1)},
        "finance.AccountMonth": {"month": NOON.date().replace(day=1)},
        "finance.Journal": {"month": NOON.date().replace(day=1)},
        "finance.JournalLine": {"amount": 0},
        "finance.RoundingEntry": {"actual": 2},
        "finance.JournalExport": {"body": zlib.compress(mark.encode())},
        "finance.Claim": {"evidence": _evidence(mark)},
        "finance.ExpectedFee": {"line_class": "commission"},
        "finance.Certificate": {"body": zlib.compress(json.dumps({"mark": mark}).encode())},
        "inventory.CarrierAccount": {"carrier": "dhl"},
        "inventory.Manifest": {"paper": base64.b64encode(mark.encode()).decode()},
        "inventory.LabelPaper": {"body": base64.b64encode(mark.encode()).decode()},
        "inventory.ShippingCalendar": {
            "zone": "Europe/Berlin",
            "country": "DE",
            "weekdays": [0, 1],
            "closed_on": [],
            "cut_off": time(16),
        },
        "inventory.ReturnCheck": {"is_sellable": True},
        "inventory.Order": {"status": "to_ship"},
        "inventory.OrderLine": {"quantity": 3, "quantity_shipped": 1, "quantity_cancelled": 1},
        "inventory.Holding": {"on_hand": 0, "reserved": 0},
        "inventory.PoolHealth": {"ages": {"0": 1, "181": 1}},
        "inventory.StockPolicy": {"oversell_target": "0.001"},
        "catalog.Listing": {"status": "active"},
        "catalog.Upload": {"kind": "products"},
        "catalog.Attribute": {"asked_if": {}},
        "catalog.Merge": {"gone_id": 2},
        "finance.FeeRule": {"marketplace": ""},
        "tickets.Ticket": {"type": ticket_type, "detector": detector, "state": "open"},
        "tickets.Threshold": {"detector": detector, "warn": None, "channel": "look"},
        "tickets.Breach": {"detector": detector},
        "tickets.Incident": {"state": "open"},
        "tickets.PlaybookStep": {"position": 99},
        "tickets.ReviewItem": {"position": 99},
        "tickets.WeeklyReview": {"week_on": NOON.date() - timedelta(days=NOON.weekday()), "signed_by": ""},
        "core.WorkItem": {"job": "finance.judge_all"},
        "core.JobRun": {"job": "finance.judge_all"},
        "api.ApiToken": {"scopes": ["read"]},
    }.get(label, {})


def _evidence(mark: str) -> dict[str, Any]:
    """What a submitted claim keeps: the difference and one settled row."""
    row = {
        "statement": "L-1", "row": 1, "class": "sale", "labels": [mark], "amount": "1.0000", "currency": "EUR",
        "posted_at": None, "raw_page": None, "hash": mark,
    }  # fmt: skip
    return {
        "kind": "missing", "order": "L-1", "asked": "1.0000", "currency": "EUR", "difference": {"canary": mark},
        "first_seen_at": NOON.isoformat(), "rows": [row], "raw_pages": [],
    }  # fmt: skip


def _value(field: Any, mark: str, rows: dict[str, Any]) -> Any:
    if field.name in PLAIN and not isinstance(field, models.DecimalField):
        return PLAIN[field.name]
    if field.is_relation:
        return rows.get(field.related_model._meta.label) or _make(field.related_model, mark, rows)
    if field.choices:
        return field.choices[0][0]
    if isinstance(field, models.DateTimeField | models.DateField) and field.null:
        return None
    return _of_kind(field, mark)


def _of_kind(field: Any, mark: str) -> Any:
    if isinstance(field, models.JSONField):
        return [] if field.get_default() == [] else {"canary": mark}
    kinds: tuple[tuple[Any, Any], ...] = (
        (ArrayField, [f"order:{mark}"]),
        (models.BooleanField, False),
        (models.DateTimeField, NOON),
        (models.DateField, NOON.date()),
        (models.DecimalField, Decimal(1)),
        (models.IntegerField, 1),
        (models.BinaryField, mark.encode()),
        (EncryptedTextField, mark),
    )
    for kind, value in kinds:
        if isinstance(field, kind):
            return value
    text = "L-1" if field.name in ALIKE else mark
    return text[: field.max_length] if field.max_length else text
