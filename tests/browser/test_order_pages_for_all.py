"""Whether everybody can use the pages: labels, headings, targets, contrast and calm."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page

from handlers.pages.assets import STATIC
from handlers.pages.looks import READABLE, readable
from plugin.messages.theme import DARK, LIGHT, contrast, ink_on
from tests.browser.test_order_pages import a_window, open_order
from tests.world import World

ACCENTS = ("#0f766e", "#ffffff", "#000000", "#ffe600", "#8c4a2f", "#7f7f7f", "#ff00ff", "#0000ff")
FAULTS = """() => {
  const faults = [];
  const visible = (node) => node.offsetParent !== null && node.type !== "hidden";
  for (const input of document.querySelectorAll("input, select, textarea"))
    if (visible(input) && !input.labels.length) faults.push(`no label: ${input.outerHTML}`);
  for (const control of document.querySelectorAll("a, button"))
    if (!control.textContent.trim() && !control.querySelector("img[alt]")) faults.push(`no name: ${control.outerHTML}`);
  const levels = [...document.querySelectorAll("h1, h2, h3")].map((heading) => Number(heading.tagName[1]));
  if (levels[0] !== 1 || levels.filter((level) => level === 1).length !== 1) faults.push(`headings: ${levels}`);
  levels.reduce((above, level) => { if (level > above + 1) faults.push(`headings: ${levels}`); return level; }, 0);
  for (const target of document.querySelectorAll("button, select, input, textarea, a")) {
    const box = target.getBoundingClientRect();
    if (visible(target) && !target.matches(".skip") && box.height < 44) faults.push(`small: ${target.outerHTML}`);
  }
  const ids = [...document.querySelectorAll("[id]")].map((node) => node.id);
  if (new Set(ids).size !== ids.length) faults.push(`ids: ${ids}`);
  for (const name of ["aria-labelledby", "aria-describedby"])
    for (const node of document.querySelectorAll(`[${name}]`))
      if (!document.getElementById(node.getAttribute(name))) faults.push(`nowhere: ${node.outerHTML}`);
  for (const image of document.querySelectorAll("img")) if (!image.hasAttribute("alt")) faults.push("no alt");
  if (!document.title || !document.documentElement.lang || !document.querySelector("main")) faults.push("no frame");
  return faults;
}"""


async def visited(world: World, page: Page) -> AsyncIterator[str]:
    """Every page in turn."""
    order = await world.place("fashion")
    await page.goto(f"{world.url}/shops/{world.shop.id}/orders")
    yield "lookup"
    await page.goto(f"{world.url}/shops/{world.shop.id}/policy")
    yield "policy"
    await page.go_back()
    await page.fill("#number", order.number)
    await page.fill("#email", "somebody@example.com")
    await page.click("main .button")
    yield "code"
    await open_order(world, page, order)
    yield "order"
    await page.click(".person a")
    yield "person"
    await page.go_back()
    await page.click("button[name=whole]")
    yield "preview"
    await page.click("form[action='/order/cancel'] button")
    await page.get_by_text("All done").wait_for()
    yield "case"
    await page.click(".eyebrow a")
    yield "cancelled order"


async def test_every_page_can_be_used_by_everybody(world: World, browser: Browser) -> None:
    async with a_window(browser, viewport={"width": 390, "height": 800}) as window:
        faults = {name: found async for name in visited(world, window.page)
                  if (found := await window.page.evaluate(FAULTS))}  # fmt: skip
    assert faults == {}


async def test_nothing_moves_for_who_wants_no_motion(world: World, browser: Browser) -> None:
    async with a_window(browser, reduced_motion="reduce") as window:
        page = window.page
        await page.goto(f"{world.url}/shops/{world.shop.id}/orders")
        probe = (
            "document.body.insertAdjacentHTML('beforeend', '<ol><li class=\"step now\"><span class=mark></span></ol>')"
        )
        await page.evaluate(probe)
        assert (
            await page.evaluate("getComputedStyle(document.querySelector('.mark'), '::after').animationName") == "none"
        )


def colours() -> list[dict[str, str]]:
    """The custom properties of the sheet, light and dark."""
    sheet = (STATIC / "pages.css").read_text()
    return [
        dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block)) for block in re.findall(r":root \{(.*?)\}", sheet, re.S)
    ]


@pytest.mark.parametrize("scheme", colours(), ids=["light", "dark"])
def test_words_can_be_read_on_everything_that_lies_behind_them(scheme: dict[str, str]) -> None:
    for ink in ("ink", "quiet"):
        for paper in ("paper", "card", "panel", "gift", "notice"):
            assert contrast(scheme[ink], scheme[paper]) >= READABLE, (ink, paper)
    for paper in ("card", "panel"):
        assert contrast(scheme["edge"], scheme[paper]) >= 3, paper


@pytest.mark.parametrize("accent", ACCENTS)
def test_any_accent_can_be_read(accent: str) -> None:
    assert contrast(accent, ink_on(accent)) >= READABLE
    for palette, paper, toward in ((LIGHT, "#f6f0e7", "#000000"), (DARK, "#171513", "#ffffff")):
        ink = readable(accent, (palette.card, paper), toward=toward)
        assert min(contrast(ink, palette.card), contrast(ink, paper)) >= READABLE
