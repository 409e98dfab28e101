"""Addresses of the statement screens."""

from django.urls import path

from finance.views import (
    accounts,
    cost_sheets,
    costs,
    deposits,
    discrepancies,
    fees,
    imports,
    journals,
    lines,
    margins,
    months,
    rates,
    statements,
)

app_name = "finance"
urlpatterns = [
    path("money/statements/", statements.statements, name="statements"),
    path("money/statements/<int:pk>/", statements.statement, name="statement"),
    path("money/statements/<int:pk>/lines/", lines.lines, name="lines"),
    path("money/lines/<int:pk>/", lines.line, name="line"),
    path("money/discrepancies/", discrepancies.discrepancies, name="discrepancies"),
    path("money/discrepancies/<int:pk>/", discrepancies.discrepancy, name="discrepancy"),
    path("money/deposits/", deposits.deposits, name="deposits"),
    path("money/margins/", margins.margins, name="margins"),
    path("money/margins/lines/", margins.lines, name="profit_lines"),
    path("money/margins/steps/", margins.waterfall, name="waterfall"),
    path("money/rates/", rates.rates, name="rates"),
    path("money/costs/", costs.costs_list, name="costs"),
    path("money/costs/<int:pk>/", costs.cost, name="cost"),
    path("money/costs/missing/", costs.gaps, name="cost_gaps"),
    path("money/costs/sheets/", cost_sheets.sheets, name="cost_sheets"),
    path("money/costs/sheets/<int:pk>/", cost_sheets.sheet, name="cost_sheet"),
    path("money/fees/", fees.schedules, name="fees"),
    path("money/fees/<int:pk>/", fees.rule, name="fee"),
    path("money/fees/expected/", fees.expected, name="expected_fees"),
    path("money/fees/quotes/", fees.quotes, name="fee_quotes"),
    path("money/fees/habits/", fees.habits, name="fee_habits"),
    path("money/fees/monthly/", fees.monthly, name="fees_monthly"),
    path("money/months/", months.board, name="months"),
    path("money/months/<slug:account>/<int:year>/<int:number>/", months.month, name="month"),
    path("money/months/<slug:account>/<int:year>/<int:number>/certificate/", months.certificate, name="certificate"),
    path("money/months/<slug:account>/<int:year>/<int:number>/certificate.zip", months.bundle, name="bundle"),
    path("money/journals/", journals.journals, name="journals"),
    path("money/journals/<int:pk>/", journals.journal, name="journal"),
    path("money/exports/<int:pk>/", journals.export, name="export"),
    path("money/ledger/", accounts.ledger, name="ledger"),
    path("money/import/", imports.imports, name="import"),
]
