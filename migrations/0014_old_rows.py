"""What is kept too long, found without reading what is kept for good or was forgotten already."""

from tortoise import migrations
from tortoise.migrations import operations as ops

INDEXES = [
    (
        "inbox_events_kept",
        "inbox_events (shop_id, received_at) WHERE state IN ('handled', 'ignored') AND body <> '{}'::bytea",
    ),
    ("mails_kept", "mails (shop_id, created_at) WHERE state IN ('sent', 'refused') AND recipient <> ''"),
    ("mails_of_purpose", 'mails (shop_id, (purpose COLLATE "C"))'),
    ("stored_files_kept", "stored_files (shop_id) WHERE case_id IS NOT NULL"),
    ("effort_questions_kept", "effort_questions (shop_id, answered_at) WHERE words IS NOT NULL"),
    ("orders_persons_kept", "orders (shop_id, changed_at) WHERE erased_at IS NULL AND erase_asked_at IS NULL"),
    (
        "withdrawals_kept",
        "withdrawals (shop_id, closed_at) WHERE contact <> '' AND "
        "(state = 'lapsed' OR order_id IS NULL OR verified_at IS NULL)",
    ),
]


class Migration(migrations.Migration):
    dependencies = [("models", "0013_retention")]

    initial = False

    operations = [
        ops.RunSQL(f"CREATE INDEX {name} ON {what}", reverse_sql=f"DROP INDEX {name}") for name, what in INDEXES
    ]
