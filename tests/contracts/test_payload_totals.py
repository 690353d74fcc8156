"""Real bodies of real platforms: each is an order, ignored or set aside, and every order adds up to the cent.

The bodies are in ``shared/payloads`` beside the repository (or in ``COMEBACK_SHARED``); without them nothing is run.
"""

from __future__ import annotations

import csv
import json
import os
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from plugin.ports.orders import OrderState, parts_total
from plugin.ports.storefronts import Ignored, OrderChanged, PersonAsked, ShopLeft, Storefront, Unparseable
from plugin.storefronts.shopify.adapter import ShopifyStorefront
from plugin.storefronts.standard.adapter import StandardStorefront
from plugin.storefronts.woocommerce.adapter import WooCommerceStorefront

PAYLOADS = Path(os.environ.get("COMEBACK_SHARED", Path(__file__).resolve().parents[3] / "shared")) / "payloads"
pytestmark = pytest.mark.skipif(not (PAYLOADS / "INDEX.tsv").exists(), reason="shared/payloads is not here")

ADAPTERS: list[Storefront] = [WooCommerceStorefront(), ShopifyStorefront(), StandardStorefront(httpx.AsyncClient())]

# What the parts miss of the platform's own total, in minor units, and why.
UNEXPLAINED = {
    "shopify/orders_updated-12.json": (
        -19900,
        "a documentation sample of 2008: three lines of 199.00 beside a subtotal of 398.00, which is two of them",
    ),
}

NOT_AN_ORDER = {
    "shopify/orders_delete-1.json": "the body is an id only",
    "shopify/orders_edited-2.json": "the body tells only what an edit changed",
    "shopify/orders_risk_assessment_changed-1.json": "the body holds no order, not even its id",
}


def indexed() -> list[tuple[str, str, str]]:
    """(file, platform, topic) of every body."""
    if not (PAYLOADS / "INDEX.tsv").exists():
        return []
    with (PAYLOADS / "INDEX.tsv").open(newline="", encoding="utf-8") as index:
        return [(row["file"], row["platform"], row["topic"]) for row in csv.DictReader(index, delimiter="\t")]


def orders() -> list[tuple[str, str, str]]:
    return [
        (file, platform, topic)
        for file, platform, topic in indexed()
        if file not in NOT_AN_ORDER
        and (
            (platform == "shopify" and topic.startswith("orders/"))
            or (platform == "woocommerce" and topic[:6] == "order.")
        )
    ]


def adapter_of(platform: str) -> Storefront:
    return next(adapter for adapter in ADAPTERS if adapter.name == platform)


@pytest.mark.parametrize(("file", "platform", "topic"), orders(), ids=[file for file, *_ in orders()])
def test_an_orders_parts_add_up_to_the_platforms_own_total(file: str, platform: str, topic: str) -> None:
    outcome = adapter_of(platform).parse(topic, (PAYLOADS / file).read_bytes())
    assert isinstance(outcome, OrderChanged)
    order = outcome.order
    missing, _ = UNEXPLAINED.get(file, (0, ""))
    assert order.total == parts_total(order) + order.unexplained
    assert order.unexplained == missing
    assert all(line.total >= line.tax >= 0 for line in order.lines)


@pytest.mark.parametrize("adapter", ADAPTERS, ids=lambda adapter: adapter.name)
def test_every_body_at_every_door_is_an_order_ignored_or_set_aside(adapter: Storefront) -> None:
    bodies = indexed()
    assert len(bodies) >= 90
    for file, platform, topic in bodies:
        body = (PAYLOADS / file).read_bytes()
        for said in {topic, "orders/updated", "order.updated", ""}:
            try:
                outcome = adapter.parse(said, body)
            except Unparseable as error:
                assert error.args[0]
            else:
                assert isinstance(outcome, OrderChanged | PersonAsked | ShopLeft | Ignored)
                assert platform == adapter.name or isinstance(outcome, Ignored), (file, said)


@pytest.mark.parametrize("file", NOT_AN_ORDER)
def test_what_holds_no_order_makes_none(file: str) -> None:
    topic = next(topic for name, _, topic in indexed() if name == file)
    try:
        outcome = ShopifyStorefront().parse(topic, (PAYLOADS / file).read_bytes())
    except Unparseable:
        return
    assert isinstance(outcome, PersonAsked | ShopLeft | Ignored)


def test_the_body_tells_the_state_though_the_topic_says_paid() -> None:
    outcome = ShopifyStorefront().parse("orders/paid", (PAYLOADS / "shopify/orders_paid-1.json").read_bytes())
    assert isinstance(outcome, OrderChanged)
    assert outcome.order.state is OrderState.CANCELLED
    assert outcome.order.id == "820982911946154508"  # from the global id: the capture has rounded the number


def test_shopifys_own_signature_vector_is_verified() -> None:
    body = (PAYLOADS / "shopify/orders_create-3.json").read_bytes()
    headers = {
        "x-shopify-hmac-sha256": "hvTE9wpDzMcDnPEuHWvYZ58ElKn5vHs0LomurfNIuUc=",
        "x-shopify-topic": "orders/create",
        "x-shopify-webhook-id": "w1",
    }
    delivery = ShopifyStorefront().verify(headers, body, ["another", "0" * 32], datetime.now(UTC))
    assert (delivery.key, delivery.topic) == ("orders/create:w1", "orders/create")


def test_captured_headers_name_the_topic_of_their_body() -> None:
    """The secrets of the captures are not known: what is checked is that the names of headers we read are real."""
    for headers_file in PAYLOADS.glob("shopify/*.headers.json"):
        headers = json.loads(headers_file.read_text())
        assert {"x-shopify-hmac-sha256", "x-shopify-topic", "x-shopify-webhook-id"} <= headers.keys(), headers_file
    for headers_file in PAYLOADS.glob("woocommerce/*.headers.json"):
        headers = json.loads(headers_file.read_text())
        assert {"x-wc-webhook-signature", "x-wc-webhook-topic"} <= headers.keys(), headers_file
