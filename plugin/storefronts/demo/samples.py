"""Sample orders as good stores would send them: one function each, with the odd cases that a shop really has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from msgspec.structs import replace

from plugin.ports.orders import Custodian, ExtraKind, Instrument, LineKind, PaymentState
from plugin.storefronts.standard.wire import (
    CustomerBody,
    DiscountBody,
    ExtraBody,
    LineBody,
    OrderBody,
    PaymentBody,
    ShippingBody,
)


@dataclass(frozen=True)
class StripePart:
    """The PaymentIntent that a sample needs: create it first, then build the order with its id."""

    amount: int
    currency: str
    is_captured: bool


def build_sample(name: str, *, id: str, at: datetime, payment_intent: str, email: str | None = None) -> OrderBody:
    """The sample order ``name``, placed at ``at``; raises ``KeyError`` for a name not in ``SAMPLES``."""
    order = SAMPLES[name](id, at, payment_intent)
    return replace(order, customer=replace(order.customer, email=email)) if email else order


def stripe_part(name: str, at: datetime) -> StripePart | None:
    """What the shopper of the sample ``name`` pays through Stripe; None if nothing."""
    order = build_sample(name, id="preview", at=at, payment_intent="pi_preview")
    for payment in order.payments:
        if payment.custodian is Custodian.STRIPE:
            return StripePart(payment.amount, order.currency, payment.status is PaymentState.CAPTURED)
    return None


def _card(amount: int, payment_intent: str, status: PaymentState = PaymentState.CAPTURED) -> PaymentBody:
    return PaymentBody(
        id="card",
        custodian=Custodian.STRIPE,
        status=status,
        amount=amount,
        captured=amount if status is PaymentState.CAPTURED else 0,
        instrument=Instrument.CARD,
        stripe_payment_intent=payment_intent,
        label="Visa •••• 4242",
    )


def fashion(id: str, at: datetime, payment_intent: str) -> OrderBody:
    """Two lines in USD, a discount code over both, tax on top, paid shipping."""
    return OrderBody(
        id=id, number=id.removeprefix("ord_"), sequence=1, placed_at=at, updated_at=at, currency="USD",
        prices_include_tax=False,
        lines=(
            LineBody(id="coat", product_id="coat", title="Wool coat", sku="COAT-M", variant="M / camel",
                     variant_id="coat-2",
                     quantity=1, unit_price=18900,
                     tax=1325, categories=("outerwear",)),
            LineBody(id="scarf", product_id="scarf", title="Silk scarf", sku="SCARF", variant="Red",
                     variant_id="scarf-1", quantity=2, unit_price=4500, tax=631),
        ),
        discounts=(DiscountBody(code="AUTUMN15", amount=4185),),
        shipping=ShippingBody(price=995, title="Ground"),
        total=26666,
        payments=(_card(26666, payment_intent),),
        customer=CustomerBody(id="cus_grace", email="grace@example.com", name="Grace Hall", locale="en-US",
                              country="US", postcode="97201", marketing_consent=True),
        channel="web", time_zone="America/Los_Angeles",
    )  # fmt: skip


def spanish(id: str, at: datetime, payment_intent: str) -> OrderBody:
    """Prices with tax inside, free shipping as a discount, a Spanish shopper."""
    return OrderBody(
        id=id, number=id.removeprefix("ord_"), sequence=1, placed_at=at, updated_at=at, currency="EUR",
        prices_include_tax=True,
        lines=(
            LineBody(id="vestido", product_id="vestido", title="Vestido de lino", quantity=1, unit_price=8990,
                     tax=1560),
            LineBody(id="alpargatas", product_id="alpargatas", title="Alpargatas", variant="39", quantity=2,
                     unit_price=3450, tax=1198),
        ),
        shipping=ShippingBody(price=495, discount=495, title="Envío gratuito"),
        total=15890,
        payments=(_card(15890, payment_intent),),
        customer=CustomerBody(id="cus_lucia", email="lucia@example.com", name="Lucía Núñez", locale="es-ES",
                              country="ES", postcode="08001", marketing_consent=True),
        channel="web", time_zone="Europe/Madrid",
    )  # fmt: skip


def yen(id: str, at: datetime, payment_intent: str) -> OrderBody:
    """A currency without minor units."""
    return OrderBody(
        id=id, number=id.removeprefix("ord_"), sequence=1, placed_at=at, updated_at=at, currency="JPY",
        prices_include_tax=True,
        lines=(LineBody(id="note", product_id="note", title="和紙ノート", quantity=3, unit_price=1200, tax=327),),
        shipping=ShippingBody(price=550, tax=50, title="宅配便"),
        total=4150,
        payments=(_card(4150, payment_intent),),
        customer=CustomerBody(email="haruka@example.com", name="佐藤 春香", locale="ja-JP", country="JP"),
        time_zone="Asia/Tokyo",
    )  # fmt: skip


def dinar(id: str, at: datetime, payment_intent: str) -> OrderBody:
    """A currency of three decimals, which Stripe wants in multiples of ten."""
    return OrderBody(
        id=id, number=id.removeprefix("ord_"), sequence=1, placed_at=at, updated_at=at, currency="KWD",
        prices_include_tax=False,
        lines=(LineBody(id="oud", product_id="oud", title="Oud perfume", quantity=3, unit_price=8250),),
        shipping=ShippingBody(price=2000, title="Courier"),
        total=26750,
        payments=(_card(26750, payment_intent),),
        customer=CustomerBody(email="fahad@example.com", name="Fahad Al-Sabah", locale="en-KW", country="KW"),
        time_zone="Asia/Kuwait",
    )  # fmt: skip


def krona(id: str, at: datetime, payment_intent: str) -> OrderBody:
    """ISK has no minor units, except at Stripe."""
    return OrderBody(
        id=id, number=id.removeprefix("ord_"), sequence=1, placed_at=at, updated_at=at, currency="ISK",
        prices_include_tax=True,
        lines=(LineBody(id="peysa", product_id="peysa", title="Lopapeysa", quantity=1, unit_price=28900, tax=5594),),
        shipping=ShippingBody(price=1490, tax=288, title="Pósturinn"),
        total=30390,
        payments=(_card(30390, payment_intent),),
        customer=CustomerBody(email="gudrun@example.com", name="Guðrún Þórsdóttir", locale="is-IS", country="IS"),
        time_zone="Atlantic/Reykjavik",
    )  # fmt: skip


def russian(id: str, at: datetime, payment_intent: str) -> OrderBody:
    """A Russian-speaking shopper, in euros."""
    return OrderBody(
        id=id, number=id.removeprefix("ord_"), sequence=1, placed_at=at, updated_at=at, currency="EUR",
        prices_include_tax=True,
        lines=(LineBody(id="sharf", product_id="sharf", title="Шерстяной шарф", quantity=2, unit_price=2900,
                        tax=1007),),
        shipping=ShippingBody(price=490, tax=85, title="Курьер"),
        total=6290,
        payments=(_card(6290, payment_intent),),
        customer=CustomerBody(email="anastasia@example.com", name="Анастасия Щербакова", locale="ru-RU",
                              country="LV", postcode="LV-1010", marketing_consent=True),
        time_zone="Europe/Riga",
    )  # fmt: skip


def emoji(id: str, at: datetime, payment_intent: str) -> OrderBody:
    """Names that run from right to left, with emoji of several code points."""
    return OrderBody(
        id=id, number=id.removeprefix("ord_"), sequence=1, placed_at=at, updated_at=at, currency="USD",
        prices_include_tax=False,
        lines=(
            LineBody(id="shal", product_id="shal", title="شال حرير 🧣", quantity=1, unit_price=5200),
            LineBody(id="candle", product_id="candle", title="Candle 🕯️ for the 👩‍👩‍👧", quantity=1,
                     unit_price=1800, final_sale=True),
        ),
        shipping=ShippingBody(price=700),
        total=7700,
        payments=(_card(7700, payment_intent),),
        customer=CustomerBody(email="noor@example.com", name="نور الهدى 🌙", locale="ar-AE", country="AE"),
        time_zone="Asia/Dubai",
    )  # fmt: skip


def cash_on_delivery(id: str, at: datetime, payment_intent: str) -> OrderBody:
    """Nothing is paid yet, and a person will hold the money."""
    return OrderBody(
        id=id, number=id.removeprefix("ord_"), sequence=1, placed_at=at, updated_at=at, currency="EUR",
        prices_include_tax=True,
        lines=(LineBody(id="lamp", product_id="lamp", title="Desk lamp", quantity=1, unit_price=4200, tax=671),),
        extras=(ExtraBody(kind=ExtraKind.FEE, price=300, tax=48, title="Cash on delivery"),),
        total=4500,
        payments=(PaymentBody(id="cod", custodian=Custodian.MANUAL, status=PaymentState.PENDING, amount=4500,
                              label="Cash on delivery"),),
        customer=CustomerBody(email="jonas@example.com", name="Jonas Weber", locale="de-DE", country="DE"),
        time_zone="Europe/Berlin",
    )  # fmt: skip


def two_payments(id: str, at: datetime, payment_intent: str) -> OrderBody:
    """Part of it paid with a gift card that the storefront keeps, the rest by card; one line is digital."""
    return OrderBody(
        id=id, number=id.removeprefix("ord_"), sequence=1, placed_at=at, updated_at=at, currency="GBP",
        prices_include_tax=True,
        lines=(
            LineBody(id="boots", product_id="boots", title="Walking boots", quantity=1, unit_price=11000, tax=1833),
            LineBody(id="guide", product_id="guide", title="Trail guide (PDF)", quantity=1, unit_price=1000, tax=167,
                     kind=LineKind.DIGITAL),
        ),
        shipping=ShippingBody(price=395, tax=66, title="Royal Mail"),
        total=12395,
        payments=(
            PaymentBody(id="gift", custodian=Custodian.STOREFRONT, status=PaymentState.CAPTURED, amount=5000,
                        captured=5000, instrument=Instrument.STORED_VALUE, label="Gift card •••• 9X2Q"),
            _card(7395, payment_intent),
        ),
        customer=CustomerBody(email="olive@example.com", name="Olive O’Brien", locale="en-GB", country="GB"),
        time_zone="Europe/London",
    )  # fmt: skip


def authorised(id: str, at: datetime, payment_intent: str) -> OrderBody:
    """The card is authorised; the store captures when it ships."""
    return OrderBody(
        id=id, number=id.removeprefix("ord_"), sequence=1, placed_at=at, updated_at=at, currency="EUR",
        prices_include_tax=True,
        lines=(
            LineBody(id="chair", product_id="chair", title="Oak chair", quantity=2, unit_price=5000, tax=1597),
            LineBody(id="oil", product_id="oil", title="Wood oil", quantity=1, unit_price=3000, tax=479),
        ),
        total=13000,
        payments=(_card(13000, payment_intent, PaymentState.AUTHORISED),),
        customer=CustomerBody(email="mila@example.com", name="Mila König", locale="de-AT", country="AT"),
        time_zone="Europe/Vienna",
    )  # fmt: skip


SAMPLES: dict[str, Callable[[str, datetime, str], OrderBody]] = {
    each.__name__: each
    for each in (
        fashion,
        spanish,
        yen,
        dinar,
        krona,
        russian,
        emoji,
        cash_on_delivery,
        two_payments,
        authorised,
    )
}
