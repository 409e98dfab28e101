from tickets.models.rules import Breach, BreachState, PendingCheck, Severity, Threshold
from tickets.models.tickets import UNRESOLVED, EventKind, Resolution, Snooze, Ticket, TicketEvent, TicketState

__all__ = [
    "UNRESOLVED", "Breach", "BreachState", "EventKind", "PendingCheck", "Resolution", "Severity", "Snooze",
    "Threshold", "Ticket", "TicketEvent", "TicketState",
]  # fmt: skip
