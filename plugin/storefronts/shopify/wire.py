"""The parts of a Shopify order that we read. Plain amounts are decimals in ``currency``, the shop's own; sets of
shop and presentment money are read in the shop's too, so that one order never mixes two currencies."""

from __future__ import annotations

from typing import Any

from msgspec import Struct


class Money(Struct, frozen=True):
    amount: Any = None


class MoneySet(Struct, frozen=True):
    shop_money: Money | None = None


class Priced(Struct, frozen=True):
    """A tax line."""

    price: Any = None


class Allocation(Struct, frozen=True):
    """The frozen part of a discount that fell on one line."""

    amount: Any = None


class Duty(Struct, frozen=True, kw_only=True):
    shop_money: Money | None = None
    tax_lines: list[Priced] | None = None


class Line(Struct, frozen=True, kw_only=True):
    """``quantity`` is as ordered; ``current_quantity`` is what edits and refunds have left of it."""

    id: int
    admin_graphql_api_id: str | None = None
    title: str | None = None
    variant_title: str | None = None
    variant_id: int | None = None
    sku: str | None = None
    product_id: int | None = None
    quantity: Any
    current_quantity: Any = None
    price: Any
    total_discount: Any = None
    discount_allocations: list[Allocation] | None = None
    tax_lines: list[Priced] | None = None
    duties: list[Duty] | None = None
    gift_card: bool | None = None
    requires_shipping: bool | None = None
    tip: Any = None


class ShippingLine(Struct, frozen=True, kw_only=True):
    title: str | None = None
    price: Any = None
    discounted_price: Any = None
    discount_allocations: list[Allocation] | None = None
    tax_lines: list[Priced] | None = None


class CountedLine(Struct, frozen=True, kw_only=True):
    """A line inside a fulfilment."""

    id: int
    quantity: Any = None


class Fulfillment(Struct, frozen=True, kw_only=True):
    id: int
    status: str | None = None
    shipment_status: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    tracking_company: str | None = None
    tracking_number: str | None = None
    tracking_url: str | None = None
    line_items: list[CountedLine] | None = None


class Transaction(Struct, frozen=True, kw_only=True):
    id: int | None = None
    parent_id: int | None = None
    kind: str | None = None
    status: str | None = None
    gateway: str | None = None
    amount: Any = None


class RefundLine(Struct, frozen=True, kw_only=True):
    line_item_id: int
    quantity: Any
    restock_type: str | None = None


class Adjustment(Struct, frozen=True, kw_only=True):
    """``shipping_refund`` is shipping given back, as a negative amount and tax."""

    kind: str | None = None
    amount: Any = None
    tax_amount: Any = None


class Refund(Struct, frozen=True, kw_only=True):
    id: int
    note: str | None = None
    refund_line_items: list[RefundLine] | None = None
    transactions: list[Transaction] | None = None
    order_adjustments: list[Adjustment] | None = None


class Address(Struct, frozen=True, kw_only=True):
    name: str | None = None
    country_code: str | None = None
    zip: str | None = None


class Consent(Struct, frozen=True):
    state: str | None = None


class Customer(Struct, frozen=True, kw_only=True):
    id: int | None = None
    admin_graphql_api_id: str | None = None
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    email_marketing_consent: Consent | None = None


class DiscountCode(Struct, frozen=True):
    code: str | None = None


class Order(Struct, frozen=True, kw_only=True):
    id: int
    admin_graphql_api_id: str | None = None
    name: str | None = None
    order_number: int | None = None
    currency: str
    taxes_included: bool
    total_price: Any
    total_tax: Any = None
    total_discounts: Any = None
    total_tip_received: Any = None
    total_outstanding: Any = None
    original_total_duties_set: MoneySet | None = None
    original_total_additional_fees_set: MoneySet | None = None
    line_items: list[Line]
    shipping_lines: list[ShippingLine] | None = None
    fulfillments: list[Fulfillment] | None = None
    refunds: list[Refund] | None = None
    transactions: list[Transaction] | None = None
    discount_codes: list[DiscountCode] | None = None
    created_at: str | None = None
    processed_at: str | None = None
    updated_at: str | None = None
    cancelled_at: str | None = None
    financial_status: str | None = None
    gateway: str | None = None
    payment_gateway_names: list[str | None] | None = None
    email: str | None = None
    contact_email: str | None = None
    customer: Customer | None = None
    customer_locale: str | None = None
    buyer_accepts_marketing: bool | None = None
    shipping_address: Address | None = None
    billing_address: Address | None = None
    company: Any = None
    tags: str | None = None
    source_name: str | None = None
    test: bool | None = None


class Edit(Struct, frozen=True):
    order_id: int | None = None


class NamesOrder(Struct, frozen=True, kw_only=True):
    """A body that names an order: a refund, a parcel or its event, an edit, or only the id of what was deleted."""

    id: int | None = None
    order_id: int | None = None
    order_edit: Edit | None = None


class Person(Struct, frozen=True, kw_only=True):
    id: int | None = None
    email: str | None = None


class StoreMessage(Struct, frozen=True, kw_only=True):
    """``shop_domain`` in a compliance webhook; ``app/uninstalled`` holds the shop itself, with ``myshopify_domain``."""

    shop_domain: str | None = None
    myshopify_domain: str | None = None


class PersonMessage(Struct, frozen=True, kw_only=True):
    shop_domain: str | None = None
    customer: Person | None = None
    orders_requested: list[int] | None = None
    orders_to_redact: list[int] | None = None
