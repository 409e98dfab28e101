"""DHL Parcel Germany: what we may buy there, and what an account needs. Read 2026-11: Shipping 2.1.13."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from inventory.carriers.contract import Carrier, Field, Limit, Product

HEAVIEST_G = 31_500
AT_THE_DOOR = frozenset({"named_person", "minimum_age", "no_neighbour", "signature"})
ABROAD = frozenset({"premium", "duty_paid"})
RENAMED = {"V62WP": "V62KP"}
"""Warenpost became Kleinpaket on 2025-01-01; the schema still lists the old word, the service refuses it."""

PRODUCTS = (
    Product(
        code="V01PAK", label="DHL Paket", zone="home", most_g=HEAVIEST_G, longest_mm=(1200, 600, 600), without=ABROAD
    ),
    Product(
        code="V62KP", label="DHL Kleinpaket", zone="home", most_g=1_000, longest_mm=(350, 250, 100),
        without=AT_THE_DOOR | ABROAD | {"insured_for", "bulky"},
    ),
    Product(
        code="V53WPAK", label="DHL Paket International", zone="world", most_g=HEAVIEST_G,
        longest_mm=(1200, 600, 600), without=AT_THE_DOOR,
    ),
    Product(
        code="V54EPAK", label="DHL Europaket", zone="europe", most_g=HEAVIEST_G,
        longest_mm=(1200, 600, 600), without=AT_THE_DOOR | {"bulky", "duty_paid"},
    ),
    Product(
        code="V66WPI", label="Warenpost International", zone="world", most_g=1_000, longest_mm=(353, 250, 100),
        without=AT_THE_DOOR | {"insured_for", "bulky", "duty_paid"}, not_to=frozenset({"US"}),
    ),
)  # fmt: skip
PROCEDURES = {"V01PAK": "01", "V62KP": "62", "V53WPAK": "53", "V54EPAK": "54", "V66WPI": "66", "RETURN": "07"}
"""Digits 11 and 12 of a billing number; a number is stored per product, for each has a contract of its own."""

US_RULE_FROM = date(2026, 7, 24)
US_DUTY_PAID_UP_TO_EUR = Decimal(2125)
"""From that day a parcel to the United States needs a ten-digit tariff number and, up to 2,500 USD at 0.85, prepaid duty."""

CARRIER = Carrier(
    key="dhl",
    label="DHL Paket",
    code="DHL",
    home="DE",
    products=PRODUCTS,
    credentials=(
        Field("api_key", "API key of the app"),
        Field("api_secret", "API secret of the app"),
        Field("username", "User of the business customer portal"),
        Field("password", "Password of that user"),
        Field("tracking_user", "Tracking: appname", is_required=False),
        Field("tracking_password", "Tracking: password", is_required=False),
    ),
    settings=(
        Field("billing_V01PAK", "Billing number of DHL Paket"),
        Field("billing_V62KP", "Billing number of Kleinpaket", is_required=False),
        Field("billing_V53WPAK", "Billing number of Paket International", is_required=False),
        Field("billing_V54EPAK", "Billing number of Europaket", is_required=False),
        Field("billing_V66WPI", "Billing number of Warenpost International", is_required=False),
        Field("billing_RETURN", "Billing number of returns", is_required=False),
        Field("receiver_id", "Receiver of return labels", is_required=False),
        Field("name", "Sender: company"),
        Field("street", "Sender: street"),
        Field("house", "Sender: house number"),
        Field("postal_code", "Sender: postcode"),
        Field("city", "Sender: city"),
        Field("email", "Sender: e-mail", is_required=False),
        Field("profile", "Profile (STANDARD_GRUPPENPROFIL)", is_required=False),
        Field("print_format", "Print format (910-300-710)", is_required=False),
        Field("age_18", "Categories handed over from 18 years on, with commas between", is_required=False),
        Field("age_16", "Categories handed over from 16 years on, with commas between", is_required=False),
        Field("tells_buyer", "Pass the buyer's e-mail on (yes): needs a legal basis", is_required=False),
        Field("sign_in", "How to sign in: token or basic", is_required=False),
        Field("tracking", "How to track: parcel-de or unified", is_required=False),
    ),
    limits={
        "shipping": Limit(rate=Decimal(10), burst=20),
        "tracking": Limit(rate=Decimal(3), burst=3),
        "unified": Limit(rate=Decimal(1), burst=1),
        "token": Limit(rate=Decimal(1), burst=5),
    },
    batch=30,
    tracking_batch=20,
    sandbox_credentials={
        "api_key": "demo-dhl-key",
        "api_secret": "demo-dhl-secret",
        "username": "demo-user",
        "password": "demo-dhl-password",
        "tracking_user": "zt12345",
        "tracking_password": "geheim",
    },
    sandbox_settings={
        "billing_V01PAK": "33333333330102",
        "billing_V62KP": "33333333336201",
        "billing_V53WPAK": "33333333335301",
        "billing_V54EPAK": "33333333335401",
        "billing_V66WPI": "33333333336601",
        "billing_RETURN": "33333333330701",
        "receiver_id": "deu",
        "name": "Demo Versand GmbH",
        "street": "Lagerallee",
        "house": "3",
        "postal_code": "34117",
        "city": "Kassel",
    },
)
