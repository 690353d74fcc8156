"""Installations to operate on. Each has a database server of its own, in a folder of its own."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from plugin.payments.sandbox.server import RunningSandbox
from tests.operate.installation import Installation, Stall, a_stall, an_installation


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not below pytest's own, which another run shuts to the database's user, and where a socket's path is too long."""
    with tempfile.TemporaryDirectory(prefix="cb-") as name:
        yield Path(name)


@pytest.fixture
async def installation(folder: Path) -> AsyncIterator[Installation]:
    """Migrated, and nothing runs yet."""
    async with an_installation(folder) as made:
        assert (await made.run("migrate")).status == 0
        yield made


@pytest.fixture
async def stall(installation: Installation, sandbox: RunningSandbox) -> AsyncIterator[Stall]:
    """A shop of the installation."""
    async with a_stall(installation, sandbox.url) as opened:
        yield opened
        await opened.stripe.mend()
