"""Logs as JSON lines that hold no person and no secret.

Only the fields of ``ALLOWED_FIELDS`` are written; anything else is dropped, so that a new log call cannot leak by
accident. An exception is told by its type and the lines it passed, never by its message, which may quote a request.
Records of libraries go the same way. What is left is scrubbed of everything that has the shape of a secret.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import TextIO

import msgspec
import structlog
from litestar.types import Scope
from structlog.typing import EventDict, WrappedLogger

ALLOWED_FIELDS = frozenset(
    {
        "at", "attempt", "case_id", "code", "count", "delivery_id", "due_at", "error", "event", "job", "kind", "level",
        "logger", "mail_id", "method", "ms", "order_id", "outcome", "pid", "reason_code", "refund_id", "request_id",
        "route", "shop_id", "source", "state", "status", "storefront", "topic", "version", "waiting_on", "where",
        "work_id",
    }
)  # fmt: skip

_OUR_OWN_WORDS = frozenset({"at", "level", "method", "request_id", "route"})  # never a caller's: not worth a search

_SECRET_SHAPES = re.compile(
    r"(?<![\w.+%-])[\w.+%-]+@[\w-]+(?:\.[\w-]+)*"  # a mail address, tried once for each word and not for each letter
    r"|\b(?:sk|rk|pk|whsec)_[A-Za-z0-9_-]{12,}"  # a key with its prefix
    r"|(?i:bearer)\s+\S+"
    r"|\b[A-Za-z0-9_-]{40,}",  # 256 random bits in base 64 or in hexadecimal
)
_CARD_SHAPE = re.compile(r"\b(?:\d[ -]?){12,18}\d\b")


def configure_logs(level: str, stream: TextIO | None = None) -> None:
    """Send our logs and those of every library to ``stream`` (standard output), one JSON object a line."""
    out = stream or sys.stdout
    writer = structlog.WriteLogger(out)
    _access.write = writer.info if level in ("debug", "info") else None
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            _tell_exception,
            keep_allowed,
            structlog.processors.JSONRenderer(serializer=_as_json),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: writer,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(LibraryFormatter())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(logging.WARNING, logging.getLevelName(level.upper())))


class _AccessLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    request_id: str
    shop_id: str | None = None
    method: str
    route: str
    status: int
    ms: float
    event: str
    level: str
    at: datetime


@dataclass
class _Access:
    """Where access lines go; nowhere before ``configure_logs``, or where only warnings are wanted."""

    write: Callable[[str], object] | None = None


_access = _Access()


def log_answer(*, request_id: str, shop_id: str | None, method: str, route: str, status: int, seconds: float) -> None:
    """The access line of one answer. It has no field that could hold a stranger's words, so it needs no allow-list and
    takes the short way: on the webhooks' path the long one costs as much as all that we check there."""
    if _access.write is not None:
        line = _AccessLine(
            request_id=request_id, shop_id=shop_id, method=method, route=route, status=status,
            ms=round(seconds * 1000, 1), at=datetime.now(UTC), event="request", level="info",
        )  # fmt: skip
        _access.write(msgspec.json.encode(line).decode())


def name_shop(scope: Scope, shop_id: str) -> None:
    """From here on every line of this request, the access line too, says which shop it was for."""
    scope["state"]["shop_id"] = shop_id
    structlog.contextvars.bind_contextvars(shop_id=shop_id)


def keep_allowed(logger: WrappedLogger, name: str, fields: EventDict) -> EventDict:
    """The allow-list: unknown fields are dropped, texts scrubbed. What is neither text nor number goes too."""
    kept: EventDict = {}
    for field, value in fields.items():
        if field not in ALLOWED_FIELDS:
            continue
        if isinstance(value, str):
            kept[field] = value if field in _OUR_OWN_WORDS else scrub(value)
        elif isinstance(value, bool | int | float):
            kept[field] = value
        elif field == "where" and isinstance(value, list):
            kept[field] = [scrub(str(frame)) for frame in value]
    return kept


def scrub(text: str) -> str:
    """Blot out what has the shape of a mail address, a key, a token or a card number."""
    text = _SECRET_SHAPES.sub("[removed]", text)
    return _CARD_SHAPE.sub(lambda match: "[removed]" if _passes_luhn(match[0]) else match[0], text)


def _passes_luhn(number: str) -> bool:
    """The check digit of ISO/IEC 7812: it spares nine in ten of the long numbers that are only a store's order ids."""
    digits = [int(character) for character in reversed(number) if character.isdigit()]
    return sum(digits[0::2]) % 10 == -sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2]) % 10


class LibraryFormatter(logging.Formatter):
    """A library's record under our allow-list: its constant text without the values that were to be filled in."""

    def format(self, record: logging.LogRecord) -> str:
        fields: EventDict = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": str(record.msg).partition("\n")[0],
        }
        if record.exc_info and record.exc_info[1] is not None:
            fields.update(describe_exception(record.exc_info[1]))
        return _as_json(keep_allowed(None, record.levelname.lower(), fields))


def describe_exception(error: BaseException) -> EventDict:
    """``error``: the type, with those of its causes; ``where``: its last frames and those of the first cause, as
    ``file:line function``."""
    chain = list(islice(_with_causes(error), 6))
    where = _frames(error.__traceback__)[-8:]
    if len(chain) > 1:
        where += _frames(chain[-1].__traceback__)[-8:]
    return {"error": " < ".join(type(one).__qualname__ for one in chain), "where": where}


def _as_json(fields: EventDict, **_: object) -> str:
    return msgspec.json.encode(fields).decode()


def _with_causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        if isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        else:
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _frames(traceback: TracebackType | None) -> list[str]:
    frames = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        frames.append(f"{'/'.join(Path(code.co_filename).parts[-3:])}:{traceback.tb_lineno} {code.co_name}")
        traceback = traceback.tb_next
    return frames


def _tell_exception(logger: WrappedLogger, name: str, fields: EventDict) -> EventDict:
    error = fields.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()[1]
    if isinstance(error, BaseException):
        fields.update(describe_exception(error))
    return fields
