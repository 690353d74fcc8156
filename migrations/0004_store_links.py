"""A shop that is connected to its platform: the public half of its credentials, and how the connection stands."""

from tortoise import migrations
from tortoise.migrations import operations as ops
import functools
from json import dumps, loads
from tortoise.fields.base import OnDelete
from tortoise import fields


CHECKS = [
    ("store_links", "store_links_state", "state IN ('connected', 'left')"),
    ("store_links", "store_links_counts", "missed >= 0 AND mended_hooks >= 0"),
]


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
                ("stripe_polled_to", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
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
        *(
            ops.RunSQL(
                f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({rule})",
                reverse_sql=f"ALTER TABLE {table} DROP CONSTRAINT {name}",
            )
            for table, name, rule in CHECKS
        ),
    ]
