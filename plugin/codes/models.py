"""The ledger of retention codes, and the counters that cap them."""

from __future__ import annotations

from typing import Any

from tortoise import fields
from tortoise.models import Model

# Kinds of work: a code is put to Stripe, and taken away there.
PUBLISH_CODE = "publish_code"
WITHDRAW_CODE = "withdraw_code"


class Code(Model):
    """One single-use code, bound to a customer. Looked up by its hash, shown by opening the sealed value.

    ``customer_hash`` is None once that customer was erased; such a code is not live any more.
    """

    id = fields.CharField(max_length=40, primary_key=True)
    shop: Any = fields.ForeignKeyField("models.Shop")
    shop_id: str
    order: Any = fields.ForeignKeyField("models.Order")
    order_id: str
    case: Any = fields.ForeignKeyField("models.Case")
    case_id: str
    customer_hash = fields.CharField(max_length=64, null=True)
    code_hash = fields.CharField(max_length=64)
    sealed_code = fields.TextField()
    kind = fields.CharField(max_length=16)
    percent = fields.IntField(null=True)
    amount = fields.BigIntField(null=True)
    minimum = fields.BigIntField(null=True)
    currency = fields.CharField(max_length=3)
    budget = fields.BigIntField()
    authority = fields.CharField(max_length=12)
    promotion_id = fields.CharField(max_length=120, null=True)
    state = fields.CharField(max_length=12)
    expires_at = fields.DatetimeField()
    cart_id = fields.CharField(max_length=120, null=True)
    reserved_until = fields.DatetimeField(null=True)
    redeemed_order = fields.CharField(max_length=80, null=True)
    redeemed_at = fields.DatetimeField(null=True)
    discount_given = fields.BigIntField(null=True)
    revenue_kept = fields.BigIntField(null=True)
    message_id = fields.CharField(max_length=40, null=True)
    flag = fields.CharField(max_length=40, null=True)
    given_back = fields.BooleanField(default=False)
    minted_at = fields.DatetimeField()

    class Meta:
        table = "codes"
        unique_together = (("shop", "code_hash"),)
        indexes = (("case_id",), ("shop_id", "customer_hash"), ("state", "expires_at"), ("state", "reserved_until"))


class Counter(Model):
    """A cap: ``UPDATE ... SET n = n + 1 WHERE n < cap`` is the whole check."""

    id = fields.BigIntField(primary_key=True, generated=True)
    shop: Any = fields.ForeignKeyField("models.Shop")
    shop_id: str
    key = fields.CharField(max_length=160)
    n = fields.BigIntField()

    class Meta:
        table = "counters"
        unique_together = (("shop", "key"),)
