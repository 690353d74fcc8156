"""When a shop was last gone through for what is kept too long."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0012_promises")]

    initial = False

    operations = [
        ops.AddField(
            model_name="Shop",
            name="tidied_at",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
    ]
