"""What comes back: the parcel, what carriers and people told of it, and what was found in it beside what was asked."""

from __future__ import annotations

from typing import Any

from tortoise import fields
from tortoise.models import Model


class Parcel(Model):
    """One way back to the shop, of a case. Its states: ``plugin.parcels.states``.

    ``payer`` is who pays it; ``label_file`` the shop's label (``plugin.files``) and ``carrier`` with
    ``tracking_number`` the shopper's own. ``send_by`` is when it must be on its way; ``extensions`` counts how often a
    person gave more time. ``was_told`` are the reminders that went out, by their days before the end.
    """

    id = fields.CharField(max_length=40, primary_key=True)
    shop: Any = fields.ForeignKeyField("models.Shop")
    shop_id: str
    order: Any = fields.ForeignKeyField("models.Order")
    order_id: str
    case: Any = fields.ForeignKeyField("models.Case", related_name="parcels")
    case_id: str
    state = fields.CharField(max_length=12)
    payer = fields.CharField(max_length=10)
    carrier = fields.CharField(max_length=60, null=True)
    tracking_number = fields.CharField(max_length=60, null=True)
    label_file = fields.CharField(max_length=40, null=True)
    send_by = fields.DatetimeField()
    extensions = fields.IntField(default=0)
    was_told: fields.JSONField[list[int]] = fields.JSONField(default=list)
    created_at = fields.DatetimeField()
    sent_at = fields.DatetimeField(null=True)
    received_at = fields.DatetimeField(null=True)
    inspected_at = fields.DatetimeField(null=True)
    lost_at = fields.DatetimeField(null=True)

    @property
    def is_open(self) -> bool:
        """Whether something may still come, or is here and not looked at."""
        return self.state in ("label", "in_transit", "received")

    class Meta:
        table = "parcels"
        indexes = (("case_id",), ("order_id",), ("shop_id", "tracking_number"))


class ParcelEvent(Model):
    """One thing that a carrier, a person of the shop or the shopper told of a parcel; effects of (source, event) happen
    once (I10)."""

    id = fields.BigIntField(primary_key=True, generated=True)
    shop: Any = fields.ForeignKeyField("models.Shop")
    shop_id: str
    parcel: Any = fields.ForeignKeyField("models.Parcel", related_name="events")
    parcel_id: str
    source = fields.CharField(max_length=20)
    event_id = fields.CharField(max_length=120)
    kind = fields.CharField(max_length=20)
    happened_at = fields.DatetimeField()
    received_at = fields.DatetimeField()

    class Meta:
        table = "parcel_events"
        unique_together = (("shop", "source", "event_id"),)
        indexes = (("parcel_id",),)


class Finding(Model):
    """Something that came and that nobody asked to send back: more units of a line (``over``), or a ``wrong_item``."""

    id = fields.CharField(max_length=40, primary_key=True)
    shop: Any = fields.ForeignKeyField("models.Shop")
    shop_id: str
    order: Any = fields.ForeignKeyField("models.Order")
    order_id: str
    case: Any = fields.ForeignKeyField("models.Case", related_name="findings")
    case_id: str
    kind = fields.CharField(max_length=12)
    line_id = fields.CharField(max_length=80, null=True)
    quantity = fields.IntField()
    note = fields.TextField(null=True)
    found_by = fields.CharField(max_length=80)
    found_at = fields.DatetimeField()

    class Meta:
        table = "findings"
        indexes = (("case_id",), ("order_id",))
