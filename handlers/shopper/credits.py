"""What a shopper has of store credit: each with its code, what is left of it, and every entry with what it was for."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from litestar import get
from litestar.di import NamedDependency
from msgspec import Meta, Struct

from handlers.dependencies import Guest
from handlers.problems import problem_responses
from handlers.shopper import credit_phrases
from handlers.shopper.present import Presenter, presenter
from handlers.shopper.views import Money
from handlers.shopper.visit import GUEST, SECURITY, Locale
from plugin.credit.models import Credit, CreditEntry
from plugin.credit.states import CreditState, EntryKind
from plugin.journeys.view_credits import SeenCredit, credits_of_shopper
from plugin.orders.service import get_order
from plugin.ports.runtime import Ports


class CreditEntryView(Struct, frozen=True, kw_only=True):
    """One movement; ``amount`` is negative for what was spent or has ended."""

    at: datetime
    kind: Annotated[str, Meta(examples=["spend"], description="grant, bonus, spend, give_back, expiry or take_back.")]
    amount: Money
    sentence: Annotated[str, Meta(examples=["Spent on order 1042"])]


class CreditView(Struct, frozen=True, kw_only=True):
    """``code`` is whole for what this order has earned, and shows its last four characters for the shopper's other
    credit: an order's page opens no more than its own. ``balance`` is what is left, also of it in open carts."""

    id: str
    code: Annotated[str, Meta(examples=["7K3F-9QWX-2M4T-H6VB"])] | None
    sentence: str
    state: Annotated[str, Meta(examples=["live"])]
    balance: Money
    issued_at: datetime
    expires_at: datetime | None
    entries: tuple[CreditEntryView, ...]


class StatementView(Struct, frozen=True, kw_only=True):
    credits: tuple[CreditView, ...]


@get(
    "/v1/order/credits",
    dependencies=GUEST,
    security=SECURITY,
    tags=["order page"],
    summary="See the shopper's store credit",
    description="All of this customer's credit at the shop, newest first, entry by entry. What the receiver of a gift "
    "was given is theirs, and is not shown to who ordered.",
    responses=problem_responses({401: "The session has ended."}),
)
async def see_credits(
    ports: NamedDependency[Ports], guest: NamedDependency[Guest], locale: Locale = None
) -> StatementView:
    return await credits_now(ports, guest, locale)


async def credits_now(ports: Ports, guest: Guest, locale: str | None) -> StatementView:
    """The statement as it stands at this moment, for the API and the pages alike."""
    order = await get_order(guest.shop.id, guest.visitor.order_id)
    speak = presenter(guest.shop, order, ports.clock.now(), locale)
    seen = await credits_of_shopper(ports, guest.shop, order)
    return StatementView(credits=tuple(_view(speak, each) for each in seen))


def _view(speak: Presenter, seen: SeenCredit) -> CreditView:
    credit = seen.credit
    return CreditView(
        id=credit.id, code=seen.code, sentence=_sentence(speak, credit), state=credit.state,
        balance=speak.money(credit.balance, credit.currency), issued_at=credit.issued_at,
        expires_at=credit.expires_at, entries=tuple(_entry(speak, seen, each) for each in seen.entries),
    )  # fmt: skip


def _sentence(speak: Presenter, credit: Credit) -> str:
    amount = speak.words.money(credit.balance, credit.currency)
    if credit.authority == "store":
        return speak.words.say(
            credit_phrases.AT_STORE if credit.store_reference else credit_phrases.UNDER_WAY, amount=amount
        )
    if credit.state != CreditState.LIVE or not credit.balance:
        return speak.words.say(credit_phrases.OVER)
    if credit.expires_at is None:
        return speak.words.say(credit_phrases.LEFT_FOR_GOOD, amount=amount)
    return speak.words.say(credit_phrases.LEFT, amount=amount, date=speak.words.date(credit.expires_at))


def _entry(speak: Presenter, seen: SeenCredit, entry: CreditEntry) -> CreditEntryView:
    kind = EntryKind(entry.kind)
    said = speak.words.say(
        credit_phrases.SENTENCES[kind],
        number=seen.case_number,
        order=seen.order_numbers.get(entry.spent_on or "", entry.spent_on),
    )
    return CreditEntryView(
        at=entry.at, kind=kind.value, amount=speak.money(entry.amount, seen.credit.currency), sentence=said
    )


credit_routes = [see_credits]
