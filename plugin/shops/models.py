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
    sealed_pseudonym_key = fields.TextField()
    stripe_api_base = fields.TextField(null=True)
    store_address = fields.TextField(null=True)
    settings: fields.JSONField[dict[str, Any]] = fields.JSONField()
    paused = fields.BooleanField(default=False)
    created_at = fields.DatetimeField()

    class Meta:
        table = "shops"
