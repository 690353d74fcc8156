"""All queries of refund legs, and what a payment can still give (I7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from plugin.core.errors import NotFound
from plugin.db import Transaction, columns, made_of, read, read_both, rows
from plugin.orders.models import Payment
from plugin.orders.origins import origin
from plugin.ports.orders import Custodian, Instrument, PaymentState
from plugin.refunds.models import RefundLeg
from plugin.refunds.plan import LegKind, Payable
from plugin.refunds.states import HOLDS_MONEY, SETTLED

_HOLDING = [str(state) for state in HOLDS_MONEY]
LOWERING = (LegKind.VOID, LegKind.LOWER_CAPTURE)


@dataclass(frozen=True)
class Held:
    """What our legs hold of a payment: of its captured money, of its authorisation, and the part of the latter that
    is only reserved, because the store has not granted it yet."""

    paid_back: int = 0
    lowered: int = 0
    ungranted: int = 0


_HELD = (
    "COALESCE(sum(amount) FILTER (WHERE kind <> ALL($3)), 0)::bigint AS paid_back, "
    "COALESCE(sum(amount) FILTER (WHERE kind = ANY($3)), 0)::bigint AS lowered, "
    "COALESCE(sum(amount) FILTER (WHERE kind = ANY($3) AND state = 'reserved'), 0)::bigint AS ungranted"
)


async def held_by_legs(payment_ids: Sequence[str]) -> dict[str, Held]:
    """The sums by payment."""
    found = await rows(
        f"SELECT payment_id, {_HELD} FROM refund_legs "  # noqa: S608
        "WHERE payment_id = ANY($1) AND state = ANY($2) GROUP BY payment_id",
        list(payment_ids),
        _HOLDING,
        [str(kind) for kind in LOWERING],
    )
    return {row["payment_id"]: Held(row["paid_back"], row["lowered"], row["ungranted"]) for row in found}


async def payables(payments: Sequence[Payment]) -> tuple[Payable, ...]:
    """What each payment can still give."""
    held = await held_by_legs([payment.id for payment in payments])
    return tuple(_payable(payment, held.get(payment.id, Held())) for payment in payments)


async def payments_and_payables(order_id: str) -> tuple[list[Payment], tuple[Payable, ...]]:
    """The payments that the order was paid with (``payments_of``) and what each can still give; in one look."""
    found = await rows(
        f"SELECT {columns(Payment, 'p')}, held.paid_back, held.lowered, held.ungranted FROM payments p, "  # noqa: S608
        f"LATERAL (SELECT {_HELD} FROM refund_legs WHERE payment_id = p.id AND state = ANY($2)) AS held "
        f"WHERE p.order_id = COALESCE({origin('$1')}, $1) ORDER BY p.external_id",
        order_id, _HOLDING, [str(kind) for kind in LOWERING],
    )  # fmt: skip
    payments = [made_of(Payment, row) for row in found]
    held = (Held(row["paid_back"], row["lowered"], row["ungranted"]) for row in found)
    return payments, tuple(_payable(payment, ours) for payment, ours in zip(payments, held, strict=True))


def _payable(payment: Payment, ours: Held) -> Payable:
    """Captured, less disputed, less refunded elsewhere, less what our legs hold.

    Never clamped: a payment that has given too much shows a negative number, and the plan refuses (I7). What may still
    be captured is counted from the whole authorisation: a custodian's own figure has our earlier ceilings in it.
    """
    return Payable(
        payment_id=payment.id,
        custodian=Custodian(payment.custodian),
        instrument=Instrument(payment.instrument),
        state=PaymentState(payment.state),
        refundable=payment.captured - payment.disputed - payment.external_refunded - ours.paid_back,
        capturable=min(payment.capturable, payment.amount - ours.lowered - ours.paid_back),
        ungranted=ours.ungranted,
        currency=payment.currency,
    )


async def capture_ceiling(payment: Payment, case_id: str) -> int:
    """What may still be captured of an authorised payment once this case is granted.

    Reserved lowerings of other cases do not count: the store may yet say that it is too late for them, and it must
    then be able to capture what it ships.
    """
    found = await rows(
        "SELECT COALESCE(sum(amount), 0)::bigint AS lowered FROM refund_legs "
        "WHERE payment_id = $1 AND kind = ANY($2) AND state = ANY($3) AND (state <> 'reserved' OR case_id = $4)",
        payment.id,
        [str(kind) for kind in LOWERING],
        _HOLDING,
        case_id,
    )
    ceiling: int = min(payment.capturable, payment.amount - found[0]["lowered"])
    return ceiling


async def legs_of_case(case_id: str) -> list[RefundLeg]:
    """The legs of a case in the order in which they were written."""
    return await read(RefundLeg, "WHERE case_id = $1 ORDER BY id", case_id)


async def legs_of_order(tx: Transaction, order_id: str) -> list[RefundLeg]:
    """The legs of all cases of an order, as the transaction sees them."""
    return await read(RefundLeg, "WHERE order_id = $1", order_id, tx=tx)


async def legs_of_cases(case_ids: Sequence[str]) -> list[RefundLeg]:
    return await RefundLeg.filter(case_id__in=list(case_ids)).order_by("id")


async def get_leg(shop_id: str, leg_id: str) -> RefundLeg:
    """The leg of this shop; raises ``NotFound``."""
    found = await read(RefundLeg, "WHERE id = $1 AND shop_id = $2", leg_id, shop_id)
    if not found:
        raise NotFound(detail="There is no such refund.", param="refund_id")
    return found[0]


async def legs_for_a_person(shop_id: str, limit: int, after: tuple[datetime, str] | None = None) -> Sequence[RefundLeg]:
    """The legs that a person must see to, oldest first: those that are with one, and those that failed for good and
    that no other one has replaced. ``after`` is the last one of the page before."""
    at, leg_id = after or (None, None)
    return await read(
        RefundLeg,
        "WHERE shop_id = $1 AND (state = 'with_person' OR (state = 'failed' "
        "AND NOT EXISTS (SELECT 1 FROM refund_legs r WHERE r.replaces = refund_legs.id))) "
        "AND ($2::timestamptz IS NULL OR (created_at, id) > ($2, $3::text)) ORDER BY created_at, id LIMIT $4",
        shop_id, at, leg_id, limit,
    )  # fmt: skip


async def legs_written(
    shop_id: str, since: datetime, after_id: str, until: datetime, limit: int
) -> Sequence[RefundLeg]:
    """Legs of a shop written since then, oldest first: those after this id at that very moment, and all later ones."""
    return await read(
        RefundLeg,
        "WHERE shop_id = $1 AND (created_at, id) > ($2, $3::text) AND created_at < $4 ORDER BY created_at, id LIMIT $5",
        shop_id, since, after_id, until, limit,
    )  # fmt: skip


async def get_leg_and_payment(shop_id: str, leg_id: str) -> tuple[RefundLeg, Payment]:
    """The leg of this shop with the payment that it is on; raises ``NotFound``."""
    found = await read_both(
        RefundLeg, Payment,
        "FROM refund_legs a JOIN payments b ON b.id = a.payment_id WHERE a.id = $1 AND a.shop_id = $2", leg_id, shop_id,
    )  # fmt: skip
    if not found:
        raise NotFound(detail="There is no such refund.", param="refund_id")
    return found[0]


async def replacement_of(tx: Transaction, leg_id: str) -> RefundLeg:
    """The leg that was made in the place of one that has failed."""
    (again,) = await read(RefundLeg, "WHERE replaces = $1", leg_id, tx=tx)
    return again


async def lock_leg(tx: Transaction, leg_id: str) -> RefundLeg:
    """The leg with its row locked, after its order and its case."""
    (leg,) = await read(RefundLeg, "WHERE id = $1 FOR UPDATE", leg_id, tx=tx)
    return leg


async def leg_ids_of_payment(payment_id: str) -> frozenset[str]:
    """The ids of all our legs on a payment: every other refund at the custodian began elsewhere."""
    return frozenset(row["id"] for row in await rows("SELECT id FROM refund_legs WHERE payment_id = $1", payment_id))


async def paid_back_before(payment_id: str, leg_id: str) -> int:
    """What the payment's other refunds add up to, ours and those from elsewhere, for quantising on the sum."""
    found = await rows(
        "SELECT COALESCE((SELECT sum(amount) FROM refund_legs WHERE payment_id = $1 AND id <> $2 AND kind = 'refund' "
        "AND refunded_before IS NOT NULL AND state = ANY($3)), 0)::bigint "
        "+ (SELECT external_refunded FROM payments WHERE id = $1) AS n",
        payment_id,
        leg_id,
        [state for state in _HOLDING if state != "reserved"],
    )
    n: int = found[0]["n"]
    return n


_BY_HAND = "l.state = 'succeeded' AND l.provider_id IS NULL AND l.kind NOT IN ('void', 'lower_capture')"


async def paid_by_hand(payment_id: str) -> int:
    """What people have paid back for our legs on this payment: its custodian reports it as a refund from elsewhere."""
    found = await rows(
        f"SELECT COALESCE(sum(l.amount), 0)::bigint AS n FROM refund_legs l WHERE l.payment_id = $1 AND {_BY_HAND}",  # noqa: S608
        payment_id,
    )
    n: int = found[0]["n"]
    return n


async def legs_in_order(shop_id: str, external_id: str) -> list[tuple[RefundLeg, Payment]]:
    """All legs on payments of an order, by the store's own id of it, oldest first, each with its payment."""
    return await read_both(
        RefundLeg, Payment,
        "FROM refund_legs a JOIN payments b ON b.id = a.payment_id JOIN orders o ON o.id = b.order_id "
        "WHERE o.shop_id = $1 AND o.external_id = $2 ORDER BY a.id",
        shop_id, external_id,
    )  # fmt: skip


async def payments_to_read_again(before: datetime) -> list[tuple[str, str]]:
    """Payments (id, shop) with refunds at the bank, last read before ``before``: a webhook may be lost."""
    found = await rows(
        "SELECT DISTINCT p.id, p.shop_id FROM refund_legs l JOIN payments p ON p.id = l.payment_id "
        "WHERE l.state IN ('pending', 'requires_action') AND p.reference IS NOT NULL "
        "AND COALESCE(p.read_at, l.created_at) < $1",
        before,
    )
    return [(row["id"], row["shop_id"]) for row in found]


async def legs_by_state() -> dict[str, int]:
    """How many legs are in each state, for the metrics; one that another has replaced is over and does not count."""
    found = await rows(
        "SELECT state, count(*) AS n FROM refund_legs l "
        "WHERE NOT EXISTS (SELECT 1 FROM refund_legs r WHERE r.replaces = l.id) GROUP BY state"
    )
    return {row["state"]: row["n"] for row in found}


async def legs_on_payment(payment_id: str) -> list[RefundLeg]:
    """All our legs on a payment, oldest first."""
    return await read(RefundLeg, "WHERE payment_id = $1 ORDER BY id", payment_id)


async def was_absent_before(tx: Transaction, leg_id: str, ago: timedelta) -> bool:
    """Note that the leg's refund is not listed at its custodian; whether that was noted so long ago already.

    By the database's clock alone: two workers whose clocks differ must not take one look for two.
    """
    (noted,) = await tx.rows(
        "UPDATE refund_legs SET absent_since = COALESCE(absent_since, now()) WHERE id = $1 "
        "RETURNING absent_since <= now() - $2::interval AS is_long",
        leg_id, ago,
    )  # fmt: skip
    return bool(noted["is_long"])


async def promises_missed(day: date, limit: int) -> list[tuple[str, list[str]]]:
    """Cases with the ids of their legs that were promised for this day or before, have not arrived, and nobody was told
    of; the legs and the cases by their ids. A leg that another one replaces promises nothing any more."""
    found = await rows(
        "SELECT l.case_id, array_agg(l.id ORDER BY l.id) AS legs FROM refund_legs l "
        "WHERE l.late_told_at IS NULL AND l.state NOT IN ('succeeded', 'released') AND l.promised_for <= $1 "
        "AND NOT EXISTS (SELECT 1 FROM refund_legs again WHERE again.replaces = l.id) "
        "GROUP BY l.case_id ORDER BY l.case_id LIMIT $2",
        day, limit,
    )  # fmt: skip
    return [(row["case_id"], list(row["legs"])) for row in found]


async def note_late(tx: Transaction, leg_ids: Sequence[str], at: datetime) -> dict[str, int]:
    """That their shopper is told now: by leg, what it gives, in minor units; without legs that have arrived meanwhile,
    and those that somebody was told of before."""
    found = await tx.rows(
        "UPDATE refund_legs SET late_told_at = $2 WHERE id = ANY($1::text[]) AND late_told_at IS NULL "
        "AND state NOT IN ('succeeded', 'released') RETURNING id, amount",
        list(leg_ids), at,
    )  # fmt: skip
    return {row["id"]: row["amount"] for row in found}


async def is_money_moving(tx: Transaction, order_id: str) -> bool:
    """Whether some leg of this order is neither paid nor given up."""
    return bool(
        await tx.rows(
            "SELECT 1 FROM refund_legs WHERE order_id = $1 AND state <> ALL($2) LIMIT 1",
            order_id, [str(state) for state in SETTLED],
        )
    )  # fmt: skip
