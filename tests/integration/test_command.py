"""The command as a person runs it: each test starts the real program on a real database."""

from __future__ import annotations

import socket
from datetime import UTC, datetime
from pathlib import Path

from handlers.compose import adapters
from handlers.runner import LocalBell
from handlers.serving import listen, serve_app
from handlers.web import build_app
from plugin import db
from plugin.core.vault import Vault
from plugin.inbox.events import EventState
from plugin.inbox.models import InboxEvent
from plugin.journeys import staff_accounts
from plugin.orders.models import Order
from plugin.settings import Settings
from plugin.shops.models import Shop
from plugin.shops.service import webhook_secrets
from tests.arrivals import receive
from tests.fixtures_command import SECRET, Comeback
from tests.waiting import eventually

NEWER = "a newer secret of the tests that is long enough too"


async def test_a_created_shop_is_listed_shown_and_ready_for_a_webhook(
    comeback: Comeback, database: str, tmp_path: Path
) -> None:
    made = (await comeback("shop", "create", "Lumen", "--country", "ES", "--json")).json
    assert made["secret_key"].startswith("sk_comeback_")
    assert made["hooks"]["standard"] == f"http://127.0.0.1:8000/hooks/{made['shop']}/standard"
    listed = (await comeback("shop", "list", "--json")).json
    assert [each["name"] for each in listed] == ["Lumen"]
    shown = await comeback("shop", "show", made["shop"])
    assert shown.json["settings"]["country"] == "ES"
    assert made["secret_key"] not in shown.out
    settings = Settings(data=tmp_path, secret_keys=(SECRET,))
    listener = listen("127.0.0.1", 0)
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    async with serve_app(build_app(settings, connected=True), listener):
        sent = await comeback("trigger", made["shop"], "--sample", "spanish", "--to", address, "--json")
        assert sent.json["status"] == 202
        assert await eventually(lambda: Order.exists(shop_id=made["shop"], external_id=sent.json["order_id"]))


async def test_what_cannot_be_done_is_said_in_a_sentence_without_a_traceback(comeback: Comeback) -> None:
    unknown = await comeback("shop", "show", "shop_nobody")
    storefront = await comeback("shop", "create", "Lumen", "--storefront", "magento")
    unreachable = await comeback("shop", "list", DATABASE_URL="postgres://x:y@127.0.0.1:9/z")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        occupied = await comeback("serve", "--port", port)
    unsafe = await comeback("serve", COMEBACK_ENV="production", COMEBACK_SECRET_KEY="demo")
    assert (unknown.status, unknown.err) == (1, "There is no such shop.\n")
    assert storefront.err == "A storefront is one of standard, woocommerce, shopify.\n"
    assert "comeback doctor" in unreachable.err
    assert "COMEBACK_SECRET_KEY" in unsafe.err
    assert "PUBLIC_URL" in unsafe.err
    assert f"cannot listen at 127.0.0.1:{port}" in occupied.err
    assert not any("Traceback" in each.err for each in (unknown, storefront, unreachable, unsafe, occupied))


async def test_settings_are_read_strictly_and_kept_whole(comeback: Comeback, tmp_path: Path) -> None:
    shop = (await comeback("shop", "create", "Lumen", "--json")).json["shop"]
    document = tmp_path / "settings.json"
    document.write_text('{"brand": {"accent": "red"}}')
    refused = await comeback("shop", "settings", shop, str(document))
    document.write_text('{"brand": {"accent": "#aa0000"}, "locale": "es"}')
    taken = await comeback("shop", "settings", shop, str(document))
    assert (refused.status, refused.err) == (1, "brand.accent is out of range.\n")
    assert taken.status == 0
    assert (await Shop.get(id=shop)).settings["brand"]["accent"] == "#aa0000"


async def test_a_shop_is_paused_and_resumed_and_the_log_says_so(comeback: Comeback) -> None:
    shop = (await comeback("shop", "create", "Lumen", "--json")).json["shop"]
    paused = await comeback("shop", "pause", shop)
    shown = (await comeback("shop", "show", shop)).json
    resumed = await comeback("shop", "resume", shop)
    assert (paused.out, shown["paused"]) == ("✓ Lumen is paused. A person decides.\n", True)
    assert "shop_paused" in paused.err
    assert "shop_resumed" in resumed.err
    assert resumed.out == "✓ Lumen decides by its policy.\n"
    assert not (await Shop.get(id=shop)).paused


async def test_a_rotated_webhook_secret_stands_beside_the_one_before(comeback: Comeback) -> None:
    made = (await comeback("shop", "create", "Lumen", "--json")).json
    fresh = (await comeback("shop", "rotate-secret", made["shop"])).out.strip()
    shop = await Shop.get(id=made["shop"])
    assert webhook_secrets(Vault((SECRET,)), shop) == (fresh, made["webhook_secret"])


async def test_rotated_keys_open_without_the_old_one(comeback: Comeback) -> None:
    made = (await comeback("shop", "create", "Lumen", "--json")).json
    rotated = await comeback("keys", "rotate", COMEBACK_SECRET_KEY=f"{NEWER},{SECRET}")
    again = await comeback("keys", "rotate", COMEBACK_SECRET_KEY=NEWER)
    assert rotated.out.startswith("✓ 3 values sealed anew.")
    assert again.out.startswith("✓ 0 values sealed anew.")
    shop = await Shop.get(id=made["shop"])
    assert webhook_secrets(Vault((NEWER,)), shop) == (made["webhook_secret"],)


async def test_a_webhook_that_was_set_aside_is_listed_with_its_reason_and_replayed(comeback: Comeback) -> None:
    shop = (await comeback("shop", "create", "Lumen", "--json")).json["shop"]
    await receive(LocalBell(), shop_id=shop, source="standard", key="msg_1", topic="x", body=b"?", at=datetime.now(UTC))
    swept = await comeback("sweep")
    listed = (await comeback("inbox", "list", shop, "--json")).json
    replayed = await comeback("inbox", "replay", shop)
    assert swept.out == "✓ 1 pieces of work done.\n"
    assert [each["source"] for each in listed] == ["standard"]
    assert "JSON" in listed[0]["why"]
    assert replayed.out.startswith("✓ 1 webhooks are being read again.")
    assert (await InboxEvent.get(event_key="msg_1")).state == EventState.RECEIVED


async def test_an_altered_audit_is_found(comeback: Comeback, tmp_path: Path, database: str) -> None:
    made = (await comeback("shop", "create", "Lumen", "--json")).json
    settings = Settings(data=tmp_path, secret_keys=(SECRET,))
    listener = listen("127.0.0.1", 0)
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    async with serve_app(build_app(settings, connected=True), listener):
        await comeback("trigger", made["shop"], "--to", address)
        assert await eventually(lambda: Order.exists(shop_id=made["shop"]))
    whole = await comeback("audit", "verify")
    await db.rows("UPDATE audit_events SET canonical = replace(canonical, '26666', '16666') RETURNING id")
    altered = await comeback("audit", "verify", "--shop", made["shop"])
    assert (whole.status, whole.out) == (0, "✓ 2 chains hold.\n")
    assert altered.status == 1
    assert "its hash does not follow" in altered.out


async def test_a_store_is_connected_later(comeback: Comeback, tmp_path: Path) -> None:
    shop = (await comeback("shop", "create", "Lumen", "--json")).json["shop"]
    done = await comeback("shop", "connect", shop, "--store-address", "https://store.example/comeback")
    assert done.status == 0
    async with adapters(Settings(data=tmp_path, secret_keys=(SECRET,)), LocalBell()):
        assert (await Shop.get(id=shop)).store_address == "https://store.example/comeback"


async def test_it_works_without_prepared_statements_as_a_pooler_may_want(comeback: Comeback, database: str) -> None:
    address = f"{database}{'&' if '?' in database else '?'}statement_cache_size=0"
    made = await comeback("shop", "create", "Lumen", "--json", DATABASE_URL=address)
    listed = await comeback("shop", "list", "--json", DATABASE_URL=address)
    assert [each["shop"] for each in listed.json] == [made.json["shop"]]


async def test_the_demo_does_not_start_in_production(comeback: Comeback) -> None:
    ended = await comeback(
        "demo", COMEBACK_ENV="production", PUBLIC_URL="https://comeback.example", SMTP_URL="smtp://127.0.0.1:1",
        MAIL_FROM="Shop <orders@shop.example>",
    )  # fmt: skip
    assert (ended.status, "not for production" in ended.err + ended.out) == (1, True)


async def test_the_first_owner_comes_in_by_a_printed_link_and_is_kept(
    comeback: Comeback, database: str, tmp_path: Path
) -> None:
    shop = (await comeback("shop", "create", "Lumen", "--json")).json["shop"]
    invited = await comeback("staff", "invite", shop, "Ada@Example.com", "--role", "owner")
    assert (invited.status, "ada@example.com may join" in invited.out) == (0, True)
    link = invited.out.split()[-1]
    assert [each["state"] for each in (await comeback("staff", "list", shop, "--json")).json] == ["invited"]
    async with adapters(Settings(data=tmp_path, secret_keys=(SECRET,)), LocalBell()) as ports:
        await staff_accounts.accept(ports, link.rpartition("/")[2], "seven quiet lanterns")
    listed = (await comeback("staff", "list", shop, "--json")).json
    assert [(each["email"], each["role"]) for each in listed] == [("ada@example.com", "owner")]
    again = await comeback("staff", "invite", shop, "ada@example.com", "--role", "agent")
    kept = await comeback("staff", "remove", shop, "ada@example.com")
    reset = await comeback("staff", "reset-totp", shop, "ada@example.com")
    unknown = await comeback("staff", "remove", shop, "bob@example.com")
    god = await comeback("staff", "invite", shop, "bob@example.com", "--role", "god")
    assert (again.status, again.err) == (1, "This address has an account at this shop already.\n")
    assert (kept.status, "keeps at least one owner" in kept.err) == (1, True)
    assert reset.status == 0
    assert (unknown.status, unknown.err) == (1, "bob@example.com has no account at this shop.\n")
    assert god.err == "A role is one of viewer, agent, approver, admin, owner.\n"
    assert (await comeback("audit", "verify")).out == "✓ 1 chains hold.\n"
