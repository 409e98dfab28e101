from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "config.core"
    label = "core"
    verbose_name = "Jobs"
    default_auto_field = "django.db.models.BigAutoField"
