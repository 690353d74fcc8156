"""A shopper's bank disputes a payment: the staff hear when it asks, when it takes the money and how it ends, once each.

Nothing else follows from it here: what a dispute holds is subtracted from what the payment can give, and the next ask
goes to a person.
"""

from __future__ import annotations

from plugin.cases.store import cases_of_order
from plugin.core.words import choose_language
from plugin.db import Transaction
from plugin.journeys import sentences
from plugin.journeys.alerts import desk_of, staff_words, story_of
from plugin.journeys.letter_frame import brand_of
from plugin.messages import outbox as mails
from plugin.messages.contexts import StaffAlert
from plugin.messages.parts import AlertKind
from plugin.orders.service import StoredOrder
from plugin.ports.payments import DisputeFact, PaymentFact
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop
from plugin.shops.service import settings_of


async def tell_of_disputes(tx: Transaction, ports: Ports, shop: Shop, order: StoredOrder, fact: PaymentFact) -> None:
    """Alert the staff of what this report says of disputes, unless an earlier one has said it. The order is locked."""
    settings = settings_of(shop)
    recipient = settings.person.alerts_to or settings.person.reply_to
    if recipient is None or not fact.disputes:
        return
    words, cases = staff_words(settings), await cases_of_order(order.id)
    for dispute in fact.disputes:
        await mails.queue(
            tx,
            ports,
            shop_id=shop.id,
            purpose=f"dispute:{dispute.id}:{_stage(dispute)}",
            recipient=recipient,
            order_id=order.id,
            context=StaffAlert(
                shop=brand_of(shop, settings, choose_language(settings.locale), ports.public_url),
                locale=words.locale,
                zone=str(words.zone),
                order_number=order.row.number,
                alert=AlertKind.DISPUTE,
                why=words.say(_sentence(dispute), amount=words.money(dispute.amount, dispute.currency)),
                story=story_of(words, order, cases),
                url=desk_of(settings, ports.public_url),
                command=f"comeback case show {shop.id} {cases[0].number}" if cases else None,
            ),
        )


def _stage(dispute: DisputeFact) -> str:
    """An inquiry may become a dispute under its own id, and then there is a new deadline and money to lose."""
    if dispute.is_closed:
        return "closed"
    return "opened" if dispute.holds_money else "asked"


def _sentence(dispute: DisputeFact) -> str:
    if dispute.is_closed:
        return sentences.DISPUTE_LOST if dispute.holds_money else sentences.DISPUTE_OVER
    return sentences.DISPUTE_OPENED if dispute.holds_money else sentences.DISPUTE_ASKED
