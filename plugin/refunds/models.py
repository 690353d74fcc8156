"""The legs of a refund: one row per movement of money, kept with its key whatever happens."""

from __future__ import annotations

from typing import Any

from tortoise import fields
from tortoise.models import Model


class RefundLeg(Model):
    """``key`` is the idempotency key and ``amount`` the frozen parameter of the call that may move money once.

    A terminal failure is followed by a new attempt: a new row that ``replaces`` this one, with a new key.
    ``late_told_at`` is when the shopper heard from us that the promise was missed.
    """

    id = fields.CharField(max_length=40, primary_key=True)
    shop: Any = fields.ForeignKeyField("models.Shop")
    shop_id: str
    order: Any = fields.ForeignKeyField("models.Order")
    order_id: str
    case: Any = fields.ForeignKeyField("models.Case", related_name="legs")
    case_id: str
    payment: Any = fields.ForeignKeyField("models.Payment", related_name="legs")
    payment_id: str
    kind = fields.CharField(max_length=16)
    amount = fields.BigIntField()
    currency = fields.CharField(max_length=3)
    state = fields.CharField(max_length=16)
    key = fields.CharField(max_length=80, unique=True)
    attempt = fields.IntField(default=1)
    replaces = fields.CharField(max_length=40, null=True)
    refunded_before = fields.BigIntField(null=True)
    submitted_at = fields.DatetimeField(null=True)
    absent_since = fields.DatetimeField(null=True)
    provider_id = fields.CharField(max_length=120, null=True)
    bank_reference = fields.TextField(null=True)
    failure = fields.TextField(null=True)
    promised_for = fields.DateField()
    late_told_at = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField()
    settled_at = fields.DatetimeField(null=True)

    class Meta:
        table = "refund_legs"
        indexes = (("case_id",), ("payment_id",), ("order_id",), ("state",))


class Debit(Model):
    """What was paid before the goods were seen, and more than was owed: recorded, shown to staff, never charged.

    A person settles or waives it; ``state``: open, settled, waived.
    """

    id = fields.CharField(max_length=40, primary_key=True)
    shop: Any = fields.ForeignKeyField("models.Shop")
    shop_id: str
    order: Any = fields.ForeignKeyField("models.Order")
    order_id: str
    case: Any = fields.ForeignKeyField("models.Case", related_name="debits")
    case_id: str
    amount = fields.BigIntField()
    currency = fields.CharField(max_length=3)
    reason = fields.CharField(max_length=40)
    state = fields.CharField(max_length=10)
    created_at = fields.DatetimeField()
    closed_at = fields.DatetimeField(null=True)
    closed_by = fields.CharField(max_length=80, null=True)

    class Meta:
        table = "debits"
        unique_together = (("case", "reason"),)
        indexes = (("order_id",),)
