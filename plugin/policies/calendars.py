"""Business days and public holidays, by the ``holidays`` package: known without asking anybody."""

from __future__ import annotations

from functools import lru_cache

import holidays


@lru_cache(maxsize=256)
def knows_holidays(country: str, subdivision: str | None = None) -> bool:
    """Whether the public holidays of this country (and part of it) are known."""
    supported = holidays.list_supported_countries()
    return country in supported and (subdivision is None or subdivision in supported[country])
