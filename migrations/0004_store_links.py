"""A shop that is connected to its platform: the public half of its credentials, and how the connection stands; and
what it takes to erase a person: marks on the order, what a webhook was about, codes that are bound to nobody any more."""

from tortoise import migrations
from tortoise.migrations import operations as ops
import functools
from json import dumps, loads
from tortoise.fields.base import OnDelete
from tortoise import fields


CHECKS = [
    ("store_links", "store_links_state", "state IN ('connected', 'left')"),
    ("store_links", "store_links_counts", "missed >= 0 AND mended_hooks >= 0"),
    (
        "orders",
        "orders_erased",
        "erased_at IS NULL OR (erase_asked_at IS NOT NULL AND email IS NULL AND customer_hash IS NULL "
        "AND document #>> '{customer,email}' IS NULL AND placement #>> '{customer,email}' IS NULL)",
    ),
    ("codes", "codes_of_nobody", "customer_hash IS NOT NULL OR state NOT IN ('minted', 'reserved')"),
]
INDEXES = [
    (
        "orders_customer",
        "orders (shop_id, (document #>> '{customer,id}')) WHERE document #>> '{customer,id}' IS NOT NULL",
    ),
    ("inbox_events_subject", "inbox_events (shop_id, subject) WHERE subject IS NOT NULL"),
]

# Polling a store or Stripe is reading as well, and nobody waits for a store's books. plugin/outbox/lanes.py asks by this
# very expression.
_READING = ("read_event", "read_payment", "poll_store", "poll_stripe", "record_refund", "note_case")
_WORK_DUE = "work ((CASE WHEN kind IN {kinds} THEN 1 ELSE 0 END), not_before) WHERE state IN ('ready', 'claimed')"


class Migration(migrations.Migration):
    dependencies = [("models", "0003_place")]

    initial = False

    operations = [
        ops.CreateModel(
            name="StoreLink",
            fields=[
                (
                    "shop",
                    fields.OneToOneField(
                        "models.Shop",
                        source_field="shop_id",
                        primary_key=True,
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="link",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("state", fields.CharField(max_length=12)),
                ("connected_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("imported_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("polled_to", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("polled_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("poll_began_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("poll_cursor", fields.TextField(null=True, unique=False)),
                ("hooks", fields.JSONField(encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads)),
                ("hooks_checked_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("missed", fields.BigIntField(default=0)),
                ("mended_hooks", fields.BigIntField(default=0)),
                ("problem", fields.TextField(null=True, unique=False)),
            ],
            options={
                "table": "store_links",
                "app": "models",
                "pk_attr": "shop_id",
                "table_description": "How a shop's connection to its platform stands: what was polled, which webhooks live, what was missed.",
            },
            bases=["Model"],
        ),
        ops.AddField(
            model_name="Shop",
            name="sealed_store_key",
            field=fields.TextField(null=True, unique=False),
        ),
        ops.AddField(
            model_name="Shop",
            name="stripe_polled_to",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.RunSQL(
            f"DROP INDEX work_due; CREATE INDEX work_due ON {_WORK_DUE.format(kinds=_READING)}",
            reverse_sql=f"DROP INDEX work_due; CREATE INDEX work_due ON {_WORK_DUE.format(kinds=_READING[:2])}",
        ),
        ops.AddField(
            model_name="Order",
            name="erase_asked_at",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name="Order",
            name="erased_at",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name="InboxEvent",
            name="subject",
            field=fields.CharField(null=True, max_length=120),
        ),
        ops.AddField(
            model_name="Case",
            name="withheld_reason",
            field=fields.TextField(null=True, unique=False),
        ),
        ops.AlterField(
            model_name="Code",
            name="customer_hash",
            field=fields.CharField(null=True, max_length=64),
        ),
        *(ops.RunSQL(f"CREATE INDEX {name} ON {what}", reverse_sql=f"DROP INDEX {name}") for name, what in INDEXES),
        ops.AddField(
            model_name="Payment",
            name="external_refunds",
            field=fields.JSONField(null=True, encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads),
        ),
        *(
            ops.RunSQL(
                f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({rule})",
                reverse_sql=f"ALTER TABLE {table} DROP CONSTRAINT {name}",
            )
            for table, name, rule in CHECKS
        ),
    ]
