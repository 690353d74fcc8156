"""Withdrawing from a contract in a real browser, without JavaScript: three pages, and nothing in between."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from plugin.db import rows
from plugin.payments.sandbox.server import RunningSandbox
from tests.browser.test_order_pages import PHONE, a_window, fits, open_order
from tests.world import World, a_world, shop_settings


@pytest.fixture
async def german(database: str, sandbox: RunningSandbox, tmp_path: Path) -> AsyncIterator[World]:
    """A German shop, so that its labels are those of German law."""
    settings = shop_settings(country="DE", time_zone="Europe/Berlin")
    async with a_world(tmp_path, sandbox.url, settings=settings) as started:
        yield started


async def keep(page: Page, name: str) -> None:
    """A picture for whoever wants to look: COMEBACK_SCREENSHOTS names the folder."""
    if folder := os.environ.get("COMEBACK_SCREENSHOTS"):
        await page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


async def test_a_guest_withdraws_on_a_small_screen_without_javascript(german: World, browser: Browser) -> None:
    async with a_window(browser, java_script_enabled=False, **PHONE) as window:
        page = window.page
        await page.goto(f"{german.url}/shops/{german.shop.id}/withdraw")
        await expect(page.get_by_role("heading", level=1)).to_contain_text("Vertrag widerrufen")
        await page.get_by_label("Your name").fill("Ada Adams")
        await page.get_by_label("Order number").fill("#1001")
        await page.get_by_label("E-mail address for the acknowledgement").fill("ada@example.com")
        await keep(page, "withdraw-form")
        await page.get_by_role("button", name="Continue").click()
        await expect(page.get_by_role("cell", name="Ada Adams")).to_be_visible()
        await keep(page, "withdraw-review")
        await page.get_by_role("button", name="Widerruf bestätigen").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Withdrawal received")
        await keep(page, "withdraw-done")
        assert [row["state"] for row in await rows("SELECT state FROM withdrawals")] in (["confirmed"], ["with_person"])


async def test_the_order_page_leads_to_it_prefilled(german: World, browser: Browser) -> None:
    order = await german.place("russian")
    async with a_window(browser, **PHONE) as window:
        page = window.page
        await open_order(german, page, order)
        await keep(page, "withdraw-entry")
        await page.get_by_role("link", name="Отказаться от договора здесь").first.click()
        await keep(page, "withdraw-here")
        assert await page.locator("#contact").input_value() == str(order.customer.email)
        assert await fits(page)
        await page.get_by_role("button", name="Продолжить").click()
        await page.get_by_role("button", name="Подтвердить отказ").click()
        await page.get_by_role("heading", name="Отказ получен").wait_for()
        await keep(page, "withdraw-here-done")
