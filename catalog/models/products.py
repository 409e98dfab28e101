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


class SkuKind(models.TextChoices):
    """A `parent` carries variants and is never sold itself; a `bundle` is made of other SKUs when it is packed."""

    ITEM = "item"
    BUNDLE = "bundle"
    PARENT = "parent"


class VatClass(models.TextChoices):
    """Which of a country's rates applies; the rate itself is the country's."""

    STANDARD = "standard"
    REDUCED = "reduced"
    ZERO = "zero"
    EXEMPT = "exempt"


class Sku(Stamped):
    """What is stocked and sold, unique per client. `options` tells variants of one product apart (colour, size).

    Sizes and weight are those of one packed piece; empty means not known.
    """

    code = models.CharField(max_length=120, unique=True)
    product = models.ForeignKey(Product, models.PROTECT, related_name="skus")
    title = models.CharField(max_length=300, blank=True)
    kind = models.CharField(max_length=6, choices=SkuKind, default=SkuKind.ITEM)
    options = models.JSONField(default=dict, blank=True)
    weight_g = models.PositiveIntegerField(null=True, blank=True)
    length_mm = models.PositiveIntegerField(null=True, blank=True)
    width_mm = models.PositiveIntegerField(null=True, blank=True)
    height_mm = models.PositiveIntegerField(null=True, blank=True)
    origin_country = models.CharField(max_length=2, blank=True)
    customs_code = models.CharField(max_length=11, blank=True)
    vat_class = models.CharField(max_length=8, choices=VatClass, blank=True)
    supplier = models.CharField(max_length=120, blank=True)
    lead_time_days = models.PositiveIntegerField(null=True, blank=True)
    pack_quantity = models.PositiveIntegerField(null=True, blank=True)
    moq = models.PositiveIntegerField("smallest order", null=True, blank=True)
    is_focus = models.BooleanField(default=False)
    is_retired = models.BooleanField(default=False)
    merged_into = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="merged")

    class Meta:
        verbose_name = "SKU"
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(
                fields=["product"], condition=models.Q(kind="parent"), name="product_has_one_parent_sku"
            ),
            models.UniqueConstraint(
                fields=["product", "options"], condition=~models.Q(options={}), name="variant_once_per_product"
            ),
            models.CheckConstraint(
                condition=models.Q(pack_quantity__isnull=True) | models.Q(pack_quantity__gt=0), name="sku_pack_quantity"
            ),
        ]

    def __str__(self) -> str:
        return self.code


class SkuChange(models.Model):
    """One master field of a SKU that changed: before, after, who and by what."""

    sku = models.ForeignKey(Sku, models.CASCADE, related_name="changes")
    field = models.CharField(max_length=20)
    before = models.TextField(blank=True)
    after = models.TextField(blank=True)
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=150)
    source = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [models.Index(fields=["sku", "-changed_at"], name="sku_change_newest")]

    def __str__(self) -> str:
        return f"{self.field}: {self.before} to {self.after}"


class Identifier(models.Model):
    """One of many names of a SKU. Values are text: leading zeros belong to them."""

    sku = models.ForeignKey(Sku, models.CASCADE, related_name="identifiers")
    kind = models.CharField(max_length=30)
    value = models.CharField(max_length=120)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "value"], name="identifier_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.value}"


class MasterRule(models.Model):
    """Whether a client wants a master field for every SKU; without it, nothing is asked of the field."""

    field = models.CharField(max_length=20, unique=True)
    is_mandatory = models.BooleanField(default=True)
    set_by = models.CharField(max_length=150, blank=True)
    set_at = models.DateTimeField()

    class Meta:
        ordering = ["field"]

    def __str__(self) -> str:
        return f"{self.field}: {'mandatory' if self.is_mandatory else 'optional'}"
