"""The people of a shop who may sign in, and the chain of what is done to the shop itself."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.fields.base import OnDelete
from tortoise import fields
from tortoise.indexes import Index


CHECKS = [
    ("staff_members", "staff_members_role", "role IN ('viewer', 'agent', 'approver', 'admin', 'owner')"),
    ("staff_members", "staff_members_email", "email = lower(email) AND email !~ '[[:space:]]'"),
    ("staff_invitations", "staff_invitations_role", "role IN ('viewer', 'agent', 'approver', 'admin', 'owner')"),
    ("staff_invitations", "staff_invitations_email", "email = lower(email) AND email !~ '[[:space:]]'"),
    ("staff_sessions", "staff_sessions_ends", "expires_at > created_at"),
    ("shops", "shops_audit", "audit_n >= 0"),
]
UNIQUE = [
    ("staff_members_one_account", "staff_members (shop_id, email) WHERE removed_at IS NULL"),
    ("audit_events_of_shop", "audit_events (shop_id, n) WHERE order_id IS NULL"),
]


class Migration(migrations.Migration):
    dependencies = [("models", "0005_policies")]

    initial = False

    operations = [
        ops.CreateModel(
            name="StaffMember",
            fields=[
                ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=40)),
                (
                    "shop",
                    fields.ForeignKeyField(
                        "models.Shop",
                        source_field="shop_id",
                        db_constraint=True,
                        to_field="id",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("email", fields.CharField(max_length=254)),
                ("role", fields.CharField(max_length=10)),
                ("password_hash", fields.CharField(max_length=160)),
                ("sealed_totp", fields.TextField(null=True, unique=False)),
                ("sealed_totp_offer", fields.TextField(null=True, unique=False)),
                ("totp_step", fields.BigIntField(default=0)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("removed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "staff_members",
                "app": "models",
                "pk_attr": "id",
                "table_description": "A person of the shop with an account. Who was removed stays as the name behind old audit events.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="RecoveryCode",
            fields=[
                ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=40)),
                (
                    "shop",
                    fields.ForeignKeyField(
                        "models.Shop",
                        source_field="shop_id",
                        db_constraint=True,
                        to_field="id",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "member",
                    fields.ForeignKeyField(
                        "models.StaffMember",
                        source_field="member_id",
                        db_constraint=True,
                        to_field="id",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("code_hash", fields.CharField(max_length=64)),
            ],
            options={
                "table": "staff_recovery_codes",
                "app": "models",
                "unique_together": (("member", "code_hash"),),
                "pk_attr": "id",
                "table_description": "Stands in for an authenticator once: the row goes when it is used.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="StaffSession",
            fields=[
                ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=40)),
                ("token_hash", fields.CharField(unique=True, max_length=64)),
                (
                    "shop",
                    fields.ForeignKeyField(
                        "models.Shop",
                        source_field="shop_id",
                        db_constraint=True,
                        to_field="id",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "member",
                    fields.ForeignKeyField(
                        "models.StaffMember",
                        source_field="member_id",
                        db_constraint=True,
                        to_field="id",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("address", fields.CharField(max_length=64)),
                ("agent", fields.CharField(max_length=200)),
                ("proved_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("seen_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("ended_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "staff_sessions",
                "app": "models",
                "indexes": [Index(fields=["member_id"]), Index(fields=["expires_at"])],
                "pk_attr": "id",
                "table_description": "A member signed in. ``proved_at`` is when they last showed their password or a code; ``address`` is the address",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="StaffInvitation",
            fields=[
                ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=40)),
                ("token_hash", fields.CharField(unique=True, max_length=64)),
                (
                    "shop",
                    fields.ForeignKeyField(
                        "models.Shop",
                        source_field="shop_id",
                        db_constraint=True,
                        to_field="id",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("email", fields.CharField(max_length=254)),
                ("role", fields.CharField(max_length=10)),
                ("invited_by", fields.CharField(max_length=60)),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "staff_invitations",
                "app": "models",
                "unique_together": (("shop", "email"),),
                "indexes": [Index(fields=["expires_at"])],
                "pk_attr": "id",
                "table_description": "An open invitation; a newer one for the same address takes its place, and accepting deletes it.",
            },
            bases=["Model"],
        ),
        ops.AddField(model_name="Shop", name="audit_n", field=fields.IntField(default=0, db_default=0)),
        ops.AddField(
            model_name="Shop", name="audit_head", field=fields.CharField(default="", db_default="", max_length=64)
        ),
        ops.AlterField(
            model_name="AuditEvent",
            name="order",
            field=fields.ForeignKeyField(
                "models.Order",
                source_field="order_id",
                null=True,
                db_constraint=True,
                to_field="id",
                on_delete=OnDelete.CASCADE,
            ),
        ),
        *(
            ops.RunSQL(f"CREATE UNIQUE INDEX {name} ON {what}", reverse_sql=f"DROP INDEX {name}")
            for name, what in UNIQUE
        ),
        *(
            ops.RunSQL(
                f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({rule})",
                reverse_sql=f"ALTER TABLE {table} DROP CONSTRAINT {name}",
            )
            for table, name, rule in CHECKS
        ),
    ]
