"""`manage.py reencrypt`: seal every stored secret with the first of FIELD_KEYS, client by client."""

from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand
from django.db import models, transaction

from config.core import tenancy
from config.core.secrets import EncryptedTextField, Sealed, is_current


class Command(BaseCommand):
    help = "Seal all stored secrets with the first key of FIELD_KEYS; afterwards the older keys can be removed."

    def handle(self, *args: Any, **options: Any) -> None:
        for tenant in tenancy.every_tenant():
            with tenancy.in_tenant(tenant.schema_name):
                count = sum(reseal(model) for model in apps.get_models() if sealed_fields(model))
            self.stdout.write(f"{tenant.schema_name}: {count} rows sealed anew")


def sealed_fields(model: type[models.Model]) -> list[EncryptedTextField]:
    return [field for field in model._meta.concrete_fields if isinstance(field, EncryptedTextField)]


def reseal(model: type[models.Model]) -> int:
    """The number of rows whose secrets had an older key."""
    count = 0
    fields = sealed_fields(model)
    for pk in model._default_manager.order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():
            row = model._default_manager.select_for_update().get(pk=pk)
            old = [field.attname for field in fields if _is_old(row.__dict__[field.attname])]
            for name in old:
                setattr(row, name, getattr(row, name))
            row.save(update_fields=old)
            count += bool(old)
    return count


def _is_old(stored: object) -> bool:
    return isinstance(stored, Sealed) and not is_current(stored)
