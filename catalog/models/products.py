"""What the client owns: brands, products, SKUs, and every name a SKU goes by."""

from __future__ import annotations

from django.db import models

from config.core.models import Stamped


class Brand(models.Model):
    name = models.CharField(max_length=120, unique=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Product(Stamped):
    """A thing as a buyer thinks of it; its sellable variants are SKUs."""

    title = models.CharField(max_length=300)
    brand = models.ForeignKey(Brand, models.PROTECT, null=True, blank=True, related_name="products")
    category = models.CharField(max_length=120, blank=True)

    def __str__(self) -> str:
        return self.title


class Sku(Stamped):
    """What is stocked and sold, unique per client."""

    code = models.CharField(max_length=120, unique=True)
    product = models.ForeignKey(Product, models.PROTECT, related_name="skus")
    title = models.CharField(max_length=300, blank=True)
    weight_g = models.PositiveIntegerField(null=True, blank=True)
    is_focus = models.BooleanField(default=False)
    is_retired = models.BooleanField(default=False)

    class Meta:
        verbose_name = "SKU"
        ordering = ["code"]

    def __str__(self) -> str:
        return self.code


class Identifier(models.Model):
    """One of many names of a SKU. Values are text: leading zeros belong to them."""

    sku = models.ForeignKey(Sku, models.CASCADE, related_name="identifiers")
    kind = models.CharField(max_length=30)
    value = models.CharField(max_length=120)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "value"], name="identifier_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.value}"
