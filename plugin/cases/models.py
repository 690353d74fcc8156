"""One case per ask: what was asked, what was decided and why, and the units that it owns."""

from __future__ import annotations

from typing import Any

from tortoise import fields
from tortoise.models import Model


class Case(Model):
    """``facts``, ``decision`` and ``policy_id`` are pinned when the shopper confirms and never change.

    ``waiting_on`` and ``due_at`` are set in every state that is not terminal, and empty in the others. ``withheld`` is
    what a person has taken off what was decided, for a ``withheld_reason``; ``owed`` is what is left. ``store_request``
    is what the store is asked, pinned before the first call and unchanged until a person asks anew; ``store_asks``
    numbers those asks. ``answer`` is what a person said to a case under review: approved, less or refused.
    ``resolution`` is the form in which it is answered (``plugin.policies.reasons.Resolution``) and ``resolved_at`` when
    that was set in motion: the money reserved, the credit given, the new goods ordered. ``contact`` is where mails of
    the case go if not to the order's shopper: the receiver of a gift.
    """

    id = fields.CharField(max_length=40, primary_key=True)
    shop: Any = fields.ForeignKeyField("models.Shop")
    shop_id: str
    order: Any = fields.ForeignKeyField("models.Order")
    order_id: str
    number = fields.CharField(max_length=20)
    kind = fields.CharField(max_length=10)
    basis = fields.CharField(max_length=10)
    resolution = fields.CharField(max_length=16, null=True)
    fault = fields.CharField(max_length=20, null=True)
    contact = fields.CharField(max_length=254, null=True)
    state = fields.CharField(max_length=24)
    waiting_on = fields.CharField(max_length=10, null=True)
    due_at = fields.DatetimeField(null=True)
    asked_by = fields.CharField(max_length=20)
    reason = fields.CharField(max_length=500, null=True)
    locale = fields.CharField(max_length=20)
    currency = fields.CharField(max_length=3)
    owed = fields.BigIntField()
    withheld = fields.BigIntField(default=0)
    withheld_reason = fields.TextField(null=True)
    whole_order = fields.BooleanField()
    takes_shipping = fields.BooleanField()
    revision = fields.IntField()
    policy: Any = fields.ForeignKeyField("models.PolicyVersion")
    policy_id: str
    digest = fields.CharField(max_length=64)
    facts: fields.JSONField[dict[str, Any]] = fields.JSONField()
    decision: fields.JSONField[dict[str, Any]] = fields.JSONField()
    store_asks = fields.IntField(default=0)
    store_request: fields.JSONField[dict[str, Any] | None] = fields.JSONField(null=True)
    store_reason = fields.TextField(null=True)
    person_reason = fields.CharField(max_length=60, null=True)
    answer = fields.CharField(max_length=10, null=True)
    resolved_at = fields.DatetimeField(null=True)
    asked_at = fields.DatetimeField()
    changed_at = fields.DatetimeField()
    closed_at = fields.DatetimeField(null=True)

    class Meta:
        table = "cases"
        unique_together = (("shop", "number"),)
        indexes = (("order_id",), ("shop_id", "state", "due_at"))


class CaseUnit(Model):
    """One unit of a line that a case owns (open or settled) or has given back (released).

    A unit that the store took out of the order after it had been cancelled is ``edited_out``: paid, and owned no more.
    ``kind`` is its case's. Of a unit that is sent back, ``received_at`` says when it came and ``inspection`` what was
    found (accepted, rejected; None: nobody has looked), with its ``grade`` and ``disposition`` (``plugin.parcels``).
    """

    id = fields.BigIntField(primary_key=True, generated=True)
    shop: Any = fields.ForeignKeyField("models.Shop")
    shop_id: str
    order: Any = fields.ForeignKeyField("models.Order")
    order_id: str
    case: Any = fields.ForeignKeyField("models.Case", related_name="units")
    case_id: str
    kind = fields.CharField(max_length=10, default="cancel")
    line_id = fields.CharField(max_length=80)
    ordinal = fields.IntField()
    revision = fields.IntField()
    worth = fields.BigIntField()
    tax = fields.BigIntField()
    state = fields.CharField(max_length=10)
    received_at = fields.DatetimeField(null=True)
    inspection = fields.CharField(max_length=10, null=True)
    grade = fields.CharField(max_length=20, null=True)
    disposition = fields.CharField(max_length=20, null=True)
    finding = fields.TextField(null=True)

    class Meta:
        table = "case_units"
        indexes = (("order_id",), ("case_id",))


class CaseNote(Model):
    """What a person of the shop wrote down about a case. It goes with the shopper: it may speak of them."""

    id = fields.CharField(max_length=40, primary_key=True)
    shop: Any = fields.ForeignKeyField("models.Shop")
    shop_id: str
    order: Any = fields.ForeignKeyField("models.Order")
    order_id: str
    case: Any = fields.ForeignKeyField("models.Case", related_name="notes")
    case_id: str
    written_by = fields.CharField(max_length=80)
    text = fields.TextField()
    created_at = fields.DatetimeField()

    class Meta:
        table = "case_notes"
        indexes = (("case_id",), ("order_id",))
