from django.apps import AppConfig


class TenantsConfig(AppConfig):
    name = "config.tenants"
    label = "tenants"
    verbose_name = "Clients"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from config.core.jobs import declare
        from config.tenants.schedule import JOBS

        declare(JOBS)
