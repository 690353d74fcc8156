"""The catalogue holds every constraint that the migration names, and the database really refuses what they forbid."""

from __future__ import annotations

import json
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from tortoise.exceptions import IntegrityError

from plugin import db
from plugin.access.models import (
    Lookup,
    OrderLink,
    RateCount,
    RecoveryCode,
    ShopperSession,
    StaffInvitation,
    StaffMember,
    StaffSession,
)
from plugin.audit.models import AuditEvent, AuditRoot
from plugin.cases.models import CaseUnit
from plugin.credit.models import Credit, CreditEntry, CreditHold
from plugin.exchanges.models import Difference, OutboundOrder, Quote
from plugin.files.models import StoredFile
from plugin.inbox.models import IdempotentCall, InboxEvent
from plugin.insights.models import EffortQuestion
from plugin.messages.models import Mail
from plugin.orders.models import Payment
from plugin.outbox.service import add
from plugin.parcels.models import Finding, Parcel, ParcelEvent
from plugin.policies.models import Backtest, PolicyVersion
from plugin.refunds.models import Debit, RefundLeg
from plugin.shops.models import StoreLink
from plugin.withdrawals.models import Withdrawal
from tests.factories import a_code, a_shop_offering
from tests.fakes import NOON, FakePorts, fake_ports
from tests.integration.forbidden import FORBIDDEN

# What a copy of a row changes besides its id, so that it offends only against the unique index on these columns.
COPIES: dict[tuple[str, tuple[str, ...]], dict[str, object]] = {
    ("shops", ("publishable_key",)): {"secret_key_hash": "other"},
    ("shops", ("secret_key_hash",)): {"publishable_key": "other"},
    ("policy_versions", ("shop_id", "number")): {"state": "archived"},
    ("refund_legs", ("key",)): {"replaces": "leg_other"},
    ("refund_legs", ("replaces",)): {"key": "other"},
    ("mails", ("shop_id", "purpose")): {"message_id": "<other@example.com>"},
    ("mails", ("message_id",)): {"purpose": "other"},
    ("audit_events", ("shop_id", "n")): {"order_id": None, "n": 1},
    ("effort_questions", ("case_id",)): {"token_hash": "other"},
    ("effort_questions", ("token_hash",)): {"case_id": "other"},
    ("staff_invitations", ("token_hash",)): {"email": "other@example.com"},
    ("staff_invitations", ("shop_id", "email")): {"token_hash": "other"},
}
# The same by the index's name, where several are on the same columns.
COPIES_OF: dict[str, dict[str, object]] = {
    "policy_versions_one_live": {"number": 2},
    "policy_versions_one_scheduled": {"number": None, "state": "scheduled"},
    "policy_versions_one_draft": {
        "number": None, "state": "draft", "live_from": None, "published_by": None, "published_at": None,
    },
}  # fmt: skip
WITH_CHECKS = (
    "0002_constraints", "0004_store_links", "0005_policies", "0006_staff", "0007_backtests", "0011_returns_rules",
)  # fmt: skip
WITH_UNIQUE = ("0002_constraints", "0005_policies", "0006_staff", "0007_backtests")


@pytest.fixture
def ports(database: str) -> FakePorts:
    return fake_ports()


@pytest.fixture
async def one_row_each(ports: FakePorts) -> None:
    """A valid row in every table that forbids something."""
    shop = await a_shop_offering(ports)
    _, code = await a_code(ports, shop)
    owner: dict[str, Any] = {"shop_id": shop.id, "order_id": code.order_id}
    of_case = owner | {"case_id": code.case_id}
    ends: dict[str, Any] = {"expires_at": NOON, "created_at": NOON}
    payment = await Payment.get(order_id=code.order_id)
    async with db.transaction(ports.doorbell) as tx:
        await add(tx, shop_id=shop.id, kind="nothing", ref="nobody", delay=timedelta(days=1))
    await InboxEvent.create(
        id="in_1", shop_id=shop.id, source="standard", event_key="e1", topic="order", body=b"{}", state="received",
        received_at=NOON,
    )  # fmt: skip
    await IdempotentCall.create(
        id="call_1", shop_id=shop.id, scope="s", key="k", body_hash="h", state="running", created_at=NOON
    )
    await CaseUnit.create(**of_case, line_id="l1", ordinal=0, revision=1, worth=2495, tax=0, state="open")
    await RefundLeg.create(
        id="leg_1", **of_case, payment_id=payment.id, kind="refund", amount=100, currency="USD", state="reserved",
        key="leg_1", replaces="leg_0", promised_for=NOON.date(), created_at=NOON,
    )  # fmt: skip
    await Mail.create(
        id="mail_1", **of_case, template="cancelled", purpose="p1", recipient="a@example.com", locale="en",
        sealed_context="", message_id="<1@example.com>", state="queued", created_at=NOON,
    )  # fmt: skip
    await _what_comes_back(of_case)
    await AuditRoot.create(id="root_1", shop_id=shop.id, day=NOON.date(), events=1, root="0" * 64)
    await OrderLink.create(id="link_1", token_hash="h", **owner, **ends)
    await ShopperSession.create(id="sess_1", token_hash="h", **owner, opened_by="link", **ends)
    await Lookup.create(id="look_1", **owner, code_hash="h", **ends)
    await RateCount.create(key="k", window=NOON, n=1)
    version: dict[str, Any] = {
        "shop_id": shop.id, "hash": "0" * 64, "document": {}, "written_by": "tests", "written_at": NOON,
    }  # fmt: skip
    await PolicyVersion.create(id="z_draft", state="draft", **version)
    agreed: dict[str, Any] = {"published_by": "tests", "published_at": NOON, "live_from": NOON}
    await PolicyVersion.create(id="z_scheduled", state="scheduled", **version, **agreed)
    live = await PolicyVersion.get(shop_id=shop.id, state="live")
    await Backtest.create(
        id="bt_1", shop_id=shop.id, policy_id=live.id, document_hash="0" * 64, document={}, days=90, state="queued",
        done=0, total=1, asked_by="tests", asked_at=NOON,
    )  # fmt: skip
    await StoreLink.create(shop_id=shop.id, state="connected", connected_at=NOON, hooks={})
    await AuditEvent.create(id="aud_z", shop_id=shop.id, n=1, kind="k", at=NOON, canonical="{}", prev_hash="", hash="h")
    person: dict[str, Any] = {"shop_id": shop.id, "email": "ada@example.com", "role": "agent", "created_at": NOON}
    member = await StaffMember.create(id="staff_1", **person, password_hash="h")
    await RecoveryCode.create(id="rec_1", shop_id=shop.id, member_id=member.id, code_hash="h")
    await StaffInvitation.create(id="inv_1", token_hash="h", **person, invited_by="tests", expires_at=NOON)
    await StaffSession.create(
        id="ss_1", token_hash="h", shop_id=shop.id, member_id=member.id, address="::1", agent="", proved_at=NOON,
        seen_at=NOON, created_at=NOON, expires_at=NOON + timedelta(hours=1),
    )  # fmt: skip


async def _what_comes_back(of_case: dict[str, Any]) -> None:
    """A row in each table of returns, exchanges, credit and withdrawals."""
    shop: dict[str, Any] = {"shop_id": of_case["shop_id"]}
    parcel = await Parcel.create(
        id="par_1", **of_case, state="label", payer="shop", send_by=NOON, was_told=[], created_at=NOON
    )
    await ParcelEvent.create(
        parcel_id=parcel.id, **shop, source="carrier", event_id="e1", kind="lost", happened_at=NOON, received_at=NOON
    )
    await Finding.create(id="find_1", **of_case, kind="over", quantity=1, found_by="tests", found_at=NOON)
    await StoredFile.create(
        id="file_1", **of_case, purpose="evidence", media_type="image/png", size=1, sha256="0" * 64, added_by="shopper",
        added_at=NOON,
    )  # fmt: skip
    credit = await Credit.create(
        id="cred_1", **of_case, code_hash="h", sealed_code="s", currency="USD", balance=1, state="live",
        authority="ledger", issued_at=NOON,
    )  # fmt: skip
    await CreditEntry.create(id="entry_1", **shop, credit_id=credit.id, kind="grant", amount=1, purpose="p1", at=NOON)
    await CreditHold.create(
        id="hold_1", **shop, credit_id=credit.id, cart_id="cart-1", amount=1, state="held", until=NOON
    )
    quote = await Quote.create(
        id="quote_1", shop_id=of_case["shop_id"], order_id=of_case["order_id"], kind="exchange", state="open",
        currency="USD", worth=1, price=1, tax=0, shipping=0, difference=0, digest="0" * 64, ask={}, goods=[],
        made_at=NOON, ends_at=NOON,
    )  # fmt: skip
    await Difference.create(
        id="diff_1", **of_case, quote_id=quote.id, state="awaiting", amount=1, currency="USD", key="diff_1",
        ends_at=NOON, created_at=NOON,
    )  # fmt: skip
    await OutboundOrder.create(id="out_1", **of_case, state="waiting", key="out_1", request={}, created_at=NOON)
    await Debit.create(
        id="debit_1", **of_case, amount=1, currency="USD", reason="inspection", state="open", created_at=NOON
    )
    await Withdrawal.create(
        id="wd_1", **shop, number="W-1", state="done", name="Ada", contact="ada@example.com", order_number="1001",
        locale="en", declared_at=NOON, cases=[],
    )  # fmt: skip
    await EffortQuestion.create(id="ces_1", **of_case, token_hash="h", asked_at=NOON)


async def test_every_named_constraint_exists_and_every_existing_one_is_tried() -> None:
    migrations = [import_module(f"migrations.{name}") for name in WITH_CHECKS]
    assert {name for migration in migrations for _, name, _ in migration.CHECKS} == set(FORBIDDEN)


async def test_the_catalogue_holds_what_the_migration_names(database: str) -> None:
    migration = import_module("migrations.0002_constraints")
    checks = await db.rows(
        "SELECT conname FROM pg_constraint WHERE contype = 'c' AND connamespace = 'public'::regnamespace"
    )
    indexes = await db.rows("SELECT indexname FROM pg_indexes WHERE schemaname = 'public'")
    assert {row["conname"] for row in checks} == set(FORBIDDEN)
    assert {name for name, _ in migration.UNIQUE + migration.INDEXES} <= {row["indexname"] for row in indexes}


@pytest.mark.parametrize("constraint", FORBIDDEN)
async def test_the_database_refuses(one_row_each: None, constraint: str) -> None:
    table, changes = FORBIDDEN[constraint]
    for change in changes:
        with pytest.raises(IntegrityError, match=f'violates check constraint "{constraint}"'):
            await db.rows(f"UPDATE {table} SET {change}")


_UNIQUE_INDEXES = """
    SELECT i.relname AS name, t.relname AS "table", ARRAY(
        SELECT a.attname::text FROM unnest(x.indkey) WITH ORDINALITY k(n, place)
        JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.n ORDER BY k.place
    ) AS columns
    FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
    WHERE x.indisunique AND NOT x.indisprimary AND t.relnamespace = 'public'::regnamespace
    AND t.relname NOT LIKE 'tortoise%' ORDER BY 1
"""
_COPY = """
    INSERT INTO "{table}" SELECT (jsonb_populate_record(t, $1::jsonb)).* FROM "{table}" t ORDER BY t.id LIMIT 1
"""


async def test_every_unique_index_refuses_a_second_row(one_row_each: None) -> None:
    named = [import_module(f"migrations.{name}").UNIQUE for name in WITH_UNIQUE]
    indexes = await db.rows(_UNIQUE_INDEXES)
    assert {name for unique in named for name, _ in unique} <= {index["name"] for index in indexes}
    for index in indexes:
        changes = COPIES_OF.get(index["name"]) or COPIES.get((index["table"], tuple(index["columns"])), {})
        numbered = await db.rows(
            "SELECT data_type FROM information_schema.columns WHERE table_name = $1 AND column_name = 'id'",
            index["table"],
        )
        another = 999_999 if numbered[0]["data_type"] == "bigint" else "another"
        with pytest.raises(IntegrityError, match=f'violates unique constraint "{index["name"]}"'):
            await db.rows(_COPY.format(table=index["table"]), json.dumps({"id": another} | changes))
