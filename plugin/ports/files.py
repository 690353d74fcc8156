"""Where the bytes of uploaded files lie. What is known of a file is a row (``plugin.files``)."""

from __future__ import annotations

from typing import Protocol


class FileGone(Exception):
    """There are no bytes under this key (any more)."""


class FileStore(Protocol):
    """Keys are ours, ASCII letters, digits, ``-``, ``_`` and ``/``; they never hold what a person typed."""

    async def put(self, key: str, content: bytes) -> None:
        """Keep ``content`` durably before it returns; the same key twice with the same content is once."""
        ...

    async def get(self, key: str) -> bytes:
        """Raises ``FileGone``."""
        ...

    async def delete(self, key: str) -> None:
        """Forget it; a key that is gone is forgotten."""
        ...
