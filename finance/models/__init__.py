from finance.models.costs import Cost
from finance.models.deposits import Deposit
from finance.models.discrepancies import Discrepancy, DiscrepancyKind, DiscrepancyState, Severity
from finance.models.fees import ExpectedFee, FeeBasis, FeeQuote, FeeRule, Rounding, VatTreatment
from finance.models.profit import LineProfit, ProfitDay
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
    "Cost", "Deposit", "Discrepancy", "DiscrepancyKind", "DiscrepancyState", "ExpectedFee", "FeeBasis", "FeeQuote",
    "FeeRule", "IdentityCheck", "LineProfit", "Match", "MatchLayer", "MatchReason", "ProfitDay", "Rounding",
    "Settlement", "SettlementLine", "SettlementSource", "SettlementState", "Severity", "VatTreatment",
]  # fmt: skip
