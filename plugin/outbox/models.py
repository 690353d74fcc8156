"""Work that must still happen: a row in the transaction that made it necessary."""

from __future__ import annotations

from typing import Any

from tortoise import fields
from tortoise.models import Model


class Work(Model):
    """A kind and an id; ``handlers.jobs`` knows which use case that is.

    ``fence`` grows with every claim and must be shown to complete: a worker that lost its lease changes nothing.
    ``attempts`` counts the claims, ``failures`` those that ended in an error and not in a wish to wait.
    ``not_before`` and ``lease_until`` are read against the database's clock only.
    """

    id = fields.CharField(max_length=40, primary_key=True)
    shop: Any = fields.ForeignKeyField("models.Shop")
    shop_id: str
    kind = fields.CharField(max_length=40)
    ref = fields.CharField(max_length=80)
    state = fields.CharField(max_length=8)
    not_before = fields.DatetimeField()
    attempts = fields.IntField(default=0)
    failures = fields.IntField(default=0, db_default=0)
    fence = fields.IntField(default=0)
    lease_until = fields.DatetimeField(null=True)
    last_error = fields.TextField(null=True)
    created_at = fields.DatetimeField()
    done_at = fields.DatetimeField(null=True)

    class Meta:
        table = "work"
        indexes = (("ref", "kind"),)
