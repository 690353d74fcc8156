"""Notes on a case, and what the queue of a person is read by."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


def _points_to(model, column, **more):
    return fields.ForeignKeyField(
        model, source_field=column, db_constraint=True, to_field="id", on_delete=OnDelete.CASCADE, **more
    )


class Migration(migrations.Migration):
    dependencies = [("models", "0008_limits")]

    initial = False

    operations = [
        ops.CreateModel(
            name="CaseNote",
            fields=[
                ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=40)),
                ("shop", _points_to("models.Shop", "shop_id")),
                ("order", _points_to("models.Order", "order_id")),
                ("case", _points_to("models.Case", "case_id", related_name="notes")),
                ("written_by", fields.CharField(max_length=80)),
                ("text", fields.TextField(unique=False)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "case_notes",
                "app": "models",
                "indexes": [Index(fields=["case_id"]), Index(fields=["order_id"])],
                "pk_attr": "id",
                "table_description": "What a person of the shop wrote down about a case. It goes with the shopper: it may speak of them.",
            },
            bases=["Model"],
        ),
        ops.RunSQL(
            "CREATE INDEX cases_open_by_due ON cases (shop_id, due_at, id) WHERE closed_at IS NULL",
            "DROP INDEX cases_open_by_due",
        ),
    ]
