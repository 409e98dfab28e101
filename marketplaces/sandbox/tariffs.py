"""The fixed tables of the simulated economy: rates, taxes and what the marketplaces charge. Invented, but plausible."""

from __future__ import annotations

from decimal import Decimal

from config.core.money import Money

PER_EUR = {
    "EUR": "1", "USD": "1.09", "GBP": "0.85", "TRY": "37", "AED": "4", "AUD": "1.66", "SAR": "4.1", "EGP": "54",
    "PLN": "4.3", "SEK": "11.3", "CZK": "25", "INR": "91", "CAD": "1.49", "MXN": "19", "BRL": "6", "JPY": "162",
    "SGD": "1.46", "CHF": "0.96", "DKK": "7.46", "NOK": "11.6", "HUF": "395", "RON": "4.97", "BGN": "1.96",
}  # fmt: skip

VAT = {
    "DE": "0.19", "FR": "0.20", "IT": "0.22", "ES": "0.21", "NL": "0.21", "BE": "0.21", "GB": "0.20", "TR": "0.20",
    "AE": "0.05", "SA": "0.15", "EG": "0.14", "AU": "0.10", "PL": "0.23", "SE": "0.25", "IE": "0.23", "AT": "0.20",
    "CZ": "0.21", "IN": "0.18", "CH": "0.081", "SG": "0.09", "JP": "0.10", "DK": "0.25", "NO": "0.25",
}  # fmt: skip

COMMISSION = {
    "kitchen": "0.15", "garden": "0.12", "toys": "0.15", "electronics": "0.08", "sports": "0.13", "pets": "0.14",
}  # fmt: skip

SUBSCRIPTION_EUR = Decimal("39.00")
ADMINISTRATION_SHARE = Decimal("0.20")
ADMINISTRATION_MOST_EUR = Decimal("5.00")
STORED_M3_EUR = Decimal("26.00")
SHIPPING_EUR = Decimal("3.99")
FULFILMENT_STEP_G = 250
CUBIC_MM = 10**9


def vat_rate(country: str) -> Decimal:
    """The VAT contained in a shelf price; zero where tax is added by the marketplace (United States)."""
    return Decimal(VAT.get(country, "0"))


def in_currency(eur: Decimal, currency: str) -> Money:
    """An amount in EUR at the fixed rate, rounded half-up to the minor unit. Unknown currencies count as EUR."""
    return Money(eur * Decimal(PER_EUR.get(currency, "1")), currency).rounded()


def part(amount: Money, rate: Decimal) -> Money:
    """A share of an amount, rounded half-up to the minor unit."""
    return Money(amount.amount * rate, amount.currency).rounded()


def split_vat(gross: Money, rate: Decimal) -> tuple[Money, Money]:
    """Net and VAT of an amount that contains it; together exactly the amount."""
    net = Money(gross.amount / (1 + rate), gross.currency).rounded()
    return net, gross - net


def stored(unit_days: int, sides_mm: tuple[int, int, int], days: int, currency: str) -> Money:
    """What storing a product for a month of so many days costs: the volume that was there on average."""
    longest, middle, shortest = sides_mm
    rate = in_currency(STORED_M3_EUR, currency).amount
    return Money(rate * unit_days * longest * middle * shortest / (days * CUBIC_MM), currency).rounded()


def fulfilment_eur(weight_g: int) -> Decimal:
    """What one unit costs when the marketplace packs and ships it."""
    return Decimal("2.15") + Decimal(weight_g // FULFILMENT_STEP_G) * Decimal("0.35")
