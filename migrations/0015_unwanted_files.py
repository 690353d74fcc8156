"""Files whose shop was removed, until their bytes are deleted."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0014_old_rows")]

    initial = False

    operations = [
        ops.CreateModel(
            name="UnwantedFile",
            fields=[("key", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=100))],
            options={"table": "unwanted_files", "app": "models", "pk_attr": "key"},
            bases=["Model"],
        ),
    ]
