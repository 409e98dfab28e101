from finance.models.bank import BankAccount, BankBooking, BankFile, BankLayout, BankRejected, BankRowState, BankRule
from finance.models.certificates import Certificate
from finance.models.claims import OPEN_CLAIMS, Claim, ClaimState, Recovery
from finance.models.closing import Acceptance, AccountMonth, MonthState, Restatement, RestatementKind
from finance.models.cost_sheets import CostSheet, CostSheetRow
from finance.models.costs import Cost
from finance.models.decisions import ApprovalLimit, Decision, DecisionState, HumanMatch, WriteOff
from finance.models.deposits import Deposit
from finance.models.discrepancies import Discrepancy, DiscrepancyKind, DiscrepancyState, Severity
from finance.models.exports import ExportFormat, JournalExport
from finance.models.fees import (
    ExpectedFee,
    FeeBasis,
    FeeQuote,
    FeeRule,
    FeeSource,
    FeeVat,
    Rounding,
    VatTreatment,
    VolumeUnit,
)
from finance.models.journals import AccountRule, Books, Journal, JournalKind, JournalLine, TaxClass
from finance.models.order_money import MoneyState, OrderLineMoney
from finance.models.profit import LineProfit, ProfitDay, VatRate
from finance.models.revisions import RevisionLine, SettlementRevision
from finance.models.rounding import RoundingEntry, RoundingKind
from finance.models.settlements import (
    IdentityCheck,
    Match,
    MatchLayer,
    MatchReason,
    PayoutState,
    Settlement,
    SettlementLine,
    SettlementSource,
    SettlementState,
)

__all__ = [
    "OPEN_CLAIMS",
    "Acceptance",
    "AccountMonth",
    "AccountRule",
    "ApprovalLimit",
    "BankAccount",
    "BankBooking",
    "BankFile",
    "BankLayout",
    "BankRejected",
    "BankRowState",
    "BankRule",
    "Books",
    "Certificate",
    "Claim",
    "ClaimState",
    "Cost",
    "CostSheet",
    "CostSheetRow",
    "Decision",
    "DecisionState",
    "Deposit",
    "Discrepancy",
    "DiscrepancyKind",
    "DiscrepancyState",
    "ExpectedFee",
    "ExportFormat",
    "FeeBasis",
    "FeeQuote",
    "FeeRule",
    "FeeSource",
    "FeeVat",
    "HumanMatch",
    "IdentityCheck",
    "Journal",
    "JournalExport",
    "JournalKind",
    "JournalLine",
    "LineProfit",
    "Match",
    "MatchLayer",
    "MatchReason",
    "MoneyState",
    "MonthState",
    "OrderLineMoney",
    "PayoutState",
    "ProfitDay",
    "Recovery",
    "Restatement",
    "RestatementKind",
    "RevisionLine",
    "Rounding",
    "RoundingEntry",
    "RoundingKind",
    "Settlement",
    "SettlementLine",
    "SettlementRevision",
    "SettlementSource",
    "SettlementState",
    "Severity",
    "TaxClass",
    "VatRate",
    "VatTreatment",
    "VolumeUnit",
    "WriteOff",
]  # fmt: skip
