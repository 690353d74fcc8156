"""What a shopper reads of an exchange: the quote, and the new goods of a case; and of a correction that costs more."""

from __future__ import annotations

from handlers.shopper import exchange_phrases as phrases
from handlers.shopper.exchange_views import OfferedView, QuoteView
from handlers.shopper.views import ExchangeView, FixView, Money, NewLineView, PayView
from plugin.core.words import Words
from plugin.exchanges.models import Difference, Quote
from plugin.exchanges.service import price_of
from plugin.exchanges.states import DifferenceState, OutboundState
from plugin.journeys.seen_exchange import DearerFix, SeenExchange
from plugin.ports.goods import Offered


def offered_view(offered: Offered, words: Words) -> OfferedView:
    return OfferedView(
        product_id=offered.product_id, variant_id=offered.variant_id, title=offered.title, variant=offered.variant,
        price=_money(offered.unit_price, offered.currency, words), available=offered.available,
        image_url=offered.image_url,
    )  # fmt: skip


def quote_view(quote: Quote, words: Words) -> QuoteView:
    def money(amount: int) -> Money:
        return _money(amount, quote.currency, words)

    return QuoteView(
        id=quote.id,
        digest=quote.digest,
        lines=tuple(
            NewLineView(title=line.title, variant=line.variant, quantity=line.quantity, total=money(line.total))
            for line in price_of(quote).lines
        ),
        worth=money(quote.worth),
        price=money(quote.price),
        tax=money(quote.tax),
        shipping=money(quote.shipping),
        difference=money(quote.difference),
        sentence=words.say(_says(quote.difference), amount=words.money(abs(quote.difference), quote.currency)),
        ends_at=quote.ends_at,
    )


def _says(difference: int) -> str:
    return phrases.PAY_ON_TOP if difference > 0 else phrases.COMES_BACK if difference < 0 else phrases.EVEN


def exchange_view(seen: SeenExchange, words: Words) -> ExchangeView:
    """The new goods of a case, and what is to be paid for them now."""
    request = seen.request
    is_ordered = OutboundState(seen.outbound.state) is OutboundState.ORDERED
    return ExchangeView(
        lines=tuple(
            NewLineView(
                title=line.title, variant=None, quantity=line.quantity,
                total=_money(line.unit_price * line.quantity, request.currency, words),
            )
            for line in request.lines
        ),
        order_number=seen.outbound.number if is_ordered else None,
        pay=_pay_view(seen.difference, words),
    )  # fmt: skip


def dearer_view(seen: DearerFix, words: Words) -> FixView:
    """What a correction costs more, and where to pay it now."""
    quote = seen.quote
    return FixView(
        costs=_money(quote.difference, quote.currency, words),
        tax=_money(quote.tax, quote.currency, words),
        shipping=_money(quote.shipping, quote.currency, words),
        pay=_pay_view(seen.difference, words),
    )


def _pay_view(difference: Difference | None, words: Words) -> PayView | None:
    if difference is None or DifferenceState(difference.state) is not DifferenceState.AWAITING:
        return None
    money = _money(difference.amount, difference.currency, words)
    return PayView(money=money, ends_at=difference.ends_at, url=difference.page_url)


def _money(amount: int, currency: str, words: Words) -> Money:
    return Money(amount, currency, words.money(amount, currency))
