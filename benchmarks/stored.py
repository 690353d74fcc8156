"""Filling a shop with orders as they would be after years: two lines each, three orders a customer, one in twenty
cancelled, and the finished work and read webhooks of the last days beside them."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from benchmarks.world import SAMPLE, World
from plugin.db import rows
from plugin.storefronts.demo.samples import build_sample
from plugin.storefronts.standard.orders import read_order

_ORDERS = """
    INSERT INTO orders (id, shop_id, external_id, number, number_key, sequence, state, currency, total, placed_at,
        email, customer_hash, revision, document, placement, audit_n, audit_head, received_at, changed_at)
    SELECT 'ord_' || lpad(n::text, 26, '0'), $1, 's' || n, 's' || n, 's' || n, 1, 'open', 'USD', $3, made.at,
        'customer-' || n / 3 || '@example.com', encode(sha256(int4send(n / 3)), 'hex'), 1, made.document, made.document,
        0, '', made.at, made.at
    FROM generate_series($4::int, $5::int) n, LATERAL (
        SELECT now() - n % 1000000 * interval '1 minute' AS at,
            jsonb_set(jsonb_set($2::jsonb, '{id}', to_jsonb('s' || n)), '{number}', to_jsonb('s' || n)) AS document
    ) made
"""
_PAYMENTS = """
    INSERT INTO payments (id, shop_id, order_id, external_id, custodian, instrument, reference, label, currency, state,
        amount, captured, capturable, external_refunded, disputed, read_at, readings)
    SELECT 'pay_' || lpad(n::text, 26, '0'), $1, 'ord_' || lpad(n::text, 26, '0'), 'card', 'stripe', 'card',
        'pi_stored_' || n, 'Visa •••• 4242', 'USD', 'captured', $2, $2, 0, 0, 0, now(), 1
    FROM generate_series($3::int, $4::int) n
"""
_CASES = """
    INSERT INTO cases (id, shop_id, order_id, number, kind, basis, state, asked_by, locale, currency, owed, withheld,
        whole_order, takes_shipping, revision, store_asks, policy_id, digest, facts, decision, asked_at, changed_at,
        closed_at)
    SELECT 'case_' || lpad(n::text, 26, '0'), p.shop_id, 'ord_' || lpad(n::text, 26, '0'), 'C-S' || n, 'cancel',
        'policy', 'done', 'shopper', 'en', 'USD', $2, 0, true, true, 1, 1, p.id, repeat('0', 64), '{}',
        '{}', now(), now(), now()
    FROM generate_series($3::int, $4::int, $5::int) n, policy_versions p WHERE p.shop_id = $1 AND p.state = 'live'
"""
_UNITS = """
    INSERT INTO case_units (shop_id, order_id, case_id, kind, line_id, ordinal, revision, worth, tax, state)
    SELECT c.shop_id, c.order_id, c.id, c.kind, u.line, u.ordinal, 1, 100, 0, 'settled'
    FROM cases c, (VALUES ('coat', 0), ('scarf', 0), ('scarf', 1)) AS u (line, ordinal)
    WHERE c.shop_id = $1
"""
_LEGS = """
    INSERT INTO refund_legs (id, shop_id, order_id, case_id, payment_id, kind, amount, currency, state, key, attempt,
        submitted_at, promised_for, created_at, settled_at)
    SELECT 'ref' || substr(c.id, 5), c.shop_id, c.order_id, c.id, 'pay' || substr(c.order_id, 4), 'refund', c.owed,
        'USD', 'succeeded', c.id, 1, now(), current_date, now(), now()
    FROM cases c WHERE c.shop_id = $1
"""
_WORK = """
    INSERT INTO work (id, shop_id, kind, ref, state, not_before, attempts, fence, created_at, done_at)
    SELECT 'work_' || lpad(n::text, 26, '0'), $1, 'read_event', 'evt_' || lpad(n::text, 26, '0'), 'done', now(), 1, 1,
        now(), now()
    FROM generate_series($2::int, $3::int, 5) n
"""
_EVENTS = """
    INSERT INTO inbox_events (id, shop_id, source, event_key, topic, body, state, received_at, handled_at)
    SELECT 'evt_' || lpad(n::text, 26, '0'), $1, 'standard', 'stored' || n, 'order.updated', $2, 'handled', now(), now()
    FROM generate_series($3::int, $4::int, 5) n
"""
BATCH = 20_000
CANCELLED_EVERY = 20


async def fill(world: World, orders: int) -> None:
    """Store ``orders`` orders. The statements run inside the server, a batch at a time."""
    at = datetime.now(UTC)
    body = build_sample(SAMPLE, id="s0", at=at, payment_intent="pi_stored")
    _, message = world.store.signed(body)
    document, shop, total = msgspec.json.encode(read_order(message)).decode(), world.shop.shop.id, body.total
    for first in range(1, orders + 1, BATCH):
        last = min(first + BATCH - 1, orders)
        await rows(_ORDERS, shop, document, total, first, last)
        await rows(_PAYMENTS, shop, total, first, last)
        await rows(_CASES, shop, total, first, last, CANCELLED_EVERY)
        await rows(_WORK, shop, first, last)
        await rows(_EVENTS, shop, message, first, last)
    await rows(_UNITS, shop)
    await rows(_LEGS, shop)
    await rows("VACUUM ANALYZE")


def stored_id(n: int) -> str:
    """The id of the ``n``-th stored order, counted from 1; 1, 21, 41 and so on are cancelled."""
    return f"ord_{n:0>26}"
