from marketplaces.models.accounts import Account, AccountStage, AccountStatus, Credential
from marketplaces.models.archive import RawPage, Traffic
from marketplaces.models.backfills import Backfill
from marketplaces.models.events import EventState, InboxEvent
from marketplaces.models.gaps import Gap, GapKind, GapState
from marketplaces.models.outbox import Command, CommandState
from marketplaces.models.sync import (
    RejectedRow,
    RejectedState,
    ReportJob,
    ReportJobState,
    RunReason,
    RunState,
    SyncRun,
    SyncState,
)

__all__ = [
    "Account", "AccountStage", "AccountStatus", "Backfill", "Command", "CommandState", "Credential", "EventState",
    "Gap", "GapKind", "GapState", "InboxEvent", "RawPage", "RejectedRow", "RejectedState", "ReportJob",
    "ReportJobState", "RunReason", "RunState", "SyncRun", "SyncState", "Traffic",
]  # fmt: skip
