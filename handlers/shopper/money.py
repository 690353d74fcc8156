"""Where is my money? One answer for every refund of the order, for the API and the page alike."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from litestar import get
from litestar.di import NamedDependency
from msgspec import Meta, Struct

from handlers.dependencies import Guest
from handlers.problems import problem_responses
from handlers.shopper import money_phrases
from handlers.shopper.present import Presenter, presenter
from handlers.shopper.views import Money, PersonView
from handlers.shopper.visit import GUEST, SECURITY, Locale
from plugin.credit.store import credits_of_owner
from plugin.journeys.where_is_my_money import Holder, MoneyAt, where_is_my_money
from plugin.orders.service import get_order
from plugin.ports.runtime import Ports


class MoneyAnswer(Struct, frozen=True, kw_only=True):
    """One refund. ``holder``: us, provider, bank, person, or nobody where the money was never taken."""

    refund_id: str
    case_id: str
    case_number: Annotated[str, Meta(examples=["C-7K2MQ9X"])]
    money: Money
    holder: Annotated[str, Meta(examples=["bank"])]
    sentence: Annotated[str, Meta(examples=["$49.98 is refunded to Visa •••• 4242. Your bank shows it by 7 Dec 2026."])]
    steps: Annotated[tuple[str, ...], Meta(description="What to do and to expect, in whole sentences.")]
    since: datetime
    by: date
    is_late: bool
    method: str | None = None
    bank_reference: Annotated[
        str | None,
        Meta(description="By which the shopper's bank finds it (ARN).", examples=["74627884033000112233445"]),
    ] = None


class MoneyView(Struct, frozen=True, kw_only=True):
    refunds: tuple[MoneyAnswer, ...]
    sentence: str
    person: PersonView
    has_credit: Annotated[bool, Meta(description="`GET /v1/order/credits` tells of store credit of this order.")]


def _answer(speak: Presenter, found: MoneyAt) -> MoneyAnswer:
    move, words = speak.move(found.leg, found.payment), speak.words
    steps = [words.say(money_phrases.HOLDER[found.holder], date=words.date(found.leg.promised_for))]
    if found.leg.bank_reference and found.holder is Holder.BANK:
        steps = [words.say(money_phrases.ASK_YOUR_BANK, reference=found.leg.bank_reference)]
    if found.is_late:
        steps.insert(0, words.say(money_phrases.LATE))
    return MoneyAnswer(
        refund_id=found.leg.id, case_id=found.case.id, case_number=found.case.number, money=move.money,
        holder=str(found.holder), sentence=move.sentence, steps=tuple(steps), since=found.since,
        by=found.leg.promised_for, is_late=found.is_late, method=move.method,
        bank_reference=found.leg.bank_reference,
    )  # fmt: skip


async def money_now(ports: Ports, guest: Guest, locale: str | None) -> MoneyView:
    """The answer as of this moment."""
    at = ports.clock.now()
    order = await get_order(guest.shop.id, guest.visitor.order_id)
    speak = presenter(guest.shop, order, at, locale)
    found = await where_is_my_money(order.id, at)
    theirs = await credits_of_owner(guest.shop.id, order.id, order.row.customer_hash)
    has_credit = any(credit.order_id == order.id for credit in theirs)
    sentences = [money_phrases.FOUND] * bool(found) + [money_phrases.CREDITED] * has_credit
    return MoneyView(
        refunds=tuple(_answer(speak, each) for each in found),
        sentence=" ".join(speak.words.say(each) for each in sentences or [money_phrases.NOTHING]),
        person=speak.person(), has_credit=has_credit,
    )  # fmt: skip


@get(
    "/v1/order/money",
    dependencies=GUEST,
    security=SECURITY,
    tags=["order page"],
    summary="Where is my money?",
    description="Every refund of the order: who has it, since when, until when, and by which reference the shopper's "
    "bank finds it.",
    responses=problem_responses({401: "The session has ended."}),
)
async def see_money(ports: NamedDependency[Ports], guest: NamedDependency[Guest], locale: Locale = None) -> MoneyView:
    return await money_now(ports, guest, locale)


money_api_routes = [see_money]
