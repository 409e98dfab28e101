"""Addresses of what the pipeline shows, and of the hooks that marketplaces push to."""

from django.urls import path

from marketplaces.views import accounts, archive, gaps, hooks, inbox, outbox, rejected, runs, traffic

app_name = "marketplaces"
urlpatterns = [
    path("hooks/<slug:account_key>/", hooks.receive, name="hook"),
    path("sync/accounts/<slug:key>/", accounts.account, name="account"),
    path("sync/accounts/<slug:key>/<slug:resource>/", accounts.flow, name="flow"),
    path("sync/runs/", runs.runs, name="runs"),
    path("sync/runs/<int:pk>/", runs.run, name="run"),
    path("sync/rejected/", rejected.rows, name="rejected"),
    path("sync/rejected/<int:pk>/", rejected.row, name="rejected_row"),
    path("sync/gaps/", gaps.gaps, name="gaps"),
    path("sync/events/", inbox.events, name="events"),
    path("sync/events/<int:pk>/", inbox.event, name="event"),
    path("sync/traffic/", traffic.exchanges, name="traffic"),
    path("sync/traffic/<int:pk>/", traffic.exchange, name="exchange"),
    path("sync/pages/", archive.pages, name="pages"),
    path("sync/pages/<int:pk>/", archive.page_view, name="page"),
    path("sync/pages/<int:pk>/file/", archive.file, name="page_file"),
    path("sync/commands/", outbox.commands, name="commands"),
    path("sync/commands/<int:pk>/", outbox.command, name="command"),
]
public = [path("hooks/<slug:client>/<slug:account_key>/", hooks.receive, name="public-hook")]
