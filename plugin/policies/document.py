"""The policy document: an ordered decision table over a closed vocabulary, strictly parsed, with its schema and hash.

The first row that matches a line decides that line; ``otherwise`` decides the lines that no row matched. A row matches
when all the conditions that it names hold. New conditions, outcomes and actions are added as optional fields: fields
at their default are left out of the canonical form, so a stored document stays valid and keeps its hash.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct, field, structs

from plugin.core.errors import DomainError
from plugin.policies.calendars import knows_holidays
from plugin.policies.conditions import (
    AmountByCurrency,
    Country,
    Name,
    Names,
    Part,
    Percent,
    RowId,
    When,
    check_currencies,
)
from plugin.policies.reasons import (
    REASONS_OF_OUTCOME,
    Action,
    GoodsKind,
    Mode,
    Outcome,
    Payer,
    Reason,
    Resolution,
    Trigger,
)
from plugin.ports.orders import LineKind

OTHERWISE = "otherwise"
PAID = frozenset({Resolution.REFUND, Resolution.STORE_CREDIT})


class BadPolicy(DomainError):
    """A document that is no policy. ``extra`` names the ``row`` (its id, or its number) and the ``field``."""

    status = 422
    code = "bad_policy"
    sentence = "This policy could not be read."


class Fee(Part, frozen=True):
    """Kept back from what is owed: a sum once per ask, by currency and with its tax (an order in another currency pays
    none), or ``percent`` of the goods of the lines that the row decides, rounded down."""

    amounts: AmountByCurrency | None = None
    percent: Percent | None = None

    def __post_init__(self) -> None:
        if (self.amounts is None) == (self.percent is None):
            raise ValueError("Give amounts or percent")
        check_currencies("amounts", self.amounts)


class Then(Part, frozen=True):
    """The answer of a row. ``offer`` is the id of the shop's offer that may stand beside it.

    ``resolutions`` are what the shopper may choose from, the first of them suggested; ``bonus_percent`` comes on top of
    store credit; ``label`` is who pays the way back; ``keep_item`` says that nothing need be sent back, and
    ``compensation_percent`` which part of its price is then paid for a faulty item (all of it, where it is not said).
    ``pays_on`` is what has to have happened to the goods first (inspected, where it is not said) and ``send_within``
    how many days the shopper has to send them (30). ``photos`` asks for pictures. ``mode`` says how far the row is
    trusted: a person answers in its place until it is ``automatic``.
    """

    outcome: Outcome
    reason: Reason = Reason.ALLOWED
    resolutions: Annotated[tuple[Resolution, ...], Meta(min_length=1)] | None = None
    bonus_percent: Percent | None = None
    fee: Fee | None = None
    label: Payer | None = None
    keep_item: bool = False
    pays_on: Trigger | None = None
    send_within: Annotated[int, Meta(ge=1, le=365)] | None = None
    photos: bool = False
    compensation_percent: Percent | None = None
    offer: Name | None = None
    mode: Mode = Mode.AUTOMATIC

    def __post_init__(self) -> None:
        if self.reason not in REASONS_OF_OUTCOME[self.outcome]:
            allowed = ", ".join(sorted(REASONS_OF_OUTCOME[self.outcome]))
            raise ValueError(f"The reason of {self.outcome} is one of: {allowed}; not {self.reason}")
        goes_back = self.label or self.pays_on or self.send_within
        gives = self.resolutions or self.bonus_percent or self.keep_item or self.photos or goes_back
        if self.outcome is Outcome.REFUSE and (self.fee or gives):
            raise ValueError("Who is refused pays no fee" if self.fee else "A refusal gives nothing to choose from")
        if len(set(self.resolutions or ())) != len(self.resolutions or ()):
            raise ValueError("A resolution is named twice")
        if self.bonus_percent and Resolution.STORE_CREDIT not in (self.resolutions or ()):
            raise ValueError("A bonus goes with store_credit")
        if self.compensation_percent and not self.keep_item:
            raise ValueError("compensation_percent goes with keep_item")
        if self.compensation_percent and not (self.resolutions and PAID.issuperset(self.resolutions)):
            raise ValueError("A compensation is a refund or store_credit, or both: name them as resolutions")
        if self.keep_item and goes_back:
            raise ValueError("What is kept needs no way back")


class Row(Part, frozen=True):
    id: RowId
    action: Action
    when: When
    then: Then

    def __post_init__(self) -> None:
        check_fits(self.action, self.then)
        if self.when.faults and self.action is not Action.FAULT:
            raise ValueError(f"faults are told of with fault, not with {self.action}")


FITTING = {
    Action.CANCEL: frozenset({Resolution.REFUND}),
    Action.RETURN: frozenset({Resolution.REFUND, Resolution.STORE_CREDIT, Resolution.EXCHANGE}),
    Action.EXCHANGE: frozenset({Resolution.EXCHANGE}),
    Action.FAULT: frozenset(Resolution),
}


def check_fits(action: Action, then: Then) -> None:
    """Whether this action can have that answer; raises ``ValueError``."""
    if strange := set(then.resolutions or ()) - FITTING[action]:
        raise ValueError(f"{min(strange)} is no answer to {action}")
    goes_back = then.label or then.keep_item or then.pays_on or then.send_within or then.photos
    if then.compensation_percent and action is not Action.FAULT:
        raise ValueError(f"A compensation is for a fault, not for {action}")
    if action is Action.CANCEL and goes_back:
        raise ValueError("What is cancelled is not sent back")


class Otherwise(Part, frozen=True):
    """The answer for each action when no row matched.

    An action that is left out is not offered; a fault that is left out is looked at by a person.
    """

    cancel: Then
    returning: Then = field(name="return", default=Then(outcome=Outcome.REFUSE, reason=Reason.NOT_OFFERED))
    exchange: Then = Then(outcome=Outcome.REFUSE, reason=Reason.NOT_OFFERED)
    fault: Then = Then(outcome=Outcome.REVIEW, reason=Reason.PERSON_DECIDES)

    def __post_init__(self) -> None:
        for action, then in self.by_action.items():
            check_fits(action, then)

    @property
    def by_action(self) -> Mapping[Action, Then]:
        return {
            Action.CANCEL: self.cancel, Action.RETURN: self.returning,
            Action.EXCHANGE: self.exchange, Action.FAULT: self.fault,
        }  # fmt: skip


class Calendar(Part, frozen=True):
    """Which days are business days: these weekdays (0 is Monday), but for the public holidays of ``country`` (and its
    ``subdivision``, ISO 3166-2 without the country) and for the days on which the shop is ``closed`` itself."""

    country: Country | None = None
    subdivision: Annotated[str, Meta(pattern=r"^[A-Z0-9]{1,3}(?!\n)$")] | None = None
    weekdays: Annotated[tuple[Annotated[int, Meta(ge=0, le=6)], ...], Meta(min_length=1, max_length=7)] = (
        0,
        1,
        2,
        3,
        4,
    )
    closed: Annotated[tuple[date, ...], Meta(max_length=1000)] = ()

    def __post_init__(self) -> None:
        if self.subdivision and not self.country:
            raise ValueError("A subdivision goes with its country")
        if self.country and not knows_holidays(self.country, self.subdivision):
            where = f"{self.country}-{self.subdivision}" if self.subdivision else self.country
            raise ValueError(f"The public holidays of {where} are not known here")


class Selector(Part, frozen=True):
    """Lines that hold one of these."""

    products: Names | None = None
    tags: Names | None = None
    categories: Names | None = None
    line_kinds: Annotated[tuple[LineKind, ...], Meta(min_length=1)] | None = None

    def __post_init__(self) -> None:
        if self.products is self.tags is self.categories is self.line_kinds is None:
            raise ValueError("Give at least one of products, tags, categories and line_kinds")


class Policy(Part, frozen=True):
    """One immutable version of a shop's policy. ``format`` only changes if old documents could be misread.

    ``goods`` says which products are of a kind that rows and the law see differently; what the store itself marks as
    personalised is so without being named. Without a ``calendar``, Monday to Friday are business days.
    """

    format: Literal[1]
    name: Name
    rows: Annotated[tuple[Row, ...], Meta(max_length=1000)]
    otherwise: Otherwise
    goods: dict[GoodsKind, Selector] = field(default_factory=dict)
    calendar: Calendar = Calendar()


_AT = re.compile(r"^(?P<problem>.*) - at `\$\.?(?P<path>.*)`$", re.DOTALL)
_ROW = re.compile(r"^rows\[(?P<index>\d+)\]\.?(?P<field>.*)$")


def parse_policy(raw: bytes | Mapping[str, Any]) -> Policy:
    """Read a document, as JSON or already decoded; raises ``BadPolicy`` that names the row and the field."""
    try:
        document = msgspec.json.decode(raw) if isinstance(raw, bytes) else raw
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadPolicy(detail=f"This is not JSON: {error}") from error
    try:
        policy = msgspec.convert(document, Policy, strict=True)
    except msgspec.ValidationError as error:
        raise _located(str(error), document) from error
    seen: set[str] = set()
    for number, row in enumerate(policy.rows, start=1):
        if row.id in seen or row.id == OTHERWISE:
            raise BadPolicy(
                detail=f"Row {number}: the id {row.id!r} is taken.", param=f"rows[{number - 1}].id",
                row=row.id, field="id",
            )  # fmt: skip
        seen.add(row.id)
    return policy


def _located(message: str, document: Any) -> BadPolicy:
    """Turn msgspec's message, which ends in a path, into words that a shop admin can act on."""
    at = _AT.match(message)
    if at is None:
        return BadPolicy(detail=f"{message}.")
    problem, path = at["problem"].rstrip("."), at["path"]
    in_row = _ROW.match(path)
    if in_row is None:
        return BadPolicy(detail=f"{path or 'The document'}: {problem}.", param=path or None, field=path)
    index, field = int(in_row["index"]), in_row["field"]
    row = _row_name(document, index)
    where = f"Row {index + 1} ({row[:64]})" + (f", {field}" if field else "")
    return BadPolicy(detail=f"{where}: {problem}.", param=path, row=row[:64], field=field)


def _row_name(document: Any, index: int) -> str:
    """The row's id, else its number. A hostile field name can make the message point at a row that is not there."""
    rows = document.get("rows") if isinstance(document, Mapping) else None
    row = rows[index] if isinstance(rows, list) and index < len(rows) else None
    row_id = row.get("id") if isinstance(row, Mapping) else None
    return row_id if isinstance(row_id, str) else str(index + 1)


def policy_schema() -> dict[str, Any]:
    """The document's JSON Schema (2020-12), for editors and for the published API."""
    return msgspec.json.schema(Policy)


def canonical_policy(policy: Policy) -> bytes:
    """The one way to write this policy: JSON without spaces or defaults, keys sorted."""
    return msgspec.json.encode(_with_very_defaults(policy), order="sorted")


def _with_very_defaults(value: Any) -> Any:
    """Whatever equals its default is the default itself: msgspec leaves out only the very object."""
    if isinstance(value, tuple):
        return tuple(map(_with_very_defaults, value))
    if not isinstance(value, Struct):
        return value
    return structs.replace(value, **{each.name: _field(value, each) for each in structs.fields(value)})


def _field(struct: Struct, each: structs.FieldInfo) -> Any:
    value = getattr(struct, each.name)
    return each.default if value == each.default else _with_very_defaults(value)


def policy_hash(policy: Policy) -> str:
    """SHA-256 of the canonical form, hexadecimal: two documents that mean the same rows have the same hash."""
    return hashlib.sha256(canonical_policy(policy)).hexdigest()
