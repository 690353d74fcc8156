"""A shopper takes a quote: the goods go back, and others are ordered for them. The confirmation is one transaction.

1. The policy is decided again, and the quote must be the one that was seen, open and in time.
2. Even or cheaper: approved. The goods come back, and when the policy's trigger has come the new ones are ordered and
   what is left over is refunded (``outbound``).
3. Dearer: nothing happens before the shopper has paid the difference, within the quote's time (``difference``).
"""

from __future__ import annotations

from functools import partial

from plugin.cases.models import Case
from plugin.cases.service import move
from plugin.cases.states import CaseState
from plugin.db import Transaction
from plugin.exchanges.models import Quote
from plugin.exchanges.refusals import CannotCollect, QuoteChanged, QuoteEnded
from plugin.exchanges.service import ask_of, price_of, take_quote
from plugin.exchanges.states import QuoteState
from plugin.exchanges.store import get_quote
from plugin.journeys.ask_difference import ask_for_difference
from plugin.journeys.confirming import Answered, Follow, confirm, refuse, stay_within_limits, why_in_review
from plugin.journeys.judging import WE_HAVE, Preview
from plugin.journeys.outbound import prepare_exchange
from plugin.journeys.quote import exchange_of
from plugin.journeys.tell import tell_case, tell_staff
from plugin.journeys.way_back import go_on
from plugin.messages.parts import AlertKind
from plugin.orders.service import StoredOrder
from plugin.policies.reasons import Outcome
from plugin.ports.runtime import Ports
from plugin.shops.hours import person_answers_by
from plugin.shops.models import Shop
from plugin.shops.service import payment_account, settings_of


async def confirm_exchange(
    ports: Ports,
    shop: Shop,
    order_id: str,
    quote_id: str,
    *,
    agreed: str,
    asked_by: str,
    locale: str,
    answered: Answered,
) -> Case:
    """Carry out what the quote with the digest ``agreed`` said; see ``confirming.confirm``.

    Raises ``QuoteChanged``, ``QuoteEnded``, ``CannotCollect`` and, where the policy's answer is another one by now,
    ``DecisionChanged``: then a new quote is needed.
    """
    quote = await get_quote(shop.id, order_id, quote_id)
    if quote.digest != agreed:
        raise QuoteChanged(param="digest")
    if quote.state != QuoteState.OPEN or quote.ends_at <= ports.clock.now():
        raise QuoteEnded(param="quote")
    if quote.difference > 0 and payment_account(ports.vault, shop) is None:
        raise CannotCollect()
    ask = ask_of(quote)
    follow: Follow = {
        Outcome.APPROVE: partial(_approve, quote), Outcome.REVIEW: partial(_review, quote), Outcome.REFUSE: refuse,
    }  # fmt: skip
    return await confirm(
        ports, shop, order_id, exchange_of(ask.lines, ask.reason), follow,
        agreed=ask.decision, asked_by=asked_by, locale=locale, answered=answered,
    )  # fmt: skip


async def _approve(quote: Quote, tx: Transaction, ports: Ports, shop: Shop, case: Case, now: Preview) -> None:
    at = ports.clock.now()
    await _take(tx, ports, case, now.order, quote)
    await move(tx, case, CaseState.APPROVED, at=at, due_at=at + WE_HAVE, why=str(now.decision.reason))
    await begin(tx, ports, shop, now.order, case, quote)
    await stay_within_limits(tx, ports, shop, now)


async def _review(quote: Quote, tx: Transaction, ports: Ports, shop: Shop, case: Case, now: Preview) -> None:
    """A person's yes honours what was quoted, also after the quote's end."""
    at = ports.clock.now()
    await _take(tx, ports, case, now.order, quote)
    due = person_answers_by(settings_of(shop), at)
    await move(tx, case, CaseState.IN_REVIEW, at=at, due_at=due, why=why_in_review(now))
    await tell_case(tx, case, "under_review")
    await tell_staff(tx, case, AlertKind.REVIEW)


async def _take(tx: Transaction, ports: Ports, case: Case, order: StoredOrder, quote: Quote) -> None:
    await take_quote(tx, quote, at=ports.clock.now())
    await prepare_exchange(tx, ports, order, case, quote.id, price_of(quote), worth=quote.worth)


async def begin(tx: Transaction, ports: Ports, shop: Shop, order: StoredOrder, case: Case, quote: Quote) -> None:
    """From ``approved``: the difference first, where there is one; else the goods go back at once.

    What a person withholds of the worth of what goes back is paid on top, or left over less.
    """
    above = quote.price - case.owed
    if above > 0:
        await ask_for_difference(tx, ports, shop, case, quote, above)
        return
    await go_on(tx, ports, shop, order, case)
    await tell_case(tx, case, "exchange_approved")
