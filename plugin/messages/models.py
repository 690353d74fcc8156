"""The mail outbox: a frozen context per mail, rendered when it is sent; and what shoppers have written themselves."""

from __future__ import annotations

from typing import Any

from tortoise import fields
from tortoise.models import Model


class Mail(Model):
    """``purpose`` is unique per shop, and names what the mail is for (``case_…:cancelled``): one message each."""

    id = fields.CharField(max_length=40, primary_key=True)
    shop: Any = fields.ForeignKeyField("models.Shop")
    shop_id: str
    order: Any = fields.ForeignKeyField("models.Order", null=True)
    order_id: str | None
    case: Any = fields.ForeignKeyField("models.Case", null=True)
    case_id: str | None
    template = fields.CharField(max_length=40)
    purpose = fields.CharField(max_length=120)
    recipient = fields.CharField(max_length=254)
    locale = fields.CharField(max_length=20)
    sealed_context = fields.TextField()
    message_id = fields.CharField(max_length=160, unique=True)
    state = fields.CharField(max_length=10)
    last_error = fields.TextField(null=True)
    created_at = fields.DatetimeField()
    sent_at = fields.DatetimeField(null=True)

    class Meta:
        table = "mails"
        unique_together = (("shop", "purpose"),)
        indexes = (("order_id",), ("case_id",), ("state",))


class Contact(Model):
    """A shopper's words to the shop's people, who answer until ``answers_by``."""

    id = fields.CharField(max_length=40, primary_key=True)
    shop: Any = fields.ForeignKeyField("models.Shop")
    shop_id: str
    order: Any = fields.ForeignKeyField("models.Order")
    order_id: str
    sealed_message = fields.TextField()
    answers_by = fields.DatetimeField()
    created_at = fields.DatetimeField()

    class Meta:
        table = "contacts"
        indexes = (("shop_id", "created_at"), ("order_id",))
