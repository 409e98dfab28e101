from tickets.models.health import Band, HealthBand, HealthDay, Level, ServiceLimit, Window
from tickets.models.rules import Breach, BreachState, PendingCheck, Severity, Threshold
from tickets.models.tickets import UNRESOLVED, EventKind, Resolution, Snooze, Ticket, TicketEvent, TicketState

__all__ = [
    "UNRESOLVED", "Band", "Breach", "BreachState", "EventKind", "HealthBand", "HealthDay", "Level", "PendingCheck",
    "Resolution", "ServiceLimit", "Severity", "Snooze", "Threshold", "Ticket", "TicketEvent", "TicketState", "Window",
]  # fmt: skip
