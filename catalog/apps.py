from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "catalog"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from catalog import schedule, sinks, subjects
        from config.core.jobs import declare
        from marketplaces.canonical import Listing, Offer, Price
        from marketplaces.sinks import register
        from marketplaces.subjects import SOURCES

        register(Listing, sinks.listings)
        register(Price, sinks.prices)
        register(Offer, sinks.offers)
        SOURCES.add("catalog", subjects.of_account)
        declare(schedule.JOBS)
