"""``comeback connect`` as a person or a script starts it, before any store is called."""

from __future__ import annotations

import pytest

from handlers.cli.connect import shopify_address, web_address
from plugin.db import rows
from tests.fixtures_command import Comeback


async def test_a_script_is_told_what_it_did_not_give_and_nothing_is_saved(comeback: Comeback) -> None:
    address = await comeback("connect", "woocommerce")
    secret = await comeback("connect", "woocommerce", "--address", "shop.example", "--key", "ck_1")
    shopify = await comeback("connect", "shopify", "--domain", "lumen", SHOPIFY_ACCESS_TOKEN="shpat_1")
    assert {each.status for each in (address, secret, shopify)} == {2}
    assert "give --address" in address.err
    assert "give WOOCOMMERCE_SECRET" in secret.err
    assert "give SHOPIFY_CLIENT_SECRET" in shopify.err
    assert await rows("SELECT 1 FROM shops") == []


async def test_a_secret_on_the_command_line_is_warned_of_and_printed_nowhere(comeback: Comeback) -> None:
    ended = await comeback(
        "connect", "woocommerce", "--address", "https://127.0.0.1:9", "--key", "ck_1", "--secret", "cs_very_secret"
    )
    assert ended.status == 1
    assert "--secret on the command line stays" in ended.err
    quiet = await comeback(
        "connect", "woocommerce", "--json", WOOCOMMERCE_URL="https://127.0.0.1:9", WOOCOMMERCE_KEY="ck_1",
        WOOCOMMERCE_SECRET="cs_very_secret",
    )  # fmt: skip
    assert (quiet.status, quiet.out, "command line" in quiet.err) == (1, "", False)
    assert "cs_very_secret" not in ended.out + ended.err + quiet.err
    assert not any("Traceback" in each.err for each in (ended, quiet))


async def test_a_shop_of_another_storefront_is_not_connected_to_this_one(comeback: Comeback) -> None:
    shop = (await comeback("shop", "create", "Lumen", "--json")).json["shop"]
    ended = await comeback("connect", "woocommerce", "--shop", shop)
    assert (ended.status, "Traceback" in ended.err) == (1, False)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("lumen", "https://lumen.myshopify.com"),
        (" Lumen.myshopify.com/ ", "https://lumen.myshopify.com"),
        ("https://lumen.myshopify.com/admin", "https://lumen.myshopify.com"),
        ("https://admin.shopify.com/store/lumen/settings", "https://lumen.myshopify.com"),
    ],
)
def test_a_shopify_store_is_the_same_however_it_is_typed(typed: str, kept: str) -> None:
    assert shopify_address(typed) == kept


def test_an_address_is_kept_with_its_scheme_and_without_a_slash_at_its_end() -> None:
    assert web_address("Shop.Example/store/") == "https://shop.example/store"
    assert web_address("http://localhost:8080") == "http://localhost:8080"


def test_an_address_from_the_browsers_bar_is_the_store_itself() -> None:
    typed = ("", "/", "/wp-admin/admin.php?page=wc-settings#keys", "/?lang=es", "/wp-json/wc/v3", "/wp-login.php")
    assert {web_address(f"https://Shop.example/es{each}") for each in typed} == {"https://shop.example/es"}


async def test_a_password_in_the_address_is_refused_and_not_printed(comeback: Comeback) -> None:
    ended = await comeback(
        "connect", "woocommerce", "--address", "https://ana:canary@shop.example", WOOCOMMERCE_KEY="k",
        WOOCOMMERCE_SECRET="s",
    )  # fmt: skip
    assert (ended.status, "no password" in ended.err) == (1, True)
    assert "canary" not in ended.out + ended.err
