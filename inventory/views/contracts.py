"""Contracts with carriers: entered, tested, changed; their secrets go in and never come out."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from config.core.buttons import Button, allowed, press, text
from config.core.permissions import Action
from config.core.screens import page, require
from inventory.carriers import registry
from inventory.carriers.contract import Field
from inventory.models import CarrierAccount
from inventory.services import carriers

SECRET, SETTING = "secret:", "setting:"


def contracts(request: HttpRequest) -> HttpResponse:
    """Every contract with what is set and when its secrets were exchanged, and an empty form per carrier."""
    if request.method == "POST":
        return press(request, BUTTONS)
    require(request, Action.ADMINISTER)
    rows = CarrierAccount.objects.prefetch_related("secrets").order_by("pk")
    about = {
        "contracts": [_row(each) for each in rows],
        "carriers": [_empty(each) for each in registry.all_carriers()],
        "can": allowed(request, BUTTONS),
    }
    return page(request, "inventory/contracts.html", "Carriers", about)


def _row(account: CarrierAccount) -> dict[str, Any]:
    carrier = registry.get(account.carrier)
    kept = {secret.name: secret.rotated_at for secret in account.secrets.all()}
    return {
        "account": account,
        "carrier": carrier,
        "secrets": [(field, kept.get(field.name), field.name in kept) for field in carrier.credentials],
        "settings": [(field, account.settings.get(field.name, "")) for field in carrier.settings],
    }


def _empty(carrier: Any) -> dict[str, Any]:
    return {
        "carrier": carrier,
        "secrets": [(field, None, False) for field in carrier.credentials],
        "settings": [(field, "") for field in carrier.settings],
    }


def _given(request: HttpRequest, prefix: str, fields: tuple[Field, ...]) -> dict[str, str]:
    """What was filled in; a blank secret stays as it is, a blank setting is none."""
    told = {field.name: request.POST.get(prefix + field.name, "").strip() for field in fields}
    return {name: value for name, value in told.items() if value}


def _connect(request: HttpRequest) -> str:
    carrier = registry.get(text(request, "carrier", missing="choose a carrier"))
    made = carriers.connect(
        carriers.Contract(
            key=text(request, "key", missing="give the contract a short name"), carrier=carrier.key,
            label=request.POST.get("label", "").strip(), settings=_given(request, SETTING, carrier.settings),
            credentials=_given(request, SECRET, carrier.credentials),
        )
    )  # fmt: skip
    return f"{made.label} is entered; test the connection before the first label"


def _change(request: HttpRequest) -> str:
    account = _account(request)
    carrier = registry.get(account.carrier)
    carriers.change(
        account, label=request.POST.get("label", "").strip(), settings=_given(request, SETTING, carrier.settings),
        is_active="is_active" in request.POST,
    )  # fmt: skip
    secrets = _given(request, SECRET, carrier.credentials)
    carriers.rotate(account, secrets)
    exchanged = f"; {len(secrets)} secrets are exchanged" if secrets else ""
    return f"{account.label} is kept{exchanged}"


def _test(request: HttpRequest) -> str:
    account = _account(request)
    return f"{account.label} answers: {carriers.probe(account)}"


def _account(request: HttpRequest) -> CarrierAccount:
    return get_object_or_404(CarrierAccount, key=request.POST.get("contract", ""))


BUTTONS = {
    "connect": Button(Action.ADMINISTER, _connect),
    "change": Button(Action.ADMINISTER, _change),
    "test": Button(Action.ADMINISTER, _test),
}
