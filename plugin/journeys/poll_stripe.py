"""Stripe is asked which refunds and disputes it has, because its webhook may be lost: what we have not seen is read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from plugin.db import rows, transaction
from plugin.journeys.payment_reported import READ_PAYMENT
from plugin.journeys.poll import CLOCKS_MAY_DIFFER, OVERLAP, REFUSED_FOR
from plugin.outbox import service as outbox
from plugin.outbox.service import Claim, Later, back_off
from plugin.ports.payments import DisputeFact, OutcomeStored, OutcomeUnknown, RefundFact, Rejected
from plugin.ports.runtime import Ports
from plugin.shops.links import stripe_polled
from plugin.shops.service import get_shop, payment_account

POLL_STRIPE = "poll_stripe"
FIRST_LOOK_BACK = timedelta(days=1)


async def poll_stripe(ports: Ports, claim: Claim) -> None:
    """Work: list what Stripe gave back or lost lately, and have the payments read that we know otherwise."""
    shop, began = await get_shop(claim.shop_id), ports.clock.now()
    account = payment_account(ports.vault, shop)
    to_read: list[str] = []
    if account is not None:
        claim.check_may_send()
        since = (shop.stripe_polled_to or began - FIRST_LOOK_BACK) - OVERLAP
        try:
            refunds = await ports.payments.refunds_since(account, since)
            disputes = await ports.payments.disputes_since(account, since)
        except (OutcomeUnknown, OutcomeStored) as unknown:
            raise Later(back_off(claim.attempts), str(unknown)) from unknown
        except Rejected as no:
            raise Later(REFUSED_FOR, no.reason) from no
        to_read = await _unseen(shop.id, refunds, disputes)
    async with transaction(ports.doorbell) as tx:
        for payment_id in to_read:
            if not await outbox.is_open(tx, kind=READ_PAYMENT, ref=payment_id):
                await outbox.add(tx, shop_id=shop.id, kind=READ_PAYMENT, ref=payment_id)
        await stripe_polled(tx, shop.id, began)
        await outbox.complete(tx, claim)


async def _unseen(shop_id: str, refunds: Sequence[RefundFact], disputes: Sequence[DisputeFact]) -> list[str]:
    """The payments with a refund that neither a leg of ours nor a later reading has told of, or with a dispute.

    A dispute changes in ways that its date of creation does not tell, and there are few.
    """
    found = await rows(
        "SELECT DISTINCT p.id FROM payments p "
        "LEFT JOIN unnest($2::text[], $3::text[], $4::text[], $5::timestamptz[]) AS r (id, reference, state, made_at) "
        "ON r.reference = p.reference "
        "WHERE p.shop_id = $1 AND p.custodian = 'stripe' AND (p.reference = ANY($6) OR r.id IS NOT NULL "
        "AND (p.read_at IS NULL OR p.read_at <= r.made_at + $7::interval) "
        "AND NOT EXISTS (SELECT 1 FROM refund_legs l WHERE l.payment_id = p.id AND l.provider_id = r.id "
        "AND l.state = r.state)) ORDER BY p.id",
        shop_id, [refund.id for refund in refunds], [refund.payment_reference for refund in refunds],
        [str(refund.state) for refund in refunds], [refund.created_at for refund in refunds],
        [dispute.payment_reference for dispute in disputes], CLOCKS_MAY_DIFFER,
    )  # fmt: skip
    return [row["id"] for row in found]
