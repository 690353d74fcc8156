"""The order pages in a real browser: the whole journey by clicks and by keys, with JavaScript and without."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from plugin.db import rows
from plugin.storefronts.standard.wire import OrderBody
from tests.journeys.test_pages import link_to
from tests.world import World

PHONE = {"viewport": {"width": 320, "height": 640}}


@dataclass
class Window:
    """A browser window that writes down what its pages complain of and whom they ask."""

    context: BrowserContext
    page: Page
    complaints: list[str] = field(default_factory=list)
    requested: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        page.on("request", lambda request: self.requested.append(request.url))
        page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))


@asynccontextmanager
async def a_window(browser: Browser, **options: Any) -> AsyncIterator[Window]:
    """Ends with the check that nothing was complained of, and that nobody but us was asked for anything."""
    context = await browser.new_context(**options)
    context.set_default_timeout(15_000)
    window = Window(context, await context.new_page())
    window.watch(window.page)
    yield window
    await context.close()
    assert window.complaints == []
    assert [url for url in window.requested if not url.startswith(("http://127.0.0.1:", "data:"))] == []


async def open_order(world: World, page: Page, order: OrderBody) -> None:
    """Through the door, which opens by itself where there is JavaScript."""
    await page.goto(world.url + await link_to(world, order))
    button = page.locator("form[data-enter] button")
    if await button.count():
        await button.click()
    await page.wait_for_url("**/order")


async def fits(page: Page) -> bool:
    """Whether nothing reaches beyond the right edge."""
    found = await page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    return bool(found)


async def cases() -> int:
    return int((await rows("SELECT count(*) AS n FROM cases"))[0]["n"])


async def test_a_shopper_cancels_by_clicks_and_watches_the_money_come_back(world: World, browser: Browser) -> None:
    order = await world.place("fashion")
    async with a_window(browser, **PHONE) as window:
        page = window.page
        await open_order(world, page, order)
        assert await fits(page)
        await page.get_by_role("button", name="Cancel the whole order").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Here is what happens")
        await expect(page.locator("tfoot")).to_contain_text("$266.66")
        assert await fits(page)
        await page.get_by_label("Would you like to tell us why?").fill("Ordered the wrong size")
        await page.get_by_role("button", name="Confirm the cancellation").click()
        await page.wait_for_url("**/order/cases/*")
        await expect(page.get_by_role("heading", level=1)).to_have_text("All done")
        await expect(page.locator(".step.done")).to_have_count(3)
        await expect(page.locator("#live")).to_contain_text("refunded")
        await expect(page.locator("#code")).to_be_visible()
        await expect(page.get_by_role("button", name="Copy the code")).to_be_visible()
        assert await fits(page)
        await page.get_by_role("link", name="Back to your order").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("This order is cancelled.")
    mail = await world.mail("cancelled", order)
    assert "refunded" in mail.text


async def test_the_same_journey_without_javascript(world: World, browser: Browser) -> None:
    order = await world.place("fashion")
    async with a_window(browser, java_script_enabled=False, **PHONE) as window:
        page = window.page
        await open_order(world, page, order)
        await page.get_by_label(re.compile("Silk scarf")).select_option("1")
        await page.get_by_role("button", name="Cancel only what I chose").click()
        await expect(page.locator(".chosen")).to_have_text(re.compile(r"1 ×\s+Silk scarf"))
        await page.get_by_role("button", name="Confirm the cancellation").click()
        await page.wait_for_url("**/order/cases/*")
        await expect(page.get_by_role("heading", level=1)).to_have_text("All done")  # the page refreshes itself
        await expect(page.get_by_role("button", name="Copy the code")).to_be_hidden()


async def test_the_journey_by_keys_alone(world: World, browser: Browser) -> None:
    order = await world.place("fashion")
    async with a_window(browser) as window:
        page = window.page
        await open_order(world, page, order)
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
        await page.keyboard.press("Enter")
        await press_until(page, "Cancel the whole order")
        await page.wait_for_url("**/order/cancel/preview")
        await press_until(page, "Confirm the cancellation")
        await page.wait_for_url("**/order/cases/*")
        await expect(page.get_by_role("heading", level=1)).to_have_text("All done")


async def press_until(page: Page, name: str) -> None:
    """Tab to the button of this name, see that the focus shows, and press it."""
    button = page.get_by_role("button", name=name)
    for _ in range(15):
        await page.keyboard.press("Tab")
        if await button.evaluate("node => node === document.activeElement"):
            break
    await expect(button).to_be_focused()
    assert await button.evaluate("node => getComputedStyle(node).outlineStyle") == "solid"
    await page.keyboard.press("Enter")


@pytest.mark.parametrize("has_script", [True, False])
async def test_a_double_click_is_one_request(world: World, browser: Browser, has_script: bool) -> None:
    order = await world.place("fashion")
    async with a_window(browser, java_script_enabled=has_script) as window:
        page = window.page
        await open_order(world, page, order)
        await page.get_by_role("button", name="Cancel the whole order").click()
        await page.get_by_role("button", name="Confirm the cancellation").dblclick()
        await page.wait_for_url("**/order/cases/*")
    assert await cases() == 1


async def test_a_second_tab_finds_the_request_of_the_first(world: World, browser: Browser) -> None:
    order = await world.place("fashion")
    async with a_window(browser) as window:
        first, second = window.page, await window.context.new_page()
        window.watch(second)
        for page in (first, second):
            await open_order(world, page, order)
            await page.get_by_role("button", name="Cancel the whole order").click()
        for page in (first, second):
            await page.get_by_role("button", name="Confirm the cancellation").click()
            await page.wait_for_url("**/order/cases/*")
        assert first.url == second.url
    assert await cases() == 1


@pytest.mark.parametrize(
    ("sample", "language", "headline"), [("spanish", "es", "Listo"), ("russian", "ru", "Всё готово")]
)
async def test_the_journey_in_the_orders_own_language(
    world: World, browser: Browser, sample: str, language: str, headline: str
) -> None:
    order = await world.place(sample)
    async with a_window(browser, locale="en-US", **PHONE) as window:
        page = window.page
        await open_order(world, page, order)
        shown = [await page.locator("body").inner_text()]
        assert await fits(page)
        await page.locator("main .button").first.click()
        shown.append(await page.locator("body").inner_text())
        assert await fits(page)
        await page.locator("form[action='/order/cancel'] button").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text(headline)
        shown.append(await page.locator("body").inner_text())
        assert await fits(page)
        assert await page.locator("html").get_attribute("lang") == language
        assert not re.search(r"\b(order|cancel|refund|shipping|person|shop|your|the)\b", "\n".join(shown).lower())


async def test_names_from_anywhere_are_shown_whole(world: World, browser: Browser) -> None:
    order = await world.place("emoji")
    async with a_window(browser, **PHONE) as window:
        page = window.page
        await open_order(world, page, order)
        titles = await page.locator(".line h3").all_inner_texts()
        assert titles == [line.title for line in order.lines]
        for heading in await page.locator(".line h3").all():
            assert await heading.get_attribute("dir") == "auto"
        assert await fits(page)


async def test_a_code_that_is_copied_says_so(world: World, browser: Browser) -> None:
    order = await world.place("fashion")
    shopper = await world.shopper(order)
    case = await shopper.cancel()
    await shopper.until_state(case["id"], "done")
    async with a_window(browser, permissions=["clipboard-read", "clipboard-write"]) as window:
        page = window.page
        await open_order(world, page, order)
        await page.goto(f"{world.url}/order/cases/{case['id']}")
        await page.get_by_role("button", name="Copy the code").click()
        await expect(page.get_by_role("button", name="Copied")).to_be_visible()
        assert await page.evaluate("navigator.clipboard.readText()") == await page.locator("#code").inner_text()
