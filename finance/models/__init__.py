from finance.models.closing import Acceptance, AccountMonth, MonthState, Restatement, RestatementKind
from finance.models.cost_sheets import CostSheet, CostSheetRow, RowState, SheetState
from finance.models.costs import Cost
from finance.models.deposits import Deposit
from finance.models.discrepancies import Discrepancy, DiscrepancyKind, DiscrepancyState, Severity
from finance.models.exports import ExportFormat, JournalExport
from finance.models.fees import ExpectedFee, FeeBasis, FeeQuote, FeeRule, FeeSource, Rounding, VatTreatment
from finance.models.journals import AccountRule, Books, Journal, JournalKind, JournalLine, TaxClass
from finance.models.profit import LineProfit, ProfitDay, VatRate
from finance.models.settlements import (
    IdentityCheck,
    Match,
    MatchLayer,
    MatchReason,
    Settlement,
    SettlementLine,
    SettlementSource,
    SettlementState,
)  # fmt: skip

__all__ = [
    "Acceptance", "AccountMonth", "AccountRule", "Books", "Cost", "CostSheet", "CostSheetRow", "Deposit",
    "Discrepancy", "DiscrepancyKind", "DiscrepancyState", "ExpectedFee", "ExportFormat", "FeeBasis", "FeeQuote",
    "FeeRule", "FeeSource", "IdentityCheck", "Journal", "JournalExport", "JournalKind", "JournalLine", "LineProfit",
    "Match", "MatchLayer", "MatchReason", "MonthState", "ProfitDay", "Restatement", "RestatementKind", "Rounding",
    "RowState", "Settlement", "SettlementLine", "SettlementSource", "SettlementState", "Severity", "SheetState",
    "TaxClass", "VatRate", "VatTreatment",
]  # fmt: skip
