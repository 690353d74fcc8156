"""The versions of a shop's policy: one of them live, at most one a draft, at most one scheduled."""

from __future__ import annotations

from typing import Any

from tortoise import fields
from tortoise.models import Model


class PolicyVersion(Model):
    """Only a draft's ``document`` ever changes. ``number`` counts the versions that were live, in that order, and is
    given when one goes live; ``live_from`` is since when it decides, or from when on it will."""

    id = fields.CharField(max_length=40, primary_key=True)
    shop: Any = fields.ForeignKeyField("models.Shop")
    shop_id: str
    number = fields.IntField(null=True)
    hash = fields.CharField(max_length=64)
    document: fields.JSONField[dict[str, Any]] = fields.JSONField()
    state = fields.CharField(max_length=10)
    written_by = fields.CharField(max_length=80)
    written_at = fields.DatetimeField()
    published_by = fields.CharField(max_length=80, null=True)
    published_at = fields.DatetimeField(null=True)
    live_from = fields.DatetimeField(null=True)

    class Meta:
        table = "policy_versions"
        unique_together = (("shop", "number"),)
