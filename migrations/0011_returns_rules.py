"""What the tables of returns, exchanges, credit and withdrawals must never hold (as in 0002)."""

from tortoise import migrations
from tortoise.migrations import operations as ops

INDEXES = [
    ("parcels_waiting", "parcels (send_by) WHERE state IN ('label', 'in_transit')"),
    ("orders_of_exchanges", "orders (origin_case) WHERE origin_case IS NOT NULL"),
    ("withdrawals_due", "withdrawals (due_at) WHERE due_at IS NOT NULL"),
    ("credits_ending", "credits (expires_at) WHERE state = 'live'"),
]
CHECKS = [
    ("cases", "cases_kind", "kind IN ('cancel', 'return', 'exchange', 'fault', 'fix')"),
    ("case_units", "case_units_kind", "kind IN ('cancel', 'return', 'exchange', 'fault', 'fix')"),
    ("case_units", "case_units_inspection", "inspection IN ('accepted', 'rejected')"),
    # I3: nobody judges what has not come.
    ("case_units", "case_units_received", "inspection IS NULL OR received_at IS NOT NULL"),
    (
        "parcels",
        "parcels_state",
        "state IN ('label', 'in_transit', 'received', 'inspected', 'lost', 'cancelled')",
    ),
    ("parcels", "parcels_payer", "payer IN ('shop', 'shopper')"),
    ("parcel_events", "parcel_events_kind", "kind IN ('in_transit', 'delivered', 'received', 'lost')"),
    ("findings", "findings_kind", "kind IN ('over', 'wrong_item')"),
    ("findings", "findings_quantity", "quantity > 0"),
    ("stored_files", "stored_files_purpose", "purpose IN ('evidence', 'inspection', 'label')"),
    ("stored_files", "stored_files_size", "size > 0"),
    ("credits", "credits_state", "state IN ('live', 'expired', 'revoked')"),
    ("credits", "credits_balance", "balance >= 0 AND held >= 0 AND held <= balance"),
    ("credits", "credits_authority", "authority IN ('ledger', 'store')"),
    (
        "credit_entries",
        "credit_entries_amount",
        "(kind IN ('grant', 'bonus', 'give_back') AND amount > 0) OR "
        "(kind IN ('spend', 'expiry', 'take_back') AND amount < 0)",
    ),
    ("credit_holds", "credit_holds_state", "state IN ('held', 'spent', 'released')"),
    ("credit_holds", "credit_holds_amount", "amount > 0"),
    ("quotes", "quotes_state", "state IN ('open', 'taken', 'ended')"),
    ("quotes", "quotes_kind", "kind IN ('exchange', 'fix')"),
    ("quotes", "quotes_sum", "worth >= 0 AND price >= 0 AND difference = price - worth"),
    ("differences", "differences_state", "state IN ('awaiting', 'paid', 'ended', 'given_back')"),
    ("differences", "differences_amount", "amount > 0"),
    ("differences", "differences_paid", "state NOT IN ('paid', 'given_back') OR payment_id IS NOT NULL"),
    (
        "outbound_orders",
        "outbound_orders_state",
        "state IN ('waiting', 'asking', 'ordered', 'out_of_stock', 'with_person', 'cancelled')",
    ),
    ("outbound_orders", "outbound_orders_ordered", "(state = 'ordered') = (ordered_at IS NOT NULL)"),
    ("debits", "debits_amount", "amount > 0"),
    ("debits", "debits_state", "state IN ('open', 'settled', 'waived')"),
    (
        "withdrawals",
        "withdrawals_state",
        "state IN ('declared', 'confirmed', 'with_person', 'in_effect', 'ineffective', 'done', 'lapsed')",
    ),
    ("withdrawals", "withdrawals_waiting", "(waiting_on IS NULL) = (due_at IS NULL)"),
    # Only a person says so, and says why.
    (
        "withdrawals",
        "withdrawals_ineffective",
        "state <> 'ineffective' OR (ineffective_reason IS NOT NULL AND ineffective_by IS NOT NULL)",
    ),
    ("effort_questions", "effort_questions_score", "score BETWEEN 1 AND 7"),
    ("effort_questions", "effort_questions_answered", "(score IS NULL) = (answered_at IS NULL)"),
]


class Migration(migrations.Migration):
    dependencies = [("models", "0010_returns")]

    initial = False

    operations = [
        *(ops.RunSQL(f"CREATE INDEX {name} ON {what}", reverse_sql=f"DROP INDEX {name}") for name, what in INDEXES),
        *(
            ops.RunSQL(
                f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({rule})",
                reverse_sql=f"ALTER TABLE {table} DROP CONSTRAINT {name}",
            )
            for table, name, rule in CHECKS
        ),
    ]
