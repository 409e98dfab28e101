from django.apps import AppConfig


class FinanceConfig(AppConfig):
    name = "finance"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from config.core.jobs import declare
        from config.core.tenancy import TENANT_DEFAULTS
        from finance import chart, schedule, sinks
        from marketplaces.canonical import Fee, Settlement, SettlementLine
        from marketplaces.sinks import register

        register(Settlement, sinks.settlements)
        register(SettlementLine, sinks.settlement_lines)
        register(Fee, sinks.fees)
        declare(schedule.JOBS)
        TENANT_DEFAULTS.add("finance.accounts", chart.seed)
