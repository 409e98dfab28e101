"""One test for each trap of DHL's interfaces that costs money or a parcel."""

from __future__ import annotations

import base64
import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from pypdf import PdfReader

from config.core import clock
from config.core.errors import NeedsOperator, Rejected, Transient
from config.core.money import Money
from inventory.carriers.contract import (
    Address,
    Customs,
    CustomsItem,
    DocumentKind,
    LabelFormat,
    LabelRequest,
    Services,
)
from inventory.carriers.dhl import addresses, mapping, rules, scans
from inventory.carriers.dhl.carrier import CARRIER
from inventory.carriers.news import TrackingState
from inventory.services import carriers
from tests.inventory.carriers.conftest import HAMBURG, MORNING, enter

SETTINGS = CARRIER.sandbox_settings
PDF = base64.b64encode(b"%PDF-1.4 label").decode()
TODAY = date(2026, 10, 2)


def request(**changes):
    values = {"ref": "NF00000001", "product": "V01PAK", "ship_on": TODAY, "consignee": HAMBURG, "weight_g": 1450}
    return LabelRequest(**{**values, **changes})


def abroad(country="CH", *, value="20", code="85167100", has_notification=False, **changes):
    item = CustomsItem(
        description="Kettle",
        origin="DE",
        customs_code=code,
        quantity=2,
        unit_value=Money(Decimal(value), "EUR"),
        unit_weight_g=500,
    )
    customs = Customs(items=(item,), postal_charges=Money(Decimal(5), "EUR"), has_export_notification=has_notification)
    told = Address(name="Max", street="Musterstrasse 6", postal_code="8001", city="Town", country=country)
    return request(**{"product": "V53WPAK", "consignee": told, "customs": customs, **changes})


def body(**changes):
    return mapping.order_body(request(**changes), SETTINGS)["shipments"][0]


def text_of(body):
    """Everything that stands on a PDF; it must open to be read."""
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(body)).pages)


# Purchase


def test_a_failed_item_that_echoes_a_number_is_not_bought():
    told = {"shipmentNo": "0034", "sstatus": {"statusCode": 204, "title": "x"}, "label": {"b64": PDF}}
    assert mapping.item(told).is_bought is False


def test_a_number_without_a_label_is_not_bought():
    assert mapping.item({"shipmentNo": "0034", "sstatus": {"status": 200}}).is_bought is False


def test_a_label_with_a_warning_is_kept_and_the_warning_shown():
    warning = {"property": "consignee", "validationMessage": "Entgelt", "validationState": "Warning"}
    told = mapping.item(
        {"shipmentNo": "0034", "sstatus": {"status": 200}, "label": {"b64": PDF}, "validationMessages": [warning]}
    )
    assert (told.is_bought, told.problems) == (True, "consignee: Entgelt")


def test_a_validation_that_only_warns_stops_nobody_though_it_says_400():
    warning = {"property": "consignee", "validationMessage": "Entgelt", "validationState": "Warning"}
    told = {"status": {"status": 400}, "items": [{"sstatus": {"status": 400}, "validationMessages": [warning]}]}
    assert mapping.checked(told).is_bought is True
    error = {**warning, "validationState": "Error"}
    told["items"][0]["validationMessages"] = [error]
    assert mapping.checked(told).is_bought is False


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ({"items": [{"propertyPath": "shipments[0].refNo", "message": "too short"}]}, "shipments[0].refNo: too short"),
        ({"status": {"statusCode": 400, "title": "Bad", "detail": "no profile"}}, "no profile"),
        ({"items": [{"sstatus": {"status": 400, "title": "hard", "detail": "not valid"}}]}, "not valid"),
    ],
)
def test_each_of_the_three_shapes_of_400_says_why(answer, problem):
    assert mapping.result(answer).problems == problem


def test_status_and_the_deprecated_status_code_are_both_read():
    assert (mapping.status_of({"statusCode": 200}), mapping.status_of({"status": "207"}), mapping.status_of({})) == (
        200,
        207,
        0,
    )


def test_zpl_is_known_by_its_beginning_whether_it_is_packed_or_not():
    code = "^XA^FO1,1^FDx^FS^XZ"
    packed = base64.b64encode(code.encode()).decode()
    assert mapping.content({"zpl2": code}) == mapping.content({"zpl2": packed}) == code.encode()


def test_a_document_that_is_only_an_address_is_fetched_and_bytes_are_preferred():
    item = {
        "label": {"url": "https://x/labels?token=1"},
        "returnLabel": {"b64": PDF, "url": "https://x/labels?token=2"},
    }
    assert mapping.addresses_of({"items": [item]}) == {DocumentKind.LABEL: "https://x/labels?token=1"}


def test_documents_are_asked_for_apart_because_the_return_label_would_hide_on_page_two():
    query = mapping.order_query(request(), SETTINGS, validate=False)
    assert (query["combine"], query["mustEncode"], "validate" in query) == ("false", "true", False)


def test_a_billing_number_belongs_to_one_product():
    assert body(product="V62KP", weight_g=900)["billingNumber"] == "33333333336201"
    wrong = {**SETTINGS, "billing_V62KP": SETTINGS["billing_V01PAK"]}
    with pytest.raises(Rejected, match="digits 11 and 12 are 62"):
        mapping.billing(wrong, "V62KP")


def test_the_old_small_parcel_is_sold_under_its_new_name():
    assert body(product="V62WP", weight_g=900)["product"] == "V62KP"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"ref": "SHORT"}, "8 to 35 characters"),
        ({"weight_g": 31_501}, "takes up to 31500 g"),
        ({"product": "V62KP"}, "takes up to 1000 g"),
        ({"product": "V62KP", "weight_g": 900, "services": Services(minimum_age=18)}, "excludes minimum age"),
        ({"product": "V53WPAK"}, "goes abroad"),
        ({"size_mm": (1300, 500, 500)}, "larger than"),
        ({"consignee": Address(name="A", street="Weg", house="1", postal_code="1010", city="Wien", country="AT")}, "to DE only"),
        ({"services": Services(minimum_age=21)}, "16 or 18"),
    ],
)  # fmt: skip
def test_what_the_carrier_would_refuse_is_said_before_anything_is_sent(changes, why):
    with pytest.raises(Rejected, match=why):
        body(**changes)


def test_an_age_check_and_a_named_person_are_asked_for_in_their_words():
    services = body(services=Services(minimum_age=18, named_person=True))["services"]
    assert services == {"visualCheckOfAge": "A18", "namedPersonOnly": True}


def test_nobody_is_checked_at_a_locker():
    locker = Address(name="Erika", street="Packstation 145", addition="1234567", postal_code="20095", city="Hamburg")
    with pytest.raises(Rejected, match="checked at the door"):
        body(consignee=locker, services=Services(minimum_age=18))


def test_the_buyers_mail_is_passed_on_only_where_the_account_says_so():
    assert "email" not in body()["consignee"]
    told = mapping.order_body(request(), {**SETTINGS, "tells_buyer": "yes"})
    assert told["shipments"][0]["consignee"]["email"] == "erika@example.org"


# Addresses


@pytest.mark.parametrize(
    ("line", "street", "house"),
    [
        ("Musterweg 7b", "Musterweg", "7b"), ("Musterweg 7 b", "Musterweg", "7 b"), ("Am Markt 7-9", "Am Markt", "7-9"),
        ("Allee 12/14", "Allee", "12/14"), ("Q7, 24", "Q7", "24"), ("Hof Haus 3", "Hof", "Haus 3"),
        ("Straße des 17. Juni 135", "Straße des 17. Juni", "135"), ("Musterstr.5", "Musterstr.", "5"), ("Am Hang", "Am Hang", ""),
    ],
)  # fmt: skip
def test_house_numbers_survive_the_split(line, street, house):
    assert addresses.split_street(line) == (street, house)


def test_a_locker_written_as_a_street_is_addressed_as_a_locker():
    told = Address(
        name="Erika", street="Packstation 145", name2="Postnummer 1234567", postal_code="20095", city="Hamburg"
    )
    found = addresses.consignee(told, with_email=False)
    assert (found["lockerID"], found["postNumber"]) == (145, "1234567")
    with pytest.raises(Rejected, match="needs the post number"):
        addresses.consignee(
            Address(name="E", street="Packstation 145", postal_code="20095", city="H"), with_email=False
        )


@pytest.mark.parametrize("company", ["1234567", "Postnummer 1234567", "Packstation 145, 1234567"])
def test_a_locker_written_where_a_company_stands_is_found_and_the_person_is_named(company):
    told = Address(name=company, name2="Erika", street="Packstation 145", postal_code="20095", city="Hamburg")
    found = addresses.consignee(told, with_email=False)
    assert (found["name"], found["lockerID"], found["postNumber"]) == ("Erika", 145, "1234567")


@pytest.mark.parametrize(("grams", "said"), [(10_000, ""), (10_001, "10 kg"), (20_001, "20 kg")])
def test_a_heavy_parcel_is_said_to_need_its_mark(grams, said):
    told = [message.text for message in rules.hints(request(weight_g=grams))]
    assert told == ([f"heavier than {said}: put the mark for parcels of this weight beside the label"] if said else [])


def test_an_outlet_takes_the_mail_where_there_is_no_post_number():
    told = Address(name="E", street="Postfiliale 502", postal_code="20095", city="H", email="e@example.org")
    assert addresses.consignee(told, with_email=False)["email"] == "e@example.org"


def test_a_german_address_needs_five_digits_and_a_house():
    with pytest.raises(Rejected, match="five digits"):
        body(consignee=Address(name="E", street="Weg", house="1", postal_code="1067", city="Dresden"))
    assert (
        body(consignee=Address(name="E", street="Weg", house="1", postal_code=" 01067 ", city="D"))["consignee"][
            "postalCode"
        ]
        == "01067"
    )
    with pytest.raises(Rejected, match="no house number"):
        body(consignee=Address(name="E", street="Am Hang", postal_code="01067", city="Dresden"))


def test_a_street_too_long_goes_on_in_the_addition_and_umlauts_count_once():
    long = "Straße der äußerst langen und überaus schönen Aussichten am Rande"
    told = addresses.consignee(
        Address(name="Ä" * 50, street=long, house="1", postal_code="01067", city="Dresden"), with_email=False
    )
    assert len(told["addressStreet"]) <= 50
    assert f"{told['addressStreet']} {told['additionalAddressInformation1']}" == long


# Customs


def test_a_parcel_over_the_border_needs_its_declaration_and_a_special_territory_as_well():
    with pytest.raises(Rejected, match="customs declaration"):
        mapping.order_body(abroad(customs=None), SETTINGS)
    canary = Address(name="E", street="Calle 8", postal_code="35001", city="Las Palmas", country="ES")
    with pytest.raises(Rejected, match="customs declaration"):
        mapping.order_body(abroad(customs=None, consignee=canary), SETTINGS)
    told = mapping.order_body(abroad(), SETTINGS)["shipments"][0]
    assert (told["consignee"]["country"], told["customs"]["items"][0]["itemValue"]["value"]) == (
        "CHE",
        Decimal("20.00"),
    )


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (lambda: abroad(weight_g=900), "declared goods weigh 1000 g"),
        (lambda: abroad(value="500"), "electronic export notification"),
        (lambda: abroad(code="8516"), "6 to 11 digits"),
        (lambda: abroad("US"), "ten digits"),
        (lambda: abroad("US", code="8516710000"), "duty is prepaid up to 2125 EUR"),
        (
            lambda: abroad(
                "US", code="8516710000", value="1100", has_notification=True, services=Services(duty_paid=True)
            ),
            "above 2125 EUR",
        ),
        (lambda: abroad("US", product="V66WPI", weight_g=1000), "not offered to US"),
    ],
)
def test_what_customs_would_stop_is_said_before_anything_is_sent(asked, why):
    with pytest.raises(Rejected, match=why):
        rules.check(asked())


def test_before_the_rule_for_the_united_states_began_it_does_not_hold():
    rules.check(abroad("US", ship_on=date(2026, 7, 23)))


# Tracking


def test_an_xml_answer_of_200_may_be_a_refusal():
    for code, family in (("5", NeedsOperator), ("-1", Transient), ("41", Rejected)):
        with pytest.raises(family):
            scans.parcel_de(f'<data name="piece-shipment-list" code="{code}" error="x"/>'.encode())
    assert scans.parcel_de(b'<data name="piece-shipment-list" code="100" error="No data"/>') == []


def piece(*events, goes_back="false"):
    inside = "".join(
        f'<data name="piece-event" event-timestamp="{at}" standard-event-code="{code}" ice="{ice}" ric="{ric}"/>'
        for at, code, ice, ric in events
    )
    return (
        f'<data code="0"><data name="piece-shipment" piece-code="1" ruecksendung="{goes_back}">'
        f'<data name="piece-event-list">{inside}</data></data></data>'
    ).encode()


def test_german_local_times_are_read_as_such_and_money_events_are_no_delivery():
    told = scans.parcel_de(
        piece(("05.03.2026 11:42", "ZU", "DLVRD", "OTHER"), ("06.03.2026 09:00", "GT", "DLVRD", "CODAR"))
    )[0]
    assert [event.at for event in told.events] == [datetime(2026, 3, 5, 10, 42, tzinfo=UTC)]
    assert told.state is TrackingState.DELIVERED


def test_a_parcel_that_comes_home_is_returned_and_not_delivered():
    told = scans.parcel_de(piece(("05.03.2026 11:42", "ZU", "DLVRD", "OTHER"), goes_back="true"))[0]
    assert told.state is TrackingState.RETURNED


def test_an_end_stays_an_end_whatever_is_told_later():
    told = scans.parcel_de(piece(("05.03.2026 11:42", "ZU", "DLVRD", ""), ("06.03.2026 08:00", "AA", "LDTMV", "")))[0]
    assert told.state is TrackingState.DELIVERED


def test_the_words_of_unified_tracking_win_over_its_code():
    events = [{"timestamp": "2026-03-05T11:42:00", "statusCode": "delivered", "description": "Returned to shipper"}]
    assert next(iter(scans.unified({"shipments": [{"id": 1, "events": events}]}))).state is TrackingState.RETURNED


@pytest.mark.parametrize(
    ("language", "words"), [("de", "Die Postleitzahl ist ungültig."), ("en", "The postal code is not valid.")]
)
@pytest.mark.parametrize("where", ["consignee", "services.dhlRetoure.returnAddress"])
def test_no_decision_hangs_on_words_that_change_with_the_language(language, words, where):
    message = {"property": where, "validationMessage": words, "validationState": "Error"}
    told = mapping.item({"sstatus": {"status": 400, "title": language}, "validationMessages": [message]})
    assert (told.is_bought, told.problems) == (False, f"{where}: {words}")


@pytest.mark.parametrize(
    ("told", "at"),
    [
        ("2026-03-05T11:42:00", datetime(2026, 3, 5, 10, 42, tzinfo=UTC)),
        ("2026-03-05T11:42:00+02:00", datetime(2026, 3, 5, 9, 42, tzinfo=UTC)),
        ("2026-03-05", datetime(2026, 3, 4, 23, 0, tzinfo=UTC)),
        ("2026-07-05T11:42:00Z", datetime(2026, 7, 5, 11, 42, tzinfo=UTC)),
        ("yesterday", None),
    ],
)
def test_times_of_tracking_come_with_an_offset_without_one_or_as_a_day_alone(told, at):
    assert scans.moment(told) == at


@pytest.mark.parametrize(
    ("value", "unit", "grams"),
    [
        (1.45, "kg", 1450), ("1.45", "KGM", 1450), ("1,45", "kg", 1450), (2, "lbs", 907), (0, "kg", None), (None, "kg", None),
        (3, "stone", None), ("heavy", "kg", None),
    ],
)  # fmt: skip
def test_weights_come_in_several_units_and_one_that_nobody_knows_is_no_weight(value, unit, grams):
    assert scans.grams(value, unit) == grams


# Over the wire


@pytest.mark.django_db
def test_a_label_shows_what_german_rules_ask_for(depot):
    with carriers.opened(enter(depot)) as client:
        strict = Services(minimum_age=18, named_person=True, no_neighbour=True)
        bought = client.buy(request(weight_g=21_000, note="4711", services=strict, with_return=True))
    told = {paper.kind: text_of(paper.body) for paper in bought.documents}
    for words in (
        "DHL PAKET", "PERSOENLICHE UEBERGABE", "KEINE NACHBARSCHAFTSZUSTELLUNG", f"Leitcode {bought.routing_code}",
        f"Sendungsnr. {bought.tracking_number}",
        "Demo Versand GmbH", "Lagerallee 3", "34117 Kassel", "Erika Beispiel", "Musterweg 7b", "20095 Hamburg",
        "ALTERSSICHTPRUEFUNG 18+", "GEWICHT UEBER 20 KG", "21.00 kg", "4711", "NF00000001",
    ):  # fmt: skip
        assert words in told[DocumentKind.LABEL]
    back = told[DocumentKind.RETURN_LABEL]
    assert ("DHL RETOURE" in back, bought.return_tracking_number in back) == (True, True)
    assert back.index("Erika Beispiel") < back.index("Demo Versand GmbH"), "the buyer sends it"


@pytest.mark.django_db
def test_the_customs_paper_says_what_crosses_the_border_and_what_it_is_worth(depot):
    with carriers.opened(enter(depot)) as client:
        bought = client.buy(abroad(weight_g=1450))
    paper = next(paper for paper in bought.documents if paper.kind is DocumentKind.CUSTOMS)
    told = text_of(paper.body)
    for words in (
        f"CN23 {bought.tracking_number}", "Demo Versand GmbH", "Max", "CHE", "Art COMMERCIAL_GOODS",
        "2 x Kettle  HS 85167100  Ursprung DEU  500 g  20.00 EUR", "Gesamtwert 40.00 EUR", "Gewicht 1.450 kg",
        "Porto 5.00 EUR",
    ):  # fmt: skip
        assert words in told


@pytest.mark.django_db
def test_a_customs_paper_comes_with_a_parcel_over_the_border_and_zpl_when_asked_for(depot):
    with carriers.opened(enter(depot)) as client:
        bought = client.buy(abroad(format=LabelFormat.ZPL))
    assert {(paper.kind, paper.format) for paper in bought.documents} == {
        (DocumentKind.LABEL, LabelFormat.ZPL), (DocumentKind.CUSTOMS, LabelFormat.PDF)
    }  # fmt: skip


@pytest.mark.django_db
def test_nothing_that_was_bought_yesterday_is_bought_for_yesterday(depot):
    with carriers.opened(enter(depot)) as client, pytest.raises(Rejected, match="is past"):
        client.buy(request(ship_on=MORNING.date() - timedelta(days=1)))
    assert depot.asked("/orders") == 0


@pytest.mark.django_db
def test_a_cancelled_or_closed_label_is_not_found_and_not_cancelled_again(depot):
    with carriers.opened(enter(depot)) as client:
        first, second = client.buy(request()).tracking_number, client.buy(request(ref="NF00000002")).tracking_number
        assert client.cancel(first) == ""
        assert client.find("NF00000001", TODAY, TODAY) == []
        closed = client.close_day([first, second])
        assert (list(closed.refused), closed.document[:5]) == ([first], b"%PDF-")
        assert client.fetch(second, LabelFormat.PDF) is None
        assert client.cancel(second) == "Unbekannte Sendungsnummer."


@pytest.mark.django_db
@pytest.mark.parametrize("sign_in", ["token", "basic"])
def test_it_signs_in_both_ways(depot, sign_in):
    assert carriers.probe(enter(depot, sign_in=sign_in)) == "Parcel DE Shipping 2.1.13"


@pytest.mark.django_db
def test_a_wrong_password_needs_a_person(depot):
    account = enter(depot)
    carriers.rotate(account, {"password": "another"})
    with pytest.raises(NeedsOperator, match="refuses the login"):
        carriers.probe(account)


@pytest.mark.django_db
@pytest.mark.parametrize("way", ["parcel-de", "unified"])
def test_both_ways_of_tracking_tell_the_same_story(depot, way):
    with carriers.opened(enter(depot, tracking=way)) as client:
        number = client.buy(request()).tracking_number
        depot.at = MORNING + timedelta(hours=16)
        told = next(iter(client.track([number])))
        assert [event.state for event in told.events][:2] == [TrackingState.LABEL_CREATED, TrackingState.IN_TRANSIT]
        with clock.frozen(depot.at):
            assert [each.events for each in client.track(["00340434161094022115"])] in ([], [()])
