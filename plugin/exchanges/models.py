"""New goods for old: the quote, what the shopper pays on top, and the order of the new goods."""

from __future__ import annotations

from typing import Any

from tortoise import fields
from tortoise.models import Model


class Quote(Model):
    """Frozen prices for an ask, until ``ends_at``. Amounts are minor units of ``currency``.

    ``worth`` is what the goods that go back are worth (less fees), ``price`` what the new ones cost with their tax and
    shipping; ``difference`` is price less worth, positive where the shopper pays. ``ask`` and ``goods`` are
    ``plugin.exchanges.quoting`` as JSON; ``kind`` is that of the case which it becomes: exchange, or fix. A fix gives
    nothing back (``worth`` 0): its ``price`` is what the correction costs more, and its ask is its case's.
    """

    id = fields.CharField(max_length=40, primary_key=True)
    shop: Any = fields.ForeignKeyField("models.Shop")
    shop_id: str
    order: Any = fields.ForeignKeyField("models.Order")
    order_id: str
    kind = fields.CharField(max_length=10)
    state = fields.CharField(max_length=10)
    currency = fields.CharField(max_length=3)
    worth = fields.BigIntField()
    price = fields.BigIntField()
    tax = fields.BigIntField()
    shipping = fields.BigIntField()
    difference = fields.BigIntField()
    digest = fields.CharField(max_length=64)
    ask: fields.JSONField[dict[str, Any]] = fields.JSONField()
    goods: fields.JSONField[list[dict[str, Any]]] = fields.JSONField()
    made_at = fields.DatetimeField()
    ends_at = fields.DatetimeField()

    class Meta:
        table = "quotes"
        indexes = (("order_id",), ("state", "ends_at"))


class Difference(Model):
    """What the shopper pays on top, through a page of Stripe's. Its states: ``plugin.exchanges.states``.

    When it is paid it becomes a ``Payment`` of the order (``payment_id``), and can be given back like any other.
    """

    id = fields.CharField(max_length=40, primary_key=True)
    shop: Any = fields.ForeignKeyField("models.Shop")
    shop_id: str
    order: Any = fields.ForeignKeyField("models.Order")
    order_id: str
    case: Any = fields.ForeignKeyField("models.Case", related_name="differences")
    case_id: str
    quote: Any = fields.ForeignKeyField("models.Quote")
    quote_id: str
    state = fields.CharField(max_length=12)
    amount = fields.BigIntField()
    currency = fields.CharField(max_length=3)
    key = fields.CharField(max_length=80, unique=True)
    page_id = fields.CharField(max_length=120, null=True)
    page_url = fields.TextField(null=True)
    reference = fields.CharField(max_length=120, null=True)
    payment_id = fields.CharField(max_length=40, null=True)
    ends_at = fields.DatetimeField()
    created_at = fields.DatetimeField()
    paid_at = fields.DatetimeField(null=True)

    class Meta:
        table = "differences"
        indexes = (("case_id",), ("order_id",), ("shop_id", "reference"), ("shop_id", "page_id"))


class OutboundOrder(Model):
    """An order of new goods that we have the store make: of an exchange, or a re-shipment for a fault.

    ``request`` is ``plugin.ports.goods.OutboundOrder`` as JSON, pinned before the first call; ``external_id`` is the
    store's id of the order, by which its webhooks find ``origin``.
    """

    id = fields.CharField(max_length=40, primary_key=True)
    shop: Any = fields.ForeignKeyField("models.Shop")
    shop_id: str
    order: Any = fields.ForeignKeyField("models.Order")
    order_id: str
    case: Any = fields.ForeignKeyField("models.Case", related_name="outbound")
    case_id: str
    state = fields.CharField(max_length=12)
    key = fields.CharField(max_length=80, unique=True)
    request: fields.JSONField[dict[str, Any]] = fields.JSONField()
    external_id = fields.CharField(max_length=80, null=True)
    number = fields.CharField(max_length=80, null=True)
    why = fields.TextField(null=True)
    asks = fields.IntField(default=0)
    created_at = fields.DatetimeField()
    ordered_at = fields.DatetimeField(null=True)

    class Meta:
        table = "outbound_orders"
        indexes = (("case_id",), ("order_id",), ("shop_id", "external_id"))
