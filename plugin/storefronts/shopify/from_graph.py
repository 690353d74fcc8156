"""From a GraphQL order to the shape of the webhooks, so that one arithmetic reads both and finds them equal."""

from __future__ import annotations

from plugin.ports.storefronts import Unparseable
from plugin.storefronts.shopify import answers, wire
from plugin.storefronts.shopify.amounts import global_number


def as_webhook(order: answers.Order) -> wire.Order:
    """The order as its webhook would tell it; raises ``Unparseable`` for an id that is none."""
    return wire.Order(
        id=_number(order.id),
        admin_graphql_api_id=order.id,
        name=order.name,
        currency=order.currency_code,
        taxes_included=order.taxes_included,
        total_price=order.total_price_set.shop_money.amount,
        total_tax=_plain(order.total_tax_set),
        total_discounts=_plain(order.total_discounts_set),
        total_tip_received=_plain(order.total_tip_received_set),
        total_outstanding=_plain(order.total_outstanding_set),
        original_total_duties_set=_set(order.original_total_duties_set),
        original_total_additional_fees_set=_set(order.original_total_additional_fees_set),
        line_items=[_line(line) for line in order.line_items.nodes],
        shipping_lines=[_shipping(line) for line in order.shipping_lines.nodes],
        fulfillments=[_fulfillment(each) for each in order.fulfillments],
        refunds=[_refund(refund) for refund in order.refunds],
        discount_codes=[wire.DiscountCode(code) for code in order.discount_codes],
        created_at=order.created_at,
        processed_at=order.processed_at,
        updated_at=order.updated_at,
        cancelled_at=order.cancelled_at,
        financial_status=order.display_financial_status and order.display_financial_status.lower(),
        payment_gateway_names=list(order.payment_gateway_names),
        email=order.email,
        customer=_customer(order.customer),
        customer_locale=order.customer_locale,
        buyer_accepts_marketing=order.customer_accepts_marketing,
        shipping_address=_address(order.shipping_address),
        billing_address=_address(order.billing_address),
        company=order.purchasing_entity is not None and order.purchasing_entity.kind == "PurchasingCompany",
        tags=", ".join(order.tags),
        source_name=order.source_name,
        test=order.test,
    )


def _customer(customer: answers.Customer | None) -> wire.Customer | None:
    if customer is None:
        return None
    address = customer.default_email_address or answers.EmailAddress()
    return wire.Customer(
        id=_number(customer.id),
        email=address.email_address,
        first_name=customer.first_name,
        last_name=customer.last_name,
        email_marketing_consent=wire.Consent(address.marketing_state.lower()) if address.marketing_state else None,
    )


def _line(line: answers.LineItem) -> wire.Line:
    return wire.Line(
        id=_number(line.id),
        admin_graphql_api_id=line.id,
        title=line.title,
        variant_title=line.variant_title,
        sku=line.sku,
        product_id=_number(line.product.id) if line.product else None,
        variant_id=_number(line.variant.id) if line.variant else None,
        quantity=line.quantity,
        current_quantity=line.current_quantity,
        price=line.original_unit_price_set.shop_money.amount,
        discount_allocations=_allocations(line.discount_allocations),
        tax_lines=_taxes(line.tax_lines),
        duties=[
            wire.Duty(shop_money=wire.Money(duty.price.shop_money.amount), tax_lines=_taxes(duty.tax_lines))
            for duty in line.duties
        ],
        gift_card=line.is_gift_card,
        requires_shipping=line.requires_shipping,
    )


def _shipping(line: answers.ShippingLine) -> wire.ShippingLine:
    return wire.ShippingLine(
        title=line.title,
        price=line.original_price_set.shop_money.amount,
        discounted_price=line.discounted_price_set.shop_money.amount,
        discount_allocations=_allocations(line.discount_allocations),
        tax_lines=_taxes(line.tax_lines),
    )


def _fulfillment(each: answers.Fulfillment) -> wire.Fulfillment:
    tracking = each.tracking_info[0] if each.tracking_info else answers.TrackingInfo()
    return wire.Fulfillment(
        id=_number(each.id),
        status=each.status.lower(),
        shipment_status="delivered" if each.delivered_at else None,
        created_at=each.created_at,
        updated_at=each.delivered_at or each.updated_at,
        tracking_company=tracking.company,
        tracking_number=tracking.number,
        tracking_url=tracking.url,
        line_items=[
            wire.CountedLine(id=_number(line.line_item.id), quantity=line.quantity)
            for line in each.fulfillment_line_items.nodes
        ],
    )


def _refund(refund: answers.Refund) -> wire.Refund:
    return wire.Refund(
        id=_number(refund.id),
        note=refund.note,
        refund_line_items=[
            wire.RefundLine(
                line_item_id=_number(line.line_item.id), quantity=line.quantity, restock_type=line.restock_type.lower()
            )
            for line in refund.refund_line_items.nodes
        ],
        transactions=[
            wire.Transaction(
                id=_number(each.id),
                parent_id=_number(each.parent_transaction.id) if each.parent_transaction else None,
                kind=each.kind.lower(),
                status=each.status.lower(),
                gateway=each.gateway,
                amount=each.amount_set.shop_money.amount,
            )
            for each in refund.transactions.nodes
        ],
        order_adjustments=[
            wire.Adjustment(
                kind="shipping_refund",
                amount=line.subtotal_amount_set.shop_money.amount,
                tax_amount=line.tax_amount_set.shop_money.amount,
            )
            for line in refund.refund_shipping_lines.nodes
        ],
    )


def _number(id: str) -> int:
    number = global_number(id)
    if number is None:
        raise Unparseable(f"{id!r} is no global id of Shopify's.")
    return int(number)


def _plain(money: answers.MoneyBag | None) -> str | None:
    return money.shop_money.amount if money else None


def _set(money: answers.MoneyBag | None) -> wire.MoneySet | None:
    return wire.MoneySet(wire.Money(money.shop_money.amount)) if money else None


def _allocations(each: list[answers.AllocatedDiscount]) -> list[wire.Allocation]:
    return [wire.Allocation(one.allocated_amount_set.shop_money.amount) for one in each]


def _taxes(each: list[answers.TaxLine]) -> list[wire.Priced]:
    return [wire.Priced(one.price_set.shop_money.amount) for one in each]


def _address(address: answers.Address | None) -> wire.Address | None:
    if address is None:
        return None
    return wire.Address(name=address.name, country_code=address.country_code_v2, zip=address.zip)
