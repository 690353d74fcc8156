"""The event log from which every figure is counted. It holds ids and numbers, never names or addresses."""

from __future__ import annotations

from typing import Any

from tortoise import fields
from tortoise.models import Model


class Happening(Model):
    id = fields.CharField(max_length=40, primary_key=True)
    shop: Any = fields.ForeignKeyField("models.Shop")
    shop_id: str
    order_id = fields.CharField(max_length=40, null=True)
    case_id = fields.CharField(max_length=40, null=True)
    kind = fields.CharField(max_length=40)
    at = fields.DatetimeField()
    data: fields.JSONField[dict[str, Any]] = fields.JSONField()

    class Meta:
        table = "happenings"
        indexes = (("shop_id", "kind", "at"),)


class EffortQuestion(Model):
    """The one-tap question after a closed case: how easy was it, 1 (very hard) to 7 (very easy)? Asked once a case."""

    id = fields.CharField(max_length=40, primary_key=True)
    shop: Any = fields.ForeignKeyField("models.Shop")
    shop_id: str
    order: Any = fields.ForeignKeyField("models.Order")
    order_id: str
    case: Any = fields.ForeignKeyField("models.Case")
    case_id: str
    token_hash = fields.CharField(max_length=64, unique=True)
    asked_at = fields.DatetimeField()
    score = fields.IntField(null=True)
    words = fields.TextField(null=True)
    answered_at = fields.DatetimeField(null=True)

    class Meta:
        table = "effort_questions"
        unique_together = (("case",),)
        indexes = (("order_id",),)
