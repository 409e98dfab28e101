from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "config.api"
    label = "api"
    verbose_name = "API"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from config.api import schedule, schema
        from config.core.jobs import declare

        self.describes = schema
        declare(schedule.JOBS)
