"""The parts of WooCommerce's objects that we read (wp-api-v3). An order's amounts never include tax."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec import Struct


class MetaData(Struct, frozen=True):
    key: str | None = None
    value: Any = None


class Image(Struct, frozen=True):
    src: str | None = None


def value_of(meta_data: Iterable[MetaData], *keys: str) -> Any:
    """What is kept under the first of ``keys`` that is there; None where none is."""
    values = {each.key: each.value for each in meta_data}
    return next((values[key] for key in keys if values.get(key)), None)


class Line(Struct, frozen=True, kw_only=True):
    """``subtotal`` is before coupons and ``total`` after them, both for all units and both without their tax."""

    id: int
    name: str | None = None
    product_id: int | None = None
    variation_id: int | None = None
    quantity: Any
    subtotal: Any = None
    subtotal_tax: Any = None
    total: Any
    total_tax: Any = None
    sku: str | int | None = None
    image: Image | None = None
    meta_data: list[MetaData] = []


class Fee(Struct, frozen=True, kw_only=True):
    """A fee line or a shipping line."""

    name: str | None = None
    method_title: str | None = None
    total: Any
    total_tax: Any = None


class Coupon(Struct, frozen=True):
    code: str | None = None


class Refund(Struct, frozen=True):
    """The summary that an order carries of each refund; ``total`` is negative."""

    id: int
    reason: str | None = None
    total: Any = None


class RefundedLine(Struct, frozen=True, kw_only=True):
    """A line of a refund, all its numbers negative; ``_refunded_item_id`` in its meta names the order's line."""

    id: int
    quantity: Any = 0
    total: Any = None
    total_tax: Any = None
    meta_data: list[MetaData] = []


class RefundRecord(Struct, frozen=True, kw_only=True):
    """A refund as ``orders/{id}/refunds`` lists it; ``amount`` is positive. ``refunded_payment``: its gateway paid."""

    id: int
    amount: Any
    reason: str | None = None
    refunded_payment: bool | None = None
    date_created: str | None = None
    date_created_gmt: str | None = None
    line_items: list[RefundedLine] = []
    shipping_lines: list[RefundedLine] = []
    meta_data: list[MetaData] = []


class Address(Struct, frozen=True, kw_only=True):
    first_name: str | None = None
    last_name: str | None = None
    postcode: str | None = None
    country: str | None = None
    email: str | None = None


class Order(Struct, frozen=True, kw_only=True):
    id: int
    number: str | int
    status: str
    currency: str
    prices_include_tax: bool
    total: Any
    line_items: list[Line]
    date_created: str | None = None
    date_created_gmt: str | None = None
    date_modified: str | None = None
    date_modified_gmt: str | None = None
    date_paid: str | None = None
    date_paid_gmt: str | None = None
    date_completed: str | None = None
    date_completed_gmt: str | None = None
    customer_id: int | None = None
    billing: Address | list[Any] = []
    shipping: Address | list[Any] = []
    payment_method: str | None = None
    payment_method_title: str | None = None
    transaction_id: str | None = None
    created_via: str | None = None
    shipping_lines: list[Fee] = []
    fee_lines: list[Fee] = []
    coupon_lines: list[Coupon] = []
    refunds: list[Refund] = []
    meta_data: list[MetaData] = []
