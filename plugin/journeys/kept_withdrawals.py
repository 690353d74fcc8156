"""What is kept of a person in declarations of withdrawal, for their document."""

from __future__ import annotations

from collections.abc import Sequence

from plugin.journeys.kept import KeptWithdrawal
from plugin.withdrawals.models import Withdrawal
from plugin.withdrawals.store import withdrawals_of_contact, withdrawals_of_order


async def kept_withdrawals(order_id: str) -> tuple[KeptWithdrawal, ...]:
    """Those that the order's customer has declared; what somebody else declared about it is not theirs to read."""
    return _kept([each for each in await withdrawals_of_order(order_id) if each.verified_at is not None])


async def kept_of_contact(shop_id: str, email: str | None) -> tuple[KeptWithdrawal, ...]:
    """Those that this address declared, about no order that we know."""
    return _kept(await withdrawals_of_contact(shop_id, email)) if email else ()


def _kept(found: Sequence[Withdrawal]) -> tuple[KeptWithdrawal, ...]:
    return tuple(
        KeptWithdrawal(
            number=each.number, state=each.state, name=each.name, contact=each.contact,
            order_number=each.order_number, items=each.items, declared_at=each.declared_at,
            confirmed_at=each.confirmed_at, closed_at=each.closed_at, ineffective_reason=each.ineffective_reason,
        )
        for each in found
    )  # fmt: skip
