"""What Amazon publishes of its fees, as far as its pages of different age could be read; the fees API knows better.

Sources, read 2026-09: the German and British schedule of September 2020, two agency notes on 2026, the Australian
tables of 2019, notes on the digital services fee and on refunds. Prices are shelf prices with VAT; the fees come
without it, and how it is added depends on the seller, so an account that says nothing is told that it is not known.
Left out, because no amount could be read: dispatch by the network and storage in Europe, media closing fees of Europe and
the United States, stores of which only a span of rates is known. Australia's lower rates for cheap goods are not in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from marketplaces.canonical import FeeTariff, Fulfilment, LineClass

_YEAR_2020, _TOOLS, _CLOTHES = date(2020, 9, 1), date(2021, 6, 1), date(2025, 12, 15)
_UNSURE, _YEAR_2026 = date(2026, 1, 5), date(2026, 2, 1)
_SCHEDULE = "published schedule of September 2020, read 2026-09"
_NOTES = "agency notes on the bands of 2026 (start told as 5 January or 1 February), read 2026-09"
_YEARS_STORED = range(2023, 2028)
_CENT = Decimal("0.01")

# Stores that follow the German shape; currency; minimum per piece; first portions of furniture, jewellery, watches.
_STORES = {
    "DE": ("EUR", "0.30", (200, 250, 250)), "FR": ("EUR", "0.30", (200, 250, 250)),
    "IT": ("EUR", "0.30", (200, 250, 250)), "ES": ("EUR", "0.30", (200, 250, 250)),
    "GB": ("GBP", "0.25", (175, 225, 225)),
}  # fmt: skip

# Category -> rates of the whole amount: (up to, per cent), the last one without a bound.
Bands = tuple[tuple[int | None, str], ...]
_FLAT: dict[str, str] = {
    "amazon device accessories": "45", "automotive and motorbike": "15",
    "business, industrial and scientific": "15", "industrial electrical, tools and metalworking": "12",
    "computers": "7", "computer and electronic accessories": "12", "consumer electronics": "7",
    "large appliances": "7", "musical instruments": "12", "home and kitchen": "15", "everything else": "15",
}  # fmt: skip
_WITHOUT_MINIMUM: dict[str, str] = {
    "beer, wine and spirits": "10", "books": "15", "music": "15", "video and dvd": "15",
}  # fmt: skip
_SMALL_AT_8: Bands = ((10, "8"), (None, "15"))
_SMALL_AT_5: Bands = ((10, "5"), (None, "15"))
_BANDS_2020: dict[str, Bands] = {
    "baby": _SMALL_AT_8, "beauty, health and personal care": _SMALL_AT_8, "vitamins and supplements": _SMALL_AT_8,
}  # fmt: skip
_BANDS_2026: dict[str, Bands] = {
    "home and kitchen": ((20, "8"), (None, "15")), "vitamins and supplements": _SMALL_AT_5,
    "pet clothing and food": _SMALL_AT_5,
}  # fmt: skip
_PORTIONS = {"furniture": ("15", "10"), "jewellery": ("20", "5"), "watches": ("15", "5")}

_AUSTRALIA_2019 = {
    "automotive": "9", "baby": "9", "beauty": "15", "books": "15", "camera": "7", "clothing": "12", "games": "9",
    "consumer electronics": "7", "dvd": "12", "electronics accessories": "12", "health": "9", "home": "12",
    "jewellery": "15", "kitchen": "9", "luggage": "12", "large appliances": "7", "mobile": "7", "music": "15",
    "instruments": "9", "office": "12", "outdoors": "15", "pantry": "9", "personal computers": "6", "pets": "9",
    "shoes": "12", "software": "15", "sports": "15", "tools": "12", "toys": "9", "video": "12", "consoles": "6",
}  # fmt: skip
_AUSTRALIAN_MEDIA = ("books", "dvd", "music", "video")
_CHEAP_IN_AUSTRALIA = ("beauty", "baby", "health", "pets")

# Size tiers of dispatch by the network: the most that the sides may measure in mm, and (grams up to, amount per piece).
Tier = tuple[tuple[int, int, int] | tuple[()], tuple[tuple[int, str], ...]]
_PARCEL = (450, 340, 260)
_ENVELOPE_G, _PARCEL_G = 25, 125
_AUSTRALIAN_PARCELS = (
    (250, "3.94"), (500, "4.78"), (1000, "6.66"), (1500, "7.16"), (2000, "7.61"), (3000, "8.25"), (4000, "8.75"),
    (5000, "9.29"), (6000, "9.66"), (7000, "10.22"), (8000, "10.66"), (9000, "11.22"), (10000, "11.87"),
    (11000, "12.58"), (12000, "13.19"),
)  # fmt: skip
_AUSTRALIAN_TIERS: tuple[tuple[int, Tier], ...] = (
    (_ENVELOPE_G, ((200, 150, 10), ((100, "2.04"),))),
    (_ENVELOPE_G, ((330, 230, 25), ((100, "2.04"), (250, "2.11"), (500, "2.94")))),
    (_ENVELOPE_G, ((330, 230, 50), ((250, "3.94"), (500, "4.78"), (1000, "6.65")))),
    (_PARCEL_G, (_PARCEL, _AUSTRALIAN_PARCELS)),
)
_EMIRATES_HEAVIEST_KG = 60
_EMIRATES_TIERS: tuple[Tier, ...] = (
    (_PARCEL, ((500, "3.50"), (1000, "4.00"), (1500, "4.50"), *((kg * 1000, f"{kg + 3}.00") for kg in range(2, 13)))),
    ((), tuple((kg * 1000, f"{kg + 5}.00") for kg in range(1, _EMIRATES_HEAVIEST_KG + 1))),
)

_CAPS = {"EUR": "5", "USD": "5", "AED": "15", "BRL": "10"}
_PLANS = {"DE": ("EUR", "39"), "GB": ("GBP", "25"), "AU": ("AUD", "49.95"), "US": ("USD", "39.99")}


def _europe() -> Iterator[FeeTariff]:
    for channel, (currency, minimum, portions) in _STORES.items():
        place = {"channel": channel, "currency": currency}
        least = Decimal(minimum)
        for category, rate in _FLAT.items():
            yield from _whole(category, ((None, rate),), _YEAR_2020, _SCHEDULE, least, **place)
        for category, rate in _WITHOUT_MINIMUM.items():
            yield from _whole(category, ((None, rate),), _YEAR_2020, _SCHEDULE, None, **place)
        for category, bands in _BANDS_2020.items():
            yield from _whole(category, bands, _YEAR_2020, _SCHEDULE, least, **place)
        yield from _whole("grocery and gourmet", _SMALL_AT_8, _YEAR_2020, _SCHEDULE, None, **place)
        yield from _whole("diy and tools", ((None, "13"),), _TOOLS, "notice of June 2021, read 2026-09", least, **place)
        clothes: Bands = ((15, "5"), (20, "10"), (None, "15"))
        yield from _whole("clothing, shoes and accessories", clothes, _CLOTHES, _NOTES, least, **place)
        for category in ("home and kitchen", "vitamins and supplements", "grocery and gourmet"):
            yield _commission(category, _UNSURE, _NOTES, is_end=True, **place)
        for category, bands in _BANDS_2026.items():
            yield from _whole(category, bands, _YEAR_2026, _NOTES, least, **place)
        yield from _whole("grocery and gourmet", _SMALL_AT_5, _YEAR_2026, _NOTES, None, **place)
        for (category, rates), first in zip(_PORTIONS.items(), portions, strict=True):
            yield from _portions(category, rates, Decimal(first), least, **place)
    yield from _whole(
        "cycles", ((None, "10"),), _YEAR_2020, _SCHEDULE, Decimal("0.30"), channel="DE", currency="EUR"
    )  # fmt: skip


def _commission(category: str, since: date, source: str, **more: object) -> FeeTariff:
    """A referral fee: a share of item, shipping and wrap, cut at each step, without the VAT on it."""
    values: dict[str, object] = {"basis": "paid", "rounding": "down", "vat": "on_top", "is_limit_per_piece": True}
    if more.get("is_end"):
        values = {}
    return FeeTariff(
        line_class=LineClass.COMMISSION, category=category, valid_from=since, source=source,
        **{**values, **more},  # type: ignore[arg-type]
    )  # fmt: skip


def _whole(
    category: str, bands: Bands, since: date, source: str, minimum: Decimal | None, **more: object
) -> Iterator[FeeTariff]:
    """The whole amount at the rate of its band; bounds belong to the band below."""
    low: Decimal | None = None
    for up_to, rate in bands:
        below = None if up_to is None else up_to + _CENT
        yield _commission(
            category, since, source, rate=_per_cent(rate), minimum=minimum, price_from=low, price_below=below, **more
        )
        low = below


def _portions(
    category: str, rates: tuple[str, str], first: Decimal, minimum: Decimal, **more: object
) -> Iterator[FeeTariff]:
    """The first portion at the high rate, the rest at the low one."""
    for rate, low, below in ((rates[0], None, first), (rates[1], first, None)):
        yield _commission(
            category, _YEAR_2020, _SCHEDULE, rate=_per_cent(rate), minimum=minimum, price_from=low, price_below=below,
            is_marginal=True, **more,
        )  # fmt: skip


def _australia() -> Iterator[FeeTariff]:
    """The table of 31 March 2019; goods and services tax is extra, in the base and on the fee; no minimum."""
    place = {"channel": "AU", "currency": "AUD", "basis_includes_vat": False}
    old, since = "published table of 31 March 2019, read 2026-09", date(2019, 3, 31)
    for category, rate in _AUSTRALIA_2019.items():
        yield from _whole(category, ((None, rate),), since, old, None, **place)
    for category in _CHEAP_IN_AUSTRALIA:
        bands: Bands = ((20, "7"), (None, _AUSTRALIA_2019[category]))
        yield from _whole(category, bands, date(2019, 11, 1), "notes of November 2019, read 2026-09", None, **place)
    for category in _AUSTRALIAN_MEDIA:
        yield FeeTariff(
            line_class=LineClass.CLOSING, category=category, valid_from=since, source=old, channel="AU",
            currency="AUD", per_unit=Decimal(1), vat="on_top",
        )  # fmt: skip


def _dispatch() -> Iterator[FeeTariff]:
    """What the network takes for sending a piece, by size and weight."""
    page = "page of the seller centre, undated, after 2022, read 2026-09"
    for packaging, tier in _AUSTRALIAN_TIERS:
        yield from _sent(tier, packaging, channel="AU", currency="AUD", valid_from=date(2023, 1, 1), source=page)
    old = "older page, since when is not told, read 2026-09"
    for tier in _EMIRATES_TIERS:
        yield from _sent(tier, 0, channel="AE", currency="AED", valid_from=_YEAR_2020, source=old)


def _stored() -> Iterator[FeeTariff]:
    """What the network takes for a cubic metre a month, more in the last quarter; the newer amounts were not readable."""
    for year in _YEARS_STORED:
        for month, amount in ((1, "19.40"), (10, "26.50")):
            yield FeeTariff(
                line_class=LineClass.STORAGE, programme=Fulfilment.MARKETPLACE, channel="AU", currency="AUD", vat="on_top",
                per_volume=Decimal(amount), is_charged_later=True, valid_from=date(year, month, 1),
                source="older table of storage by season, read 2026-09",
            )  # fmt: skip


def _sent(tier: Tier, packaging: int, **place: object) -> Iterator[FeeTariff]:
    """The rows of one tier; its weights are with `packaging` grams, ours without."""
    sides, steps = tier
    sizes = dict(zip(("longest_mm", "middle_mm", "shortest_mm"), sides, strict=False))
    low: int | None = None
    for up_to, amount in steps:
        below = up_to - packaging + 1
        yield FeeTariff(
            line_class=LineClass.FULFILMENT, programme=Fulfilment.MARKETPLACE, per_unit=Decimal(amount), vat="on_top",
            weight_from_g=low, weight_below_g=below, **sizes, **place,  # type: ignore[arg-type]
        )  # fmt: skip
        low = below


def _everywhere() -> Iterator[FeeTariff]:
    """The share of a referral fee that is kept of a refund, digital services for sellers from elsewhere, the plan."""
    for currency, cap in _CAPS.items():
        yield FeeTariff(
            line_class=LineClass.ADMINISTRATION_FEE, basis="commission", rate=Decimal("0.20"), maximum=Decimal(cap),
            currency=currency, valid_from=_YEAR_2020, vat="on_top",
            source="policy on refunds, since when is not told, read 2026-09",
        )  # fmt: skip
    for channel, basis in (("FR", "commission"), ("IT", "commission"), ("ES", "commission"), ("GB", "fees")):
        yield _digital(channel, basis, "0.02", date(2024, 10, 1))
    for channel, basis in (("FR", "fees"), ("IT", "commission"), ("ES", "commission")):
        yield _digital(channel, basis, "0.03", date(2026, 3, 20))
    for channel, (currency, amount) in _PLANS.items():
        yield FeeTariff(
            line_class=LineClass.SUBSCRIPTION, channel=channel, currency=currency, per_line=Decimal(amount),
            valid_from=_YEAR_2020, vat="on_top", source="price page of the professional plan, per month, read 2026-09",
        )  # fmt: skip


def _digital(channel: str, basis: str, rate: str, since: date) -> FeeTariff:
    return FeeTariff(
        line_class=LineClass.DIGITAL_SERVICES, channel=channel, basis=basis, rate=Decimal(rate),  # type: ignore[arg-type]
        valid_from=since, rounding="down", vat="on_top",
        source="notice on digital services taxes, sellers established elsewhere, read 2026-09",
    )  # fmt: skip


def _per_cent(rate: str) -> Decimal:
    return Decimal(rate) / 100


TARIFF: tuple[FeeTariff, ...] = (*_europe(), *_australia(), *_dispatch(), *_stored(), *_everywhere())
