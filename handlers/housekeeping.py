"""What is done every minute, by one process at a time: forgetting what has expired, sealing the audit, having
stores and custodians asked for what no webhook may have told, putting scheduled policies live, telling shoppers of
promises that were missed, and asking how easy it was."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from plugin.access import rate, staff
from plugin.access import service as access
from plugin.access.accounts import forget_invitations
from plugin.audit.service import unsealed_days, write_root
from plugin.codes.minting import expire_due
from plugin.credit.issuing import end_due
from plugin.db import Transaction, transaction
from plugin.files.service import delete_unwanted
from plugin.inbox import idempotency
from plugin.journeys.effort import find_closed_cases
from plugin.journeys.late_money import tell_of_late_money
from plugin.journeys.payment_reported import READ_PAYMENT
from plugin.journeys.poll import POLL_STORE
from plugin.journeys.poll_stripe import POLL_STRIPE
from plugin.journeys.retention import forget_what_is_old
from plugin.outbox import service as outbox
from plugin.policies.service import take_effect
from plugin.policies.store import shops_with_due_versions
from plugin.ports.runtime import Ports
from plugin.refunds.store import payments_to_read_again
from plugin.shops.links import links_to_poll, shops_to_poll_at_stripe

_ONE_KEEPER = 0x686F7573  # "hous": an advisory lock that only one process gets
WORK_KEPT_FOR = timedelta(days=7)
SEALED_AFTER = timedelta(hours=1)  # an event of the day's last second may still be committing for a while
READ_AGAIN_AFTER = timedelta(minutes=10)
POLL_EVERY = timedelta(minutes=10)
SEALED_WITHIN = timedelta(days=30)  # an installation that stood still for longer has nothing to seal


async def keep_house(ports: Ports) -> None:
    """One round. A process that does not get the lock leaves it to who has it."""
    async with transaction(ports.doorbell) as tx:
        mine = await tx.rows(f"SELECT pg_try_advisory_xact_lock({_ONE_KEEPER}) AS mine")
        if not mine[0]["mine"]:
            return
        at = ports.clock.now()
        await outbox.forget_done(WORK_KEPT_FOR)
        await idempotency.forget_old()
        await rate.forget_old(at)
        await access.forget_expired(at)
        await staff.forget_ended(at)
        await forget_invitations(at)
        for payment_id, shop_id in await payments_to_read_again(at - READ_AGAIN_AFTER):
            if not await outbox.is_open(tx, kind=READ_PAYMENT, ref=payment_id):
                await outbox.add(tx, shop_id=shop_id, kind=READ_PAYMENT, ref=payment_id)
        await _poll(tx, POLL_STORE, await links_to_poll(at - POLL_EVERY))
        await _poll(tx, POLL_STRIPE, await shops_to_poll_at_stripe(at - POLL_EVERY))
        last_day = (at - SEALED_AFTER).date() - timedelta(days=1)
        for shop_id, day in await unsealed_days(at.date() - SEALED_WITHIN, last_day):
            await write_root(tx, shop_id, day)
    await expire_due(ports)
    await tell_of_late_money(ports)
    await find_closed_cases(ports)
    await forget_what_is_old(ports)
    await end_due(ports)
    for shop_id in await shops_with_due_versions(at):
        async with transaction(ports.doorbell) as tx:
            await take_effect(tx, shop_id, at)
    await delete_unwanted(ports)


async def _poll(tx: Transaction, kind: str, shop_ids: Sequence[str]) -> None:
    """Have each of these shops asked, unless it is being asked."""
    for shop_id in shop_ids:
        if not await outbox.is_open(tx, kind=kind, ref=shop_id):
            await outbox.add(tx, shop_id=shop_id, kind=kind, ref=shop_id)
