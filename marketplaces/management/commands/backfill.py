"""`backfill north shop orders --since 2026-07-01 [--until 2026-09-01]`: have a span read again by the workers."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.core import clock, tenancy
from config.core.errors import NinefoldError
from marketplaces.models import Account
from marketplaces.services import backfills


class Command(BaseCommand):
    help = "Read a span of one flow again; its position does not move, and what is stored already stays as it is."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("client", help="the client's schema")
        parser.add_argument("account", help="the account's key")
        parser.add_argument("resource")
        parser.add_argument("--since", required=True, help="a day (its midnight, UTC) or a moment")
        parser.add_argument("--until", default="", help="up to and without this day or moment; now when left out")

    def handle(self, *args: Any, **options: Any) -> None:
        with tenancy.in_tenant(options["client"]):
            account = Account.objects.filter(key=options["account"]).first()
            if account is None:
                raise CommandError(f"this client has no account {options['account']!r}")
            try:
                until = backfills.moment(options["until"]) if options["until"] else clock.now()
                span = backfills.moment(options["since"]), until
                asked = backfills.ask(account, options["resource"], span, by="command line")
            except NinefoldError as error:
                raise CommandError(str(error)) from error
            self.stdout.write(
                f"backfill {asked.pk} of {asked}: {asked.percent}% read; its runs have the reason 'backfill'"
            )
