"""The one question after a closed case: how easy was it? One tap, by a mail or on the case's page.

It is asked a day after the case was closed, by day in the shopper's zone, and never after a withdrawal. A low score
goes to a person with the whole story; every score goes to the event log, without words.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from plugin.cases.models import Case
from plugin.cases.states import CLOSED, CaseState
from plugin.cases.store import cases_of_order, get_case, lock_with_order
from plugin.core.errors import DomainError
from plugin.db import Transaction, transaction
from plugin.insights.effort import ask_once, find_question, keep_answer, question_of_case, unasked_cases
from plugin.insights.models import EffortQuestion
from plugin.insights.service import happened
from plugin.journeys import sentences
from plugin.journeys.alerts import alert_shop, staff_words, story_of
from plugin.journeys.letter_frame import frame_of
from plugin.journeys.scene import set_scene, shopper_link
from plugin.messages import outbox as mails
from plugin.messages.contexts_after import EffortAsked
from plugin.messages.parts import AlertKind
from plugin.orders.service import StoredOrder
from plugin.outbox import service as outbox
from plugin.outbox.service import Claim, Later
from plugin.ports.runtime import Ports
from plugin.shops.hours import next_waking_moment
from plugin.shops.models import Shop
from plugin.shops.service import get_shop, settings_of, zone_of

ASK_EFFORT = "ask_effort"
ASKED_AFTER = timedelta(days=1)
ASKED_WITHIN = timedelta(days=7)  # who stood still for longer does not write to people about what they forgot
AT_ONCE = 200
HARDEST, EASIEST, LOW = 1, 7, 3


class NoSuchQuestion(DomainError):
    status = 404
    code = "no_such_question"
    sentence = "This question is not open any more. Thank you all the same."


class NotClosedYet(DomainError):
    status = 409
    code = "not_closed_yet"
    sentence = "This request is not closed yet. We ask when it is."


async def find_closed_cases(ports: Ports) -> None:
    """Have the shoppers of lately closed cases asked."""
    at = ports.clock.now()
    for case_id in await unasked_cases(at - ASKED_WITHIN, at - ASKED_AFTER, AT_ONCE):
        async with transaction(ports.doorbell) as tx:
            order, case = await lock_with_order(tx, case_id)
            if not await outbox.is_open(tx, kind=ASK_EFFORT, ref=case_id):
                shop = await get_shop(case.shop_id)
                zone = zone_of(settings_of(shop), order.now.time_zone)
                wakes = next_waking_moment(at, zone)
                await outbox.add(tx, shop_id=case.shop_id, kind=ASK_EFFORT, ref=case_id, delay=wakes - at)


async def ask_effort(ports: Ports, claim: Claim) -> None:
    """Work: write the question down and mail it; who has no address is asked on the page alone."""
    shop = await get_shop(claim.shop_id)
    async with transaction(ports.doorbell) as tx:
        order, case = await lock_with_order(tx, claim.ref)
        at = ports.clock.now()
        wakes = next_waking_moment(at, zone_of(settings_of(shop), order.now.time_zone))
        if wakes > at:
            raise Later(wakes - at, "it is night where the shopper is")
        if CaseState(case.state) in CLOSED:
            await _ask(tx, ports, shop, order, case, at)
        await outbox.complete(tx, claim)


async def _ask(tx: Transaction, ports: Ports, shop: Shop, order: StoredOrder, case: Case, at: datetime) -> None:
    token = await ask_once(tx, shop_id=shop.id, order_id=order.id, case_id=case.id, at=at)
    recipient = case.contact or order.now.customer.email
    if token is None or recipient is None:
        return
    scene = await set_scene(tx, ports, shop, order, case, await shopper_link(tx, ports, order, case))
    letter = EffortAsked(
        **frame_of(scene),  # type: ignore[arg-type]
        case_number=case.number,
        answer_url=f"{ports.public_url}/effort/{token}",
    )
    await mails.queue(
        tx, ports, shop_id=shop.id, purpose=f"{case.id}:effort_asked", recipient=recipient, context=letter,
        order_id=order.id, case_id=case.id,
    )  # fmt: skip


async def answer_by_token(ports: Ports, token: str, score: int, words: str | None) -> EffortQuestion:
    """The answer of a mail's reader; raises ``NoSuchQuestion``."""
    question = await find_question(token)
    if question is None:
        raise NoSuchQuestion()
    await _answer(ports, await get_shop(question.shop_id), question.case_id, score, words)
    return question


async def answer_in_session(
    ports: Ports, shop: Shop, order_id: str, case_id: str, score: int, words: str | None
) -> None:
    """The answer on the case's own page; raises ``NotFound`` and ``NotClosedYet``."""
    await get_case(shop.id, case_id, order_id)
    await _answer(ports, shop, case_id, score, words)


async def _answer(ports: Ports, shop: Shop, case_id: str, score: int, words: str | None) -> None:
    at = ports.clock.now()
    async with transaction(ports.doorbell) as tx:
        order, case = await lock_with_order(tx, case_id)
        if CaseState(case.state) not in CLOSED:
            raise NotClosedYet()
        await ask_once(tx, shop_id=shop.id, order_id=order.id, case_id=case.id, at=at)
        question = await question_of_case(case_id)
        if question is None or not await keep_answer(tx, question.id, score, words, at):
            return
        await happened(
            tx, shop_id=shop.id, kind="effort_answered", at=at, order_id=order.id, case_id=case.id, score=score,
            case=case.kind, state=case.state,
        )  # fmt: skip
        if score <= LOW:
            await _tell_staff(tx, ports, shop, order, case)


async def _tell_staff(tx: Transaction, ports: Ports, shop: Shop, order: StoredOrder, case: Case) -> None:
    words = staff_words(settings_of(shop))
    await alert_shop(
        tx, ports, shop, purpose=f"{case.id}:hard_work", alert=AlertKind.HARD_WORK,
        why=sentences.ALERT_WHY["hard_work"], order=order, command=f"comeback case show {shop.id} {case.number}",
        story=story_of(words, order, await cases_of_order(order.id)),
    )  # fmt: skip
