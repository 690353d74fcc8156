"""Hunting for a person in every column of every table: texts, documents, bytes, and what the vault has sealed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from plugin.core.vault import Vault
from plugin.db import rows


async def places_of(vault: Vault, canaries: Iterable[str]) -> dict[str, set[str]]:
    """Where each canary is: by table, which of them. An empty answer is a person who is nowhere."""
    wanted = {canary: canary.lower() for canary in canaries}
    tables = await rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    found: dict[str, set[str]] = {}
    for table in (each["tablename"] for each in tables):
        for row in await rows(f'SELECT * FROM "{table}"'):
            text = "\n".join(_texts(vault, table, row)).lower()
            found.setdefault(table, set()).update(canary for canary, low in wanted.items() if low in text)
    return {table: canaries for table, canaries in found.items() if canaries}


def _texts(vault: Vault, table: str, row: dict[str, Any]) -> Iterable[str]:
    for column, value in row.items():
        if isinstance(value, bytes | memoryview):
            yield bytes(value).decode(errors="replace")
        elif column.startswith("sealed_") and value:
            yield vault.open(value, tenant=row.get("shop_id", row["id"]), field=_sealed_as(table, row, column))
        else:
            yield str(value)


def _sealed_as(table: str, row: dict[str, Any], column: str) -> str:
    """The field under which each feature seals its values."""
    if table == "shops":
        return column.removeprefix("sealed_")
    if table == "staff_members":
        return f"totp:{row['id']}"
    return {"contacts": "contact", "codes": "code", "credits": "credit"}.get(table) or f"mail:{row['purpose']}"
