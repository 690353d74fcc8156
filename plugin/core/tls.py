"""Whom we trust over TLS: read once, for each client that reads it by itself takes 20 ms for that."""

from __future__ import annotations

import ssl
from functools import cache

import httpx


@cache
def trusted() -> ssl.SSLContext:
    """What a client of httpx that asks nothing of the environment makes for itself. Nobody changes it."""
    return httpx.create_ssl_context(trust_env=False)
