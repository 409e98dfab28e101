from django.apps import AppConfig


class MarketplacesConfig(AppConfig):
    name = "marketplaces"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from config.core.jobs import SCOPES, declare
        from config.core.runner import ON_FAILURE
        from marketplaces import registry, schedule
        from marketplaces.services import flows

        registry.scan()
        SCOPES.add("account", flows.targets)
        ON_FAILURE.add("accounts", flows.on_job_failure)
        declare(schedule.jobs())
