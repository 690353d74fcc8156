"""What the routes about policies take and answer."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta, Struct

from plugin.cases.trust import Agreement
from plugin.policies.linting.remarks import Remark
from plugin.policies.models import PolicyVersion
from plugin.policies.reasons import Mode

Hash = Annotated[str, Meta(pattern="^[0-9a-f]{64}$", description="The `hash` of the draft that you have seen.")]
Number = Annotated[int, Meta(ge=0, le=2**31 - 1, description="The `number` of the version that you took to be live.")]


class PublishAsk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    draft: Hash
    expected_live: Number


class ScheduleAsk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    draft: Hash
    live_from: Annotated[datetime, Meta(tz=True, examples=["2026-12-01T00:00:00Z"])]


class RollBackAsk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    expected_live: Number


class PromoteAsk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far this row of the live policy is trusted from now on. ``as_draft`` leaves it to a colleague to publish."""

    row: Annotated[str, Meta(min_length=1, max_length=80, examples=["otherwise.cancel"])]
    mode: Mode
    expected_live: Number
    as_draft: bool = False


class VersionRow(Struct, frozen=True, kw_only=True):
    """A version of the policy. ``number`` counts those that were live and is null before; ``live_from`` is since when
    it decides, or from when on it will."""

    number: int | None
    state: Annotated[str, Meta(description="draft, scheduled, live or archived.", examples=["live"])]
    name: str
    hash: str
    written_by: Annotated[str, Meta(examples=["staff:stf_01jd0000000000000000000000"])]
    written_at: datetime
    published_by: str | None
    published_at: datetime | None
    live_from: datetime | None

    @classmethod
    def of(cls, version: PolicyVersion) -> VersionRow:
        return cls(**_of(version))


class VersionWhole(VersionRow, frozen=True, kw_only=True):
    """A version with its document."""

    document: dict[str, Any]

    @classmethod
    def of(cls, version: PolicyVersion) -> VersionWhole:
        return cls(**_of(version), document=version.document)


def _of(version: PolicyVersion) -> dict[str, Any]:
    names = (name for name in VersionRow.__struct_fields__ if name != "name")
    return {name: getattr(version, name) for name in names} | {"name": version.document.get("name", "")}


class VersionPage(Struct, frozen=True, kw_only=True):
    """``next`` asks for the page after this one; null on the last."""

    versions: tuple[VersionRow, ...]
    next: str | None


class RemarkView(Struct, frozen=True, kw_only=True):
    """An ``error`` keeps the policy from being published, a ``warning`` does not."""

    severity: str
    row: str
    field: str
    code: str
    sentence: str
    countries: tuple[str, ...]
    sources: tuple[str, ...]

    @classmethod
    def of(cls, remark: Remark) -> RemarkView:
        return cls(**{name: getattr(remark, name) for name in cls.__struct_fields__})


class CheckView(Struct, frozen=True, kw_only=True):
    """``is_sound`` says that it can be published."""

    is_sound: bool
    hash: str
    remarks: tuple[RemarkView, ...]


class ChangeView(Struct, frozen=True, kw_only=True):
    """One kind of ask whose answer changes, with the smallest order that shows it."""

    action: str
    sentence: str
    before: str
    after: str
    old_rows: tuple[str, ...]
    new_rows: tuple[str, ...]
    unless: tuple[str, ...]
    example: dict[str, Any]


class DiffView(Struct, frozen=True, kw_only=True):
    """``is_complete``: nothing else changes. Else some pairs of rows were too much work for one call."""

    against: Annotated[int, Meta(description="The number of the live version.")]
    changes: tuple[ChangeView, ...]
    is_complete: bool


class DisagreementView(Struct, frozen=True, kw_only=True):
    at: datetime
    case: Annotated[str, Meta(examples=["C-7K2M4QX"])]
    ours: str
    theirs: str


class AgreementRow(Struct, frozen=True, kw_only=True):
    """How people answered where this row left it to them."""

    row: str
    action: str
    mode: Mode
    agreed: int
    disagreed: int
    undecided: int
    disagreements: tuple[DisagreementView, ...]

    @classmethod
    def of(cls, found: Agreement) -> AgreementRow:
        return cls(
            row=found.row, action=found.action, mode=found.mode, agreed=found.agreed, disagreed=found.disagreed,
            undecided=found.undecided,
            disagreements=tuple(
                DisagreementView(at=each.at, case=each.case, ours=each.ours, theirs=each.theirs)
                for each in found.disagreements
            ),
        )  # fmt: skip


class AgreementView(Struct, frozen=True, kw_only=True):
    since: datetime
    rows: tuple[AgreementRow, ...]
