from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from plugin.payments.sandbox.server import RunningSandbox
from tests.world import World, a_world


@pytest.fixture
async def world(database: str, sandbox: RunningSandbox, tmp_path: Path) -> AsyncIterator[World]:
    """A fresh shop in a whole small world."""
    async with a_world(tmp_path, sandbox.url) as started:
        yield started
