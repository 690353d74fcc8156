"""Who may look at which order, for how long; and how often somebody has tried."""

from __future__ import annotations

from typing import Any

from tortoise import fields
from tortoise.models import Model


class OrderLink(Model):
    """A signed link in a mail or on the store's order page: opens one order, by POST, until it expires."""

    id = fields.CharField(max_length=40, primary_key=True)
    token_hash = fields.CharField(max_length=64, unique=True)
    shop: Any = fields.ForeignKeyField("models.Shop")
    shop_id: str
    order: Any = fields.ForeignKeyField("models.Order")
    order_id: str
    expires_at = fields.DatetimeField()
    created_at = fields.DatetimeField()

    class Meta:
        table = "order_links"
        indexes = (("order_id",),)


class ShopperSession(Model):
    """A short session over exactly one order of one shop."""

    id = fields.CharField(max_length=40, primary_key=True)
    token_hash = fields.CharField(max_length=64, unique=True)
    shop: Any = fields.ForeignKeyField("models.Shop")
    shop_id: str
    order: Any = fields.ForeignKeyField("models.Order")
    order_id: str
    opened_by = fields.CharField(max_length=12)
    expires_at = fields.DatetimeField()
    created_at = fields.DatetimeField()

    class Meta:
        table = "shopper_sessions"
        indexes = (("expires_at",),)


class Lookup(Model):
    """A guest's request to see an order. The row exists whether or not the order does."""

    id = fields.CharField(max_length=40, primary_key=True)
    shop: Any = fields.ForeignKeyField("models.Shop")
    shop_id: str
    order: Any = fields.ForeignKeyField("models.Order", null=True)
    order_id: str | None
    code_hash = fields.CharField(max_length=64)
    tries = fields.IntField(default=0)
    used_at = fields.DatetimeField(null=True)
    expires_at = fields.DatetimeField()
    created_at = fields.DatetimeField()

    class Meta:
        table = "lookups"
        indexes = (("expires_at",),)


class RateCount(Model):
    """How often ``key`` was used in the window that began at ``window``."""

    id = fields.BigIntField(primary_key=True, generated=True)
    key = fields.CharField(max_length=160)
    window = fields.DatetimeField()
    n = fields.IntField()

    class Meta:
        table = "rate_counts"
        unique_together = (("key", "window"),)
        indexes = (("window",),)
