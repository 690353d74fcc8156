"""The sandbox's memory as one file, so that a demo survives a restart."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import NamedTemporaryFile

import msgspec

from plugin.payments.sandbox.idempotency import StoredAnswer
from plugin.payments.sandbox.objects import Document


class SavedAccount(msgspec.Struct):
    account_id: str
    tables: dict[str, dict[str, Document]]
    balance: dict[str, int]
    due: dict[str, str]
    answers: dict[str, StoredAnswer]


def load(path: Path) -> dict[str, SavedAccount]:
    """The accounts by API key; none where there is no file yet."""
    if not path.exists():
        return {}
    return msgspec.json.decode(path.read_bytes(), type=dict[str, SavedAccount])


def save(path: Path, accounts: dict[str, SavedAccount]) -> None:
    """Write the whole state, or leave the old file as it was. It holds test keys: only its owner may read it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, prefix=path.name, delete=False) as file:
        file.write(msgspec.json.encode(accounts))
        file.flush()
        os.fsync(file.fileno())
    Path(file.name).replace(path)
