"""What a document about a person holds, as ``export_person`` makes it (GDPR Art. 15, 20). Amounts are minor units."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import Struct

from plugin.ports.orders import StoreOrder


class KeptPayment(Struct, frozen=True, kw_only=True):
    """A payment and what was given back of it elsewhere, in minor units of ``currency``."""

    reference: str | None
    label: str | None
    custodian: str
    state: str
    currency: str
    amount: int
    refunded_elsewhere: int


class KeptRefund(Struct, frozen=True, kw_only=True):
    kind: str
    amount: int
    currency: str
    state: str
    created_at: datetime
    settled_at: datetime | None
    bank_reference: str | None


class KeptMessage(Struct, frozen=True):
    written_at: datetime
    text: str


class KeptUnit(Struct, frozen=True, kw_only=True):
    """One unit that a case owns, and what was found of it when it came."""

    line_id: str
    ordinal: int
    worth: int
    state: str
    received_at: datetime | None
    inspection: str | None
    grade: str | None
    finding: str | None


class KeptParcel(Struct, frozen=True, kw_only=True):
    state: str
    payer: str
    carrier: str | None
    tracking_number: str | None
    send_by: datetime
    sent_at: datetime | None
    received_at: datetime | None


class KeptNewGoods(Struct, frozen=True, kw_only=True):
    """An order that the store was to make in exchange, or as a re-shipment."""

    number: str | None
    state: str
    goods: tuple[str, ...]
    created_at: datetime


class KeptDifference(Struct, frozen=True, kw_only=True):
    amount: int
    currency: str
    state: str
    created_at: datetime
    paid_at: datetime | None


class KeptEffort(Struct, frozen=True, kw_only=True):
    """The question after a closed case, and what was answered: 1 (very hard) to 7 (very easy)."""

    asked_at: datetime
    score: int | None
    words: str | None


class KeptCase(Struct, frozen=True, kw_only=True):
    """What was asked, what was decided and from which facts, and the money that moved."""

    number: str
    kind: str
    state: str
    locale: str
    asked_at: datetime
    closed_at: datetime | None
    reason: str | None
    store_reason: str | None
    withheld_reason: str | None
    owed: int
    currency: str
    facts: dict[str, Any]
    decision: dict[str, Any]
    refunds: tuple[KeptRefund, ...]
    notes: tuple[KeptMessage, ...]
    contact: str | None = None
    resolution: str | None = None
    fault: str | None = None
    units: tuple[KeptUnit, ...] = ()
    parcels: tuple[KeptParcel, ...] = ()
    findings: tuple[KeptMessage, ...] = ()
    new_goods: tuple[KeptNewGoods, ...] = ()
    paid_on_top: tuple[KeptDifference, ...] = ()
    effort: tuple[KeptEffort, ...] = ()


class KeptMail(Struct, frozen=True, kw_only=True):
    """A mail to them, with its text; of one to the shop's staff about them only that there was one."""

    template: str
    recipient: str
    state: str
    created_at: datetime
    sent_at: datetime | None
    subject: str | None
    text: str | None


class KeptCode(Struct, frozen=True, kw_only=True):
    code: str
    kind: str
    percent: int | None
    amount: int | None
    currency: str
    state: str
    minted_at: datetime
    expires_at: datetime
    redeemed_order: str | None
    redeemed_at: datetime | None


class KeptEntry(Struct, frozen=True, kw_only=True):
    at: datetime
    kind: str
    amount: int
    spent_on: str | None


class KeptCredit(Struct, frozen=True, kw_only=True):
    """Store credit with its statement; ``code`` is None where the store keeps it."""

    code: str | None
    currency: str
    balance: int
    state: str
    issued_at: datetime
    expires_at: datetime | None
    entries: tuple[KeptEntry, ...]


class KeptVisit(Struct, frozen=True):
    """A way into the order: a session, a mailed link or a lookup."""

    way: str
    created_at: datetime
    expires_at: datetime


class KeptNote(Struct, frozen=True):
    """A row of the audit or of the event log."""

    at: datetime
    kind: str
    data: dict[str, Any]
    by: str | None = None


class KeptWebhook(Struct, frozen=True):
    """A body as it was received from the store or the payment provider; ``id`` as in ``comeback inbox list``."""

    id: str
    source: str
    topic: str
    received_at: datetime
    body: str


class KeptWithdrawal(Struct, frozen=True, kw_only=True):
    """A withdrawal from the contract, as it was declared, and what became of it."""

    number: str
    state: str
    name: str
    contact: str
    order_number: str
    items: str | None
    declared_at: datetime
    confirmed_at: datetime | None
    closed_at: datetime | None
    ineffective_reason: str | None


class KeptFile(Struct, frozen=True, kw_only=True):
    """An uploaded file; its bytes lie beside the document, in the file ``name``."""

    id: str
    name: str
    purpose: str
    media_type: str
    size: int
    sha256: str
    added_at: datetime


class KeptOrder(Struct, frozen=True, kw_only=True):
    """``now`` is the store's newest version, ``placed`` the amounts frozen at placement or at the last edit."""

    now: StoreOrder
    placed: StoreOrder
    received_at: datetime
    changed_at: datetime
    erasure_asked_at: datetime | None
    payments: tuple[KeptPayment, ...]
    cases: tuple[KeptCase, ...]
    codes: tuple[KeptCode, ...]
    credits: tuple[KeptCredit, ...] = ()
    mails: tuple[KeptMail, ...]
    messages: tuple[KeptMessage, ...]
    visits: tuple[KeptVisit, ...]
    audit: tuple[KeptNote, ...]
    happenings: tuple[KeptNote, ...]
    webhooks: tuple[KeptWebhook, ...]
    files: tuple[KeptFile, ...] = ()
    withdrawals: tuple[KeptWithdrawal, ...] = ()


class KeptPerson(Struct, frozen=True, kw_only=True):
    """``webhooks`` are those that name the person and belong to none of the orders, as those that were set aside;
    ``withdrawals`` those that the person's address declared about no order that we know."""

    shop: str
    made_at: datetime
    orders: tuple[KeptOrder, ...]
    webhooks: tuple[KeptWebhook, ...]
    withdrawals: tuple[KeptWithdrawal, ...] = ()
