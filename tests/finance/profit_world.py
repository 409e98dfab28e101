"""Random orders, statements, costs, fees and returns of one account, with what is known of each line beside."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from django.db.models import Model

from catalog.models import Product, Sku
from config.core.money import Money, minor_unit
from finance.models import Cost, ExpectedFee, Match, Settlement, SettlementLine
from finance.profitability import Facts
from inventory.models import Order, OrderLine, Return
from marketplaces.canonical import LineClass as C
from marketplaces.models import Account

FIRST = date(2026, 9, 1)
DAYS = [FIRST + timedelta(days=n) for n in range(6)]
AT = datetime(2026, 9, 1, tzinfo=UTC)
CURRENCIES = ("EUR", "USD", "JPY")
COUNTRIES = {"DE": (Decimal("0.19"), True), "US": (Decimal(0), False), "XX": (None, True)}
PER_LINE = (C.SHIPPING, C.WRAP, C.PROMOTION, C.TAX, C.TAX_WITHHELD, C.COMMISSION, C.FULFILMENT, C.PAYMENT_FEE,
            C.RETURN_HANDLING, C.REFUND_PRINCIPAL, C.REFUND_TAX, C.CHARGEBACK, C.FEE_REVERSAL, C.ADVERTISING,
            C.REIMBURSEMENT, C.STORAGE, C.ADJUSTMENT)  # fmt: skip
CHARGES = (C.ADVERTISING, C.STORAGE, C.SUBSCRIPTION, C.REFUND_OTHER, C.MARKETING)
FINER = Decimal("0.005")
EXPECTED = {"fees": (C.COMMISSION, C.CLOSING), "fulfilment": (C.FULFILMENT,), "payment": (C.PAYMENT_FEE,)}
PER_EUR = {"EUR": Decimal(1), "USD": Decimal("1.25"), "JPY": Decimal(160)}
RATES = [(FIRST, "USD", Decimal("1.25"), "ECB"), (FIRST, "JPY", Decimal(160), "ECB")]


@dataclass
class World:
    """Everything is stored; `facts` and `charges` say the same as plain values. What `waits` is stored in one go."""

    draw: random.Random
    account: Account
    facts: dict[int, tuple[date, Facts]] = field(default_factory=dict)
    charges: list[tuple[Settlement, C, Money]] = field(default_factory=list)
    waits: dict[type[Model], list[Any]] = field(default_factory=lambda: defaultdict(list))
    row_numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def amount(self, currency: str, most: int = 9_000) -> Decimal:
        return Decimal(self.draw.randrange(1, most)) * minor_unit(currency)

    def maybe(self, currency: str, most: int) -> Decimal | None:
        return self.amount(currency, most) if self.draw.random() < 0.5 else None

    def fill(self, orders: int) -> None:
        product = Product.objects.create(title="Mug")
        self.skus = [Sku.objects.create(code=f"S{n}", product=product) for n in range(3)]
        self.costs: dict[int, Cost] = {
            sku.pk: Cost.objects.create(
                sku=sku, currency=self.draw.choice(("EUR", "USD", "SEK")), valid_from=FIRST, known_at=AT,
                purchase=self.amount("EUR"), inbound=self.amount("EUR", 90), source="test", entered_by="test",
            )
            for sku in self.skus[:2]
        }  # fmt: skip
        self.statements = [
            Settlement.objects.create(
                account=self.account, external_id=f"ST-{n}", currency=currency, imported_at=AT, line_count=1,
                period_start=AT + timedelta(days=n), period_end=AT + timedelta(days=n + self.draw.randint(1, 4)),
            )
            for n, currency in enumerate(CURRENCIES)
        ]  # fmt: skip
        for number in range(orders):
            self.order(number)
        for number in range(self.draw.randint(0, 8)):
            self.charge(number)
        self.store()

    def store(self) -> None:
        """Rows in the order in which one kind may refer to another."""
        for model in (SettlementLine, Match, Return, ExpectedFee):
            model.objects.bulk_create(self.waits.pop(model, []))

    def order(self, number: int) -> None:
        country, currency = self.draw.choice(list(COUNTRIES)), self.draw.choice(CURRENCIES)
        row = Order.objects.create(
            account=self.account, external_id=f"O-{number}", status="shipped", ordered_at=AT, changed_at=AT,
            business_on=self.draw.choice(DAYS), fulfilment=self.draw.choice(("merchant", "marketplace")),
            currency=currency, ship_to_country=country, replacement_of=self.draw.choice(["", "", "", "O-X"]),
        )  # fmt: skip
        for place in range(self.draw.randint(1, 3)):
            self.line(row, place)

    def line(self, order: Order, place: int) -> None:
        quantity = self.draw.randint(1, 4)
        sku, currency = self.draw.choice([*self.skus, None]), order.currency
        line = OrderLine.objects.create(
            order=order, account=self.account, order_ref=order.external_id, external_id=f"L{place}", sku=sku,
            remote_id=f"R{place}", quantity=quantity, currency=currency, changed_at=AT,
            quantity_cancelled=self.draw.choice((0, 0, 0, self.draw.randint(0, quantity))),
            item_total=self.draw.choice((None, *[self.amount(currency) * quantity] * 5)),
            shipping=self.maybe(currency, 500), gift_wrap=self.maybe(currency, 300), tax=self.maybe(currency, 400),
            discount=self.maybe(currency, 200), shipping_discount=self.maybe(currency, 100),
            expected_fee=self.draw.choice((None, -self.amount(currency, 900))),
        )  # fmt: skip
        rate, is_contained = COUNTRIES[order.ship_to_country]
        settled, units, is_other = self.settle(line)
        cost = self.costs.get(sku.pk) if sku else None
        origin = PER_EUR.get(cost.currency) if cost else None
        self.facts[line.pk] = order.business_on, Facts(
            currency=order.currency, quantity=quantity, units=quantity - line.quantity_cancelled,
            item_total=line.item_total, shipping=line.shipping, wrap=line.gift_wrap,
            discount=(line.discount or Decimal(0)) + (line.shipping_discount or Decimal(0)), tax=line.tax,
            is_free=bool(order.replacement_of), is_by_marketplace=order.fulfilment == "marketplace", vat_rate=rate,
            is_vat_contained=is_contained, settled=settled, settled_units=units, is_other_currency=is_other,
            returned_sellable=self.bring_back(line), has_sku=sku is not None,
            cost=cost.purchase + cost.inbound if cost else None,
            cost_rate=PER_EUR[currency] / origin if origin else None,
            expected=self.expect(line), expected_fee=line.expected_fee,
        )  # fmt: skip

    def settle(self, line: OrderLine) -> tuple[dict[C, Decimal], int, bool]:
        told: dict[C, Decimal] = defaultdict(Decimal)
        units, is_other = 0, False
        classes = [C.PRINCIPAL] * self.draw.choice((0, 1, 1, 2)) + self.draw.sample(PER_LINE, self.draw.randint(0, 5))
        for line_class in classes:
            amount = self.amount(line.currency) * self.draw.choice((1, 1, -1, 0))
            quantity = self.draw.choice((None, 1, line.quantity))
            currency = line.currency if self.draw.random() < 0.98 else "SEK"
            self.book(line_class, amount, currency, order_line=line, quantity=quantity)
            if currency != line.currency:
                is_other = True
                continue
            told[line_class] += amount
            units += (quantity or 0) * (line_class is C.PRINCIPAL)
        return told, units, is_other

    def book(
        self, line_class: C, amount: Decimal, currency: str, *, order_line: OrderLine | None = None, **more: Any
    ) -> None:
        statement = next((s for s in self.statements if s.currency == currency), self.statements[0])
        scope = "order" if order_line else "account"
        row = SettlementLine(
            settlement=statement, account=self.account, row_no=next(self.row_numbers), line_class=line_class,
            home=scope, scope=scope, amount=amount, currency=currency, source_hash="", parser_version=1,
            order_ref=order_line.order_ref if order_line else "", **more,
        )  # fmt: skip
        match = Match(
            settlement_line=row, order_line=order_line, layer=1 if order_line else 6, reason="line_id", amount=amount
        )
        self.waits[SettlementLine].append(row)
        self.waits[Match].append(match)

    def charge(self, number: int) -> None:
        statement = self.draw.choice(self.statements)
        line_class = self.draw.choice(CHARGES)
        amount = -self.amount(statement.currency) * self.draw.choice((1, 1, -1)) - self.draw.choice((0, 0, FINER))
        self.book(line_class, amount, statement.currency)
        self.charges.append((statement, line_class, Money(amount, statement.currency)))

    def bring_back(self, line: OrderLine) -> int:
        units = self.draw.choice((0, 0, 1))
        for is_sellable in (True, False, None) if units else ():
            back = Return(
                account=self.account, external_id=f"{line.order_ref}:{line.external_id}:{is_sellable}", quantity=1,
                order_ref=line.order_ref, line_ref=line.external_id, is_sellable=is_sellable, fulfilment="merchant",
                returned_at=AT,
            )  # fmt: skip
            self.waits[Return].append(back)
        return units

    def expect(self, line: OrderLine) -> dict[str, Decimal | None]:
        found: dict[str, Decimal | None] = {}
        for step, classes in EXPECTED.items():
            for line_class in classes if self.draw.random() < 0.6 else ():
                amount = self.draw.choice((None, *[-self.amount(line.currency, 900)] * 4))
                fee = ExpectedFee(order_line=line, line_class=line_class, amount=amount, currency=line.currency)
                self.waits[ExpectedFee].append(fee)
                known = found.get(step, Decimal(0))
                found[step] = None if amount is None or known is None else known + amount
        return found
