"""The checker of the fault runs finds what it is for: each violation is planted by hand, and it says which."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace
from tortoise.transactions import in_transaction

from plugin.db import rows
from plugin.mailers.files import InboxMail
from plugin.payments.sandbox.control_messages import LedgerDump, RefundEntry
from plugin.payments.stripe.facts import LEG_KEY
from tests.faults.check import called_for_nothing, strange_money, unclosed_debts, unread_webhooks
from tests.invariants import broken_invariants
from tests.journeys.conftest import OpenWorld
from tests.journeys.steps import quiet


class Undone(Exception):
    """Rolls back what was planted."""


@dataclass
class Seen:
    """What the checker reads beside the tables; a violation may be planted in it as well."""

    shop_id: str
    ledger: LedgerDump
    inbox: list[InboxMail]

    async def broken(self) -> list[str]:
        return [
            *await broken_invariants(self.shop_id, self.ledger, self.inbox),
            *await strange_money(self.shop_id, self.ledger),
            *await unclosed_debts(self.shop_id),
            *await called_for_nothing(self.shop_id),
            *await unread_webhooks(self.shop_id),
        ]

    @property
    def refunds(self) -> list[RefundEntry]:
        return next(payment.refunds for payment in self.ledger.payments if payment.refunds)


async def _refunded_twice(seen: Seen) -> None:
    (refund,) = seen.refunds
    seen.refunds.append(RefundEntry("re_twice", 100, "succeeded", refund.created, refund.metadata, False))


async def _refunded_by_nobody(seen: Seen) -> None:
    (refund,) = seen.refunds
    seen.refunds.append(RefundEntry("re_strange", 100, "succeeded", refund.created, {}, False))


async def _refund_lost(seen: Seen) -> None:
    seen.refunds.clear()


async def _less_was_given_back(seen: Seen) -> None:
    next(payment for payment in seen.ledger.payments if payment.refunds).refunded -= 100


async def _leg_unknown_to_us(seen: Seen) -> None:
    seen.refunds[0].metadata[LEG_KEY] = "ref_of_nobody"


async def _leg_lost(_seen: Seen) -> None:
    await rows("DELETE FROM refund_legs")


async def _leg_failed_and_nobody_cares(_seen: Seen) -> None:
    await rows("UPDATE refund_legs SET state = 'failed'")


async def _said_refunded(_seen: Seen) -> None:
    """The mail "refunded" goes out before Stripe has said so."""
    await rows("UPDATE mails SET template = 'refunded', created_at = created_at - interval '1 hour'")


async def _said_refunded_in_spanish(seen: Seen) -> None:
    """The mail about the cancellation says it in the shopper's language, and no leg had succeeded."""
    text = "Hemos reembolsado 266,66 US$ en Visa •••• 4242."
    seen.inbox[:] = [_with_text(mail, text) for mail in seen.inbox]
    await rows("UPDATE mails SET locale = 'es-ES' WHERE template = 'cancelled'")
    await rows("DELETE FROM mails WHERE template = 'refunded'")
    await rows("UPDATE refund_legs SET state = 'submitting', settled_at = NULL")
    await rows("DELETE FROM audit_events WHERE kind = 'refund_succeeded'")


def _with_text(mail: InboxMail, text: str) -> InboxMail:
    return replace(mail, text=text)


async def _forgotten(_seen: Seen) -> None:
    """A case past its date that waits for us, with nobody to look at it."""
    await rows(
        "UPDATE cases SET state = 'executing', waiting_on = 'us', closed_at = NULL, due_at = now() - interval '1 hour'"
    )


async def _no_timer(_seen: Seen) -> None:
    await rows(
        "UPDATE cases SET state = 'executing', waiting_on = 'bank', closed_at = NULL, due_at = now() + '1 h'::interval"
    )
    await rows("DELETE FROM work WHERE kind = 'case_due'")


async def _called_for_nothing(_seen: Seen) -> None:
    await rows(
        "UPDATE cases SET state = 'with_person', waiting_on = 'staff', closed_at = NULL, "
        "due_at = now() + '1 h'::interval"
    )


async def _chain_cut(_seen: Seen) -> None:
    """The last event of a chain is gone."""
    await rows(
        "DELETE FROM audit_events a USING orders o WHERE o.id = a.order_id AND a.n = o.audit_n",
    )


async def _chain_rewritten(_seen: Seen) -> None:
    await rows("UPDATE audit_events SET canonical = canonical || ' ' WHERE n = 2")


async def _unit_worth_more(_seen: Seen) -> None:
    await rows("UPDATE case_units SET worth = worth + 1")


async def _owes_less(_seen: Seen) -> None:
    await rows("UPDATE cases SET owed = owed - 1")


async def _owes_more_by_withholding_less_than_nothing(_seen: Seen) -> None:
    await rows("UPDATE cases SET owed = owed + 1, withheld = -1")


async def _pays_more_than_was_captured(_seen: Seen) -> None:
    await rows("UPDATE payments SET captured = captured - 1")


async def _code_redeemed_unseen(_seen: Seen) -> None:
    await rows("UPDATE codes SET redeemed_order = 'elsewhere'")


async def _set_aside(_seen: Seen) -> None:
    await rows("UPDATE inbox_events SET state = 'set_aside', reason = 'planted'")


PLANTED: dict[Callable[[Seen], Awaitable[None]], str] = {
    _refunded_twice: "I8: ",
    _refunded_by_nobody: "I8: Stripe has the refund re_strange",
    _refund_lost: "I8: ",
    _less_was_given_back: "I8: Stripe gave ",
    _leg_unknown_to_us: "I8: Stripe has a refund of ref_of_nobody",
    _leg_lost: "I14: the audit speaks of ",
    _leg_failed_and_nobody_cares: "I13: C-",
    _said_refunded: "I13: mail refunded",
    _said_refunded_in_spanish: "I13: mail cancelled",
    _forgotten: "I9: C-",
    _no_timer: "I9: nothing will look at ",
    _called_for_nothing: "C-",
    _chain_cut: "I14: ",
    _chain_rewritten: "I14: ",
    _unit_worth_more: "I5: units of ",
    _owes_less: "I6: C-",
    _owes_more_by_withholding_less_than_nothing: "I6: C-",
    _pays_more_than_was_captured: "I7: our legs on pay_",
    _code_redeemed_unseen: "I12: code ",
    _set_aside: "A webhook was set aside: ",
}


async def test_each_planted_violation_is_reported(open_world: OpenWorld) -> None:
    world = await open_world()
    order = await world.place("fashion")
    shopper = await world.shopper(order)
    case = await shopper.cancel()
    await shopper.until_state(case["id"], "done")
    await quiet(world)

    async def seen() -> Seen:
        return Seen(world.shop.id, await world.stripe.ledger(), world.mails())

    assert await (await seen()).broken() == []
    found: dict[str, Any] = {}
    for plant, said in PLANTED.items():
        each = await seen()
        try:
            async with in_transaction():
                await plant(each)
                broken = await each.broken()
                raise Undone
        except Undone:
            if not any(sentence.startswith(said) for sentence in broken):
                found[plant.__name__] = broken
    assert found == {}
