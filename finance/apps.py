from django.apps import AppConfig


class FinanceConfig(AppConfig):
    name = "finance"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from catalog.demand import FLOORS
        from config.core.jobs import declare
        from config.core.tenancy import TENANT_DEFAULTS
        from finance import chart, floors, schedule, sinks
        from finance.services import profit, tariffs
        from inventory.services import sales
        from marketplaces.canonical import Fee, Order, Settlement, SettlementLine
        from marketplaces.sinks import register

        register(Settlement, sinks.settlements)
        register(SettlementLine, sinks.settlement_lines)
        register(Fee, sinks.fees)
        register(Order, sinks.orders)
        TENANT_DEFAULTS.add("finance.tariffs", tariffs.seed)
        sales.FOLLOWERS.add("finance.profit", profit.rebuild_later)
        declare(schedule.JOBS)
        FLOORS.add("finance.goods", floors.landed)
        TENANT_DEFAULTS.add("finance.accounts", chart.seed)
