"""Fee schedules: what an account agreed, what marketplaces publish; rows are added, ended and withdrawn, never changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from config.core import clock, work
from finance.models import FeeRule, FeeVat, VatTreatment
from marketplaces import selectors as marketplaces
from marketplaces.canonical import FeeTariff

_KEY = (
    "channel", "category", "programme", "line_class", "currency", "valid_from", "price_from", "weight_from_g",
    "longest_mm", "middle_mm", "shortest_mm",
)  # fmt: skip
_VALUES = (
    "is_end", "basis", "rate", "per_unit", "per_line", "per_order", "per_volume", "volume_unit",
    "is_charged_later", "minimum", "maximum", "is_limit_per_piece", "price_below",
    "is_marginal", "weight_below_g", "volume_divisor", "rounding", "vat", "vat_rate", "basis_includes_vat",
)  # fmt: skip


def agree(account_id: int, rules: Iterable[FeeTariff], *, by: str, is_complete: bool = False) -> dict[str, int]:
    """Write down what this account agreed; its rows win over everything the marketplace says or publishes.

    Rows are `marketplaces.canonical.FeeTariff` (amounts positive; categories are those of the catalogue, in any case).
    A row that stands already is left, one that says something else of the same key, day and tier is replaced, and no
    other is touched. `is_complete` says that, from the earliest day given, no other class of fee was agreed: one that is
    charged all the same is an unexpected fee. Expected fees of the lines concerned are reckoned anew afterwards.
    """
    rows = list(rules)
    if is_complete and rows:
        first = min(rows, key=lambda row: row.valid_from)
        rows.append(FeeTariff(line_class=None, valid_from=first.valid_from, source=first.source))
    counts, since = _put({"account_id": account_id}, rows, by=by)
    if since:
        expect_later([account_id], since)
    return counts


def publish() -> dict[str, int]:
    """Bring the published schedules of all marketplaces into the client; what an account agreed is never touched."""
    total: dict[str, int] = {}
    for key, rows in marketplaces.tariffs().items():
        counts, since = _put({"marketplace": key}, rows, by="published", is_whole=True)
        total = {name: total.get(name, 0) + count for name, count in counts.items()}
        if since:
            expect_later(marketplaces.accounts().filter(marketplace=key).values_list("pk", flat=True), since)
    return total


def seed() -> None:
    """Give a new client the published schedules; safe to run again."""
    publish()


def add(account_id: int, values: Mapping[str, Any], *, by: str) -> FeeRule:
    """Add one row that an account agreed; raises ValidationError where one of its key, day and tier stands already."""
    with transaction.atomic():
        rule = FeeRule(account_id=account_id, **_normal(values), entered_by=by)
        rule.full_clean()
        rule.save()
        expect_later([account_id], rule.valid_from)
    return rule


def end(rule: FeeRule, *, on: date, by: str) -> FeeRule:
    """From this day on the rule's key has no fee of its own; what is less specific holds again."""
    account_id = _account_of(rule)
    if on <= rule.valid_from:
        raise ValidationError(f"it begins on {rule.valid_from}: end it later, or withdraw it if it was a mistake")
    key = {name: getattr(rule, name) for name in _KEY[:5]}
    return add(account_id, {**key, "valid_from": on, "is_end": True, "source": f"ended by {by}"[:200]}, by=by)


def withdraw(rule: FeeRule, *, by: str) -> FeeRule:
    """Take a mistaken row back: it never held; it stays to be seen."""
    account_id = _account_of(rule)
    with transaction.atomic():
        changed = FeeRule.objects.filter(pk=rule.pk, withdrawn_at=None).update(
            withdrawn_at=clock.now(), withdrawn_by=by
        )
        if not changed:
            raise ValidationError("this row was withdrawn already")
        expect_later([account_id], rule.valid_from)
    rule.refresh_from_db()
    return rule


def tax(account_id: int, values: Mapping[str, Any], *, by: str) -> FeeVat:
    """Say which VAT comes on top of an account's fees from a day on, where no row of a schedule does."""
    with transaction.atomic():
        made = FeeVat(account_id=account_id, **values, entered_by=by)
        made.full_clean()
        made.save()
        expect_later([account_id], made.valid_from)
    return made


def _account_of(rule: FeeRule) -> int:
    """Whose row it is; only an account's own rows are a person's to change."""
    if rule.account_id is None:
        raise ValidationError("this is what the marketplace publishes; write down what your account agreed instead")
    return rule.account_id


def adopt(account: Any, line_class: str, *, rounding: str, vat_rate: Decimal | None, by: str) -> dict[str, int]:
    """Approve how a class of fee is rounded, and which VAT comes on top of it, as learned from what was charged.

    The account's own rows are replaced by ones that say so; without any, the published rows of its storefronts are
    written down as agreed. Rows to which no VAT is added keep their treatment.
    """
    rows = FeeRule.objects.filter(line_class=line_class, withdrawn_at=None)
    own = rows.filter(account=account)
    held = own or rows.filter(account=None, marketplace=account.marketplace, channel__in=["", *account.stores])
    if not held:
        raise ValidationError("no schedule of this account has such a fee")
    said = {"rounding": rounding, "entered_by": by}
    copies = [_copy(rule, account.pk, vat_rate, **said) for rule in held]
    with transaction.atomic():
        own.update(withdrawn_at=clock.now(), withdrawn_by=by)
        for copy in copies:
            copy.full_clean(validate_constraints=False)
        FeeRule.objects.bulk_create(copies)
        expect_later([account.pk], min(copy.valid_from for copy in copies))
    return {"rows": len(copies)}


def _copy(rule: FeeRule, account_id: int, vat_rate: Decimal | None, **said: Any) -> FeeRule:
    values = {name: getattr(rule, name) for name in (*_KEY, *_VALUES, "source", "tolerance", "tolerance_rate")}
    rate = vat_rate if rule.vat == VatTreatment.ON_TOP and not rule.is_end else rule.vat_rate
    return FeeRule(account_id=account_id, **{**values, "vat_rate": rate, **said})


def expect_later(accounts: Iterable[int], since: date) -> None:
    """Ask for the expected fees of these accounts from a day on, after the commit."""
    for account_id in accounts:
        work.later("finance.expect_fees_since", account_id=account_id, since=since.isoformat())


def _put(
    owner: Mapping[str, Any], rows: Sequence[FeeTariff], *, by: str, is_whole: bool = False
) -> tuple[dict[str, int], date | None]:
    """Make the owner's rows be these (all of them where `is_whole`); counts, and the first day that changed."""
    wanted = {_key(row): row for row in (named(row) for row in rows)}
    with transaction.atomic():
        standing = {
            _key({name: getattr(rule, name) for name in _KEY}): rule
            for rule in FeeRule.objects.select_for_update().filter(**_where(owner), withdrawn_at=None)
        }
        stale = [rule for key, rule in standing.items() if _is_stale(rule, wanted.get(key), is_whole=is_whole)]
        FeeRule.objects.filter(pk__in=[rule.pk for rule in stale]).update(withdrawn_at=clock.now(), withdrawn_by=by)
        kept = standing.keys() - {key for key, rule in standing.items() if rule in stale}
        made = [FeeRule(**owner, **row, entered_by=by) for key, row in wanted.items() if key not in kept]
        for rule in made:
            rule.full_clean(validate_constraints=False)
        FeeRule.objects.bulk_create(made)
    days = [rule.valid_from for rule in (*made, *stale)]
    return {"added": len(made), "withdrawn": len(stale), "kept": len(kept)}, min(days, default=None)


def _where(owner: Mapping[str, Any]) -> dict[str, Any]:
    return {"account_id": None, "marketplace": "", **owner}


def named(row: FeeTariff) -> dict[str, Any]:
    """The fields of a FeeRule, without its owner."""
    return _normal({**asdict(row), "line_class": row.line_class or "", "programme": row.programme or ""})


def _normal(values: Mapping[str, Any]) -> dict[str, Any]:
    """Enumerations as plain words, categories in lower case."""
    plain = {name: str(value) if isinstance(value, str) else value for name, value in values.items()}
    return {**plain, "category": str(plain.get("category", "")).strip().lower()}


def _key(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in _KEY)


def _is_stale(rule: FeeRule, row: Mapping[str, Any] | None, *, is_whole: bool) -> bool:
    if row is None:
        return is_whole
    return any(_plain(getattr(rule, name)) != _plain(row[name]) for name in _VALUES)


def _plain(value: Any) -> Any:
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value
