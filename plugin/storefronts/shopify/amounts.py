"""What each part of a Shopify order costs: lines, shipping, tips, duties and fees, with their discounts and tax.

Lines carry their frozen share of every discount and tax. Bodies of older API versions lack the shares and have only
the order's sums; what is not shared out there is shared out here once, by largest remainder.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from plugin.core.money import share_out
from plugin.ports.orders import ExtraKind, LineKind, StoreExtra, StoreLine, StoreShipping
from plugin.ports.storefronts import Unparseable
from plugin.storefronts.platform_values import count, minor, price, text
from plugin.storefronts.shopify.wire import Allocation, Line, MoneySet, Order, Priced


def line_id(line: Line) -> str:
    """The line's id from its global id where there is one: relays that read JSON as floats round the plain number."""
    return global_number(line.admin_graphql_api_id) or str(line.id)


def global_number(global_id: str | None) -> str | None:
    """The digits at the end of ``gid://shopify/Order/123``."""
    digits = (global_id or "").rpartition("/")[2]
    return digits if digits.isascii() and digits.isdigit() and len(digits) < 40 else None


def costs(order: Order) -> tuple[tuple[StoreLine, ...], StoreShipping, tuple[StoreExtra, ...]]:
    """All parts of the order, in minor units; raises ``Unparseable``."""
    lines = tuple(_line(order, i, line) for i, line in enumerate(order.line_items) if line.tip is None)
    shipping = _shipping(order)
    extras = _tips(order) + _duties_and_fees(order)
    lines = _with_unshared_discount(order, lines, shipping)
    return _with_unshared_tax(order, lines, shipping, extras), shipping, extras


def _line(order: Order, i: int, line: Line) -> StoreLine:
    field, currency = f"line_items[{i}]", order.currency
    quantity = count(line.quantity, f"{field}.quantity")
    unit_price = price(line.price, currency, f"{field}.price")
    discount = _sum(line.discount_allocations, currency, field) or minor(line.total_discount, currency, field)
    tax = _tax(line.tax_lines, currency, field)
    net = unit_price * quantity - discount
    if discount < 0 or net < 0:
        raise Unparseable(f"{field}: {quantity} x {unit_price} less {discount} is no price of a line.")
    return StoreLine(
        id=line_id(line),
        title=text(line.title) or f"#{line.id}",
        quantity=quantity,
        unit_price=unit_price,
        discount=discount,
        tax=tax,
        total=net if order.taxes_included else net + tax,
        kind=_kind(line),
        sku=text(line.sku),
        product_id=str(line.product_id) if line.product_id else None,
        variant=text(line.variant_title),
        variant_id=str(line.variant_id) if line.variant_id else None,
    )


def _kind(line: Line) -> LineKind:
    if line.gift_card:
        return LineKind.GIFT_CARD
    return LineKind.DIGITAL if line.requires_shipping is False else LineKind.PHYSICAL


def _shipping(order: Order) -> StoreShipping:
    total = tax = discount = 0
    for i, line in enumerate(order.shipping_lines or ()):
        field = f"shipping_lines[{i}]"
        before = price(line.price, order.currency, f"{field}.price")
        off = _sum(line.discount_allocations, order.currency, field)
        if not off and line.discounted_price is not None:
            off = before - price(line.discounted_price, order.currency, f"{field}.discounted_price")
        its_tax = _tax(line.tax_lines, order.currency, field)
        total += before - off if order.taxes_included else before - off + its_tax
        tax, discount = tax + its_tax, discount + off
    if total < 0:
        raise Unparseable(f"shipping_lines: A discount of {discount} is more than shipping costs.")
    titles = [title for line in order.shipping_lines or () if (title := text(line.title))]
    return StoreShipping(total=total, tax=tax, discount=discount, title=", ".join(titles) or None)


def _tips(order: Order) -> tuple[StoreExtra, ...]:
    """A tip is a line of its own in newer bodies; the order's sum holds it as well."""
    given = sum(
        minor(line.price, order.currency, "tip") * count(line.quantity, "tip")
        for line in order.line_items
        if line.tip is not None
    )
    tip = max(given, minor(order.total_tip_received, order.currency, "total_tip_received"))
    return (StoreExtra(kind=ExtraKind.TIP, total=tip),) if tip else ()


def _duties_and_fees(order: Order) -> tuple[StoreExtra, ...]:
    currency = order.currency
    duties = [duty for line in order.line_items for duty in line.duties or ()]
    each = sum(minor(duty.shop_money and duty.shop_money.amount, currency, "duties") for duty in duties)
    duty = each or _of_set(order.original_total_duties_set, currency, "original_total_duties_set")
    tax = sum(_tax(duty.tax_lines, currency, "duties") for duty in duties)
    fee = _of_set(order.original_total_additional_fees_set, currency, "original_total_additional_fees_set")
    extras = []
    if duty:
        total = duty if order.taxes_included else duty + tax
        extras.append(StoreExtra(kind=ExtraKind.DUTY, total=total, tax=tax))
    if fee:
        extras.append(StoreExtra(kind=ExtraKind.FEE, total=fee))
    return tuple(extras)


def _with_unshared_discount(
    order: Order, lines: tuple[StoreLine, ...], shipping: StoreShipping
) -> tuple[StoreLine, ...]:
    given = minor(order.total_discounts, order.currency, "total_discounts")
    left = given - sum(line.discount for line in lines) - shipping.discount
    nets = [line.total if order.taxes_included else line.total - line.tax for line in lines]
    if not 0 < left <= sum(nets):
        return lines
    return tuple(
        replace(line, discount=line.discount + part, total=line.total - part)
        for line, part in zip(lines, share_out(left, nets), strict=True)
    )


def _with_unshared_tax(
    order: Order, lines: tuple[StoreLine, ...], shipping: StoreShipping, extras: tuple[StoreExtra, ...]
) -> tuple[StoreLine, ...]:
    taxed = sum(line.tax for line in lines) + shipping.tax + sum(extra.tax for extra in extras)
    left = minor(order.total_tax, order.currency, "total_tax") - taxed
    if left <= 0 or not lines or taxed:
        return lines
    return tuple(
        replace(line, tax=part, total=line.total if order.taxes_included else line.total + part)
        for line, part in zip(lines, share_out(left, [line.total for line in lines]), strict=True)
    )


def _sum(allocations: Sequence[Allocation] | None, currency: str, field: str) -> int:
    return sum(minor(each.amount, currency, f"{field}.discount_allocations") for each in allocations or ())


def _tax(tax_lines: Sequence[Priced] | None, currency: str, field: str) -> int:
    return sum(price(each.price, currency, f"{field}.tax_lines") for each in tax_lines or ())


def _of_set(money: MoneySet | None, currency: str, field: str) -> int:
    return minor(money.shop_money.amount, currency, field) if money and money.shop_money else 0
