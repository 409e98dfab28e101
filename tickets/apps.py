from django.apps import AppConfig


class TicketsConfig(AppConfig):
    name = "tickets"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from config.core.jobs import declare
        from config.core.tenancy import TENANT_DEFAULTS
        from tickets import receivers, schedule
        from tickets.detectors import (
            ages,
            catalog,
            costs,
            finance,
            health,
            inventory,
            margins,
            masters,
            pools,
            publishing,
            rates,
            shipping,
            supply,
            sync,
        )
        from tickets.health import completeness, delays, orders, oversold, parity, recovery, seed, sight, variance
        from tickets.rules import defaults

        self.watching = (
            ages,
            catalog,
            costs,
            finance,
            health,
            inventory,
            margins,
            publishing,
            masters,
            pools,
            rates,
            shipping,
            supply,
            sync,
            receivers,
        )
        self.measuring = (completeness, delays, orders, oversold, parity, recovery, sight, variance)
        declare(schedule.JOBS)
        TENANT_DEFAULTS.add("tickets.thresholds", defaults.seed)
        TENANT_DEFAULTS.add("tickets.health", seed.seed)
