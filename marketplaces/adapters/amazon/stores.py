"""Every storefront: ids, hosts, the domains that files call them by, and which of them share one pool of stock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from marketplaces.contract import Store

HOSTS: Mapping[str, str] = {region: f"https://sellingpartnerapi-{region}.amazon.com" for region in ("na", "eu", "fe")}

# region, code, id, currency, zone, domain
_ROWS: tuple[tuple[str, str, str, str, str, str], ...] = (
    ("eu", "DE", "A1PA6795UKMFR9", "EUR", "Europe/Berlin", "amazon.de"),
    ("eu", "FR", "A13V1IB3VIYZZH", "EUR", "Europe/Paris", "amazon.fr"),
    ("eu", "IT", "APJ6JRA9NG5V4", "EUR", "Europe/Rome", "amazon.it"),
    ("eu", "ES", "A1RKKUPIHCS9HS", "EUR", "Europe/Madrid", "amazon.es"),
    ("eu", "NL", "A1805IZSGTT6HS", "EUR", "Europe/Amsterdam", "amazon.nl"),
    ("eu", "SE", "A2NODRKZP88ZB9", "SEK", "Europe/Stockholm", "amazon.se"),
    ("eu", "PL", "A1C3SOZRARQ6R3", "PLN", "Europe/Warsaw", "amazon.pl"),
    ("eu", "BE", "AMEN7PMS3EDWL", "EUR", "Europe/Brussels", "amazon.com.be"),
    ("eu", "IE", "A28R8C7NBKEWEA", "EUR", "Europe/Dublin", "amazon.ie"),
    ("eu", "GB", "A1F83G8C2ARO7P", "GBP", "Europe/London", "amazon.co.uk"),
    ("eu", "TR", "A33AVAJ2PDY3EV", "TRY", "Europe/Istanbul", "amazon.com.tr"),
    ("eu", "AE", "A2VIGQ35RCS4UG", "AED", "Asia/Dubai", "amazon.ae"),
    ("eu", "SA", "A17E79C6D8DWNP", "SAR", "Asia/Riyadh", "amazon.sa"),
    ("eu", "EG", "ARBP9OOSHTCHU", "EGP", "Africa/Cairo", "amazon.eg"),
    ("eu", "IN", "A21TJRUUN4KGV", "INR", "Asia/Kolkata", "amazon.in"),
    ("eu", "ZA", "AE08WJ6YKNBMC", "ZAR", "Africa/Johannesburg", "amazon.co.za"),
    ("fe", "AU", "A39IBJ37TRP1C6", "AUD", "Australia/Sydney", "amazon.com.au"),
    ("fe", "JP", "A1VC38T7YXB528", "JPY", "Asia/Tokyo", "amazon.co.jp"),
    ("fe", "SG", "A19VAU5U5O7RUS", "SGD", "Asia/Singapore", "amazon.sg"),
    ("na", "US", "ATVPDKIKX0DER", "USD", "America/Los_Angeles", "amazon.com"),
    ("na", "CA", "A2EUQ1WTGCTBG2", "CAD", "America/Toronto", "amazon.ca"),
    ("na", "MX", "A1AM78C64UM0Y8", "MXN", "America/Mexico_City", "amazon.com.mx"),
    ("na", "BR", "A2Q3Y263D00KWC", "BRL", "America/Sao_Paulo", "amazon.com.br"),
)

# Stores of the European Union that sell from the same shelves; every other store has its own pool.
_SHARED_EU = frozenset({"DE", "FR", "IT", "ES", "NL", "SE", "PL", "BE", "IE"})


def pool(code: str) -> str:
    """The stock pool of a store, in the marketplace's own style of channel codes."""
    if code in _SHARED_EU:
        return "AMAZON_EU"
    return "AMAZON_NA" if code == "US" else f"AMAZON_{code}"


STORES: tuple[Store, ...] = tuple(
    Store(
        code=code, external_id=external_id, country=code, currency=currency, zone=zone, region=region, pool=pool(code)
    )
    for region, code, external_id, currency, zone, _ in _ROWS
)
DOMAINS: Mapping[str, str] = {row[1]: row[5] for row in _ROWS}

LANGUAGES: Mapping[str, str] = {
    "DE": "de_DE", "FR": "fr_FR", "IT": "it_IT", "ES": "es_ES", "NL": "nl_NL", "SE": "sv_SE", "PL": "pl_PL", "BE": "fr_BE",
    "IE": "en_IE", "GB": "en_GB", "TR": "tr_TR", "AE": "en_AE", "SA": "ar_AE", "EG": "ar_AE", "IN": "en_IN", "ZA": "en_ZA",
    "AU": "en_AU", "JP": "ja_JP", "SG": "en_SG", "US": "en_US", "CA": "en_CA", "MX": "es_MX", "BR": "pt_BR",
}  # fmt: skip
"""In which language a text is written where the listing shows none of its own yet (BE, AE, SA and EG have several)."""

_BY_NAME: dict[str, Store] = {}
for _store in STORES:
    for _name in (_store.code, _store.external_id, DOMAINS[_store.code]):
        _BY_NAME[_name.casefold()] = _store
_BY_NAME["uk"] = _BY_NAME["gb"]


def find(name: str) -> Store | None:
    """The store with this code, id or domain, in any casing; `www.` in front is allowed."""
    return _BY_NAME.get(name.strip().casefold().removeprefix("www."))


def channel(name: str) -> str:
    """Our code of a store, or the name as it came when it is not one we know."""
    store = find(name)
    return store.code if store else name.strip()


def first_of_pools(stores: Iterable[Store]) -> tuple[Store, ...]:
    """One store per pool: stores that sell from the same shelves would tell the same units again."""
    found: dict[str, Store] = {}
    for store in stores:
        found.setdefault(pool(store.code), store)
    return tuple(found.values())
