from django.apps import AppConfig


class InventoryConfig(AppConfig):
    name = "inventory"
    verbose_name = "Inventory"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from catalog.demand import TELLERS
        from catalog.merging import GUARDS
        from catalog.publishing.revenue import SOURCES
        from catalog.uploads.kinds import KINDS
        from config.core.jobs import declare
        from inventory import earned, merging, pool_sink, schedule, sinks, sold, stock_sheets
        from inventory.carriers import registry, street
        from marketplaces.canonical import Order, OrderChange, Return, Stock, StockHealth
        from marketplaces.sandbox.neighbours import NEIGHBOURS
        from marketplaces.sinks import register

        register(Order, sinks.orders)
        register(OrderChange, sinks.order_changes)
        register(Return, sinks.returns)
        register(Stock, sinks.stock)
        register(StockHealth, pool_sink.stock_health)
        declare(schedule.JOBS)
        SOURCES.add("inventory.earned", earned.earned)
        KINDS.add("stock", stock_sheets.KIND)
        TELLERS.add("inventory.sold", sold.lately)
        GUARDS.add("inventory.goods", merging.obstacle)
        registry.scan()
        NEIGHBOURS.add(street.NAME, street.answer)
