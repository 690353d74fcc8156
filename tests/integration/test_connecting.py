"""A store is connected step by step: nothing is kept before it is proved, and doing it again repairs."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from handlers.cli.connecting import Connected, NotConnected, Telling, Wanted, connect_store, custodians
from plugin.db import rows
from plugin.journeys.connect import AnotherStorefront, PaidThrough, settings_of_store
from plugin.orders.models import Order
from plugin.policies.models import PolicyVersion
from plugin.ports.orders import Custodian, LineCount, PaymentState, StoreFulfilment, StorePayment
from plugin.ports.payments import OutcomeUnknown, RejectCode, Rejected
from plugin.ports.platforms import Permission, StoreFacts
from plugin.shops.links import Credentials, StripeCredentials
from plugin.shops.models import Shop, StoreLink
from plugin.shops.service import payment_account, settings_of, store_connection, webhook_secrets
from tests.factories import a_shop, a_store_order
from tests.fakes import NOON, FakePorts
from tests.linkable_platform import GRANTED, LUMEN, TOPICS, LinkablePlatform
from tests.linked_shop import ports_with

HOME = "https://127.0.0.1"  # resolves without a name server; private addresses are for these tests only


def given(**changes: Any) -> Wanted:
    credentials = Credentials(address=HOME, key="ck_1", secret="cs_1")
    return replace(Wanted(storefront="woocommerce", credentials=credentials), **changes)


@dataclass
class Told:
    """What was said, in the sequence of the steps."""

    well: list[str] = field(default_factory=list)
    badly: list[str] = field(default_factory=list)
    pages: list[tuple[int, int | None]] = field(default_factory=list)

    def telling(self) -> Telling:
        return Telling(self.well.append, self.badly.append, lambda page: self.pages.append((page.orders, page.total)))


def ports_of(platform: LinkablePlatform, **changes: Any) -> FakePorts:
    return FakePorts(**{**vars(ports_with(platform)), "allow_private_addresses": True, **changes})


async def connected(ports: FakePorts, told: Told | None = None, **changes: Any) -> Connected:
    return await connect_store(ports, given(**changes), (told or Told()).telling())


async def test_a_store_becomes_a_shop_with_its_settings_policy_webhooks_and_orders(database: str) -> None:
    platform, told = LinkablePlatform(page_size=20), Told()
    platform.put(*(a_store_order() for _ in range(30)))
    ports = ports_of(platform)
    made = await connected(ports, told)

    shop = await Shop.get(id=made.shop)
    settings = settings_of(shop)
    assert (shop.name, shop.storefront, shop.store_address) == ("Lumen", "woocommerce", HOME)
    assert (settings.country, settings.time_zone, settings.locale) == ("ES", "Europe/Madrid", "es")
    assert await PolicyVersion.exists(shop_id=shop.id, state="live")
    store = store_connection(ports.vault, shop, allow_private_address=True)
    assert (store.key, store.secret) == ("ck_1", "cs_1")
    assert "cs_1" not in str(await rows("SELECT * FROM shops"))
    assert platform.live == dict.fromkeys(TOPICS, f"https://comeback.example/hooks/{shop.id}/woocommerce")
    assert platform.secret == webhook_secrets(ports.vault, shop)[0]
    assert (made.orders_read, made.outlook.orders, made.to_mend, told.badly) == (30, 30, (), [])
    assert told.pages == [(20, 30), (10, 30)]
    assert made.keys is not None
    assert made.keys.secret_key.startswith("sk_comeback_")
    assert await rows("SELECT 1 FROM mails") == await rows("SELECT 1 FROM codes") == []


@pytest.mark.parametrize(
    ("failure", "says"),
    [
        (Rejected(RejectCode.BAD_CREDENTIALS, "Consumer key is invalid."), "refuses these credentials: Consumer key"),
        (OutcomeUnknown("timed out"), "no answer of use: timed out Nothing was saved"),
        (Rejected(RejectCode.NOT_FOUND, "No WooCommerce here."), "cannot be connected: No WooCommerce here."),
    ],
)
async def test_what_cannot_be_proved_leaves_nothing_behind(database: str, failure: Exception, says: str) -> None:
    with pytest.raises(NotConnected, match=says):
        await connected(ports_of(LinkablePlatform(fails_with=failure)))
    assert await rows("SELECT 1 FROM shops") == []


@pytest.mark.parametrize("address", ["http://lumen.example", "https://10.0.0.1", "https://lumen.invalid", "ftp://x"])
async def test_an_address_that_may_not_be_called_is_not_called(database: str, address: str) -> None:
    platform = LinkablePlatform()
    ports = ports_of(platform, allow_private_addresses=False)
    with pytest.raises(NotConnected):
        await connected(ports, credentials=Credentials(address=address, secret="cs_1"))
    assert platform.keys == []


async def test_a_missing_permission_ends_it_with_how_to_mend_it_and_anyway_goes_past(database: str) -> None:
    mend = "Make a key with Read/Write."
    lacks = Permission(name="orders: write", needed_for="nothing can be cancelled", is_granted=False, mend=mend)
    ports, told = ports_of(LinkablePlatform(granted=(GRANTED[0], lacks))), Told()
    with pytest.raises(NotConnected, match="nothing was saved"):
        await connected(ports, told)
    assert told.badly == [f"The key lacks the permission “orders: write”: without it nothing can be cancelled. {mend}"]
    assert await rows("SELECT 1 FROM shops") == []
    made = await connected(ports, anyway=True)
    assert (made.missing_permissions, made.to_mend) == (
        ("orders: write",),
        ("The key lacks the permission “orders: write”.",),
    )


async def test_the_same_store_again_is_the_same_shop_with_new_keys_and_its_gaps_filled(database: str) -> None:
    platform = LinkablePlatform()
    ports = ports_of(platform)
    account = StripeCredentials(api_key="sk_test_1", webhook_secret="whsec_1")
    first = await connected(ports, stripe=account)
    await rows('UPDATE shops SET settings = settings || \'{"locale": "ru"}\'')
    secret = platform.secret
    platform.live.clear()
    ports.clock.advance(timedelta(days=2))
    platform.put(a_store_order(updated_at=NOON + timedelta(days=1)))

    again = await connected(
        ports, name="Lumen & Co", credentials=Credentials(address=HOME, key="ck_2", secret="cs_2"),
        stripe_by_default=StripeCredentials(api_key="sk_of_somebody_else"),
    )  # fmt: skip

    shop = await Shop.get()
    store, stripe = store_connection(ports.vault, shop, allow_private_address=True), payment_account(ports.vault, shop)
    assert (again.shop, again.is_new, again.keys) == (first.shop, False, None)
    assert (store.key, store.secret, shop.name, settings_of(shop).locale) == ("ck_2", "cs_2", "Lumen & Co", "ru")
    assert stripe is not None
    assert stripe.api_key == "sk_test_1"
    assert (set(platform.live), platform.secret) == (set(TOPICS), secret)
    assert await PolicyVersion.filter(shop_id=shop.id).count() == 1
    assert await Order.all().count() == 1
    assert (await StoreLink.get()).mended_hooks == len(TOPICS)


async def test_a_named_shop_tries_its_own_credentials_again(database: str) -> None:
    platform = LinkablePlatform()
    ports = ports_of(platform)
    first = await connected(ports)
    platform.keys.clear()
    again = await connected(ports, credentials=None, shop_id=first.shop)
    assert (again.shop, set(platform.keys)) == (first.shop, {("ck_1", "cs_1")})
    standard = await a_shop(ports)
    with pytest.raises(AnotherStorefront, match="is a standard shop"):
        await connected(ports, shop_id=standard.id)


async def test_a_secret_that_the_platform_signs_with_stands_before_the_one_until_now(database: str) -> None:
    platform = LinkablePlatform(name="shopify")
    ports = ports_of(platform)

    async def with_secret(secret: str) -> tuple[str, ...]:
        credentials = Credentials(address=HOME, key="id", secret=secret, webhook_secret=secret)
        await connected(ports, storefront="shopify", credentials=credentials)
        return webhook_secrets(ports.vault, await Shop.get())

    first = await with_secret("one")
    assert (first[0], platform.secret) == ("one", "one")
    assert await with_secret("one") == first
    assert await with_secret("two") == ("two", "one")


async def test_an_import_that_breaks_off_is_told_and_goes_on_where_it_was(database: str) -> None:
    platform, told = LinkablePlatform(page_size=10), Told()
    platform.put(*(a_store_order() for _ in range(25)))
    platform.fails_with, platform.fails_after = Rejected(RejectCode.OTHER, "The store is being updated."), 5
    ports = ports_of(platform)
    made = await connected(ports, told)
    assert made.to_mend == ("The import was broken off: The store is being updated.",)
    assert await Order.all().count() == 10
    again = await connected(ports)
    assert (again.orders_read, await Order.all().count(), again.to_mend) == (15, 25, ())


async def test_a_service_on_this_machine_is_told_that_no_store_reaches_it(database: str) -> None:
    ports, told = ports_of(LinkablePlatform(), public_url="http://localhost:8000"), Told()
    credentials = Credentials(address="https://1.1.1.1", key="ck_1", secret="cs_1")
    made = await connected(ports, told, credentials=credentials)
    assert len(told.badly) == len(made.to_mend) == 1
    assert "cannot reach http://localhost:8000" in told.badly[0]
    local = await connected(ports_of(LinkablePlatform(), public_url="http://localhost:8000"))
    assert local.to_mend == ()


async def test_the_ending_says_what_can_be_cancelled_and_who_pays_it_back(database: str) -> None:
    def paid(custodian: Custodian, label: str) -> tuple[StorePayment, ...]:
        return (StorePayment(id="p1", custodian=custodian, state=PaymentState.CAPTURED, amount=5485, label=label),)

    platform = LinkablePlatform()
    platform.put(
        a_store_order(fulfilments=(StoreFulfilment(id="f1", lines=(LineCount("l1", 1),)),)),
        a_store_order(),
        a_store_order(payments=paid(Custodian.STOREFRONT, "PayPal")),
        a_store_order(payments=paid(Custodian.MANUAL, "Cash on delivery")),
    )
    made = await connected(ports_of(platform), stripe=StripeCredentials(api_key="sk_test_1"))
    assert (made.outlook.orders, made.outlook.cancellable) == (4, 3)
    assert custodians(made.outlook.paid, has_stripe=made.stripe_connected) == [
        "2 orders paid through Stripe: refunded at once",
        "1 order paid by Cash on delivery: a person pays back, and the shopper is told so",
        "1 order paid by PayPal: refunded through the store",
    ]
    without = custodians((PaidThrough("stripe", None, 2),), has_stripe=False)
    assert without == ["2 orders paid through Stripe: a person pays back, until you give the shop its Stripe key"]


def test_settings_begin_where_the_stores_are_and_leave_out_what_nobody_knows() -> None:
    odd = StoreFacts(name="X", country="Spain", time_zone="UTC+2", locale="es_ES", home_url="http://x.example")
    assert settings_of_store(odd).locale == "es_ES"
    assert (settings_of_store(odd).country, settings_of_store(odd).time_zone) == ("US", "UTC")
    assert settings_of_store(odd).brand.home_url is None
    assert settings_of_store(LUMEN).time_zone == "Europe/Madrid"
    assert settings_of_store(LUMEN).code_authority == "store"
