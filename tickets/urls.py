"""Addresses of the inbox and its tickets."""

from django.urls import path

from tickets.views import detectors, health, inbox, ticket

app_name = "tickets"
urlpatterns = [
    path("tickets/", inbox.inbox, name="inbox"),
    path("tickets/detectors/", detectors.detectors, name="detectors"),
    path("tickets/<int:pk>/", ticket.ticket, name="ticket"),
    path("health/", health.board, name="health"),
    path("health/limits/", health.limits, name="limits"),
    path("health/of/<slug:key>/", health.account, name="account_health"),
]
