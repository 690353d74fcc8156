"""What the routes about cases take and answer. Amounts are minor units of the currency beside them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from handlers.shopper.views import CaseView
from plugin.audit.models import AuditEvent
from plugin.cases.models import Case, CaseNote, CaseUnit
from plugin.cases.notes import LONGEST
from plugin.orders.service import StoredOrder
from plugin.parcels.models import Parcel
from plugin.refunds.models import RefundLeg

Text = Annotated[str, Meta(min_length=1, max_length=500, pattern=r"\S", examples=["The parcel came back to us."])]


class LessAsk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Pay back only ``amount``, and why; the shopper is told the amount and not the reason."""

    amount: Annotated[int, Meta(ge=0, le=10**12, description="Minor units of the case's currency.", examples=[1500])]
    reason: Text


class StepAsk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A step without anything to say: ``{}``."""


class PayStepAsk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``{}`` pays back all that was decided."""

    less: LessAsk | None = None


class OverrideAsk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why this is granted after all; it is kept as a note on the new case."""

    reason: Text


class NoteAsk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    text: Annotated[str, Meta(min_length=1, max_length=LONGEST, pattern=r"\S", examples=["Called; wants size M."])]


class CaseRow(Struct, frozen=True, kw_only=True):
    """A case in the queue. ``why`` is the stable word for why a person has it; ``is_overdue`` that its time is over."""

    id: str
    number: Annotated[str, Meta(examples=["C-7K2M4QX"])]
    order_id: str
    kind: str
    basis: Annotated[str, Meta(description="policy, or goodwill where a person granted it.")]
    state: Annotated[str, Meta(examples=["in_review"])]
    waiting_on: str | None
    why: str | None
    owed: int
    withheld: int
    currency: str
    asked_at: datetime
    changed_at: datetime
    due_at: datetime | None
    closed_at: datetime | None
    is_overdue: bool

    @classmethod
    def of(cls, case: Case, at: datetime) -> CaseRow:
        return cls(
            id=case.id, number=case.number, order_id=case.order_id, kind=case.kind, basis=case.basis, state=case.state,
            waiting_on=case.waiting_on, why=case.person_reason, owed=case.owed, withheld=case.withheld,
            currency=case.currency, asked_at=case.asked_at, changed_at=case.changed_at, due_at=case.due_at,
            closed_at=case.closed_at, is_overdue=case.due_at is not None and case.due_at < at,
        )  # fmt: skip


class CasePage(Struct, frozen=True, kw_only=True):
    """``next`` asks for the page after this one; null on the last."""

    cases: tuple[CaseRow, ...]
    next: str | None


class OrderBrief(Struct, frozen=True, kw_only=True):
    """The order that a case is about. ``email`` and ``name`` are null once the person was erased."""

    id: str
    external_id: str
    number: str
    placed_at: datetime
    currency: str
    total: int
    frozen_reason: Annotated[str | None, Meta(description="Why its automatic money is stopped, if it is.")]
    email: str | None
    name: str | None

    @classmethod
    def of(cls, order: StoredOrder) -> OrderBrief:
        row = order.row
        return cls(
            id=row.id, external_id=row.external_id, number=row.number, placed_at=row.placed_at, currency=row.currency,
            total=row.total, frozen_reason=row.frozen_reason, email=row.email, name=order.now.customer.name,
        )  # fmt: skip


class LegRow(Struct, frozen=True, kw_only=True):
    """One movement of money. A new try of a failed one ``replaces`` it."""

    id: str
    case_id: str
    order_id: str
    kind: str
    amount: int
    currency: str
    state: Annotated[str, Meta(examples=["with_person"])]
    attempt: int
    replaces: str | None
    failure: str | None
    provider_id: str | None
    bank_reference: str | None
    promised_for: date
    created_at: datetime
    submitted_at: datetime | None
    settled_at: datetime | None

    @classmethod
    def of(cls, leg: RefundLeg) -> LegRow:
        return cls(**{name: getattr(leg, name) for name in cls.__struct_fields__})


class NoteView(Struct, frozen=True, kw_only=True):
    id: str
    written_by: Annotated[str, Meta(examples=["staff:stf_01jd0000000000000000000000"])]
    created_at: datetime
    text: str

    @classmethod
    def of(cls, note: CaseNote) -> NoteView:
        return cls(id=note.id, written_by=note.written_by, created_at=note.created_at, text=note.text)


class NoteKept(Struct, frozen=True, kw_only=True):
    """The note's id; its text stands with the case alone."""

    id: str
    case_id: str
    created_at: datetime


class _Canonical(Struct, frozen=True):
    actor: str
    data: dict[str, Any]


class EventView(Struct, frozen=True, kw_only=True):
    """An event of the audit: ``n`` counts those of its order, or of the shop itself (``order_id`` null)."""

    order_id: str | None
    n: int
    at: datetime
    kind: Annotated[str, Meta(examples=["case_approved"])]
    actor: Annotated[str, Meta(examples=["staff:stf_01jd0000000000000000000000"])]
    data: dict[str, Any]
    hash: str

    @classmethod
    def of(cls, event: AuditEvent) -> EventView:
        said = msgspec.json.decode(event.canonical, type=_Canonical)
        return cls(
            order_id=event.order_id, n=event.n, at=event.at, kind=event.kind, actor=said.actor, data=said.data,
            hash=event.hash,
        )  # fmt: skip


class ParcelRow(Struct, frozen=True, kw_only=True):
    """One way back of the case."""

    id: str
    state: Annotated[str, Meta(examples=["label"])]
    payer: str
    carrier: str | None
    tracking_number: str | None
    label_file: str | None
    send_by: datetime
    extensions: int
    sent_at: datetime | None
    received_at: datetime | None
    inspected_at: datetime | None
    lost_at: datetime | None

    @classmethod
    def of(cls, parcel: Parcel) -> ParcelRow:
        return cls(**{name: getattr(parcel, name) for name in cls.__struct_fields__})


class UnitRow(Struct, frozen=True, kw_only=True):
    """One unit that the case owns or owned; ``worth`` with its ``tax`` in minor units, and what was found of it."""

    line_id: str
    ordinal: int
    state: Annotated[str, Meta(examples=["open"])]
    worth: int
    tax: int
    received_at: datetime | None
    inspection: Annotated[str | None, Meta(examples=["accepted"])]
    grade: str | None
    disposition: str | None
    finding: str | None

    @classmethod
    def of(cls, unit: CaseUnit) -> UnitRow:
        return cls(**{name: getattr(unit, name) for name in cls.__struct_fields__})


class CaseWhole(Struct, frozen=True, kw_only=True):
    """One case with everything behind it.

    ``shopper_reads`` is the very view that the shopper has, in their language, sentence by sentence. ``decision`` holds
    every verdict; of a row in shadow it says nothing while the case is under review. ``proposed`` is what we would have
    answered where a row in `suggest` left it to a person.
    """

    case: CaseRow
    order: OrderBrief
    reason: Annotated[str | None, Meta(description="What the shopper gave as their reason.")]
    store_reason: str | None
    withheld_reason: str | None
    answer: str | None
    proposed: str | None
    policy_id: str
    facts: dict[str, Any]
    decision: dict[str, Any]
    shopper_reads: CaseView
    resolution: Annotated[str | None, Meta(description="In what it is answered, where goods go back.")]
    fault: str | None
    resolved_at: Annotated[datetime | None, Meta(description="When what was agreed was set in motion.")]
    parcels: tuple[ParcelRow, ...]
    units: tuple[UnitRow, ...]
    legs: tuple[LegRow, ...]
    notes: tuple[NoteView, ...]
    timeline: tuple[EventView, ...]
