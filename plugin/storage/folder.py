"""The file store on a folder: what an installation has by default. Processes on several machines must share it."""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
from pathlib import Path

from plugin.ports.files import FileGone

_KEY = re.compile(r"[A-Za-z0-9_-]{1,80}(/[A-Za-z0-9_-]{1,80}){0,3}")


class BadFileKey(ValueError):
    """A key that no code of ours makes: it might lead out of the folder."""


class FolderStore:
    """One file per key, written whole or not at all, for its owner's eyes only."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    async def put(self, key: str, content: bytes) -> None:
        """See ``FileStore.put``; raises ``OSError`` where the disk does not take it, and then nothing is there."""
        await asyncio.to_thread(self._write, self._path(key), content)

    async def get(self, key: str) -> bytes:
        """See ``FileStore.get``; raises ``FileGone``."""
        try:
            return await asyncio.to_thread(self._path(key).read_bytes)
        except FileNotFoundError as error:
            raise FileGone(key) from error

    async def delete(self, key: str) -> None:
        """See ``FileStore.delete``."""
        path = self._path(key)
        await asyncio.to_thread(path.unlink, missing_ok=True)

    def _path(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise BadFileKey(key)
        return self._directory / key

    def _write(self, path: Path, content: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".draft-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(draft).replace(path)
        except OSError:
            Path(draft).unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """A rename is durable once its folder is."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
