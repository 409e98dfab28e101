from finance.models.deposits import Deposit
from finance.models.discrepancies import Discrepancy, DiscrepancyKind, DiscrepancyState, Severity
from finance.models.fees import FeeQuote
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
    "Deposit", "Discrepancy", "DiscrepancyKind", "DiscrepancyState", "FeeQuote", "IdentityCheck", "Match", "MatchLayer",
    "MatchReason", "Settlement", "SettlementLine", "SettlementSource", "SettlementState", "Severity",
]  # fmt: skip
