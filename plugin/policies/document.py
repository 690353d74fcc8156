"""The policy document: an ordered decision table over a closed vocabulary, strictly parsed, with its schema and hash.

The first row that matches a line decides that line; ``otherwise`` decides the lines that no row matched. A row matches
when all the conditions that it names hold. New conditions, outcomes and actions are added as optional fields: fields
at their default are left out of the canonical form, so a stored document stays valid and keeps its hash.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from plugin.core.errors import DomainError
from plugin.core.money import BadAmount, exponent
from plugin.policies.facts import Progress
from plugin.policies.reasons import REASONS_OF_OUTCOME, Action, Outcome, Reason
from plugin.ports.orders import Custodian, LineKind

OTHERWISE = "otherwise"

RowId = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
Name = Annotated[str, Meta(min_length=1, max_length=200)]
Names = Annotated[tuple[Name, ...], Meta(min_length=1, max_length=1000)]
Country = Annotated[str, Meta(pattern="^[A-Z]{2}$", description="ISO 3166-1 alpha-2")]
Currency = Annotated[str, Meta(pattern="^[A-Z]{3}$", description="ISO 4217")]
MinorUnits = Annotated[int, Meta(ge=0, lt=10**15)]
AmountByCurrency = Annotated[dict[Currency, MinorUnits], Meta(min_length=1, description="minor units by currency")]


class BadPolicy(DomainError):
    """A document that is no policy. ``extra`` names the ``row`` (its id, or its number) and the ``field``."""

    status = 422
    code = "bad_policy"
    sentence = "This policy could not be read."


class _Part(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Strict, immutable, and written without its defaults."""


def _check_currencies(field: str, amounts: Mapping[str, int] | None) -> None:
    for currency in amounts or ():
        try:
            exponent(currency)
        except BadAmount as error:
            raise ValueError(f"{field}: {error.detail}") from error


class Span(_Part, frozen=True):
    """A length of time in exactly one unit. Minutes and hours are exact; days end at 24:00 in the order's zone."""

    minutes: Annotated[int, Meta(ge=1, le=525_600)] | None = None
    hours: Annotated[int, Meta(ge=1, le=87_600)] | None = None
    days: Annotated[int, Meta(ge=1, le=3_650)] | None = None

    def __post_init__(self) -> None:
        if sum(unit is not None for unit in (self.minutes, self.hours, self.days)) != 1:
            raise ValueError("Give exactly one of minutes, hours and days")


class Since(_Part, frozen=True):
    """How long ago something happened: from ``at_least`` on, and for less than ``at_most``."""

    at_least: Span | None = None
    at_most: Span | None = None

    def __post_init__(self) -> None:
        if self.at_least is None and self.at_most is None:
            raise ValueError("Give at_least, at_most or both")


class When(_Part, frozen=True):
    """The conditions of a row; those not given do not count. All speak of the order or of one line of it.

    ``value_at_least`` and ``value_at_most`` look at the order's total. An order in a currency that the map does not
    name counts as above every value, because the safe mistake is that a person looks. A ``since_…`` condition does not
    hold before the thing has happened.
    """

    order_states: Annotated[tuple[Progress, ...], Meta(min_length=1)] | None = None
    value_at_least: AmountByCurrency | None = None
    value_at_most: AmountByCurrency | None = None
    countries: Annotated[tuple[Country, ...], Meta(min_length=1)] | None = None
    channels: Names | None = None
    custodians: Annotated[tuple[Custodian, ...], Meta(min_length=1)] | None = None
    prior_cases_at_least: Annotated[int, Meta(ge=1)] | None = None
    reasons: Names | None = None
    line_kinds: Annotated[tuple[LineKind, ...], Meta(min_length=1)] | None = None
    products: Names | None = None
    tags: Names | None = None
    categories: Names | None = None
    final_sale: bool | None = None
    personalised: bool | None = None
    since_placed: Since | None = None
    since_shipped: Since | None = None
    since_delivered: Since | None = None

    def __post_init__(self) -> None:
        _check_currencies("value_at_least", self.value_at_least)
        _check_currencies("value_at_most", self.value_at_most)


class Fee(_Part, frozen=True):
    """Kept back once per ask, by currency and with its tax; an order in another currency pays none."""

    amounts: AmountByCurrency

    def __post_init__(self) -> None:
        _check_currencies("amounts", self.amounts)


class Then(_Part, frozen=True):
    """The answer of a row. ``offer`` is the id of the shop's offer that may stand beside it."""

    outcome: Outcome
    reason: Reason = Reason.ALLOWED
    fee: Fee | None = None
    offer: Name | None = None

    def __post_init__(self) -> None:
        if self.reason not in REASONS_OF_OUTCOME[self.outcome]:
            allowed = ", ".join(sorted(REASONS_OF_OUTCOME[self.outcome]))
            raise ValueError(f"The reason of {self.outcome} is one of: {allowed}; not {self.reason}")
        if self.fee and self.outcome is Outcome.REFUSE:
            raise ValueError("Who is refused pays no fee")


class Row(_Part, frozen=True):
    id: RowId
    action: Action
    when: When
    then: Then


class Otherwise(_Part, frozen=True):
    """The answer for each action when no row matched."""

    cancel: Then


class Policy(_Part, frozen=True):
    """One immutable version of a shop's policy. ``format`` only changes if old documents could be misread."""

    format: Literal[1]
    name: Name
    rows: Annotated[tuple[Row, ...], Meta(max_length=1000)]
    otherwise: Otherwise


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
    return msgspec.json.encode(policy, order="sorted")


def policy_hash(policy: Policy) -> str:
    """SHA-256 of the canonical form, hexadecimal: two documents that mean the same rows have the same hash."""
    return hashlib.sha256(canonical_policy(policy)).hexdigest()
