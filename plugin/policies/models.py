"""Published policies: immutable versions, one of them live."""

from __future__ import annotations

from typing import Any

from tortoise import fields
from tortoise.models import Model


class PolicyVersion(Model):
    id = fields.CharField(max_length=40, primary_key=True)
    shop: Any = fields.ForeignKeyField("models.Shop")
    shop_id: str
    number = fields.IntField()
    hash = fields.CharField(max_length=64)
    document: fields.JSONField[dict[str, Any]] = fields.JSONField()
    state = fields.CharField(max_length=10)
    published_by = fields.CharField(max_length=80)
    published_at = fields.DatetimeField()

    class Meta:
        table = "policy_versions"
        unique_together = (("shop", "number"),)
