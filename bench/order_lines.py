"""The table of order lines as the product has it, and 200,000 rows for it in random order."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, models

from config.core.upsert import Table

ROWS = 200_000
SKUS = 6_000
NAME = "bench_order_line"
KEY = ("account_id", "order_ref", "external_id")


class BenchOrderLine(models.Model):
    """The columns, unique key and indexes of an order line, without the tables around it."""

    account_id = models.BigIntegerField()
    order_ref = models.CharField(max_length=120)
    external_id = models.CharField(max_length=120)
    remote_id = models.CharField(max_length=120)
    sku_id = models.BigIntegerField(null=True)
    title = models.CharField(max_length=300)
    quantity = models.PositiveIntegerField()
    quantity_shipped = models.PositiveIntegerField()
    quantity_cancelled = models.PositiveIntegerField()
    currency = models.CharField(max_length=3)
    unit_price = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    item_total = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    shipping = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    tax = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    discount = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    expected_fee = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    cancel_requested = models.BooleanField()
    shipped_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField()

    class Meta:
        app_label = "bench"
        db_table = NAME
        constraints = [models.UniqueConstraint(fields=KEY, name="bench_order_line_once")]
        indexes = [models.Index(fields=["sku_id", "order_ref"], name="bench_order_line_sku")]

    def __str__(self) -> str:
        return f"{self.order_ref} / {self.external_id}"


COLUMNS = tuple(field.column for field in BenchOrderLine._meta.concrete_fields if not field.primary_key)
TABLE = Table(name=NAME, columns=COLUMNS, key=KEY)


def empty_table() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {NAME}")
    with connection.schema_editor() as editor:
        editor.create_model(BenchOrderLine)


def rows() -> list[tuple[Any, ...]]:
    """The same rows at every run, in an order that follows no index."""
    chance = random.Random(9)  # noqa: S311 - no secret is drawn
    made = list(_made(chance))
    chance.shuffle(made)
    return made


def _made(chance: random.Random) -> Iterator[tuple[Any, ...]]:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    for number in range(ROWS):
        sku, quantity = chance.randrange(SKUS), 1 + number % 3
        price = Decimal(chance.randrange(100, 99_999)) / 100
        yield (
            1 + number % 4,
            f"305-{number // 2:07d}-{number % 7919:07d}",
            f"{number:014d}",
            f"SKU-{sku:06d}",
            sku if number % 50 else None,
            f"Article {sku} of the assortment, in a box of {quantity}",
            quantity,
            quantity,
            0,
            "EUR",
            price,
            price * quantity,
            Decimal("4.99"),
            (price * quantity * Decimal("0.19")).quantize(Decimal("0.01")),
            None,
            (-price * quantity * Decimal("0.15")).quantize(Decimal("0.01")),
            False,
            start + timedelta(seconds=number + 3600) if number % 3 else None,
            start + timedelta(seconds=number),
        )
