"""Who may look at which order, for how long; the people of a shop; and how often somebody has tried."""

from __future__ import annotations

from typing import Any

from tortoise import fields
from tortoise.models import Model


class OrderLink(Model):
    """A signed link in a mail or on the store's order page: opens one order, by POST, until it expires."""

    id = fields.CharField(max_length=40, primary_key=True)
    token_hash = fields.CharField(max_length=64, unique=True)
    shop: Any = fields.ForeignKeyField("models.Shop")
    shop_id: str
    order: Any = fields.ForeignKeyField("models.Order")
    order_id: str
    expires_at = fields.DatetimeField()
    created_at = fields.DatetimeField()

    class Meta:
        table = "order_links"
        indexes = (("order_id",),)


class ShopperSession(Model):
    """A short session over exactly one order of one shop."""

    id = fields.CharField(max_length=40, primary_key=True)
    token_hash = fields.CharField(max_length=64, unique=True)
    shop: Any = fields.ForeignKeyField("models.Shop")
    shop_id: str
    order: Any = fields.ForeignKeyField("models.Order")
    order_id: str
    opened_by = fields.CharField(max_length=12)
    expires_at = fields.DatetimeField()
    created_at = fields.DatetimeField()

    class Meta:
        table = "shopper_sessions"
        indexes = (("expires_at",),)


class Lookup(Model):
    """A guest's request to see an order. The row exists whether or not the order does."""

    id = fields.CharField(max_length=40, primary_key=True)
    shop: Any = fields.ForeignKeyField("models.Shop")
    shop_id: str
    order: Any = fields.ForeignKeyField("models.Order", null=True)
    order_id: str | None
    code_hash = fields.CharField(max_length=64)
    tries = fields.IntField(default=0)
    used_at = fields.DatetimeField(null=True)
    expires_at = fields.DatetimeField()
    created_at = fields.DatetimeField()

    class Meta:
        table = "lookups"
        indexes = (("expires_at",),)


class RateCount(Model):
    """How often ``key`` was used in the window that began at ``window``."""

    id = fields.BigIntField(primary_key=True, generated=True)
    key = fields.CharField(max_length=160)
    window = fields.DatetimeField()
    n = fields.IntField()

    class Meta:
        table = "rate_counts"
        unique_together = (("key", "window"),)
        indexes = (("window",),)


class StaffMember(Model):
    """A person of the shop with an account. Who was removed stays as the name behind old audit events.

    ``sealed_totp`` is the secret of their authenticator, ``sealed_totp_offer`` one that they have not confirmed yet;
    ``totp_step`` the last time step whose code has counted (RFC 6238).
    """

    id = fields.CharField(max_length=40, primary_key=True)
    shop: Any = fields.ForeignKeyField("models.Shop")
    shop_id: str
    email = fields.CharField(max_length=254)
    role = fields.CharField(max_length=10)
    password_hash = fields.CharField(max_length=160)
    sealed_totp = fields.TextField(null=True)
    sealed_totp_offer = fields.TextField(null=True)
    totp_step = fields.BigIntField(default=0)
    created_at = fields.DatetimeField()
    removed_at = fields.DatetimeField(null=True)

    class Meta:
        table = "staff_members"


class RecoveryCode(Model):
    """Stands in for an authenticator once: the row goes when it is used."""

    id = fields.CharField(max_length=40, primary_key=True)
    shop: Any = fields.ForeignKeyField("models.Shop")
    shop_id: str
    member: Any = fields.ForeignKeyField("models.StaffMember")
    member_id: str
    code_hash = fields.CharField(max_length=64)

    class Meta:
        table = "staff_recovery_codes"
        unique_together = (("member", "code_hash"),)


class StaffSession(Model):
    """A member signed in. ``proved_at`` is when they last showed their password or a code; ``address`` is the address
    (IPv6: its /64) that the session was opened from. An ended session is kept for a while: its address is known."""

    id = fields.CharField(max_length=40, primary_key=True)
    token_hash = fields.CharField(max_length=64, unique=True)
    shop: Any = fields.ForeignKeyField("models.Shop")
    shop_id: str
    member: Any = fields.ForeignKeyField("models.StaffMember")
    member_id: str
    address = fields.CharField(max_length=64)
    agent = fields.CharField(max_length=200)
    proved_at = fields.DatetimeField()
    seen_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField()

    class Meta:
        table = "staff_sessions"
        indexes = (("member_id",), ("expires_at",))


class StaffInvitation(Model):
    """An open invitation; a newer one for the same address takes its place, and accepting deletes it."""

    id = fields.CharField(max_length=40, primary_key=True)
    token_hash = fields.CharField(max_length=64, unique=True)
    shop: Any = fields.ForeignKeyField("models.Shop")
    shop_id: str
    email = fields.CharField(max_length=254)
    role = fields.CharField(max_length=10)
    invited_by = fields.CharField(max_length=60)
    expires_at = fields.DatetimeField()
    created_at = fields.DatetimeField()

    class Meta:
        table = "staff_invitations"
        unique_together = (("shop", "email"),)
        indexes = (("expires_at",),)
