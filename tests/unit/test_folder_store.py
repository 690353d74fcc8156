"""The file store on a folder."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from plugin.ports.files import FileGone
from plugin.storage.folder import BadFileKey, FolderStore


async def test_what_was_put_is_there_whole_for_its_owner_alone_until_it_is_deleted(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "files")
    for _ in range(2):
        await store.put("shop_1/file_1", b"bytes")
    kept = tmp_path / "files" / "shop_1" / "file_1"
    assert kept.stat().st_mode & 0o077 == 0
    assert [path.name for path in kept.parent.iterdir()] == ["file_1"]
    assert await store.get("shop_1/file_1") == b"bytes"
    for _ in range(2):
        await store.delete("shop_1/file_1")
    with pytest.raises(FileGone):
        await store.get("shop_1/file_1")


@pytest.mark.parametrize("key", ["", "/etc/passwd", "../out", "a/../b", "a//b", "a.b", "a/b\n", "a/b/c/d/e", "ä"])
def test_no_key_leads_out_of_the_folder(tmp_path: Path, key: str) -> None:
    store = FolderStore(tmp_path / "files")
    with pytest.raises(BadFileKey):
        asyncio.run(store.put(key, b"bytes"))
    assert list(tmp_path.rglob("*")) == []
