"""What the shop's staff are told, in the shop's language. Nothing in it lets a colleague act as the shopper."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from plugin.cases.models import Case
from plugin.cases.service import worth_of_shipping
from plugin.cases.states import CaseKind, CaseState
from plugin.cases.trust import seen_by_staff
from plugin.core.words import Words, choose_language, choose_locale
from plugin.db import Transaction
from plugin.journeys import goods_words, sentences
from plugin.journeys.letter_frame import brand_of
from plugin.journeys.letters_after import late_legs
from plugin.journeys.scene import Scene
from plugin.messages import outbox as mails
from plugin.messages.contexts import StaffAlert
from plugin.messages.parts import AlertKind
from plugin.orders.service import StoredOrder, fulfilled_by_line
from plugin.ports.orders import OrderState
from plugin.ports.runtime import Ports
from plugin.refunds.states import LegState
from plugin.shops.models import Shop
from plugin.shops.service import settings_of, zone_of
from plugin.shops.settings import ShopSettings


def desk_of(settings: ShopSettings, public_url: str) -> str:
    """Where an alert leads: the address at which the shop's people work, else the shop itself."""
    return settings.person.desk_url or settings.brand.home_url or public_url


def staff_words(settings: ShopSettings) -> Words:
    """The language and the zone of the shop itself."""
    return Words(choose_locale(settings.locale), zone_of(settings))


def story_of(words: Words, order: StoredOrder, cases: Sequence[Case]) -> tuple[str, ...]:
    """Where the order and what was asked about it stand, in plain lines."""
    if order.now.state is OrderState.OPEN:
        ordered = sum(line.quantity for line in order.now.lines)
        shipped = sum(fulfilled_by_line(order.now).values())
        status = words.say(sentences.ORDER_STANDS, shipped=shipped, ordered=ordered)
    else:
        status = words.say(sentences.ORDER_CANCELLED)
    return (status, *(words.say(_stands(case), number=case.number) for case in cases))


def _stands(case: Case) -> str:
    if case.kind != CaseKind.CANCEL and case.state == CaseState.EXECUTING:
        return sentences.GOODS_EXECUTING
    return sentences.CASE_STANDS[CaseState(case.state)]


def compose_alert(scene: Scene, alert: AlertKind) -> StaffAlert:
    """About a case, with the command that shows all of it."""
    settings = scene.settings
    language = choose_language(settings.locale)
    words = staff_words(settings)
    stuck = [leg for leg in scene.legs if leg.state in (LegState.FAILED, LegState.WITH_PERSON)]
    amount = worth_of_shipping(scene.case) if alert is AlertKind.SHIPPING_OPEN else sum(leg.amount for leg in stuck)
    if alert is AlertKind.PROMISE_MISSED:
        amount = sum(leg.amount for leg in late_legs(scene))
    why = _why_a_review(scene.case) if alert is AlertKind.REVIEW else None
    return StaffAlert(
        shop=brand_of(scene.shop, settings, language, scene.public_url),
        locale=words.locale,
        zone=str(words.zone),
        order_number=scene.order.row.number,
        alert=alert,
        why=words.say(
            why or sentences.ALERT_WHY[str(alert)],
            amount=words.money(amount, scene.case.currency),
            reason=next((leg.failure for leg in stuck if leg.failure), scene.case.person_reason or ""),
        ),
        url=scene.url,
        case_id=scene.case.number,
        command=f"comeback case show {scene.shop.id} {scene.case.number}",
        due_at=scene.case.due_at,
    )


def _why_a_review(case: Case) -> str | None:
    """What we would have answered, where staff may see it before they do; else why it is not ours to answer."""
    if case.person_reason in goods_words.REVIEWS:
        return goods_words.REVIEWS[case.person_reason]
    suggested = seen_by_staff(case).proposed
    why = f"suggest_{suggested}" if suggested else case.person_reason or ""
    if case.kind == CaseKind.CANCEL:
        return sentences.ALERT_WHY.get(why)
    return sentences.REVIEW_OF_GOODS.get(why, sentences.REVIEW_OF_GOODS["review"])


async def alert_shop(
    tx: Transaction,
    ports: Ports,
    shop: Shop,
    *,
    purpose: str,
    alert: AlertKind,
    why: str,
    order: StoredOrder | None = None,
    command: str | None = None,
    due_at: datetime | None = None,
    story: Sequence[str] = (),
) -> bool:
    """Mail the shop's staff about something that is no case, once per ``purpose``; False where they have no address.

    ``why`` is a sentence of ours, in English. A mail about an ``order`` is emptied with it when its person is erased.
    """
    settings = settings_of(shop)
    recipient = settings.person.alerts_to or settings.person.reply_to
    if recipient is None:
        return False
    words = staff_words(settings)
    await mails.queue(
        tx,
        ports,
        shop_id=shop.id,
        purpose=purpose,
        recipient=recipient,
        order_id=order.id if order else None,
        context=StaffAlert(
            shop=brand_of(shop, settings, choose_language(settings.locale), ports.public_url),
            locale=words.locale,
            zone=str(words.zone),
            order_number=order.row.number if order else "",
            alert=alert,
            why=words.say(why),
            url=desk_of(settings, ports.public_url),
            command=command,
            due_at=due_at,
            story=tuple(story),
        ),
    )
    return True
