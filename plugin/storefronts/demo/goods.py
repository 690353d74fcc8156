"""What the demo store does about goods: it names prices, makes orders, corrects them, restocks, and gives credit.

What it has done it answers again under the same ``request_id``, and does not do twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec
from msgspec.structs import replace

from plugin.ports.goods import Address, OutboundLine, Wanted
from plugin.ports.orders import OrderState
from plugin.storefronts.demo.shelf import Article, Price, Shelf, demo_shelf
from plugin.storefronts.demo.store import Behaviour, DemoStore
from plugin.storefronts.standard.goods_wire import (
    CreditAsk,
    CreditData,
    CreditedBody,
    FixAsk,
    FixData,
    FixedBody,
    GoodsAsk,
    OfferBody,
    OffersAsk,
    OffersBody,
    OrderAsk,
    OrderData,
    OrderMadeBody,
    RestockAsk,
    RestockData,
    SaidBody,
    VariantsAsk,
)
from plugin.storefronts.standard.wire import LineBody, OrderBody, ShippingBody

_ABROAD = Price(1500, 0)  # what sending to another country costs on top
_SUFFIX = "x"  # of the numbers of orders that we had it make


@dataclass(frozen=True)
class Said:
    """An answer, and the order that was changed or made, whose webhook follows."""

    body: msgspec.Struct
    changed: OrderBody | None = None


@dataclass
class DemoGoods:
    """``asks`` is every ask that was taken, repetitions too; ``credits`` what was given, by its reference.
    ``on_ask`` hears each ask before it is done: what happens in the store in that moment."""

    store: DemoStore
    shelf: Shelf = field(default_factory=demo_shelf)
    asks: list[GoodsAsk] = field(default_factory=list)
    answers: dict[str, msgspec.Struct] = field(default_factory=dict)
    credits: dict[str, CreditData] = field(default_factory=dict)
    on_ask: Callable[[GoodsAsk], None] | None = None

    def take(self, ask: GoodsAsk) -> Said:
        """Do what a verified ask says, once per request."""
        self.asks.append(ask)
        if self.on_ask is not None:
            self.on_ask(ask)
        if isinstance(ask, OffersAsk):
            return Said(self._offers(ask.data.currency, self._wanted(ask.data.wanted)))
        if isinstance(ask, VariantsAsk):
            return Said(self._offers(ask.data.currency, list(self.shelf.of_product(ask.data.product_id))))
        if isinstance(ask, FixAsk) and ask.data.is_trial:
            return Said(self._fixed(ask.data).body)
        id = ask.data.request_id
        if id in self.answers:
            return Said(self.answers[id])
        said = self._do(ask)
        self.answers[id] = said.body
        return said

    def _do(self, ask: OrderAsk | RestockAsk | FixAsk | CreditAsk) -> Said:
        if isinstance(ask, OrderAsk):
            return self._made(ask.data)
        if isinstance(ask, RestockAsk):
            return self._restocked(ask.data)
        if isinstance(ask, CreditAsk):
            reference = f"credit_{len(self.credits) + 1}"
            self.credits[reference] = ask.data
            return Said(CreditedBody(status="done", reference=reference))
        said = self._fixed(ask.data)
        if said.changed is None:
            return said
        edited = said.changed
        self._move_stock(ask.data)
        changed = self.store.edit(
            edited.id, lines=edited.lines, shipping=edited.shipping, total=edited.total, customer=edited.customer
        )
        return Said(said.body, changed)

    def _wanted(self, wanted: tuple[Wanted, ...]) -> list[Article]:
        found = [self.shelf.find(each.product_id, each.variant_id) for each in wanted]
        return [article for article in found if article is not None]

    def _offers(self, currency: str, articles: list[Article]) -> OffersBody:
        return OffersBody(
            currency=currency, offers=tuple(_offer(each, currency) for each in articles if currency in each.prices)
        )  # fmt: skip

    def _made(self, data: OrderData) -> Said:
        origin = self.store.orders.get(data.order_id)
        if origin is None:
            return Said(OrderMadeBody(status="refused", reason="There is no such order."))
        for line in data.lines:
            article = self.shelf.find(line.product_id, line.variant_id)
            if article is not None and article.stock is not None and article.stock < line.quantity:
                return Said(OrderMadeBody(status="out_of_stock", reason=f"{line.title}: {article.stock} left."))
        for line in data.lines:
            self._take_from_shelf(line.product_id, line.variant_id, line.quantity)
        number = f"{origin.number}-{_SUFFIX}{sum(1 for id in self.store.orders if id.startswith(f'{origin.id}-')) + 1}"
        made = self.store.place(_order(origin, data, f"{origin.id}-{number.rpartition('-')[2]}", number, self.store))
        return Said(OrderMadeBody(status="done", order_id=made.id, order_number=made.number), made)

    def _restocked(self, data: RestockData) -> Said:
        order = self.store.orders.get(data.order_id)
        if order is None:
            return Said(SaidBody(status="refused", reason="There is no such order."))
        lines = {line.id: line for line in order.lines}
        for count in data.lines:
            line = lines.get(count.line_id)
            if line is not None and line.product_id is not None:
                self._take_from_shelf(line.product_id, _variant_id(self.shelf, line), -count.quantity)
        return Said(SaidBody(status="done"))

    def _take_from_shelf(self, product_id: str, variant_id: str | None, quantity: int) -> None:
        article = self.shelf.find(product_id, variant_id)
        if article is not None and article.stock is not None:
            article.stock -= quantity

    def _fixed(self, data: FixData) -> Said:
        """What it would cost, and the order as it would be; nothing is changed."""
        order = self.store.orders.get(data.order_id)
        if order is None:
            return Said(FixedBody(status="refused", reason="There is no such order."))
        is_away = order.state is not OrderState.OPEN or bool(order.fulfilments)
        if is_away or self.store.behaviour is Behaviour.TOO_LATE:
            return Said(FixedBody(status="too_late", reason="The parcel has left."))
        if data.address is not None:
            return _readdressed(order, data.address)
        line = next((each for each in order.lines if each.id == data.line_id), None)
        if line is None or data.to is None or not 0 < data.to.quantity <= line.quantity:
            return Said(FixedBody(status="refused", reason="There are no such units."))
        article = self.shelf.find(data.to.product_id, data.to.variant_id)
        if article is None or order.currency not in article.prices:
            return Said(FixedBody(status="refused", reason="There is no such product."))
        if article.stock is not None and article.stock < data.to.quantity:
            return Said(FixedBody(status="out_of_stock", reason=f"{article.title}: {article.stock} left."))
        before = self.shelf.find(line.product_id or "", None)
        was = before.prices.get(order.currency) if before is not None else None
        return _revaried(order, line, article, data.to.quantity, was or article.prices[order.currency])

    def _move_stock(self, data: FixData) -> None:
        line = next((each for each in self.store.orders[data.order_id].lines if each.id == data.line_id), None)
        if line is not None and data.to is not None:
            self._take_from_shelf(line.product_id or "", _variant_id(self.shelf, line), -data.to.quantity)
            self._take_from_shelf(data.to.product_id, data.to.variant_id, data.to.quantity)


def _offer(article: Article, currency: str) -> OfferBody:
    price = article.prices[currency]
    return OfferBody(
        product_id=article.product_id, variant_id=article.variant_id, title=article.title, variant=article.variant,
        sku=article.sku, unit_price=price.amount, unit_tax=price.tax, available=article.stock,
        is_sold=article.is_sold,
    )  # fmt: skip


def _variant_id(shelf: Shelf, line: LineBody) -> str | None:
    named = (article for article in shelf.of_product(line.product_id or "") if article.variant == line.variant)
    return next((article.variant_id for article in named), None)


def _order(origin: OrderBody, data: OrderData, id: str, number: str, store: DemoStore) -> OrderBody:
    """The order as it was asked for. It has no payment of the store's own: what pays it is at Comeback."""
    now, includes = store.clock.now(), origin.prices_include_tax
    shipping = ShippingBody(
        price=data.shipping if includes else data.shipping - data.shipping_tax, tax=data.shipping_tax
    )  # fmt: skip
    return OrderBody(
        id=id, number=number, sequence=1, placed_at=now, updated_at=now, currency=data.currency,
        prices_include_tax=includes,
        lines=tuple(_line(line, place, includes) for place, line in enumerate(data.lines, start=1)),
        shipping=shipping, total=sum(line.unit_price * line.quantity for line in data.lines) + data.shipping,
        customer=origin.customer, channel="comeback", time_zone=origin.time_zone, is_test=origin.is_test,
        tags=(data.reason,),
    )  # fmt: skip


def _line(line: OutboundLine, place: int, includes: bool) -> LineBody:
    return LineBody(
        id=f"l{place}", title=line.title, product_id=line.product_id, sku=line.variant_id, quantity=line.quantity,
        unit_price=line.unit_price if includes else line.unit_price - line.unit_tax,
        tax=line.unit_tax * line.quantity,
    )  # fmt: skip


def _readdressed(order: OrderBody, address: Address) -> Said:
    more = _ABROAD.amount if address.country != order.customer.country else 0
    changed = replace(
        order,
        customer=replace(
            order.customer, name=address.name, country=address.country, postcode=address.postal_code
        ),
        shipping=replace(order.shipping, price=order.shipping.price + more),
        total=order.total + more,
    )  # fmt: skip
    return Said(FixedBody(status="done", costs=more, tax=0, shipping=more), changed)


def _revaried(order: OrderBody, line: LineBody, article: Article, quantity: int, was: Price) -> Said:
    """``quantity`` units of ``line`` as ``article``, at what that costs more or less than the same product before."""
    price = article.prices[order.currency]
    more, tax = price.amount - was.amount, price.tax - was.tax
    share = line.tax * quantity // line.quantity
    new = replace(
        line, quantity=quantity, product_id=article.product_id, title=article.title, variant=article.variant,
        sku=article.sku, unit_price=line.unit_price + (more if order.prices_include_tax else more - tax),
        tax=share + tax * quantity,
    )  # fmt: skip
    if quantity == line.quantity:
        parts: tuple[LineBody, ...] = (new,)
    else:
        left = replace(line, quantity=line.quantity - quantity, tax=line.tax - share)
        parts = (left, replace(new, id=f"{line.id}-{article.variant_id or article.product_id}", discount=0))
    lines = tuple(part for each in order.lines for part in (parts if each.id == line.id else (each,)))
    changed = replace(order, lines=lines, total=order.total + more * quantity)
    return Said(FixedBody(status="done", costs=more * quantity, tax=tax * quantity), changed)
