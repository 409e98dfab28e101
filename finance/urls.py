"""Addresses of the statement screens."""

from django.urls import path

from finance.views import deposits, discrepancies, imports, lines, rates, statements

app_name = "finance"
urlpatterns = [
    path("money/statements/", statements.statements, name="statements"),
    path("money/statements/<int:pk>/", statements.statement, name="statement"),
    path("money/statements/<int:pk>/lines/", lines.lines, name="lines"),
    path("money/lines/<int:pk>/", lines.line, name="line"),
    path("money/discrepancies/", discrepancies.discrepancies, name="discrepancies"),
    path("money/discrepancies/<int:pk>/", discrepancies.discrepancy, name="discrepancy"),
    path("money/deposits/", deposits.deposits, name="deposits"),
    path("money/rates/", rates.rates, name="rates"),
    path("money/import/", imports.imports, name="import"),
]
