"""The append-only chains of what was done to an order, and to a shop itself, by whom and why."""

from __future__ import annotations

from typing import Any

from tortoise import fields
from tortoise.models import Model


class AuditEvent(Model):
    """Event ``n`` of an order, or of the shop itself: ``hash = SHA-256(prev_hash || canonical)``; the order's or the
    shop's row holds the head."""

    id = fields.CharField(max_length=40, primary_key=True)
    shop: Any = fields.ForeignKeyField("models.Shop")
    shop_id: str
    order: Any = fields.ForeignKeyField("models.Order", null=True)
    order_id: str | None
    n = fields.IntField()
    kind = fields.CharField(max_length=60)
    at = fields.DatetimeField()
    canonical = fields.TextField()
    prev_hash = fields.CharField(max_length=64)
    hash = fields.CharField(max_length=64)

    class Meta:
        table = "audit_events"
        unique_together = (("order", "n"),)
        indexes = (("shop_id", "at"),)


class AuditRoot(Model):
    """One hash per shop and day over the heads of all orders that changed on that day."""

    id = fields.CharField(max_length=40, primary_key=True)
    shop: Any = fields.ForeignKeyField("models.Shop")
    shop_id: str
    day = fields.DateField()
    events = fields.IntField()
    root = fields.CharField(max_length=64)

    class Meta:
        table = "audit_roots"
        unique_together = (("shop", "day"),)
