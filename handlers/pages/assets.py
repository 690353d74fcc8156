"""Static files of our pages: kept by browsers for a year, because their addresses change with their content."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from litestar import Router
from litestar.datastructures import CacheControlHeader
from litestar.static_files import create_static_files_router

STATIC = Path(__file__).resolve().parent / "static"


@cache
def asset_url(name: str) -> str:
    """The address of ``static/<name>``, with a hash of its content. Raises ``FileNotFoundError`` for a wrong name."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"


def static_route() -> Router:
    """``GET /static/...``"""
    forever = CacheControlHeader(max_age=31_536_000, public=True, immutable=True)
    return create_static_files_router(path="/static", directories=[STATIC], cache_control=forever)
