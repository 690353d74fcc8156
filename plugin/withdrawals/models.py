"""Declarations of withdrawal from a contract, as they were made (Directive 2011/83/EU, Art. 11a)."""

from __future__ import annotations

from typing import Any

from tortoise import fields
from tortoise.models import Model


class Withdrawal(Model):
    """What a consumer declared and when, by our clock. ``state``: ``plugin.withdrawals.states``.

    ``lines`` are quantities by line, or None for the whole contract. ``order`` is set once it is known which one is
    meant, ``verified_at`` once we know that the declaring person is its customer: no money moves before. ``cases`` are
    what it became. It is refused by nobody; ``ineffective`` is a person's word, with its ``ineffective_reason``.
    ``person_reason`` is the stable word for why a person has it. Two links can show who declared it, of which the
    hashes are kept: one in the acknowledgement, to the address given (``token_hash``), and one that goes to the order's
    own address alone (``order_token_hash``).
    """

    id = fields.CharField(max_length=40, primary_key=True)
    shop: Any = fields.ForeignKeyField("models.Shop")
    shop_id: str
    order: Any = fields.ForeignKeyField("models.Order", null=True)
    order_id: str | None
    number = fields.CharField(max_length=20)
    state = fields.CharField(max_length=16)
    waiting_on = fields.CharField(max_length=10, null=True)
    due_at = fields.DatetimeField(null=True)
    name = fields.CharField(max_length=200)
    contact = fields.CharField(max_length=254)
    order_number = fields.CharField(max_length=80)
    items = fields.TextField(null=True)
    lines: fields.JSONField[dict[str, int] | None] = fields.JSONField(null=True)
    locale = fields.CharField(max_length=20)
    declared_at = fields.DatetimeField()
    confirmed_at = fields.DatetimeField(null=True)
    verified_at = fields.DatetimeField(null=True)
    token_hash = fields.CharField(max_length=64, null=True)
    order_token_hash = fields.CharField(max_length=64, null=True)
    cases: fields.JSONField[list[str]] = fields.JSONField(default=list)
    person_reason = fields.CharField(max_length=60, null=True)
    ineffective_reason = fields.CharField(max_length=40, null=True)
    ineffective_by = fields.CharField(max_length=80, null=True)
    closed_at = fields.DatetimeField(null=True)

    class Meta:
        table = "withdrawals"
        unique_together = (("shop", "number"),)
        indexes = (("order_id",), ("shop_id", "state", "due_at"), ("token_hash",), ("order_token_hash",))
