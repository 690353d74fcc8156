"""What docs/storefronts claims is run: its code signs, its bodies are read, its names and numbers are the code's."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import httpx
import msgspec
import pytest
from graphql import parse

from plugin.ports.storefronts import CancelRequest, CancelStatus, StoreConnection
from plugin.storefronts.demo.shopify.cost import requested
from plugin.storefronts.demo.shopify.schema import admin_schema
from plugin.storefronts.shopify import documents, hooks
from plugin.storefronts.shopify.api import API_VERSION
from plugin.storefronts.shopify.permissions import NEEDED_FOR
from plugin.storefronts.standard.adapter import StandardStorefront
from plugin.storefronts.standard.cancelling import CancelMessage
from plugin.storefronts.standard.goods_wire import (
    CreditedBody,
    FixedBody,
    GoodsAsk,
    OffersBody,
    OrderMadeBody,
    SaidBody,
)
from plugin.storefronts.standard.schema import EXAMPLE, order_schema
from plugin.storefronts.standard.signature import verified_id
from plugin.storefronts.woocommerce.marks import (
    CANCEL_KEY,
    MADE_KEY,
    ORIGIN,
    OUR_METHOD,
    asked_mark,
    claimed_mark,
    fixed_mark,
)
from plugin.storefronts.woocommerce.subscribing import TOPICS

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "storefronts" / "standard.md").read_text(encoding="utf-8")
SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZg=="
BODY = '{"type":"order.updated","name":"Лусия"}'


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, flags=re.DOTALL)


def test_the_published_schema_is_the_codes() -> None:
    assert json.loads((DOCS / "storefront-order.schema.json").read_text(encoding="utf-8")) == order_schema()


def test_the_order_on_the_page_is_the_schemas_example() -> None:
    assert json.loads(blocks("json")[0]) == EXAMPLE


def test_the_cancel_call_on_the_page_is_the_one_that_is_sent() -> None:
    raw = blocks("json")[1]
    message = msgspec.json.decode(raw, type=CancelMessage)
    assert json.loads(msgspec.json.encode(message)) == json.loads(raw)


GOODS = [json.loads(block) for block in blocks("json")[2:]]


@pytest.mark.parametrize("ask", [block for block in GOODS if "type" in block], ids=lambda block: block["type"])
def test_a_goods_call_on_the_page_is_one_that_is_sent(ask: dict[str, Any]) -> None:
    message: GoodsAsk = msgspec.json.decode(json.dumps(ask), type=GoodsAsk)
    assert json.loads(msgspec.json.encode(message)) == ask


def test_the_page_shows_every_goods_call_and_every_answer_whole() -> None:
    kinds = {each.__struct_config__.tag for each in get_args(GoodsAsk)}
    assert {block["type"] for block in GOODS if "type" in block} == kinds
    shapes: tuple[type[msgspec.Struct], ...] = (OffersBody, OrderMadeBody, SaidBody, FixedBody, CreditedBody)
    for shown, shape in zip((block for block in GOODS if "type" not in block), shapes, strict=True):
        read = msgspec.json.decode(json.dumps(shown), type=shape)
        assert {**json.loads(msgspec.json.encode(read)), "reason": None} == {**shown, "reason": None}


def test_the_python_on_the_page_signs() -> None:
    names: dict[str, Any] = {}
    exec(blocks("python")[0], names)  # the page is ours
    sign: Callable[[str, str, bytes], dict[str, str]] = names["sign"]
    assert verified_id(sign(SECRET, "msg_1", BODY.encode()), BODY.encode(), [SECRET], datetime.now(UTC)) == "msg_1"


@pytest.mark.skipif(shutil.which("node") is None, reason="Node is not here")
def test_the_javascript_on_the_page_signs() -> None:
    script = f"{blocks('js')[0]}\nconsole.log(JSON.stringify(sign({SECRET!r}, 'msg_1', {BODY!r})));"
    said = subprocess.run(["node", "-e", script], capture_output=True, text=True, check=True, timeout=30)
    assert verified_id(json.loads(said.stdout), BODY.encode(), [SECRET], datetime.now(UTC)) == "msg_1"


@pytest.mark.parametrize("answer", re.findall(r"^\| `(\{.*?\})`", PAGE, flags=re.MULTILINE))
async def test_every_answer_on_the_page_is_understood(answer: str) -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(200, content=answer.encode()))
    adapter = StandardStorefront(httpx.AsyncClient(transport=transport))
    store = StoreConnection(shop_id="s", address="http://127.0.0.1/x", secret=SECRET, allow_private_address=True)
    request = CancelRequest(key="c", order_id="o", order_number="1", whole_order=True, lines=())
    assert (await adapter.cancel(store, request)).status is CancelStatus(json.loads(answer)["status"])


def test_woocommerces_page_names_what_is_written_into_a_store() -> None:
    page = (DOCS / "storefronts" / "woocommerce.md").read_text(encoding="utf-8")
    marks = (asked_mark("…"), claimed_mark("…"), fixed_mark("…"))
    written = (CANCEL_KEY, MADE_KEY, ORIGIN, OUR_METHOD, *marks, *TOPICS)
    assert [name for name in written if f"`{name}`" not in page] == []


def test_shopifys_page_names_what_the_app_must_allow_and_what_is_asked() -> None:
    page = (DOCS / "storefronts" / "shopify.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(\w+)` \|", page, flags=re.MULTILINE) == list(NEEDED_FOR)
    assert [topic for topic in hooks.TOPICS if f"`{topic}`" not in page] == []
    assert f"**{API_VERSION}**" in page
    assert f"may cost {requested(admin_schema(), parse(documents.ORDER), {})} points" in page
