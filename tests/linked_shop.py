"""A shop that is connected to a fake platform, and its work done in the test's own time."""

from __future__ import annotations

from datetime import timedelta

from handlers.jobs import run_claim
from plugin.db import rows, transaction
from plugin.outbox import service as outbox
from plugin.ports.payments import PaymentGateway
from plugin.ports.runtime import Ports
from plugin.shops.links import Credentials, StripeCredentials, connect_platform
from plugin.shops.models import Shop
from plugin.shops.settings import ShopSettings
from tests.fakes import FakePorts, fake_ports
from tests.linkable_platform import LinkablePlatform

ADDRESS = "https://lumen.example"


def ports_with(platform: LinkablePlatform, *, payments: PaymentGateway | None = None) -> FakePorts:
    """The fakes, with one platform, at an address that it can reach."""
    changes: dict[str, object] = {"platforms": {platform.name: platform}, "public_url": "https://comeback.example"}
    return FakePorts(**{**vars(fake_ports()), **changes, **({"payments": payments} if payments else {})})


async def a_linked_shop(
    ports: Ports, *, stripe: StripeCredentials | None = None, settings: ShopSettings | None = None
) -> Shop:
    """A shop of the platform ``woocommerce`` whose import is still to come."""
    async with transaction(ports.doorbell):
        made = await connect_platform(
            ports.vault, storefront="woocommerce", name="Lumen",
            credentials=Credentials(address=ADDRESS, key="ck_1", secret="cs_1"),
            stripe=stripe or StripeCredentials(), settings=settings or ShopSettings(), at=ports.clock.now(),
        )  # fmt: skip
    return made.shop


async def do_all_work(ports: Ports, *, pauses: bool = False) -> list[str]:
    """Do what is due until nothing is, and what waits with ``pauses``; the kinds, in the order as done."""
    done: list[str] = []
    while True:
        if pauses:
            await rows("UPDATE work SET not_before = now() WHERE state = 'ready' AND kind NOT LIKE '%_due'")
        claims = await outbox.claim_due(50)
        if not claims:
            return done
        for claim in claims:
            await run_claim(ports, claim)
            done.append(claim.kind)


async def poll(ports: Ports, shop: Shop, kind: str = "poll_store") -> list[str]:
    """Have the shop asked now, and do all that follows."""
    async with transaction(ports.doorbell) as tx:
        await outbox.add(tx, shop_id=shop.id, kind=kind, ref=shop.id, delay=timedelta(0))
    return await do_all_work(ports)
