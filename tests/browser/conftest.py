"""Debian's chromium, once for all browser tests; without it they are skipped."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

from plugin.payments.sandbox.server import RunningSandbox
from tests.world import World, a_world

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="session")
def chromium() -> str:
    if not CHROMIUM.exists():
        pytest.skip("Debian's chromium is not installed: see make browser")
    return str(CHROMIUM)


@pytest.fixture(scope="session")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest.fixture
async def world(database: str, sandbox: RunningSandbox, tmp_path: Path) -> AsyncIterator[World]:
    """A fresh shop in a whole small world."""
    async with a_world(tmp_path, sandbox.url) as started:
        yield started
