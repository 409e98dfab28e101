from django.apps import AppConfig


class ScreensConfig(AppConfig):
    name = "config.screens"
    label = "screens"
