"""The detectors and metrics are the modules of two folders: a new one is found by being there."""

import pkgutil
from importlib import import_module
from types import ModuleType

from django.apps import AppConfig


class TicketsConfig(AppConfig):
    name = "tickets"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from config.core.jobs import declare
        from config.core.tenancy import TENANT_DEFAULTS
        from tickets import detectors, health, receivers, schedule
        from tickets.health import seed
        from tickets.rules import defaults

        self.watching = (*_modules(detectors), *_modules(health), receivers)
        declare(schedule.JOBS)
        TENANT_DEFAULTS.add("tickets.thresholds", defaults.seed)
        TENANT_DEFAULTS.add("tickets.health", seed.seed)


def _modules(package: ModuleType) -> list[ModuleType]:
    found = pkgutil.iter_modules(package.__path__, f"{package.__name__}.")
    return [import_module(each.name) for each in found]
