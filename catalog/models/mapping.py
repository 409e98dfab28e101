"""What marketplaces call kinds of products and what they ask of each, by version; and how ours are mapped to theirs."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from catalog.models.products import Sku


class VersionState(models.TextChoices):
    """`draft` counts nowhere yet; of one marketplace at most one version is `active`; `retired` ones can come back."""

    DRAFT = "draft"
    ACTIVE = "active"
    RETIRED = "retired"


class Version(models.Model):
    """One state of a marketplace's taxonomy or of our mapping to it."""

    marketplace = models.CharField(max_length=40)
    name = models.CharField(max_length=60)
    state = models.CharField(max_length=7, choices=VersionState, default=VersionState.DRAFT)
    source = models.CharField(max_length=200, blank=True)
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=150)
    activated_at = models.DateTimeField(null=True, blank=True)
    activated_by = models.CharField(max_length=150, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.marketplace} {self.name}"


class Taxonomy(Version):
    """The categories of a marketplace with what each asks."""

    class Meta:
        verbose_name_plural = "taxonomies"
        constraints = [
            models.UniqueConstraint(fields=["marketplace", "name"], name="taxonomy_once"),
            models.UniqueConstraint(
                fields=["marketplace"], condition=Q(state=VersionState.ACTIVE), name="taxonomy_one_active"
            ),
        ]


class Category(models.Model):
    """One category by the marketplace's own key. Only a leaf takes offers; `fee_category` is what fee schedules call it."""

    taxonomy = models.ForeignKey(Taxonomy, models.CASCADE, related_name="categories")
    key = models.CharField(max_length=120)
    name = models.CharField(max_length=200)
    parent_key = models.CharField(max_length=120, blank=True)
    is_leaf = models.BooleanField(default=True)
    fee_category = models.CharField(max_length=120, blank=True)

    class Meta:
        verbose_name_plural = "categories"
        constraints = [models.UniqueConstraint(fields=["taxonomy", "key"], name="category_once")]

    def __str__(self) -> str:
        return self.name


class Attribute(models.Model):
    """What a category (blank: every one) asks of an offer: type, length, choices, unit, and when it is asked at all.

    Of several units, parted by `|`, each may be used. `asked_if` is `{}` or `{"attribute": ..., "is": ...}`: only then the
    attribute is required.
    """

    taxonomy = models.ForeignKey(Taxonomy, models.CASCADE, related_name="attributes")
    category_key = models.CharField(max_length=120, blank=True)
    key = models.CharField(max_length=80)
    kind = models.CharField(max_length=8, default="text")
    is_required = models.BooleanField(default=False)
    max_length = models.PositiveIntegerField(null=True, blank=True)
    choices = models.JSONField(default=list, blank=True)
    unit = models.TextField(blank=True)
    asked_if = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["taxonomy", "category_key", "key"], name="taxonomy_attribute_once")
        ]

    def __str__(self) -> str:
        return f"{self.category_key} {self.key}".strip()


class Mapping(Version):
    """Our rules for one marketplace: which of its categories a product belongs to, and where attributes come from."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["marketplace", "name"], name="mapping_once"),
            models.UniqueConstraint(
                fields=["marketplace"], condition=Q(state=VersionState.ACTIVE), name="mapping_one_active"
            ),
        ]


class CategoryRule(models.Model):
    """Products of our category, brand or title (blank: any) belong to a category of theirs; the most specific rule wins."""

    mapping = models.ForeignKey(Mapping, models.CASCADE, related_name="category_rules")
    category = models.CharField("our category", max_length=120, blank=True)
    brand = models.CharField(max_length=120, blank=True)
    title_has = models.CharField(max_length=120, blank=True)
    target = models.CharField("their category", max_length=120)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["mapping", "category", "brand", "title_has"], name="category_rule_once")
        ]

    def __str__(self) -> str:
        return f"{self.category or 'any'} to {self.target}"


class AttributeRule(models.Model):
    """Where the value of an attribute comes from: a field or an option of ours, or a constant; `values` translates."""

    mapping = models.ForeignKey(Mapping, models.CASCADE, related_name="attribute_rules")
    target = models.CharField("their category", max_length=120, blank=True)
    attribute = models.CharField(max_length=80)
    source = models.CharField(max_length=80, blank=True)
    constant = models.CharField(max_length=300, blank=True)
    values = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["mapping", "target", "attribute"], name="attribute_rule_once")]

    def __str__(self) -> str:
        return f"{self.attribute} from {self.source or repr(self.constant)}"


class Placement(models.Model):
    """Where the active mapping puts a SKU in a marketplace's active taxonomy."""

    sku = models.ForeignKey(Sku, models.CASCADE, related_name="placements")
    marketplace = models.CharField(max_length=40)
    category_key = models.CharField(max_length=120)
    category_name = models.CharField(max_length=200)
    fee_category = models.CharField(max_length=120, blank=True)
    problems = models.JSONField(default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sku", "marketplace"], name="placement_once")]
        indexes = [models.Index(fields=["marketplace", "category_key"], name="placement_category")]

    def __str__(self) -> str:
        return f"{self.sku_id} in {self.category_name}"
