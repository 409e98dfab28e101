"""What tickets tell: after the commit, in the client, with the ids concerned."""

from django.dispatch import Signal

ticket_opened = Signal()
"""Tickets were opened or reopened. `ids`: ticket ids."""

ticket_resolved = Signal()
"""Tickets were resolved, by a person or because nothing is left of their cause. `ids`: ticket ids."""
