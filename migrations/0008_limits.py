"""A shop that has stopped all its money."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0007_backtests")]

    initial = False

    operations = [
        ops.AddField(
            model_name="Shop",
            name="money_stopped",
            field=fields.BooleanField(default=False, db_default=False),
        ),
    ]
