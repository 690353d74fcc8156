"""What the routes about goods that come back take and answer. Amounts are minor units of the currency beside them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from handlers.admin.case_bodies import CaseRow, Text
from plugin.cases.goods import Judgement
from plugin.cases.models import Case, CaseUnit
from plugin.journeys.receive import Came
from plugin.parcels.models import Finding, Parcel
from plugin.parcels.states import Disposition, Grade, Seen, Verdict
from plugin.refunds.models import Debit

LineId = Annotated[str, Meta(min_length=1, max_length=80, examples=["l1"])]
Quantity = Annotated[int, Meta(ge=1, le=10_000)]
FileId = Annotated[str, Meta(min_length=1, max_length=40)]


class SeenAsk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the parcel was seen, and when (now, where it is not said)."""

    seen: Literal["in_transit", "received", "lost"]
    happened_at: datetime | None = None

    @property
    def kind(self) -> Seen:
        return Seen(self.seen)


class LabelAsk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``file_id`` is that of a label which was added to the parcel's case."""

    file_id: FileId


class CameAsk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many units of a line of the order; without a ``line_id`` something else, which ``note`` describes."""

    quantity: Quantity
    line_id: LineId | None = None
    note: Text | None = None

    def as_came(self) -> Came:
        return Came(self.quantity, self.line_id, self.note)


class ReceiveAsk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What has come now, beside what was counted in before."""

    came: Annotated[list[CameAsk], Meta(min_length=1, max_length=200)]


class ScanAsk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One unit: the return number on its parcel, and its SKU or the id of its line."""

    number: Annotated[str, Meta(min_length=1, max_length=20, examples=["R-7K2M4QX"])]
    code: Annotated[str, Meta(min_length=1, max_length=120, examples=["SHIRT-M"])]


class JudgedAsk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The verdict on so many units of a line. What is accepted stays (``restock``, ``refurbish``, ``scrap``); what is
    rejected goes back to the shopper (``send_back``), who reads ``note``."""

    line_id: LineId
    verdict: Verdict
    grade: Grade
    disposition: Disposition
    quantity: Quantity = 1
    note: Text | None = None

    def as_judgement(self) -> Judgement:
        return Judgement(self.line_id, self.quantity, self.verdict, self.grade, self.disposition, self.note)


class InspectAsk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``photos`` are ids of files that were added to the case."""

    judged: Annotated[list[JudgedAsk], Meta(min_length=1, max_length=200)]
    photos: Annotated[list[FileId], Meta(max_length=20)] = []


class ExtendAsk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many days from today, or from the last day where that is later."""

    days: Annotated[int, Meta(ge=1, le=90)]


class ParcelRow(Struct, frozen=True, kw_only=True):
    """A parcel; ``number`` is the return number that stands on it."""

    id: str
    case_id: str
    number: str
    order_id: str
    state: str
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
    def of(cls, parcel: Parcel, case: Case) -> ParcelRow:
        names = [name for name in cls.__struct_fields__ if name != "number"]
        return cls(number=case.number, **{name: getattr(parcel, name) for name in names})


class ParcelPage(Struct, frozen=True, kw_only=True):
    """``next`` asks for the page after this one; null on the last."""

    parcels: tuple[ParcelRow, ...]
    next: str | None


class UnitRow(Struct, frozen=True, kw_only=True):
    """One unit that was asked to be sent back: awaited, here (``received_at``), then accepted or rejected."""

    line_id: str
    ordinal: int
    worth: int
    state: str
    received_at: datetime | None
    inspection: str | None
    grade: str | None
    disposition: str | None
    finding: str | None

    @classmethod
    def of(cls, unit: CaseUnit) -> UnitRow:
        return cls(**{name: getattr(unit, name) for name in cls.__struct_fields__})


class FindingRow(Struct, frozen=True, kw_only=True):
    """What came and was not asked: more of a line (``over``), or something else (``wrong_item``)."""

    id: str
    kind: str
    line_id: str | None
    quantity: int
    note: str | None
    found_at: datetime

    @classmethod
    def of(cls, finding: Finding) -> FindingRow:
        return cls(**{name: getattr(finding, name) for name in cls.__struct_fields__})


class DebitRow(Struct, frozen=True, kw_only=True):
    """What was paid before the goods were seen, and more than was owed."""

    id: str
    case_id: str
    order_id: str
    amount: int
    currency: str
    reason: Annotated[str, Meta(description="rejected, not_sent, or not_paid_for (new goods)")]
    state: Annotated[str, Meta(description="open, settled or waived")]
    created_at: datetime
    closed_at: datetime | None
    closed_by: str | None

    @classmethod
    def of(cls, debit: Debit) -> DebitRow:
        return cls(**{name: getattr(debit, name) for name in cls.__struct_fields__})


class DebitPage(Struct, frozen=True, kw_only=True):
    """``next`` asks for the page after this one; null on the last."""

    debits: tuple[DebitRow, ...]
    next: str | None


class GoodsView(Struct, frozen=True, kw_only=True):
    """The goods' side of a case, whole."""

    case: CaseRow
    parcels: tuple[ParcelRow, ...]
    units: tuple[UnitRow, ...]
    findings: tuple[FindingRow, ...]
    debits: tuple[DebitRow, ...]
