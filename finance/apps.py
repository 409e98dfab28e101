from django.apps import AppConfig


class FinanceConfig(AppConfig):
    name = "finance"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from config.core.jobs import declare
        from config.core.tenancy import TENANT_DEFAULTS
        from finance import chart, schedule, sinks
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
        TENANT_DEFAULTS.add("finance.accounts", chart.seed)
