from django.apps import AppConfig


class MarketplacesConfig(AppConfig):
    name = "marketplaces"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from config.core.jobs import SCOPES, declare
        from config.core.runner import ON_FAILURE
        from marketplaces import registry, schedule
        from marketplaces.services import accounts

        registry.scan()
        SCOPES.add("account", accounts.targets)
        ON_FAILURE.add("accounts", accounts.on_job_failure)
        declare(schedule.jobs())
