"""Store credit: a code with a balance, and the ledger that explains every unit of it."""

from __future__ import annotations

from typing import Any

from tortoise import fields
from tortoise.models import Model


class Credit(Model):
    """``balance`` is the sum of its entries and ``held`` what open carts have reserved of it; both never below zero.

    ``authority`` is where it is spent: our ledger, or the store's own credit (``store_reference``). Looked up by its
    hash, shown by opening the sealed value, as a retention code is.
    """

    id = fields.CharField(max_length=40, primary_key=True)
    shop: Any = fields.ForeignKeyField("models.Shop")
    shop_id: str
    order: Any = fields.ForeignKeyField("models.Order")
    order_id: str
    case: Any = fields.ForeignKeyField("models.Case", related_name="credits")
    case_id: str
    customer_hash = fields.CharField(max_length=64, null=True)
    code_hash = fields.CharField(max_length=64)
    sealed_code = fields.TextField()
    currency = fields.CharField(max_length=3)
    balance = fields.BigIntField(default=0)
    held = fields.BigIntField(default=0)
    state = fields.CharField(max_length=10)
    authority = fields.CharField(max_length=12)
    store_reference = fields.CharField(max_length=120, null=True)
    expires_at = fields.DatetimeField(null=True)
    issued_at = fields.DatetimeField()

    class Meta:
        table = "credits"
        unique_together = (("shop", "code_hash"),)
        indexes = (("case_id",), ("order_id",), ("shop_id", "customer_hash"))


class CreditEntry(Model):
    """One movement: grant, bonus, spend (negative), give_back, expiry (negative), take_back (negative).

    ``purpose`` names what it is for, once in a shop: the case, or the cart or order that spent it.
    """

    id = fields.CharField(max_length=40, primary_key=True)
    shop: Any = fields.ForeignKeyField("models.Shop")
    shop_id: str
    credit: Any = fields.ForeignKeyField("models.Credit", related_name="entries")
    credit_id: str
    kind = fields.CharField(max_length=12)
    amount = fields.BigIntField()
    purpose = fields.CharField(max_length=200)
    spent_on = fields.CharField(max_length=80, null=True)  # the store's id of the order
    at = fields.DatetimeField()

    class Meta:
        table = "credit_entries"
        unique_together = (("shop", "purpose"),)
        indexes = (("credit_id",), ("shop_id", "spent_on"))


class CreditHold(Model):
    """What one cart has reserved of a credit, until its time is over."""

    id = fields.CharField(max_length=40, primary_key=True)
    shop: Any = fields.ForeignKeyField("models.Shop")
    shop_id: str
    credit: Any = fields.ForeignKeyField("models.Credit", related_name="holds")
    credit_id: str
    cart_id = fields.CharField(max_length=120)
    amount = fields.BigIntField()
    state = fields.CharField(max_length=10)
    until = fields.DatetimeField()

    class Meta:
        table = "credit_holds"
        unique_together = (("credit", "cart_id"),)
        indexes = (("state", "until"),)
