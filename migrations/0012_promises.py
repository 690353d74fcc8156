"""When a shopper was told that money is late, and how lately closed cases are found."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0011_returns_rules")]

    initial = False

    operations = [
        ops.AddField(
            model_name="RefundLeg",
            name="late_told_at",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.RunSQL(
            "CREATE INDEX refund_legs_promised ON refund_legs (promised_for) "
            "WHERE late_told_at IS NULL AND state NOT IN ('succeeded', 'released')",
            "DROP INDEX refund_legs_promised",
        ),
        ops.RunSQL(
            "CREATE INDEX cases_closed_lately ON cases (closed_at) WHERE closed_at IS NOT NULL",
            "DROP INDEX cases_closed_lately",
        ),
    ]
