"""What the order-page API answers. Amounts are minor units beside their currency, with the text that a shopper reads.

Every sentence is in the shopper's language and comes from the same places as the mails' and the pages'.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from msgspec import Meta, Struct


class Money(Struct, frozen=True):
    """``{"amount": 4998, "currency": "USD", "text": "$49.98"}``"""

    amount: Annotated[int, Meta(description="Minor units: 4998 is 49.98 USD.", examples=[4998])]
    currency: Annotated[str, Meta(description="ISO 4217.", examples=["USD"])]
    text: Annotated[str, Meta(description="As the shopper's locale writes it.", examples=["$49.98"])]


class PersonView(Struct, frozen=True, kw_only=True):
    """How to reach a person, on every answer in the same place."""

    sentence: Annotated[str, Meta(examples=["Talk to a person: you will have an answer by November 24, 2026, 5:00 PM"])]
    answers_by: datetime
    post_to: str = "/v1/order/person"


class ChoiceView(Struct, frozen=True, kw_only=True):
    """What may be had for goods; ``bonus`` is what it is worth more than money."""

    resolution: Annotated[str, Meta(examples=["refund"])]
    label: Annotated[str, Meta(examples=["your money back"])]
    bonus: Money | None = None


class TermsView(Struct, frozen=True, kw_only=True):
    """On what terms goods go back, are exchanged or made good. ``resolution`` is the chosen one, in a preview.

    ``fee`` is kept back of what is owed; ``label`` is who pays the way back (null where nothing is sent back) and
    ``send_within`` how many days there are for it. ``pays_on`` is what happens first before anything is given.
    """

    choices: tuple[ChoiceView, ...]
    fee: Money
    resolution: str | None = None
    label: Annotated[str | None, Meta(description="shop or shopper.", examples=["shop"])] = None
    keep_item: bool = False
    pays_on: Annotated[
        str | None, Meta(description="approval, in_transit, received or inspected.", examples=["inspected"])
    ] = None
    send_within: Annotated[int | None, Meta(description="Days.", examples=[30])] = None
    photos: Annotated[bool, Meta(description="Whether pictures are asked for.")] = False


class ActionView(Struct, frozen=True, kw_only=True):
    """One thing that may be done with a line now: how much of it, worth what, until when; or why not."""

    action: Annotated[str, Meta(examples=["cancel"])]
    outcome: Annotated[str, Meta(description="approve, review or refuse.", examples=["approve"])]
    reason: Annotated[str, Meta(description="A stable word for programs.", examples=["allowed"])]
    sentence: str
    quantity: int
    refund: Money
    until: datetime | None = None
    terms: TermsView | None = None

    @property
    def is_open(self) -> bool:
        return self.outcome != "refuse"


class LineView(Struct, frozen=True, kw_only=True):
    id: str
    title: str
    quantity: int
    total: Money
    actions: tuple[ActionView, ...] = ()
    variant: str | None = None
    sku: str | None = None
    image_url: str | None = None
    shipped: int = 0
    cancelled: int = 0

    def may(self, action: str) -> ActionView | None:
        """What is said of this action, where it is spoken of at all."""
        return next((each for each in self.actions if each.action == action), None)


class MoneyMove(Struct, frozen=True, kw_only=True):
    """What becomes of one payment. ``state``: refunded, arriving, voided, charged_only or by_person."""

    state: Annotated[str, Meta(examples=["arriving"])]
    money: Money
    sentence: Annotated[str, Meta(examples=["$49.98 goes back to Visa •••• 4242 by December 7, 2026."])]
    refund_id: str | None = None
    by: date | None = None
    method: str | None = None
    bank_reference: str | None = None


class ComponentView(Struct, frozen=True, kw_only=True):
    """A part of what comes back: items, shipping, extras, or a fee or what a person withholds (negative). ``tax`` is
    within it."""

    kind: Annotated[str, Meta(examples=["items"])]
    label: Annotated[str, Meta(examples=["Items"])]
    money: Money
    tax: Money


class AmountsView(Struct, frozen=True, kw_only=True):
    parts: tuple[ComponentView, ...]
    total: Money


class LineAnswer(Struct, frozen=True, kw_only=True):
    """``sent_back`` is false where nothing of it has to come: it is cancelled, may be kept, or is no parcel's."""

    line_id: str
    title: str
    quantity: int
    outcome: str
    reason: str
    sentence: str
    sent_back: bool = False


class PreviewView(Struct, frozen=True, kw_only=True):
    """What a confirmation would do now. Bring ``digest`` back to confirm exactly this."""

    outcome: Annotated[str, Meta(examples=["approve"])]
    reason: str
    sentence: str
    lines: tuple[LineAnswer, ...]
    amounts: AmountsView
    money: tuple[MoneyMove, ...]
    digest: str
    person: PersonView
    money_by: date | None = None
    until: datetime | None = None
    offer: str | None = None
    terms: TermsView | None = None


class CodeView(Struct, frozen=True, kw_only=True):
    """A retention code as the page may show it."""

    code: str
    sentence: str
    expires_at: datetime


class ParcelView(Struct, frozen=True, kw_only=True):
    """The way back. ``send_by`` is when it must be on its way; ``how_to_send`` are the steps, while it is not.

    ``links``: ``slip`` (PDF), ``qr`` (SVG) and ``label``, if the shop gave one.
    """

    state: Annotated[str, Meta(examples=["label"])]
    payer: Annotated[str, Meta(examples=["shopper"])]
    return_number: Annotated[str, Meta(examples=["R-7K2M4QX"])]
    send_by: datetime
    carrier: str | None = None
    tracking_number: str | None = None
    how_to_send: tuple[str, ...] = ()
    links: dict[str, str] = {}


class NewLineView(Struct, frozen=True, kw_only=True):
    """So many units of the new goods, and what they cost together."""

    title: str
    variant: str | None
    quantity: int
    total: Money


class PayView(Struct, frozen=True, kw_only=True):
    """A difference to pay: at ``url``, which is null until the page is ready (a moment), until ``ends_at``."""

    money: Money
    ends_at: datetime
    url: str | None


class ExchangeView(Struct, frozen=True, kw_only=True):
    """The new goods of a case: ``order_number`` once the store has their order, ``pay`` while a difference is open."""

    lines: tuple[NewLineView, ...]
    order_number: str | None
    pay: PayView | None


class FixView(Struct, frozen=True, kw_only=True):
    """A correction that costs more: by how much, with what of tax and shipping in it; ``pay`` while that is open."""

    costs: Money
    tax: Money
    shipping: Money
    pay: PayView | None


class CaseView(Struct, frozen=True, kw_only=True):
    """A request and where it stands. ``is_final`` says that polling may end."""

    id: str
    number: Annotated[str, Meta(examples=["C-7K2M4QX"])]
    order_id: str
    kind: str
    state: Annotated[str, Meta(examples=["awaiting_store"])]
    is_final: bool
    sentence: Annotated[str, Meta(description="Where it stands, in a sentence for the shopper.")]
    explanation: Annotated[str, Meta(description="What was decided and why.")]
    outcome: str
    lines: tuple[LineAnswer, ...]
    amounts: AmountsView
    money: tuple[MoneyMove, ...]
    asked_at: datetime
    person: PersonView
    money_by: date | None = None
    waiting_on: str | None = None
    due_at: datetime | None = None
    code: CodeView | None = None
    resolution: Annotated[str | None, Meta(description="In what it is answered.", examples=["refund"])] = None
    fault: str | None = None
    parcel: ParcelView | None = None
    exchange: ExchangeView | None = None
    fix: FixView | None = None
    can_withdraw: Annotated[bool, Meta(description="Whether it can still be taken back.")] = False
    links: dict[str, str] = {}


class WithdrawalLabels(Struct, frozen=True, kw_only=True):
    """The two statutory labels, in the language of the law that gives the right."""

    language: Annotated[str, Meta(examples=["de"])]
    withdraw: Annotated[str, Meta(examples=["Vertrag widerrufen"])]
    confirm: Annotated[str, Meta(examples=["Widerruf bestätigen"])]


class WithdrawalStands(Struct, frozen=True, kw_only=True):
    """A declaration about the order of the session. ``to_verify``: nobody has shown yet that the shopper made it."""

    id: str
    number: Annotated[str, Meta(examples=["W-7K2M4QX"])]
    state: Annotated[str, Meta(examples=["in_effect"])]
    sentence: str
    declared_at: datetime
    confirmed_at: datetime | None
    to_verify: bool
    cases: tuple[str, ...] = ()


class WithdrawalEntry(Struct, frozen=True, kw_only=True):
    """That the law lets the shopper withdraw, to be shown prominently for as long as it does."""

    labels: WithdrawalLabels
    sentence: str
    until: Annotated[datetime | None, Meta(description="None while the period has not begun.")]
    post_to: str = "/v1/order/withdrawals"


class OrderView(Struct, frozen=True, kw_only=True):
    """The order of this session, with what may be done about it now."""

    id: str
    external_id: str
    number: str
    shop_name: str
    status: Annotated[str, Meta(examples=["unfulfilled"])]
    status_sentence: str
    placed_at: datetime
    currency: str
    total: Money
    lines: tuple[LineView, ...]
    whole: ActionView
    cases: tuple[CaseView, ...]
    person: PersonView
    locale: str
    shop_url: str | None = None
    withdrawal: WithdrawalEntry | None = None
    withdrawals: tuple[WithdrawalStands, ...] = ()

    @property
    def can_exchange(self) -> bool:
        """Whether any of its lines may be exchanged now."""
        return any(action.action == "exchange" and action.is_open for line in self.lines for action in line.actions)


class PersonAnswer(Struct, frozen=True, kw_only=True):
    sentence: str
    answers_by: datetime
