"""What the tables must never hold. The ORM does not create constraints with a table (STACK.md), so they stand here.

``tests/integration/test_constraints.py`` reads the catalogue and tries to violate every one of them.
"""

from tortoise import migrations
from tortoise.migrations import operations as ops

UNIQUE = [
    ("case_units_owned_once", "case_units (order_id, line_id, ordinal) WHERE state IN ('open', 'settled')"),
    ("policy_versions_one_live", "policy_versions (shop_id) WHERE state = 'live'"),
    ("refund_legs_one_successor", "refund_legs (replaces) WHERE replaces IS NOT NULL"),
]
INDEXES = [
    # By lane (plugin/outbox/lanes.py), so that a flood of the one is not read through to find the other.
    (
        "work_due",
        "work ((CASE WHEN kind IN ('read_event', 'read_payment') THEN 1 ELSE 0 END), not_before) "
        "WHERE state IN ('ready', 'claimed')",
    ),
    ("work_leases", "work (lease_until) WHERE state = 'claimed'"),
    ("work_done", "work (done_at) WHERE state = 'done'"),
    ("cases_due", "cases (due_at) WHERE due_at IS NOT NULL"),
    ("codes_redeemed_order", "codes (shop_id, redeemed_order) WHERE redeemed_order IS NOT NULL"),
]
CHECKS = [
    ("work", "work_state", "state IN ('ready', 'claimed', 'done')"),
    ("work", "work_lease", "(state = 'claimed') = (lease_until IS NOT NULL)"),
    ("inbox_events", "inbox_events_state", "state IN ('received', 'handled', 'ignored', 'set_aside')"),
    ("inbox_events", "inbox_events_reason", "state NOT IN ('set_aside', 'ignored') OR reason IS NOT NULL"),
    ("idempotent_calls", "idempotent_calls_state", "state IN ('running', 'done')"),
    ("idempotent_calls", "idempotent_calls_answer", "(state = 'done') = (response IS NOT NULL)"),
    ("orders", "orders_amounts", "total >= 0 AND sequence >= 0 AND revision >= 1"),
    ("orders", "orders_currency", "currency ~ '^[A-Z]{3}$'"),
    ("payments", "payments_custodian", "custodian IN ('stripe', 'storefront', 'manual')"),
    (
        "payments",
        "payments_amounts",
        "amount >= 0 AND captured >= 0 AND capturable >= 0 AND external_refunded >= 0 AND disputed >= 0",
    ),
    ("cases", "cases_owed", "owed >= 0"),
    ("cases", "cases_waiting", "(waiting_on IS NULL) = (due_at IS NULL)"),
    ("cases", "cases_closed", "(closed_at IS NULL) = (due_at IS NOT NULL)"),
    ("case_units", "case_units_state", "state IN ('open', 'settled', 'released', 'edited_out')"),
    ("case_units", "case_units_worth", "ordinal >= 0 AND worth >= 0 AND tax >= 0"),
    (
        "refund_legs",
        "refund_legs_state",
        "state IN ('reserved', 'released', 'submitting', 'succeeded', 'pending', 'requires_action', 'failed', "
        "'unknown', 'with_person')",
    ),
    ("refund_legs", "refund_legs_amount", "amount > 0"),
    (
        "refund_legs",
        "refund_legs_submitted",
        "state IN ('reserved', 'released', 'with_person') OR submitted_at IS NOT NULL",
    ),
    ("codes", "codes_state", "state IN ('minted', 'reserved', 'redeemed', 'expired', 'revoked')"),
    ("codes", "codes_reserved", "state <> 'reserved' OR (cart_id IS NOT NULL AND reserved_until IS NOT NULL)"),
    ("codes", "codes_redeemed", "(state = 'redeemed') = (redeemed_at IS NOT NULL)"),
    (
        "codes",
        "codes_value",
        # A comparison with NULL is not false, and a check only refuses what is false.
        "(kind = 'percent' AND percent IS NOT NULL AND percent BETWEEN 1 AND 100 AND amount IS NULL) OR "
        "(kind = 'amount' AND amount IS NOT NULL AND amount > 0 AND percent IS NULL) OR "
        "(kind = 'free_shipping' AND percent IS NULL AND amount IS NULL)",
    ),
    ("counters", "counters_n", "n >= 0"),
    ("mails", "mails_state", "state IN ('queued', 'inflight', 'sent', 'refused', 'unknown')"),
    ("mails", "mails_recipient", r"recipient !~ '[\r\n]'"),
    ("audit_events", "audit_events_n", "n >= 1"),
]


class Migration(migrations.Migration):
    dependencies = [("models", "0001_initial")]

    operations = [
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
