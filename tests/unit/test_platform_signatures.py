"""WooCommerce's and Shopify's signatures: what is accepted, and that nothing else is."""

from __future__ import annotations

import base64
import hashlib
import hmac
import random
from datetime import UTC, datetime

import pytest

from plugin.ports.storefronts import Delivery, SignatureInvalid, Storefront
from plugin.storefronts.shopify.adapter import ShopifyStorefront
from plugin.storefronts.woocommerce.adapter import WooCommerceStorefront
from plugin.storefronts.woocommerce.signature import special_characters_decoded

AT = datetime(2026, 11, 23, tzinfo=UTC)
BODY = b'{"id": 7, "note": "\xc3\xa9"}'
WOO, SHOPIFY = WooCommerceStorefront(), ShopifyStorefront()


def signed(secret: str, body: bytes = BODY) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def woo_headers(secret: str = "s3cret", body: bytes = BODY) -> dict[str, str]:
    return {"x-wc-webhook-signature": signed(secret, body), "x-wc-webhook-topic": "order.updated"}


def shopify_headers(family: str = "x-shopify-") -> dict[str, str]:
    return {f"{family}hmac-sha256": signed("s3cret"), f"{family}topic": "orders/paid", f"{family}webhook-id": "w-1"}


def accepts(storefront: Storefront, headers: dict[str, str], body: bytes, secret: str = "s3cret") -> bool:
    try:
        storefront.verify(headers, body, [secret], AT)
    except SignatureInvalid:
        return False
    return True


def test_woocommerce_is_accepted_under_each_live_secret() -> None:
    delivery = WOO.verify(woo_headers(), BODY, ["new", "s3cret"], AT)
    assert delivery.topic == "order.updated"
    assert not delivery.is_ping


def test_woocommerces_key_is_the_same_for_the_same_words_only() -> None:
    first, again = (WOO.verify(woo_headers(), BODY, ["s3cret"], AT) for _ in range(2))
    other = WOO.verify(woo_headers(body=BODY + b" "), BODY + b" ", ["s3cret"], AT)
    assert first == again
    assert first.key != other.key


def test_woocommerces_unsigned_ping_is_a_ping() -> None:
    assert WOO.verify({"user-agent": "WooCommerce"}, b"webhook_id=12", ["s"], AT) == Delivery("ping", "ping", True)


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({}, b"webhook_id=12&x=1"),
        ({}, b"webhook_id=12\n"),
        ({}, b"webhook_id="),
        ({}, BODY),
        ({"x-wc-webhook-topic": "order.updated"}, b"webhook_id=12"),
    ],
)
def test_what_only_looks_like_a_ping_needs_a_signature(headers: dict[str, str], body: bytes) -> None:
    assert not accepts(WOO, headers, body)


@pytest.mark.parametrize(
    ("stored", "key"),
    [
        ("a&amp;b", "a&b"),
        ("&lt;&gt;&quot;&#039;&#39;&#x27;&#038;", "<>\"'''&"),
        ("&amp;lt;", "&lt;"),
        ("&eacute;&", "&eacute;&"),
    ],
)
def test_woocommerces_secret_is_decoded_as_wordpress_does(stored: str, key: str) -> None:
    assert special_characters_decoded(stored) == key
    assert accepts(WOO, woo_headers(key), BODY, secret=stored)


@pytest.mark.parametrize("family", ["x-shopify-", "shopify-"])
def test_both_families_of_shopifys_headers_are_read(family: str) -> None:
    assert SHOPIFY.verify(shopify_headers(family), BODY, ["s3cret"], AT) == Delivery("orders/paid:w-1", "orders/paid")


def test_shopify_without_a_webhook_id_is_known_by_its_body() -> None:
    headers = {name: value for name, value in shopify_headers().items() if "id" not in name}
    assert SHOPIFY.verify(headers, BODY, ["s3cret"], AT).key.endswith(hashlib.sha256(BODY).hexdigest())


@pytest.mark.parametrize("secrets", [[], [""], ["other"]])
def test_without_the_secret_nothing_is_accepted(secrets: list[str]) -> None:
    for storefront, headers in ((WOO, woo_headers("")), (SHOPIFY, shopify_headers())):
        with pytest.raises(SignatureInvalid):
            storefront.verify(headers, BODY, secrets, AT)


@pytest.mark.parametrize(
    ("storefront", "headers", "signature"),
    [(WOO, woo_headers(), "x-wc-webhook-signature"), (SHOPIFY, shopify_headers(), "x-shopify-hmac-sha256")],
    ids=["woocommerce", "shopify"],
)
def test_ten_thousand_mutations_are_all_refused(
    storefront: Storefront, headers: dict[str, str], signature: str
) -> None:
    dice = random.Random(7)
    assert accepts(storefront, headers, BODY)
    for _ in range(10_000):
        body, given = BODY, headers[signature].encode()
        if dice.random() < 0.5:
            body = mutated(body, dice)
        else:
            given = mutated(given, dice)
        if (body, given) != (BODY, headers[signature].encode()):
            assert not accepts(storefront, {**headers, signature: given.decode("latin-1")}, body)


def mutated(value: bytes, dice: random.Random) -> bytes:
    at = dice.randrange(len(value))
    kept, byte = dice.choice([(at, b""), (at + 1, b""), (at, bytes([dice.randrange(256)]))])
    return value[:at] + byte + value[kept:]
