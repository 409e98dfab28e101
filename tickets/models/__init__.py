from tickets.models.health import Band, HealthBand, HealthDay, Level, ServiceLimit, Window
from tickets.models.incidents import (
    Effect,
    Evidence,
    Happened,
    Incident,
    IncidentEvent,
    IncidentState,
    IncidentStep,
    PlaybookStep,
    Rehearsal,
)
from tickets.models.reviews import ReviewAnswer, ReviewItem, WeeklyReview
from tickets.models.rules import Breach, BreachState, PendingCheck, Severity, Threshold
from tickets.models.tickets import UNRESOLVED, EventKind, Resolution, Snooze, Ticket, TicketEvent, TicketState

__all__ = [
    "UNRESOLVED", "Band", "Breach", "BreachState", "Effect", "EventKind", "Evidence", "Happened", "HealthBand",
    "HealthDay", "Incident", "IncidentEvent", "IncidentState", "IncidentStep", "Level", "PendingCheck", "PlaybookStep",
    "Rehearsal", "Resolution", "ReviewAnswer", "ReviewItem", "ServiceLimit", "Severity", "Snooze", "Threshold",
    "Ticket", "TicketEvent", "TicketState", "WeeklyReview", "Window",
]  # fmt: skip
