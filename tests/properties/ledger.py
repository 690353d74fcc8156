"""The books of the Stripe in memory, in the words of the sandbox: the readers of both are the shared invariants."""

from __future__ import annotations

from plugin.payments.sandbox.control_messages import LedgerDump, PaymentEntry, RefundEntry
from plugin.payments.stripe.amounts import to_stripe
from plugin.payments.stripe.facts import LEG_KEY
from plugin.ports.payments import RefundState
from tests.properties.honest_stripe import HonestStripe


def dump(stripe: HonestStripe) -> LedgerDump:
    """The books in the words of the sandbox, whose readers the invariants share."""
    return LedgerDump(
        [
            PaymentEntry(
                id=intent.reference,
                currency=intent.currency.lower(),
                status=str(intent.state),
                amount=to_stripe(intent.amount, intent.currency),
                captured=to_stripe(intent.captured, intent.currency),
                refunded=to_stripe(intent.given_back, intent.currency),
                metadata={},
                refunds=[
                    RefundEntry(
                        id=refund.id,
                        amount=to_stripe(refund.amount, intent.currency),
                        status="canceled" if refund.state is RefundState.CANCELLED else str(refund.state),
                        created=int(refund.created_at.timestamp()),
                        metadata={LEG_KEY: refund.leg_id} if refund.leg_id else {},
                        is_release=False,
                    )
                    for refund in intent.refunds
                ],
                disputes=[],
            )
            for intent in stripe.intents.values()
        ]
    )
