from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "catalog"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from catalog import schedule, sinks, subjects, taxonomy_sink
        from catalog.publishing import answers
        from catalog.services import policy, quality
        from catalog.uploads import content_kind, mapping_kind, price_kind, product_kind
        from catalog.uploads.kinds import KINDS
        from config.core.jobs import declare
        from config.core.tenancy import TENANT_DEFAULTS
        from marketplaces.canonical import Listing, Offer, Price, TaxonomyNode
        from marketplaces.services.followers import FOLLOWERS
        from marketplaces.sinks import register
        from marketplaces.subjects import SOURCES

        register(Listing, sinks.listings)
        register(Price, sinks.prices)
        register(Offer, sinks.offers)
        register(TaxonomyNode, taxonomy_sink.nodes)
        KINDS.add("products", product_kind.KIND)
        KINDS.add("prices", price_kind.KIND)
        KINDS.add("content", content_kind.KIND)
        for kind in mapping_kind.KINDS:
            KINDS.add(kind.key, kind)
        TENANT_DEFAULTS.add("catalog.policy", policy.seed)
        TENANT_DEFAULTS.add("catalog.quality", quality.seed)
        SOURCES.add("catalog", subjects.of_account)
        FOLLOWERS.add("catalog", answers.follow)
        declare(schedule.JOBS)
