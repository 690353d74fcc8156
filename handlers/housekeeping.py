"""What is done every minute, by one process at a time: forgetting what has expired, sealing the audit, reconciling."""

from __future__ import annotations

from datetime import timedelta

from plugin.access import rate
from plugin.access import service as access
from plugin.audit.service import write_root
from plugin.codes.minting import expire_due
from plugin.db import rows, transaction
from plugin.inbox import idempotency
from plugin.journeys.payment_reported import READ_PAYMENT
from plugin.outbox import service as outbox
from plugin.ports.runtime import Ports
from plugin.refunds.store import payments_to_read_again
from plugin.shops.models import Shop

_ONE_KEEPER = 0x686F7573  # "hous": an advisory lock that only one process gets
WORK_KEPT_FOR = timedelta(days=7)
READ_AGAIN_AFTER = timedelta(minutes=10)


async def keep_house(ports: Ports) -> None:
    """One round. A process that does not get the lock leaves it to who has it."""
    async with transaction(ports.doorbell) as tx:
        mine = await tx.rows(f"SELECT pg_try_advisory_xact_lock({_ONE_KEEPER}) AS mine")
        if not mine[0]["mine"]:
            return
        at = ports.clock.now()
        await outbox.forget_done(WORK_KEPT_FOR)
        await idempotency.forget_old(at)
        await rate.forget_old(at)
        await access.forget_expired(at)
        for payment_id, shop_id in await payments_to_read_again(at - READ_AGAIN_AFTER):
            await outbox.add(tx, shop_id=shop_id, kind=READ_PAYMENT, ref=payment_id)
        yesterday = at.date() - timedelta(days=1)
        sealed = {row["shop_id"] for row in await rows("SELECT shop_id FROM audit_roots WHERE day = $1", yesterday)}
        for shop in await Shop.exclude(id__in=sealed).only("id"):
            await write_root(tx, shop.id, yesterday)
    await expire_due(ports)
