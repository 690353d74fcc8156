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
