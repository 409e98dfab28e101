"""What a fee should be, by examples that a person can check by head."""

from datetime import date
from decimal import Decimal

import pytest

from finance import refunds
from finance.fee_amounts import rounded
from finance.fees import Quoted, expected
from finance.models import FeeRule
from finance.tariffs import Sale

DAY = date(2026, 9, 10)


def rule(line_class="commission", *, pk=1, **changes):
    values = {"marketplace": "bazaar", "valid_from": date(2026, 1, 1), "tolerance": Decimal("0.01"), **changes}
    if "account_id" in changes:
        values["marketplace"] = ""
    return FeeRule(
        pk=pk, line_class=line_class, **{k: _exact(v) for k, v in {"tolerance_rate": "0.02", **values}.items()}
    )


def _exact(value):
    return Decimal(value) if isinstance(value, str) and value.replace(".", "").isdigit() else value


def sale(item="19.90", *, units=1, **changes):
    values = {"paid": Decimal(item) if item else None, "programme": "merchant", **changes}
    return Sale(
        account_id=7, marketplace="bazaar", day=DAY, currency=values.pop("currency", "EUR"), units=units,
        item=Decimal(item) if item else None, **values,
    )  # fmt: skip


def amount(sold, *rules, quote=None, of="commission"):
    fee = expected(sold, rules, quote).get(of)
    return fee and (fee.amount if fee.amount is not None else fee.reason)


def test_it_rounds_by_the_rule():
    fifteen = {"basis": "item", "rate": "0.15"}
    found = [amount(sale(), rule(**fifteen, rounding=way)) for way in ("half_up", "half_even", "down")]
    assert found == [Decimal("2.99"), Decimal("2.98"), Decimal("2.98")]


def test_it_rounds_to_the_minor_unit_of_the_currency():
    assert rounded(Decimal("2.5"), "JPY") == Decimal(3)
    assert rounded(Decimal("2.5"), "JPY", "half_even") == Decimal(2)
    assert rounded(Decimal("0.0005"), "KWD") == Decimal("0.001")


@pytest.mark.parametrize(
    ("currency", "cap", "bases", "kept"),
    [("EUR", "5.00", ("345", "57"), ("5.00", "1.71")), ("AED", "15.00", ("640", "55"), ("15.00", "1.65"))],
)
def test_it_keeps_a_fifth_of_a_refunded_commission_up_to_the_cap(currency, cap, bases, kept):
    referral = rule(basis="paid", rate="0.15", currency=currency)
    keeps = rule("administration_fee", basis="commission", rate="0.20", maximum=cap, currency=currency)
    refunded = [amount(sale(base, currency=currency), referral) for base in bases]
    found = [refunds.administration_fee(part, keeps, currency) for part in refunded]
    assert found == [Decimal(part) for part in kept]
    assert sum(found) == {"EUR": Decimal("6.71"), "AED": Decimal("16.65")}[currency]
    back = [refunds.credit(part, keeps, currency) for part in refunded]
    assert back == [part - Decimal(less) for part, less in zip(refunded, kept, strict=True)]


def test_it_gives_the_whole_commission_back_when_nothing_is_kept():
    assert refunds.credit(Decimal("3.74"), None, "EUR") == Decimal("3.74")
    worked = rule("administration_fee", basis="commission", rate="0.20", maximum="5.00", currency="EUR")
    assert refunds.credit(Decimal("3.74"), worked, "EUR") == Decimal("2.99")


def test_it_charges_the_least_and_the_most_per_piece_or_line():
    low = rule(basis="item", rate="0.15", minimum="0.30", is_limit_per_piece=True)
    assert [amount(sale("1.50", units=n), low) for n in (1, 3)] == [Decimal("0.30"), Decimal("0.90")]
    high = rule(basis="item", rate="0.15", maximum="5.00")
    assert amount(sale("100", units=3), high) == Decimal("5.00")


@pytest.mark.parametrize(
    ("worths", "fee", "parts"),
    [
        (("10", "10", "10"), "0.35", ("0.12", "0.12", "0.11")),
        (("39.90", "20.00"), "0.35", ("0.23", "0.12")),
        (("0", "0"), "0.25", ("0.13", "0.12")),
        (("10", None), "0.35", ("no_price", "no_price")),
    ],
)
def test_it_spreads_a_fee_per_order_over_its_lines_so_that_cents_resum(worths, fee, parts):
    order = tuple(worth and Decimal(worth) for worth in worths)
    fixed = rule(per_order=fee, currency="EUR")
    assert [str(amount(sale("9", worths=order, place=n), fixed)) for n in range(len(order))] == list(parts)
    assert amount(sale("9"), fixed) == Decimal(fee)


def test_it_takes_the_smallest_size_that_a_piece_fits():
    sizes = [
        rule("fulfilment", pk=pk, per_unit=fee, longest_mm=sides[0], middle_mm=sides[1], shortest_mm=sides[2])
        for pk, fee, sides in (
            (1, "9.00", (None, None, None)),
            (2, "5.00", (450, 340, 260)),
            (3, "2.00", (330, 230, 25)),
        )
    ]
    found = [
        amount(sale(sides_mm=sides), *sizes, of="fulfilment") for sides in ((330, 230, 25), (330, 230, 26), (451, 9, 9))
    ]
    assert found == [Decimal("2.00"), Decimal("5.00"), Decimal("9.00")]
    assert amount(sale(), *sizes[1:], of="fulfilment") == "no_size"


def test_it_weighs_by_volume_where_that_is_more():
    light, heavy = (
        rule("fulfilment", pk=1, per_unit="3.00", weight_below_g=1201, volume_divisor=5000),
        rule("fulfilment", pk=2, per_unit="4.00", weight_from_g=1201, volume_divisor=5000),
    )
    found = [
        amount(sale(weight_g=300, sides_mm=sides), light, heavy, of="fulfilment")
        for sides in ((300, 200, 100), (301, 200, 100), None)
    ]
    assert found == [Decimal("3.00"), Decimal("4.00"), "no_size"]


def test_it_adds_the_vat_that_holds_for_all_fees_where_the_row_does_not_say_it():
    silent, told = (rule(basis="item", rate="0.15", vat="on_top", vat_rate=rate) for rate in (None, "0.20"))
    assert amount(sale("20"), silent) == "no_fee_vat"
    found = [amount(sale("20", fee_vats={"": Decimal(rate)}), row) for rate in ("0.19", "0") for row in (silent, told)]
    assert found == [Decimal("3.57"), Decimal("3.60"), Decimal("3.00"), Decimal("3.60")]


def test_it_adds_amounts_per_unit_and_per_line():
    assert amount(sale("30", units=3), rule(basis="item", rate="0.10", per_unit="0.50", per_line="1.00")) == Decimal(
        "5.50"
    )


def test_it_charges_the_whole_amount_at_the_rate_of_its_band():
    bands = (
        rule(pk=1, basis="item", rate="0.08", price_below="10.01"),
        rule(pk=2, basis="item", rate="0.15", price_from="10.01"),
    )
    assert [amount(sale(p), *bands) for p in ("10.00", "10.01")] == [Decimal("0.80"), Decimal("1.50")]
    assert amount(sale("20.00", units=2), *bands) == Decimal("1.60")


def test_it_charges_each_portion_at_its_own_rate_when_tiers_are_marginal():
    portions = (
        rule(pk=1, basis="paid", rate="0.15", price_below="200", is_marginal=True),
        rule(pk=2, basis="paid", rate="0.10", price_from="200", is_marginal=True),
    )
    assert [amount(sale(p), *portions) for p in ("200", "260", "100")] == [Decimal("30"), Decimal("36"), Decimal("15")]
    assert amount(sale("520", units=2), *portions) == Decimal("72")


def test_it_takes_the_tier_of_the_weight_and_says_when_none_is_known():
    steps = (
        rule("fulfilment", pk=1, programme="marketplace", per_unit="3.50", weight_below_g=500),
        rule("fulfilment", pk=2, programme="marketplace", per_unit="4.00", weight_from_g=500, weight_below_g=1000),
    )
    sold = [sale(programme="marketplace", weight_g=weight) for weight in (499, 500, 1000, None)]
    assert [amount(s, *steps, of="fulfilment") for s in sold] == [
        Decimal("3.50"),
        Decimal("4.00"),
        "no_tier",
        "no_weight",
    ]
    assert amount(sale(weight_g=100), *steps, of="fulfilment") is None
    assert amount(sale(programme="unknown", weight_g=100), *steps, of="fulfilment") == "no_programme"


def test_it_leaves_vat_out_of_the_base_where_the_rule_says_so():
    net = rule(basis="item", rate="0.10", basis_includes_vat=False)
    assert amount(sale("119", tax=Decimal("19")), net) == Decimal("10.00")
    assert amount(sale("100", tax=Decimal("8"), is_tax_apart=True), net) == Decimal("10.00")
    assert amount(sale("119"), net) == "no_vat"
    gross = rule(basis="item", rate="0.10")
    assert amount(sale("100", tax=Decimal("8"), is_tax_apart=True), gross) == Decimal("10.80")


def test_it_adds_vat_on_top_of_a_fee_and_does_not_guess_its_rate():
    on_top = {"basis": "item", "rate": "0.13", "vat": "on_top", "rounding": "down"}
    assert amount(sale("19.99"), rule(**on_top, vat_rate="0.19")) == Decimal("3.08")
    assert amount(sale("19.99"), rule(**on_top)) == "no_fee_vat"
    assert amount(sale("19.99"), rule(basis="item", rate="0.13", vat="reverse_charge")) == Decimal("2.60")


def test_it_takes_the_most_specific_row_and_the_version_of_the_day():
    rows = [
        rule(pk=1, basis="item", rate="0.15"),
        rule(pk=2, basis="item", rate="0.12", category="toys"),
        rule(pk=3, basis="item", rate="0.10", account_id=7),
        rule(pk=4, basis="item", rate="0.09", account_id=7, valid_from=date(2026, 9, 1)),
        rule(pk=5, basis="item", rate="0.05", account_id=7, valid_from=date(2026, 9, 11)),
        rule(pk=6, basis="item", rate="0.01", account_id=8),
    ]
    assert amount(sale("100", category="toys"), *rows) == Decimal("9.00")
    assert amount(sale("100", category="toys"), *rows[:2]) == Decimal("12.00")
    assert amount(sale("100"), *rows[:2]) == Decimal("15.00")
    ended = rule(pk=7, account_id=7, valid_from=date(2026, 9, 5), is_end=True)
    assert amount(sale("100"), *rows, ended) == Decimal("15.00")


def test_it_says_that_a_category_has_no_rate_rather_than_taking_anothers():
    assert amount(sale("100", category="pets"), rule(basis="item", rate="0.12", category="toys")) == "no_category"


def test_it_believes_the_agreement_then_the_order_then_the_quote_then_the_published_schedule():
    published, agreed = rule(pk=1, basis="item", rate="0.15"), rule(pk=2, basis="item", rate="0.10", account_id=7)
    quote = Quoted(id=9, price=Decimal("100"), currency="EUR", quoted_on=DAY, parts={"commission": Decimal("14.00")})
    told = sale("100", estimate=Decimal("13.00"))
    assert expected(told, [published, agreed], quote)["commission"].source == "agreed"
    assert expected(told, [published], quote)["commission"].source == "order"
    assert expected(sale("100"), [published], quote)["commission"].quote_id == 9
    assert expected(sale("101.01"), [published], quote)["commission"].source == "published"
    assert expected(sale("100"), [], None) == {}


def test_it_expects_a_quoted_dispatch_only_when_the_marketplace_sends():
    quote = Quoted(id=9, price=Decimal("50"), currency="EUR", quoted_on=DAY, parts={"fulfilment": Decimal("3.00")})
    assert amount(sale("100", units=2, programme="marketplace"), quote=quote, of="fulfilment") == Decimal("6.00")
    assert amount(sale("100", units=2), quote=quote, of="fulfilment") is None


def test_it_takes_shares_of_other_fees_last():
    rows = [
        rule(pk=1, basis="item", rate="0.15"),
        rule("closing", pk=2, per_unit="1.00"),
        rule("digital_services", pk=3, basis="commission", rate="0.02"),
        rule("payment_fee", pk=4, basis="fees", rate="0.10"),
    ]
    assert amount(sale("100"), *rows, of="digital_services") == Decimal("0.30")
    assert amount(sale("100"), *rows, of="payment_fee") == Decimal("1.63")
    assert amount(sale("100"), *rows[1:3], of="digital_services") == "no_commission"


def test_it_tolerates_a_cent_per_piece_or_a_share_of_the_fee():
    fee = rule(basis="item", rate="0.10")
    assert expected(sale("2.00", units=2), [fee])["commission"].tolerance == Decimal("0.02")
    assert expected(sale("100"), [fee])["commission"].tolerance == Decimal("0.20")
    yen = rule(basis="item", rate="0.10", currency="JPY")
    assert expected(sale("30", currency="JPY"), [yen])["commission"].tolerance == Decimal(1)
