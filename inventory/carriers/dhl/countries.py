"""Country codes: we speak alpha-2, shipping speaks alpha-3. And where a customs declaration is needed."""

from __future__ import annotations

from config.core.errors import Rejected

_PAIRS = """
AD AND AE ARE AF AFG AG ATG AI AIA AL ALB AM ARM AO AGO AR ARG AT AUT AU AUS AW ABW AX ALA AZ AZE BA BIH BB BRB BD BGD
BE BEL BF BFA BG BGR BH BHR BI BDI BJ BEN BM BMU BN BRN BO BOL BR BRA BS BHS BT BTN BW BWA BY BLR BZ BLZ CA CAN CD COD
CF CAF CG COG CH CHE CI CIV CK COK CL CHL CM CMR CN CHN CO COL CR CRI CU CUB CV CPV CW CUW CY CYP CZ CZE DE DEU DJ DJI
DK DNK DM DMA DO DOM DZ DZA EC ECU EE EST EG EGY ER ERI ES ESP ET ETH FI FIN FJ FJI FK FLK FM FSM FO FRO FR FRA GA GAB
GB GBR GD GRD GE GEO GF GUF GG GGY GH GHA GI GIB GL GRL GM GMB GN GIN GP GLP GQ GNQ GR GRC GT GTM GU GUM GW GNB GY GUY
HK HKG HN HND HR HRV HT HTI HU HUN ID IDN IE IRL IL ISR IM IMN IN IND IQ IRQ IR IRN IS ISL IT ITA JE JEY JM JAM JO JOR
JP JPN KE KEN KG KGZ KH KHM KI KIR KM COM KN KNA KP PRK KR KOR KW KWT KY CYM KZ KAZ LA LAO LB LBN LC LCA LI LIE LK LKA
LR LBR LS LSO LT LTU LU LUX LV LVA LY LBY MA MAR MC MCO MD MDA ME MNE MG MDG MH MHL MK MKD ML MLI MM MMR MN MNG MO MAC
MP MNP MQ MTQ MR MRT MS MSR MT MLT MU MUS MV MDV MW MWI MX MEX MY MYS MZ MOZ NA NAM NC NCL NE NER NG NGA NI NIC NL NLD
NO NOR NP NPL NR NRU NU NIU NZ NZL OM OMN PA PAN PE PER PF PYF PG PNG PH PHL PK PAK PL POL PR PRI PS PSE PT PRT PW PLW
PY PRY QA QAT RE REU RO ROU RS SRB RU RUS RW RWA SA SAU SB SLB SC SYC SD SDN SE SWE SG SGP SH SHN SI SVN SK SVK SL SLE
SM SMR SN SEN SO SOM SR SUR SS SSD ST STP SV SLV SX SXM SY SYR SZ SWZ TC TCA TD TCD TG TGO TH THA TJ TJK TL TLS TM TKM
TN TUN TO TON TR TUR TT TTO TV TUV TW TWN TZ TZA UA UKR UG UGA US USA UY URY UZ UZB VA VAT VC VCT VE VEN VG VGB VI VIR
VN VNM VU VUT WF WLF WS WSM YE YEM YT MYT ZA ZAF ZM ZMB ZW ZWE
""".split()  # noqa: SIM905 - a table that is read
ALPHA3 = dict(zip(_PAIRS[::2], _PAIRS[1::2], strict=True))
EU = frozenset("AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split())  # noqa: SIM905
OUTSIDE_CUSTOMS = {
    "DE": ("27498", "78266"), "ES": ("35", "38", "51", "52"), "FI": ("22",), "FR": ("97", "98"),
    "GR": ("63086",), "IT": ("22061", "23041"),
}  # fmt: skip
"""Parts of EU states outside its customs or tax area, by the beginning of the postcode."""


def alpha3(country: str) -> str:
    """Raises Rejected for what is no country that parcels go to."""
    try:
        return ALPHA3[country.upper()]
    except KeyError as error:
        raise Rejected(f"{country!r} is no country code that parcels go to; give two letters, such as DE") from error


def needs_customs(country: str, postal_code: str) -> bool:
    return country not in EU or postal_code.strip().startswith(OUTSIDE_CUSTOMS.get(country, ("no such postcode",)))
