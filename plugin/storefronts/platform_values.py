"""Reading what a platform sends: JSON with exact numbers, decimal money, times and texts as they come.

Money on the platforms is a decimal, as text or as a JSON number; numbers are read from their digits, never as floats.
Everything here raises ``Unparseable`` naming the field, and nothing else. What a person has
given is not quoted: a reason outlives the body.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, TypeVar

import msgspec

from plugin.core.errors import DomainError
from plugin.core.money import exponent
from plugin.ports.storefronts import Unparseable

Shape = TypeVar("Shape", bound=msgspec.Struct)

LONGEST_TEXT = 1000
_MOST = Decimal(10**12)


def decode(body: bytes, shape: type[Shape], platform: str) -> Shape:
    """The body as ``shape``; numbers with a fraction come out as ``Decimal`` where the shape says ``Any``."""
    try:
        return msgspec.json.Decoder(shape, float_hook=Decimal).decode(body)
    except msgspec.ValidationError as error:
        raise Unparseable(f"This is no order of {platform}: {error}.") from error
    except (msgspec.MsgspecError, ArithmeticError, ValueError, RecursionError) as error:
        raise Unparseable(f"The body is not JSON: {error}") from error


def check_currency(currency: str, field: str) -> str:
    """``currency``, if it is one."""
    try:
        exponent(currency)
    except DomainError as error:
        raise Unparseable(f"{field}: {error.detail}") from error
    return currency


def minor(value: Any, currency: str, field: str) -> int:
    """A platform's decimal as minor units; nothing and "" are zero.

    A store may compute with more digits than its currency has. Such an amount is rounded half up, and if the parts
    then miss the total by a cent, that cent is ``unexplained`` and a person looks at it.
    """
    if value is None or value == "":
        return 0
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise Unparseable(f"{field}: {value!r} is no amount.")
    try:
        number = Decimal(value)
        if not number.is_finite() or abs(number) > _MOST:
            raise Unparseable(f"{field}: {value!r} is out of range.")
        return int(number.scaleb(exponent(currency)).quantize(Decimal(1), rounding=ROUND_HALF_UP))
    except (ArithmeticError, ValueError) as error:
        raise Unparseable(f"{field}: {value!r} is no amount.") from error


def price(value: Any, currency: str, field: str) -> int:
    """Like ``minor``, for what cannot be negative."""
    amount = minor(value, currency, field)
    if amount < 0:
        raise Unparseable(f"{field}: {value!r} is less than nothing.")
    return amount


def check_unique(ids: Iterable[str], field: str) -> None:
    """Raise if two parts go by one id: whatever names it later would mean both."""
    seen: set[str] = set()
    for i, id in enumerate(ids):
        if id in seen:
            raise Unparseable(f"{field}[{i}].id: {id!r} is there twice.")
        seen.add(id)


def count(value: Any, field: str, least: int = 1) -> int:
    """A whole number of units, at least ``least``."""
    if isinstance(value, Decimal) and value.is_finite() and value == value.to_integral_value() and abs(value) < _MOST:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= 100_000:
        shown = value if isinstance(value, Decimal) else repr(value)
        raise Unparseable(f"{field}: {shown} is no number of units that can be sold.")
    return value


def text(value: Any, longest: int = LONGEST_TEXT) -> str | None:
    """A text or number as one printable line, cut at ``longest``; None for nothing."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    line = " ".join("".join(c if c >= " " and c != "\x7f" else " " for c in str(value)).split())
    return line[:longest] or None


def texts(values: Iterable[Any]) -> tuple[str, ...]:
    """All the values that are texts, each once."""
    return tuple(dict.fromkeys(line for line in map(text, values) if line))


def email(value: str | None, field: str) -> str | None:
    """An e-mail address that can stand in a mail's header; None for nothing."""
    if not value:
        return None
    if len(value) > 254 or value.count("@") != 1 or not value.isprintable() or set(value) & set(" ,;<>"):
        raise Unparseable(f"{field}: This is no e-mail address that a mail can be sent to.")
    return value


def country(*values: str | None) -> str | None:
    """The first that is a country's code."""
    return next((v for v in values if v and len(v) == 2 and v.isascii() and v.isalpha() and v.isupper()), None)


def moment(value: str | None, field: str, *, is_utc: bool = False) -> datetime:
    """A time with its offset; ``is_utc`` says what a time without one means. Raises also when it is missing."""
    try:
        at = datetime.fromisoformat(value or "")
    except ValueError as error:
        raise Unparseable(f"{field}: {value!r} is no time.") from error
    if at.tzinfo is None:
        if not is_utc:
            raise Unparseable(f"{field}: {value!r} has no offset.")
        at = at.replace(tzinfo=UTC)
    if not 1990 <= at.year <= 2200:
        raise Unparseable(f"{field}: {value!r} is no time at which an order can happen.")
    return at


def sequence(modified: datetime, progress: int) -> int:
    """The sequence number of an order: its modification in milliseconds, and how far it has come in place of those.

    The platforms tell whole seconds only, and an order often changes twice in one (paid and cancelled, refunded and
    completed): within a second the state that is further on, by ``progress`` from 0 to 999, is the newer one.
    """
    seconds = int((modified - datetime.fromtimestamp(0, UTC)).total_seconds())
    return seconds * 1000 + max(0, min(progress, 999))


class _Named(msgspec.Struct, frozen=True):
    id: int | None = None


def order_named_in(body: bytes) -> str | None:
    """The order's number in a body that may hold nothing else that can be read; None where it has none."""
    try:
        named = decode(body, _Named, "a platform")
    except Unparseable:
        return None
    return str(named.id) if named.id and named.id > 0 else None
