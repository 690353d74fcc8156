"""Filling a shop with what years of returns leave behind: for every stored order a closed return with its parcel, leg,
mail, message, webhook, question and credit, and a declaration for one in ten. Half of it is older than any period."""

from __future__ import annotations

from benchmarks.world import World
from plugin.db import rows

_OF = "FROM cases c CROSS JOIN LATERAL (SELECT right(c.id, 26) AS n) k WHERE c.kind = 'return' AND c.shop_id = $1"
_STATEMENTS = (
    """INSERT INTO cases (id, shop_id, order_id, number, kind, basis, state, asked_by, locale, currency, owed, withheld,
        whole_order, takes_shipping, revision, store_asks, policy_id, digest, facts, decision, asked_at, changed_at,
        closed_at)
    SELECT 'back' || right(o.id, 27), o.shop_id, o.id, 'R-' || o.external_id, 'return', 'policy', 'done', 'shopper',
        'en', 'USD', 100, 0, false, false, 1, 0, p.id, repeat('0', 64), '{}', '{}', o.placed_at, o.placed_at,
        o.placed_at
    FROM orders o, policy_versions p WHERE o.shop_id = $1 AND p.shop_id = $1 AND p.state = 'live'""",
    f"""INSERT INTO parcels (id, shop_id, order_id, case_id, state, payer, carrier, tracking_number, send_by,
        extensions, was_told, created_at)
    SELECT 'prc_' || n, c.shop_id, c.order_id, c.id, 'inspected', 'shop', 'DHL', 'JD' || n, c.asked_at, 0, '[]',
        c.asked_at {_OF}""",
    f"""INSERT INTO refund_legs (id, shop_id, order_id, case_id, payment_id, kind, amount, currency, state, key,
        attempt, submitted_at, promised_for, created_at, settled_at)
    SELECT 'rback_' || n, c.shop_id, c.order_id, c.id, 'pay_' || n, 'refund', 100, 'USD', 'succeeded', c.id, 1,
        c.asked_at, c.asked_at::date, c.asked_at, c.asked_at {_OF}""",
    f"""INSERT INTO mails (id, shop_id, order_id, case_id, template, purpose, recipient, locale, sealed_context,
        message_id, state, created_at, sent_at)
    SELECT 'mail_' || n, c.shop_id, c.order_id, c.id, 'refunded', c.id || ':refunded', 'a@example.com', 'en',
        repeat('x', 400), '<' || n || '@example.com>', 'sent', c.asked_at, c.asked_at {_OF}""",
    f"""INSERT INTO contacts (id, shop_id, order_id, sealed_message, answers_by, created_at)
    SELECT 'con_' || n, c.shop_id, c.order_id, repeat('x', 200), c.asked_at, c.asked_at {_OF}""",
    f"""INSERT INTO inbox_events (id, shop_id, source, event_key, topic, body, state, received_at, handled_at)
    SELECT 'event_' || n, c.shop_id, 'stripe', 'old' || n, 'charge.refunded', repeat('x', 400)::bytea, 'handled',
        c.asked_at, c.asked_at {_OF}""",
    f"""INSERT INTO effort_questions (id, shop_id, order_id, case_id, token_hash, asked_at, score, words, answered_at)
    SELECT 'ces_' || n, c.shop_id, c.order_id, c.id, n, c.asked_at, 6, 'Quick.', c.asked_at {_OF}""",
    f"""INSERT INTO credits (id, shop_id, order_id, case_id, code_hash, sealed_code, currency, balance, held, state,
        authority, expires_at, issued_at)
    SELECT 'crd_' || n, c.shop_id, c.order_id, c.id, n, '', 'USD', 100, 0, 'live', 'ledger',
        now() + interval '5 years', c.asked_at {_OF}""",
    f"""INSERT INTO withdrawals (id, shop_id, order_id, number, state, name, contact, order_number, locale, declared_at,
        closed_at, cases)
    SELECT 'wdr_' || n, c.shop_id, c.order_id, 'W-' || right(n, 10), 'done', 'A', 'a@example.com', '1', 'en',
        c.asked_at, c.asked_at, '[]' {_OF} AND right(c.id, 1) = '0'""",
)
_FORGOTTEN = (
    "UPDATE inbox_events SET body = '' WHERE source = 'stripe' AND right(id, 1) <> '0'",
    "UPDATE mails SET recipient = '' WHERE right(id, 1) <> '0'",
    "UPDATE parcels SET tracking_number = NULL WHERE right(id, 1) <> '0'",
    "UPDATE effort_questions SET words = NULL WHERE right(id, 1) <> '0'",
    "DELETE FROM contacts WHERE right(id, 1) <> '0'",
)


async def fill_goods(world: World) -> None:
    """For every order that ``fill`` has stored. Their days lie in the past, a minute from each other."""
    for statement in _STATEMENTS:
        await rows(statement, world.shop.shop.id)
    await rows("VACUUM ANALYZE")


async def forget_nine_in_ten() -> None:
    """As after most rounds of a retention that has come late."""
    for statement in _FORGOTTEN:
        await rows(statement)
    await rows("VACUUM ANALYZE")
