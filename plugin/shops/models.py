"""The tenant. Every other row belongs to one shop."""

from __future__ import annotations

from typing import Any

from tortoise import fields
from tortoise.models import Model


class Shop(Model):
    id = fields.CharField(max_length=40, primary_key=True)
    name = fields.TextField()
    storefront = fields.CharField(max_length=20)
    publishable_key = fields.CharField(max_length=80, unique=True)
    secret_key_hash = fields.CharField(max_length=64, unique=True)
    # Sealed by the vault, each under its own field name.
    sealed_webhook_secrets = fields.TextField()
    sealed_stripe_webhook_secrets = fields.TextField(null=True)
    sealed_stripe_api_key = fields.TextField(null=True)
    sealed_store_secret = fields.TextField(null=True)
    sealed_store_key = fields.TextField(null=True)
    sealed_pseudonym_key = fields.TextField()
    stripe_api_base = fields.TextField(null=True)
    store_address = fields.TextField(null=True)
    settings: fields.JSONField[dict[str, Any]] = fields.JSONField()
    paused = fields.BooleanField(default=False)
    money_stopped = fields.BooleanField(default=False, db_default=False)  # with paused: what was approved waits, too
    stripe_polled_to = fields.DatetimeField(null=True)  # every refund made at Stripe before it has been seen
    tidied_at = fields.DatetimeField(null=True)  # what was kept longer than the shop's periods was gone then
    # The head of the chain of what was done to the shop itself (plugin/audit).
    audit_n = fields.IntField(default=0)
    audit_head = fields.CharField(max_length=64, default="")
    created_at = fields.DatetimeField()

    class Meta:
        table = "shops"


class StoreLink(Model):
    """How a shop's connection to its platform stands: what was polled, which webhooks live, what was missed.

    ``polled_to`` is the moment up to which every change at the store has been seen: the beginning of the last complete
    round of pages. A round under way has begun at ``poll_began_at`` and goes on at ``poll_cursor``; ``polled_at`` is
    when the store was last asked. ``hooks`` maps each topic to why it does not work, null where it does. ``missed``
    counts versions of orders that polling brought before a webhook did.
    """

    shop: Any = fields.OneToOneField("models.Shop", primary_key=True, related_name="link")
    shop_id: str
    state = fields.CharField(max_length=12)
    connected_at = fields.DatetimeField()
    imported_at = fields.DatetimeField(null=True)
    polled_to = fields.DatetimeField(null=True)
    polled_at = fields.DatetimeField(null=True)
    poll_began_at = fields.DatetimeField(null=True)
    poll_cursor = fields.TextField(null=True)
    hooks: fields.JSONField[dict[str, str | None]] = fields.JSONField()
    hooks_checked_at = fields.DatetimeField(null=True)
    missed = fields.BigIntField(default=0)
    mended_hooks = fields.BigIntField(default=0)
    problem = fields.TextField(null=True)

    class Meta:
        table = "store_links"
