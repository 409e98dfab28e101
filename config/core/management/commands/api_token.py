"""`api_token [NAME] --tenant north --scopes read,tickets [--days 90]`: a new token, printed once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.api import tokens
from config.api.models import Scope
from config.core import clock, tenancy


class Command(BaseCommand):
    help = "Make a token for a client's API. Its text is printed once; only a hash is kept."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", nargs="?", default="", help="what the token is for")
        parser.add_argument("--tenant", required=True)
        parser.add_argument("--scopes", default=Scope.READ.value, help=f"of {', '.join(Scope.values)}, by comma")
        parser.add_argument("--days", type=int, default=tokens.LIFE.days, help="until it expires")

    def handle(self, *args: Any, **options: Any) -> None:
        scopes = [scope.strip() for scope in options["scopes"].split(",") if scope.strip()]
        try:
            with tenancy.in_tenant(options["tenant"]):
                expires_at = clock.now() + timedelta(days=options["days"])
                _, text = tokens.issue(
                    options["name"] or f"made {clock.now():%Y-%m-%d %H:%M:%S}", scopes, expires_at=expires_at
                )
        except (ValidationError, tenancy.MissingTenant) as error:
            raise CommandError("; ".join(getattr(error, "messages", [str(error)]))) from error
        self.stdout.write(text)
