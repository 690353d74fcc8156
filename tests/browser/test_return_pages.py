"""A return in a real browser, by clicks, on a phone: chosen, confirmed, its slip shown, taken back."""

from __future__ import annotations

import re

from playwright.async_api import Browser, expect

from plugin.db import transaction
from plugin.policies.service import publish
from tests.browser.test_order_pages import PHONE, a_window, fits, open_order
from tests.journeys.sending_back import delivered, return_policy
from tests.world import World


async def test_a_shopper_sends_something_back_by_clicks(world: World, browser: Browser) -> None:
    async with transaction(world.ports.doorbell) as tx:
        await publish(tx, shop_id=world.shop.id, policy=return_policy(), by="tests", at=world.ports.clock.now())
    order = await delivered(world)
    async with a_window(browser, **PHONE) as window:
        page = window.page
        await open_order(world, page, order)
        await page.get_by_role("link", name="Send something back").click()
        await page.get_by_label(re.compile("Silk scarf")).select_option("1")
        assert await fits(page)
        await page.get_by_role("button", name="See what comes back").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Here is what happens")
        assert await fits(page)
        await page.get_by_role("button", name="Confirm the return").click()
        await page.wait_for_url("**/order/cases/*")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Your turn")
        assert await fits(page)
        await page.get_by_role("link", name="Print the slip").click()
        await expect(page.locator("img.qr")).to_be_visible()
        assert await fits(page)
        await page.go_back()
        await page.get_by_role("button", name="Take this request back").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Taken back")
