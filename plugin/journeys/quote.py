"""A shopper asks what an exchange would come to: the policy says what goes back is worth, the store what the new goods
cost, and both are frozen for a while.

Whether an exchange is possible is decided by the policy's rows for ``exchange``. A return whose policy names exchange
among its forms leads here: the ask is made anew as an exchange, with its new goods.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from plugin.core.errors import NotFound
from plugin.db import transaction
from plugin.exchanges.models import Quote
from plugin.exchanges.quoting import QuotedAsk, merged, priced
from plugin.exchanges.refusals import (
    CannotCollect,
    NothingWanted,
    NotSold,
    OutOfStock,
    StoreCannotQuote,
    StoreDoesNotAnswer,
)
from plugin.exchanges.service import save_quote
from plugin.journeys.judging import Preview, judge
from plugin.orders.service import StoredOrder, get_order
from plugin.policies.facts import Ask
from plugin.policies.reasons import Action, Outcome, Resolution
from plugin.ports.goods import Goods, Offered, Offers, StoreStatus, Wanted
from plugin.ports.orders import LineCount
from plugin.ports.runtime import Ports
from plugin.ports.storefronts import StoreConnection
from plugin.shops.models import Shop
from plugin.shops.service import payment_account, settings_of, store_connection


@dataclass(frozen=True)
class Quoted:
    """The policy's answer, and the frozen prices; no quote where the answer is no."""

    preview: Preview
    quote: Quote | None


def exchange_of(lines: Sequence[LineCount], reason: str | None) -> Ask:
    """The ask to exchange these quantities of these lines."""
    return Ask(action=Action.EXCHANGE, lines=tuple(lines), reason=reason, resolution=Resolution.EXCHANGE)


async def see_goods(
    ports: Ports, shop: Shop, order_id: str, *, line_id: str | None = None, product_id: str | None = None
) -> tuple[Offered, ...]:
    """Everything that a product comes in: that of a line of the order, or any other. What is not sold is left out.

    Raises ``NotFound``, ``StoreCannotQuote`` and ``StoreDoesNotAnswer``.
    """
    order = await get_order(shop.id, order_id)
    wanted = product_id or next((line.product_id for line in order.placement.lines if line.id == line_id), None)
    if wanted is None:
        raise NotFound(detail="We do not know which product this is.", param="line_id")
    return await _comes_in(ports, shop, order, wanted)


async def make_quote(
    ports: Ports,
    shop: Shop,
    order_id: str,
    lines: Sequence[LineCount],
    reason: str | None,
    wanted: Sequence[Wanted],
    *,
    otherwise: Resolution = Resolution.REFUND,
) -> Quoted:
    """Decide, ask the store, and freeze the sums. Nothing is promised to anybody until the quote is confirmed.

    Raises ``NothingWanted``, ``OutOfStock`` and ``NotSold`` (with what there is ``instead``), ``OtherCurrency``,
    ``CannotCollect``, ``StoreCannotQuote`` and ``StoreDoesNotAnswer``.
    """
    goods = merged(wanted)
    if not goods:
        raise NothingWanted(param="wanted")
    order = await get_order(shop.id, order_id)
    preview = await judge(ports, shop, order, exchange_of(lines, reason))
    if preview.decision.outcome is Outcome.REFUSE:
        return Quoted(preview, None)
    adapter, store = _store_of(ports, shop)
    offers = _answered(await adapter.offers(store, order.row.external_id, goods, order.row.currency))
    try:
        price = priced(goods, offers, order.row.currency)
    except (OutOfStock, NotSold) as gone:
        raise await _with_what_there_is(ports, shop, order, gone) from gone
    worth = preview.decision.amounts.total
    if price.above(worth) > 0 and payment_account(ports.vault, shop) is None:
        raise CannotCollect()
    ask = QuotedAsk(lines=tuple(lines), reason=reason, decision=preview.digest, otherwise=otherwise)
    at = ports.clock.now()
    async with transaction(ports.doorbell) as tx:
        quote = await save_quote(
            tx, shop_id=shop.id, order_id=order.id, ask=ask, price=price, worth=worth, at=at,
            ends_at=at + timedelta(minutes=settings_of(shop).exchanges.quote_minutes),
        )  # fmt: skip
    return Quoted(preview, quote)


async def _with_what_there_is(
    ports: Ports, shop: Shop, order: StoredOrder, gone: OutOfStock | NotSold
) -> OutOfStock | NotSold:
    """The same refusal, with the variants of the product that can be had."""
    try:
        found = await _comes_in(ports, shop, order, gone.extra["product_id"])
    except (StoreCannotQuote, StoreDoesNotAnswer):
        found = ()
    instead = [
        {"product_id": each.product_id, "variant_id": each.variant_id, "title": each.title, "variant": each.variant}
        for each in found
        if each.available != 0 and each.variant_id != gone.extra["variant_id"]
    ]
    return type(gone)(param=gone.param, **gone.extra, instead=instead)


async def _comes_in(ports: Ports, shop: Shop, order: StoredOrder, product_id: str) -> tuple[Offered, ...]:
    adapter, store = _store_of(ports, shop)
    offers = _answered(await adapter.variants(store, product_id, order.row.currency))
    return tuple(each for each in offers.offered if each.is_sold)


def _store_of(ports: Ports, shop: Shop) -> tuple[Goods, StoreConnection]:
    adapter = ports.goods.get(shop.storefront)
    if adapter is None:
        raise StoreCannotQuote()
    return adapter, store_connection(ports.vault, shop, allow_private_address=ports.allow_private_addresses)


def _answered(offers: Offers) -> Offers:
    match offers.status:
        case StoreStatus.DONE | StoreStatus.OUT_OF_STOCK:
            return offers
        case StoreStatus.UNKNOWN:
            raise StoreDoesNotAnswer()
        case _:
            raise StoreCannotQuote()
