"""Versions of a policy before they are live, and since when they were; and what a person answered to a case, to be
compared with what we would have answered.

Versions that were there already have been live since they were published, and were written by who published them.
"""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

UNIQUE = [
    ("policy_versions_one_draft", "policy_versions (shop_id) WHERE state = 'draft'"),
    ("policy_versions_one_scheduled", "policy_versions (shop_id) WHERE state = 'scheduled'"),
]
INDEXES = [
    ("policy_versions_due", "policy_versions (live_from) WHERE state = 'scheduled'"),
    ("cases_proposed", "cases (shop_id, asked_at) WHERE decision ->> 'proposed' IS NOT NULL"),
]
CHECKS = [
    ("policy_versions", "policy_versions_state", "state IN ('draft', 'scheduled', 'live', 'archived')"),
    ("policy_versions", "policy_versions_number", "(number IS NULL) = (state IN ('draft', 'scheduled'))"),
    ("policy_versions", "policy_versions_live_from", "(live_from IS NULL) = (state = 'draft')"),
    (
        "policy_versions",
        "policy_versions_published",
        "(published_by IS NULL) = (state = 'draft') AND (published_at IS NULL) = (state = 'draft')",
    ),
    ("cases", "cases_answer", "answer IN ('approved', 'less', 'refused')"),
]


class Migration(migrations.Migration):
    dependencies = [("models", "0004_store_links")]

    initial = False

    operations = [
        ops.AlterField(model_name="PolicyVersion", name="number", field=fields.IntField(null=True)),
        ops.AlterField(
            model_name="PolicyVersion", name="published_by", field=fields.CharField(null=True, max_length=80)
        ),
        ops.AlterField(
            model_name="PolicyVersion",
            name="published_at",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(model_name="PolicyVersion", name="written_by", field=fields.CharField(null=True, max_length=80)),
        ops.AddField(
            model_name="PolicyVersion",
            name="written_at",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name="PolicyVersion",
            name="live_from",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.RunSQL(
            "UPDATE policy_versions SET written_by = published_by, written_at = published_at, live_from = published_at",
            reverse_sql="DELETE FROM policy_versions WHERE state IN ('draft', 'scheduled')",
        ),
        ops.AlterField(model_name="PolicyVersion", name="written_by", field=fields.CharField(max_length=80)),
        ops.AlterField(
            model_name="PolicyVersion",
            name="written_at",
            field=fields.DatetimeField(auto_now=False, auto_now_add=False),
        ),
        ops.AddField(model_name="Case", name="answer", field=fields.CharField(null=True, max_length=10)),
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
