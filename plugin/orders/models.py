"""Orders as the store placed them, and the payments that hold their money."""

from __future__ import annotations

from typing import Any

from tortoise import fields
from tortoise.models import Model


class Order(Model):
    """The order's newest version (``document``) and the amounts frozen at its placement or last edit (``placement``).

    Both are ``plugin.ports.orders.StoreOrder`` as JSON. ``revision`` grows when the store edits lines or amounts, and
    units are owned per revision, so that old refunds stay pinned to theirs. ``frozen_reason`` stops all automatic
    money on the order until a person has looked; ``frozen_by`` are all facts that ever did, each of them once.
    ``erase_asked_at``: its person is to be erased, once nothing is under way any more; ``erased_at``: and was, and no
    later version of the order brings them back. ``origin_case`` is the exchange or the fault whose new goods this order
    is: its worth and the way of its refunds follow the first order's payments (``plugin.exchanges``).
    """

    id = fields.CharField(max_length=40, primary_key=True)
    shop: Any = fields.ForeignKeyField("models.Shop")
    shop_id: str
    external_id = fields.CharField(max_length=80)
    number = fields.CharField(max_length=80)
    number_key = fields.CharField(max_length=80)
    sequence = fields.BigIntField()
    state = fields.CharField(max_length=12)
    currency = fields.CharField(max_length=3)
    total = fields.BigIntField()
    placed_at = fields.DatetimeField()
    email = fields.CharField(max_length=254, null=True)
    customer_hash = fields.CharField(max_length=64, null=True)
    revision = fields.IntField(default=1)
    document: fields.JSONField[dict[str, Any]] = fields.JSONField()
    placement: fields.JSONField[dict[str, Any]] = fields.JSONField()
    frozen_reason = fields.TextField(null=True)
    frozen_by: fields.JSONField[list[str] | None] = fields.JSONField(null=True)
    audit_n = fields.IntField(default=0)
    audit_head = fields.CharField(max_length=64, default="")
    origin_case = fields.CharField(max_length=40, null=True)
    received_at = fields.DatetimeField()
    changed_at = fields.DatetimeField()
    erase_asked_at = fields.DatetimeField(null=True)
    erased_at = fields.DatetimeField(null=True)

    class Meta:
        table = "orders"
        unique_together = (("shop", "external_id"),)
        indexes = (("shop_id", "number_key"), ("shop_id", "customer_hash"), ("shop_id", "placed_at"))


class Payment(Model):
    """One payment of an order, with its numbers from the custodian's last report.

    ``external_refunded`` counts refunds that did not begin here, and ``external_refunds`` are those that Stripe lists,
    as (id, amount); ``disputed`` is what open or lost disputes hold.
    ``readings`` counts the reports that were taken over: one that was asked for before the last of them may be older.
    """

    id = fields.CharField(max_length=40, primary_key=True)
    shop: Any = fields.ForeignKeyField("models.Shop")
    shop_id: str
    order: Any = fields.ForeignKeyField("models.Order", related_name="payments")
    order_id: str
    external_id = fields.CharField(max_length=120)
    custodian = fields.CharField(max_length=12)
    instrument = fields.CharField(max_length=12)
    reference = fields.CharField(max_length=120, null=True)
    label = fields.CharField(max_length=120, null=True)
    currency = fields.CharField(max_length=3)
    state = fields.CharField(max_length=12)
    amount = fields.BigIntField()
    captured = fields.BigIntField(default=0)
    capturable = fields.BigIntField(default=0)
    external_refunded = fields.BigIntField(default=0)
    external_refunds: fields.JSONField[list[tuple[str, int]] | None] = fields.JSONField(null=True)
    disputed = fields.BigIntField(default=0)
    read_at = fields.DatetimeField(null=True)
    readings = fields.IntField(default=0)

    class Meta:
        table = "payments"
        unique_together = (("order", "external_id"),)
        indexes = (("shop_id", "reference"),)
