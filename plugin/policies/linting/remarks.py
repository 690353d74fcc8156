"""What the linter says of a policy."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Severity(StrEnum):
    """An error keeps a policy from being published; a warning is shown."""

    ERROR = "error"
    WARNING = "warning"


class Remark(Struct, frozen=True, kw_only=True):
    """One thing about one row. ``row`` is its id, or ``otherwise``; ``field`` where in it, as a path.

    ``sentence`` is whole and in English. ``countries`` and ``sources`` (addresses) belong to what is below the law.
    """

    severity: Severity
    row: str
    field: str
    code: str
    sentence: str
    countries: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
