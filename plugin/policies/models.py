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


class Backtest(Model):
    """A draft that is tried on the last ``days`` before ``asked_at``, against the version that was live then.

    ``done`` of ``total`` cases and orders were looked at; ``place`` is where it goes on, ``result`` the figures so far.
    """

    id = fields.CharField(max_length=40, primary_key=True)
    shop: Any = fields.ForeignKeyField("models.Shop")
    shop_id: str
    policy: Any = fields.ForeignKeyField("models.PolicyVersion")
    policy_id: str
    document_hash = fields.CharField(max_length=64)
    document: fields.JSONField[dict[str, Any]] = fields.JSONField()
    days = fields.IntField()
    state = fields.CharField(max_length=10)
    done = fields.IntField()
    total = fields.IntField()
    place: fields.JSONField[dict[str, Any] | None] = fields.JSONField(null=True)
    result: fields.JSONField[dict[str, Any] | None] = fields.JSONField(null=True)
    problem = fields.TextField(null=True)
    asked_by = fields.CharField(max_length=80)
    asked_at = fields.DatetimeField()
    started_at = fields.DatetimeField(null=True)
    finished_at = fields.DatetimeField(null=True)

    class Meta:
        table = "backtests"
        indexes = (("shop_id", "asked_at"),)
