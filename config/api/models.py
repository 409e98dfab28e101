"""Keys to a client's API, and the answers to writes that may be sent twice. Lives in each client's schema."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from config.core.permissions import Action


class Scope(models.TextChoices):
    """What a token may do, in plain words; `ALLOWS` says which rights that is."""

    READ = "read"
    TICKETS = "tickets"
    REPLAY = "replay"
    SYNC = "sync"
    FINANCE = "finance"
    CATALOG = "catalog"
    WRITE = "write"


ALLOWS: dict[str, frozenset[Action]] = {
    Scope.READ: frozenset({Action.VIEW, Action.VIEW_MONEY}),
    Scope.TICKETS: frozenset({Action.WORK_TICKETS}),
    Scope.REPLAY: frozenset({Action.REPLAY}),
    Scope.SYNC: frozenset({Action.RUN_SYNC}),
    Scope.FINANCE: frozenset(
        {
            Action.RECONCILE,
            Action.IMPORT_STATEMENTS,
            Action.EDIT_COSTS,
            Action.EDIT_FEES,
            Action.PREPARE_MONTH,
            Action.EDIT_BOOKS,
        }
    ),
    Scope.CATALOG: frozenset({Action.LINK_PRODUCTS, Action.MANAGE_STOCK}),
    Scope.WRITE: frozenset({Action.WRITE_MARKETPLACE, Action.PLAN_SUPPLY}),
}


class ApiToken(models.Model):
    """A key for one program. Only the hash of its secret is kept; `hint` is how the secret begins."""

    name = models.CharField(max_length=80, unique=True)
    hint = models.CharField(max_length=8, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scopes = ArrayField(models.CharField(max_length=10, choices=Scope), default=list)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="api_tokens", editable=False
    )
    created_at = models.DateTimeField(editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)

    def __str__(self) -> str:
        return self.name

    def allows(self, action: Action) -> bool:
        return any(action in ALLOWS.get(scope, ()) for scope in self.scopes)


class Answer(models.Model):
    """What a write answered under an idempotency key; stored in the transaction of its effect."""

    caller = models.CharField(max_length=40)
    key = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    body = models.JSONField(null=True)
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["caller", "key"], name="answer_once")]

    def __str__(self) -> str:
        return f"{self.caller} {self.key}"
