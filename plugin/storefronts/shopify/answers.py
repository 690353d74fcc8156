"""The parts of a GraphQL order that we read, as Shopify answers them: https://shopify.dev/docs/api/admin-graphql.

Money comes in sets of shop and presentment money; ours is the shop's, as in the webhooks (``wire``).
"""

from __future__ import annotations

from typing import Generic, TypeVar

from msgspec import Struct

Node = TypeVar("Node")


class PageInfo(Struct, frozen=True, rename="camel"):
    has_next_page: bool = False
    end_cursor: str | None = None


class Connection(Struct, Generic[Node], frozen=True, rename="camel"):
    nodes: list[Node] = []
    page_info: PageInfo = PageInfo()


class Ref(Struct, frozen=True):
    id: str


class MoneyV2(Struct, frozen=True, rename="camel"):
    amount: str
    currency_code: str | None = None


class MoneyBag(Struct, frozen=True, rename="camel"):
    shop_money: MoneyV2


class AllocatedDiscount(Struct, frozen=True, rename="camel"):
    allocated_amount_set: MoneyBag


class TaxLine(Struct, frozen=True, rename="camel"):
    price_set: MoneyBag


class Duty(Struct, frozen=True, rename="camel"):
    price: MoneyBag
    tax_lines: list[TaxLine] = []


class LineItem(Struct, frozen=True, kw_only=True, rename="camel"):
    id: str
    title: str | None = None
    variant_title: str | None = None
    sku: str | None = None
    product: Ref | None = None
    variant: Ref | None = None
    quantity: int
    current_quantity: int
    original_unit_price_set: MoneyBag
    discount_allocations: list[AllocatedDiscount] = []
    tax_lines: list[TaxLine] = []
    duties: list[Duty] = []
    is_gift_card: bool = False
    requires_shipping: bool = True


class ShippingLine(Struct, frozen=True, kw_only=True, rename="camel"):
    title: str | None = None
    original_price_set: MoneyBag
    discounted_price_set: MoneyBag
    discount_allocations: list[AllocatedDiscount] = []
    tax_lines: list[TaxLine] = []


class TrackingInfo(Struct, frozen=True):
    company: str | None = None
    number: str | None = None
    url: str | None = None


class FulfilledLine(Struct, frozen=True, rename="camel"):
    line_item: Ref
    quantity: int


class Fulfillment(Struct, frozen=True, kw_only=True, rename="camel"):
    id: str
    status: str
    created_at: str
    updated_at: str
    delivered_at: str | None = None
    tracking_info: list[TrackingInfo] = []
    fulfillment_line_items: Connection[FulfilledLine]


class RefundedLine(Struct, frozen=True, rename="camel"):
    line_item: Ref
    quantity: int
    restock_type: str


class OrderTransaction(Struct, frozen=True, kw_only=True, rename="camel"):
    id: str
    kind: str
    status: str
    gateway: str | None = None
    manual_payment_gateway: bool = False
    error_code: str | None = None
    amount_set: MoneyBag
    parent_transaction: Ref | None = None


class RefundedShipping(Struct, frozen=True, rename="camel"):
    subtotal_amount_set: MoneyBag
    tax_amount_set: MoneyBag


class Refund(Struct, frozen=True, kw_only=True, rename="camel"):
    id: str
    note: str | None = None
    created_at: str | None = None
    refund_line_items: Connection[RefundedLine] = Connection()
    refund_shipping_lines: Connection[RefundedShipping] = Connection()
    transactions: Connection[OrderTransaction] = Connection()


class EmailAddress(Struct, frozen=True, rename="camel"):
    email_address: str | None = None
    marketing_state: str | None = None


class Customer(Struct, frozen=True, kw_only=True, rename="camel"):
    id: str
    first_name: str | None = None
    last_name: str | None = None
    default_email_address: EmailAddress | None = None


class Address(Struct, frozen=True, rename="camel"):
    name: str | None = None
    country_code_v2: str | None = None
    zip: str | None = None


class Purchaser(Struct, frozen=True):
    kind: str


class Order(Struct, frozen=True, kw_only=True, rename="camel"):
    id: str
    name: str
    currency_code: str
    taxes_included: bool
    total_price_set: MoneyBag
    total_tax_set: MoneyBag | None = None
    total_discounts_set: MoneyBag | None = None
    total_tip_received_set: MoneyBag | None = None
    total_outstanding_set: MoneyBag | None = None
    original_total_duties_set: MoneyBag | None = None
    original_total_additional_fees_set: MoneyBag | None = None
    line_items: Connection[LineItem]
    shipping_lines: Connection[ShippingLine]
    fulfillments: list[Fulfillment] = []
    refunds: list[Refund] = []
    discount_codes: list[str] = []
    created_at: str
    processed_at: str
    updated_at: str
    cancelled_at: str | None = None
    display_financial_status: str | None = None
    payment_gateway_names: list[str] = []
    email: str | None = None
    customer: Customer | None = None
    customer_locale: str | None = None
    customer_accepts_marketing: bool = False
    shipping_address: Address | None = None
    billing_address: Address | None = None
    purchasing_entity: Purchaser | None = None
    tags: list[str] = []
    source_name: str | None = None
    test: bool = False


class Scope(Struct, frozen=True):
    handle: str


class Installation(Struct, frozen=True, rename="camel"):
    access_scopes: list[Scope]


class OrderData(Struct, frozen=True, rename="camel"):
    """``current_app_installation`` says whether a missing order is gone, or only out of our sight."""

    order: Order | None
    current_app_installation: Installation


class Edge(Struct, frozen=True):
    cursor: str
    node: Ref


class OrderEdges(Struct, frozen=True, rename="camel"):
    edges: list[Edge]
    page_info: PageInfo


class OrdersData(Struct, frozen=True):
    orders: OrderEdges


class OrderLines(Struct, frozen=True, rename="camel"):
    line_items: Connection[LineItem]


class LinesData(Struct, frozen=True):
    order: OrderLines | None


class OrderParts(Struct, frozen=True):
    """The ids of all parcels and refunds, whose lists have no pages of their own."""

    fulfillments: list[Ref]
    refunds: list[Ref]


class PartsData(Struct, frozen=True):
    order: OrderParts | None


class FulfillmentData(Struct, frozen=True):
    fulfillment: Fulfillment | None


class RefundData(Struct, frozen=True):
    refund: Refund | None
