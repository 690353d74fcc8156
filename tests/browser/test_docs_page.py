"""The API reference in a real browser: it renders an operation, and nothing is fetched from elsewhere."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
import uvicorn
from litestar import get
from litestar.params import FromPath
from playwright.async_api import Browser

from handlers.app import create_app
from plugin.settings import Settings


@get("/v1/orders/{order_id:str}/options", summary="What can be done with this order")
async def options(order_id: FromPath[str]) -> str:
    """Each line with its actions."""
    return order_id


@pytest.fixture
async def address() -> AsyncIterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        app = create_app(Settings(), route_handlers=[options])
        server = uvicorn.Server(uvicorn.Config(app, ws="none", log_config=None, access_log=False))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        await serving


async def test_the_reference_renders_an_operation_and_asks_nobody_else(address: str, browser: Browser) -> None:
    page = await browser.new_page()
    requested: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    await page.goto(f"{address}/docs")
    await page.get_by_text("What can be done with this order").first.wait_for(timeout=15_000)
    await page.get_by_text("Each line with its actions.").first.wait_for(timeout=15_000)
    assert complaints == []
    assert len(requested) >= 3
    assert [url for url in requested if not url.startswith((address, "data:", "blob:"))] == []
