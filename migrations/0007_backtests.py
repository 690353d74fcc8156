"""Drafts that are tried on the past."""

import functools
from json import dumps, loads

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

CHECKS = [
    ("backtests", "backtests_state", "state IN ('queued', 'running', 'done', 'failed', 'cancelled')"),
    ("backtests", "backtests_days", "days BETWEEN 1 AND 3650"),
    ("backtests", "backtests_progress", "done >= 0 AND total >= done"),
    ("backtests", "backtests_finished", "(finished_at IS NULL) = (state IN ('queued', 'running'))"),
]
UNIQUE = [("backtests_one_open", "backtests (shop_id) WHERE state IN ('queued', 'running')")]
INDEXES = [("cases_asked", "cases (shop_id, asked_at, id)")]  # a back-test reads the asks of a time, page by page
_JSON = {"encoder": functools.partial(dumps, separators=(",", ":")), "decoder": loads}


class Migration(migrations.Migration):
    dependencies = [("models", "0006_staff")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Backtest",
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
                    "policy",
                    fields.ForeignKeyField(
                        "models.PolicyVersion",
                        source_field="policy_id",
                        db_constraint=True,
                        to_field="id",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("document_hash", fields.CharField(max_length=64)),
                ("document", fields.JSONField(**_JSON)),
                ("days", fields.IntField()),
                ("state", fields.CharField(max_length=10)),
                ("done", fields.IntField()),
                ("total", fields.IntField()),
                ("place", fields.JSONField(null=True, **_JSON)),
                ("result", fields.JSONField(null=True, **_JSON)),
                ("problem", fields.TextField(null=True, unique=False)),
                ("asked_by", fields.CharField(max_length=80)),
                ("asked_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("started_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("finished_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "backtests",
                "app": "models",
                "indexes": [Index(fields=["shop_id", "asked_at"])],
                "pk_attr": "id",
                "table_description": "A draft that is tried on the last ``days`` before ``asked_at``, against the version that was live then.",
            },
            bases=["Model"],
        ),
        *(
            ops.RunSQL(f"CREATE UNIQUE INDEX {name} ON {what}", reverse_sql=f"DROP INDEX {name}")
            for name, what in UNIQUE
        ),
        *(ops.RunSQL(f"CREATE INDEX {name} ON {what}", reverse_sql=f"DROP INDEX {name}") for name, what in INDEXES),
        *(
            ops.RunSQL(
                f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({rule})",
                reverse_sql=f"ALTER TABLE {table} DROP CONSTRAINT {name}",
            )
            for table, name, rule in CHECKS
        ),
    ]
