"""What people upload: what is known of a file. Its bytes lie behind ``plugin.ports.files``."""

from __future__ import annotations

from typing import Any

from tortoise import fields
from tortoise.models import Model


class StoredFile(Model):
    """``purpose``: evidence (the shopper's photo), inspection (the shop's), label. It goes with the shopper."""

    id = fields.CharField(max_length=40, primary_key=True)
    shop: Any = fields.ForeignKeyField("models.Shop")
    shop_id: str
    order: Any = fields.ForeignKeyField("models.Order")
    order_id: str
    case: Any = fields.ForeignKeyField("models.Case", related_name="files", null=True)
    case_id: str | None
    purpose = fields.CharField(max_length=12)
    media_type = fields.CharField(max_length=40)
    size = fields.IntField()
    sha256 = fields.CharField(max_length=64)
    added_by = fields.CharField(max_length=80)
    added_at = fields.DatetimeField()

    class Meta:
        table = "stored_files"
        indexes = (("order_id",), ("case_id",))


class UnwantedFile(Model):
    """The key of bytes whose shop is gone, and with it all work that could still name them."""

    key = fields.CharField(max_length=100, primary_key=True)

    class Meta:
        table = "unwanted_files"
