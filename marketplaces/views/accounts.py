"""An account with its flows, and one flow with everything that happened to it."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from config.core import clock
from config.core.buttons import Button, allowed, press, text
from config.core.permissions import Action
from config.core.screens import page, require
from marketplaces import registry, standing
from marketplaces.models import Account, Backfill, Gap, RejectedRow, RejectedState, ReportJob, SyncRun
from marketplaces.services import accounts, backfills, flows, replays

RUNS = 20


def _pause(request: HttpRequest, found: Account) -> str:
    accounts.pause(found, reason=text(request, "reason", missing="say why; the next person will ask"))
    return f"{found.label} is paused: nothing is read or written until somebody resumes it"


def _resume(request: HttpRequest, found: Account) -> str:
    accounts.resume(found)
    return f"{found.label} works again and catches up on every flow"


def _probe(request: HttpRequest, found: Account) -> str:
    return f"The marketplace answers and knows the seller as {accounts.probe(found)}"


def _authorise(request: HttpRequest, found: Account) -> str:
    names = [field.name for field in registry.get(found.marketplace).credentials]
    given = {name: request.POST[name].strip() for name in names if request.POST.get(name, "").strip()}
    accounts.rotate(found, given, expire_on=found.credentials_expire_on)
    kept = ", ".join(sorted(given)) or "nothing"
    return f"Stored: {kept}. What was left empty stays as it was."


def _read_all(request: HttpRequest, found: Account) -> str:
    return f"{accounts.catch_up(found)} pulls asked for; those that were waiting already stay"


ACCOUNT = {
    "pause": Button(Action.RUN_SYNC, _pause),
    "resume": Button(Action.RUN_SYNC, _resume),
    "read_all": Button(Action.RUN_SYNC, _read_all),
    "probe": Button(Action.RUN_SYNC, _probe),
    "authorise": Button(Action.ADMINISTER, _authorise),
}


def account(request: HttpRequest, key: str) -> HttpResponse:
    found = get_object_or_404(Account, key=key)
    if request.method == "POST":
        return press(request, ACCOUNT, found)
    require(request, Action.VIEW)
    group = standing.everything(Account.objects.filter(pk=found.pk))[0]
    stored = {credential.name: credential for credential in found.credentials.defer("value")}
    fields = [(field, stored.get(field.name)) for field in group.adapter.credentials]
    context = {
        "account": found,
        "group": group,
        "credentials": fields,
        "runs": SyncRun.objects.filter(account=found).order_by("-started_at")[:RUNS],
        "can": allowed(request, ACCOUNT) | allowed(request, FLOW),
    }
    return page(request, "marketplaces/account.html", found.label, context)


def _pull(request: HttpRequest, found: Account, resource: str) -> str:
    return "Asked for: it begins within seconds" if flows.pull_now(found, resource) else "A pull is waiting already"


def _pause_flow(request: HttpRequest, found: Account, resource: str) -> str:
    flows.pause(found, resource, reason=text(request, "reason", missing="say why; the next person will ask"))
    return f"{resource.replace('_', ' ')} of {found.label} is paused"


def _resume_flow(request: HttpRequest, found: Account, resource: str) -> str:
    flows.resume(found, resource)
    return f"{resource.replace('_', ' ')} of {found.label} runs again and catches up"


def _replay_flow(request: HttpRequest, found: Account, resource: str) -> str:
    asked = replays.ask(found, resource)
    return "Asked for: its pages are mapped again in the background" if asked else "A replay is waiting already"


def _backfill(request: HttpRequest, found: Account, resource: str) -> str:
    since = backfills.moment(text(request, "since", missing="say from which day"))
    until = backfills.moment(request.POST["until"]) if request.POST.get("until") else clock.now()
    asked = backfills.ask(found, resource, (since, until), by=request.user.get_username())
    return f"Asked for: {asked.since:%-d %b %Y} to {asked.until:%-d %b %Y %H:%M} UTC is read again in the background"


FLOW = {
    "backfill": Button(Action.RUN_SYNC, _backfill),
    "run_now": Button(Action.RUN_SYNC, _pull),
    "pause_flow": Button(Action.RUN_SYNC, _pause_flow),
    "resume_flow": Button(Action.RUN_SYNC, _resume_flow),
    "replay_flow": Button(Action.REPLAY, _replay_flow),
}


def flow(request: HttpRequest, key: str, resource: str) -> HttpResponse:
    found = get_object_or_404(Account, key=key)
    stands = standing.one(found, resource)
    if stands is None:
        raise Http404(f"{found.label} has no {resource}")
    if request.method == "POST":
        return press(request, FLOW, found, resource)
    require(request, Action.VIEW)
    first, segments = standing.coverage(stands)
    here = {"account": found, "resource": resource}
    context = {
        "flow": stands,
        "first": first,
        "segments": segments,
        "backfills": Backfill.objects.filter(**here).order_by("-pk")[:5],
        "runs": SyncRun.objects.filter(**here).order_by("-started_at")[:RUNS],
        "reports": ReportJob.objects.filter(**here).order_by("-pk")[:5],
        "gaps": Gap.objects.filter(**here).order_by("-found_at")[:10],
        "rejected": RejectedRow.objects.filter(**here, state=RejectedState.OPEN).defer("raw").order_by("-pk")[:10],
        "can": allowed(request, FLOW),
    }
    return page(request, "marketplaces/flow.html", f"{found.label}: {resource.replace('_', ' ')}", context)
