"""Addresses of the inbox and its tickets."""

from django.urls import path

from tickets.views import detectors, health, inbox, incidents, reviews, ticket

app_name = "tickets"
urlpatterns = [
    path("tickets/", inbox.inbox, name="inbox"),
    path("tickets/detectors/", detectors.detectors, name="detectors"),
    path("tickets/<int:pk>/", ticket.ticket, name="ticket"),
    path("health/", health.board, name="health"),
    path("health/limits/", health.limits, name="limits"),
    path("health/incidents/", incidents.board, name="incidents"),
    path("health/incidents/<int:pk>/", incidents.incident, name="incident"),
    path("health/incidents/<int:pk>/archive/", incidents.export, name="incident_archive"),
    path("health/incidents/<int:pk>/evidence/<int:piece>/", incidents.evidence, name="evidence"),
    path("health/review/", reviews.current, name="reviews"),
    path("health/review/<str:week>/", reviews.review, name="review"),
    path("health/of/<slug:key>/", health.account, name="account_health"),
]
