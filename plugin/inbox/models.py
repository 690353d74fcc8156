"""What came in: webhooks as they were received, and the idempotent calls that we have answered."""

from __future__ import annotations

from typing import Any

from tortoise import fields
from tortoise.models import Model


class InboxEvent(Model):
    """One verified webhook, byte for byte, kept before it was answered.

    ``subject`` is what it was found to be about when it was read: the store's id of an order, or a payment's reference.
    """

    id = fields.CharField(max_length=40, primary_key=True)
    shop: Any = fields.ForeignKeyField("models.Shop")
    shop_id: str
    source = fields.CharField(max_length=20)
    event_key = fields.CharField(max_length=200)
    topic = fields.CharField(max_length=120)
    body = fields.BinaryField()
    state = fields.CharField(max_length=12)
    reason = fields.TextField(null=True)
    received_at = fields.DatetimeField()
    handled_at = fields.DatetimeField(null=True)
    subject = fields.CharField(max_length=120, null=True)

    class Meta:
        table = "inbox_events"
        unique_together = (("shop", "source", "event_key"),)
        indexes = (("shop_id", "state", "received_at"),)


class IdempotentCall(Model):
    """An answer under the caller's Idempotency-Key, so that the same call gets it again."""

    id = fields.CharField(max_length=40, primary_key=True)
    shop: Any = fields.ForeignKeyField("models.Shop")
    shop_id: str
    scope = fields.CharField(max_length=80)
    key = fields.CharField(max_length=255)
    body_hash = fields.CharField(max_length=64)
    state = fields.CharField(max_length=8)
    status = fields.IntField(null=True)
    response = fields.TextField(null=True)
    created_at = fields.DatetimeField()

    class Meta:
        table = "idempotent_calls"
        unique_together = (("shop", "scope", "key"),)
        indexes = (("created_at",),)
