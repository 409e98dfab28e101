from django.apps import AppConfig


class FxConfig(AppConfig):
    name = "finance.fx"
    label = "fx"
    verbose_name = "Exchange rates"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from config.core.jobs import declare
        from finance.fx.schedule import JOBS

        declare(JOBS)
