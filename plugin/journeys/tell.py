"""Telling people: which mail a step of a case makes necessary, composed and queued once, in a piece of work of its own.

``tell`` work names a case and a template; the letter is composed from the case as it is then, so that a mail that
waited a moment for the money can say "refunded", and never says it before the custodian has (I13).
"""

from __future__ import annotations

from datetime import timedelta

from plugin.cases.models import Case
from plugin.cases.store import lock_with_order
from plugin.codes.from_orders import carried_by
from plugin.codes.models import Code
from plugin.db import Transaction, transaction
from plugin.journeys.alerts import compose_alert, desk_of
from plugin.journeys.letters import compose
from plugin.journeys.scene import Scene, set_scene, shopper_link
from plugin.messages import outbox as mails
from plugin.messages.contexts import Cancelled
from plugin.messages.parts import AlertKind
from plugin.outbox import service as outbox
from plugin.outbox.service import Claim, Later
from plugin.ports.runtime import Ports
from plugin.shops.service import get_shop, settings_of

TELL = "tell"
PUBLISHING_HAS = timedelta(seconds=30)
ABOUT_THE_GIVERS_MONEY = ("cancelled", "refunded", "refunded_again", "refund_problem", "promise_missed")


async def tell_case(tx: Transaction, case: Case, template: str, *, delay: timedelta | None = None) -> None:
    """See to it that the shopper gets this mail about the case, once."""
    await outbox.add(tx, shop_id=case.shop_id, kind=TELL, ref=f"{case.id}:{template}", delay=delay)


async def tell_staff(tx: Transaction, case: Case, alert: AlertKind) -> None:
    """See to it that the shop's staff get this alert about the case, once a kind and day."""
    await outbox.add(tx, shop_id=case.shop_id, kind=TELL, ref=f"{case.id}:staff_alert:{alert}")


async def tell(ports: Ports, claim: Claim) -> None:
    """Work: compose the mail as things are now, and queue it."""
    case_id, template, *detail = claim.ref.split(":")
    shop = await get_shop(claim.shop_id)
    async with transaction(ports.doorbell) as tx:
        order, case = await lock_with_order(tx, case_id)
        if detail:
            desk = desk_of(settings_of(shop), ports.public_url)
            scene = await set_scene(tx, ports, shop, order, case, desk)
            await _alert_staff(tx, ports, scene, AlertKind(detail[0]))
        else:
            scene = await set_scene(tx, ports, shop, order, case, await shopper_link(tx, ports, order, case))
            await _write_to_shopper(tx, ports, scene, template)
        await outbox.complete(tx, claim)


async def _write_to_shopper(tx: Transaction, ports: Ports, scene: Scene, template: str) -> None:
    code = scene.code
    if template == "cancelled" and code is not None and _still_publishing(code, ports):
        raise Later(timedelta(seconds=1), "the code is being published")
    if scene.is_gift and template in ABOUT_THE_GIVERS_MONEY:
        return
    recipient = scene.case.contact or scene.order.now.customer.email
    letter = compose(scene, template) if recipient else None
    if recipient is None or letter is None:
        return
    mail_id = await mails.queue(
        tx,
        ports,
        shop_id=scene.shop.id,
        purpose=f"{scene.case.id}:{template}",
        recipient=recipient,
        context=letter,
        order_id=scene.order.id,
        case_id=scene.case.id,
    )
    if mail_id and code is not None and isinstance(letter, Cancelled) and letter.code is not None:
        await carried_by(tx, code.id, mail_id)


def _still_publishing(code: Code, ports: Ports) -> bool:
    """A code that checkout takes from Stripe or the store is worth nothing before it stands there; the mail waits, but
    not long."""
    waiting = code.authority != "ledger" and code.promotion_id is None and code.flag is None
    return waiting and ports.clock.now() - code.minted_at < PUBLISHING_HAS


async def _alert_staff(tx: Transaction, ports: Ports, scene: Scene, alert: AlertKind) -> None:
    recipient = scene.settings.person.alerts_to or scene.settings.person.reply_to
    if recipient is None:
        return
    day = ports.clock.now().date().isoformat()
    await mails.queue(
        tx,
        ports,
        shop_id=scene.shop.id,
        purpose=f"{scene.case.id}:staff_alert:{alert}:{day}",
        recipient=recipient,
        context=compose_alert(scene, alert),
        order_id=scene.order.id,
        case_id=scene.case.id,
    )
