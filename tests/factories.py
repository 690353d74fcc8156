"""One valid thing per function; a test names only what matters to it."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count
from typing import Any, Literal

import msgspec

from plugin.cases.models import Case
from plugin.codes.minting import Minted, NotMinted, mint
from plugin.codes.models import Code
from plugin.core.ids import new_id
from plugin.db import transaction
from plugin.orders.models import Order
from plugin.orders.service import store_order
from plugin.policies.models import PolicyVersion
from plugin.ports.orders import (
    Custodian,
    PaymentState,
    StoreCustomer,
    StoreLine,
    StoreOrder,
    StorePayment,
    StoreShipping,
)
from plugin.shops.models import Shop
from plugin.shops.service import NewShop, create_shop, customer_pseudonym, settings_of
from plugin.shops.settings import CodeOffer, ShopSettings
from tests.fakes import NOON, FakePorts

_numbers = count(1001)


async def a_new_shop(ports: FakePorts, settings: ShopSettings | None = None, *, stripe: bool = False) -> NewShop:
    """A shop with the keys that are shown once."""
    return await create_shop(
        ports.vault, name="Lumen", storefront="standard", at=ports.clock.now(), settings=settings,
        stripe_api_key="sk_test_of_the_tests" if stripe else None,
    )  # fmt: skip


async def a_shop(ports: FakePorts, settings: ShopSettings | None = None, *, stripe: bool = False) -> Shop:
    return (await a_new_shop(ports, settings, stripe=stripe)).shop


async def a_shop_offering(
    ports: FakePorts, authority: Literal["ledger", "stripe", "store"] = "ledger", **offer: Any
) -> Shop:
    """A shop whose offer differs from the default in ``offer``; Stripe is connected when it is the authority."""
    settings = ShopSettings(codes=CodeOffer(**offer), code_authority=authority)
    return await a_shop(ports, settings, stripe=authority == "stripe")


def a_store_order(**changes: Any) -> StoreOrder:
    """An order of one line and shipping, paid by card at Stripe: 2 x 24.95, and 4.95 for sending it."""
    number = str(next(_numbers))
    order = StoreOrder(
        id=f"o-{number}", number=f"#{number}", sequence=1, currency="USD", placed_at=NOON - timedelta(hours=2),
        updated_at=NOON - timedelta(hours=2), total=5485,
        lines=(StoreLine(id="l1", title="Linen shirt", quantity=2, unit_price=2495, discount=0, tax=0, total=4990),),
        shipping=StoreShipping(total=495),
        customer=StoreCustomer(email="ada@example.com", name="Ada", country="US", marketing_consent=True),
        payments=(
            StorePayment(
                id="p1", custodian=Custodian.STRIPE, state=PaymentState.CAPTURED, amount=5485, captured=5485,
                reference=f"pi_{number}", label="Visa •••• 4242",
            ),
        ),
    )  # fmt: skip
    return msgspec.structs.replace(order, **changes)


async def an_order(ports: FakePorts, shop: Shop, **changes: Any) -> Order:
    """A stored order of ``a_store_order``'s customer, or of the ``customer`` given."""
    order = a_store_order(**changes)
    customer_hash = customer_pseudonym(ports.vault, shop, order.customer.email, order.customer.id)
    async with transaction(ports.doorbell) as tx:
        stored = await store_order(tx, shop_id=shop.id, order=order, customer_hash=customer_hash, at=ports.clock.now())
    return await Order.get(id=stored.order_id)


async def a_policy(shop: Shop, at: datetime = NOON, **changes: Any) -> PolicyVersion:
    """The shop's live policy, made when there is none. Its document is empty unless one is given."""
    live = await PolicyVersion.get_or_none(shop_id=shop.id, state="live")
    if live is not None:
        return live
    values: dict[str, Any] = {
        "id": new_id("pol"), "shop_id": shop.id, "number": 1, "hash": "0" * 64, "document": {}, "state": "live",
        "written_by": "tests", "written_at": at, "published_by": "tests", "published_at": at, "live_from": at,
    }  # fmt: skip
    return await PolicyVersion.create(**(values | changes))


async def a_case(shop: Shop, order: Order, at: datetime = NOON, **changes: Any) -> Case:
    """A cancellation of the whole order that is done."""
    policy = await a_policy(shop, at)
    values: dict[str, Any] = {
        "id": new_id("case"), "shop_id": shop.id, "order_id": order.id, "number": f"C-{next(_numbers)}",
        "kind": "cancel", "basis": "policy", "state": "done", "asked_by": "shopper", "locale": "en",
        "currency": order.currency, "owed": order.total, "whole_order": True, "takes_shipping": True,
        "revision": order.revision, "policy_id": policy.id, "digest": "0" * 64, "facts": {}, "decision": {},
        "asked_at": at, "changed_at": at, "closed_at": at,
    }  # fmt: skip
    return await Case.create(**(values | changes))


async def mint_for(ports: FakePorts, shop: Shop, order: Order, case: Case) -> Minted | NotMinted:
    """Mint as a journey does: under the order's lock, in its transaction."""
    async with transaction(ports.doorbell) as tx:
        await tx.rows("SELECT id FROM orders WHERE id = $1 FOR UPDATE", order.id)
        return await mint(
            tx, vault=ports.vault, shop=shop, settings=settings_of(shop), order_id=order.id, case_id=case.id,
            customer_hash=order.customer_hash, currency=order.currency, at=ports.clock.now(),
        )  # fmt: skip


async def a_code(ports: FakePorts, shop: Shop, email: str = "ada@example.com") -> tuple[str, Code]:
    """A code that a cancelled order of this customer has earned: as the shopper reads it, and its row."""
    order = await an_order(ports, shop, customer=StoreCustomer(email=email))
    minted = await mint_for(ports, shop, order, await a_case(shop, order))
    assert isinstance(minted, Minted), minted
    return minted.text, await Code.get(id=minted.code_id)
