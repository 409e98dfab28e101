"""`import_statement --account KEY FILE [--tenant SCHEMA]`: a statement by file, as if it had been downloaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.core import tenancy
from config.core.errors import NinefoldError
from marketplaces.models import Account
from marketplaces.services import statements


class Command(BaseCommand):
    help = "Import a marketplace's statement from a file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--account", required=True, help="the account's key")
        parser.add_argument("--tenant", default="", help="the client; needed when two clients have such an account")
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        with tenancy.in_tenant(options["tenant"] or _owner(options["account"])):
            account = Account.objects.filter(key=options["account"]).first()
            if account is None:
                raise CommandError(f"this client has no account {options['account']!r}")
            try:
                run = statements.import_file(account, options["file"])
            except (NinefoldError, OSError) as error:
                raise CommandError(str(error)) from error
            self.stdout.write(
                f"run {run.pk}: {run.rows_read} rows read, {run.inserted} new, {run.updated} changed, "
                f"{run.unchanged} known, {run.rejected} rejected"
            )


def _owner(key: str) -> str:
    """The one client that has an account of this key; raises CommandError for none or several."""
    owners = []
    for tenant in tenancy.every_tenant():
        with tenancy.in_tenant(tenant.schema_name):
            owners += [tenant.schema_name] * Account.objects.filter(key=key).count()
    if len(owners) != 1:
        raise CommandError(f"{'no client has' if not owners else 'several clients have'} {key!r}; name one by --tenant")
    return owners[0]
