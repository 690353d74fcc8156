"""Codes whose redemption authority is Stripe or the store: published there by a job, withdrawn there when revoked.

A definitive no (free shipping, which no coupon of Stripe's can give; a key that does not open the account; a store that
is not connected) makes our ledger the authority of that one code and flags it: the promise in the shopper's mail stays
good at the checkout API, and no second authority knows the code. An unknown outcome is asked again with the same key,
never answered by a fallback, for the authority may have the code.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from plugin.audit.service import record
from plugin.codes.minting import show
from plugin.codes.models import WITHDRAW_CODE, Code
from plugin.codes.states import CodeState
from plugin.codes.store import LIVE, lock_code, terms_of
from plugin.db import Transaction, transaction
from plugin.orders.models import Order
from plugin.outbox.service import Claim, Later, add, complete
from plugin.ports.payments import OutcomeStored, OutcomeUnknown, PaymentAccount, PaymentGateway, Promotion, Rejected
from plugin.ports.runtime import Ports
from plugin.shops.platforms import Connected, platform_of
from plugin.shops.service import get_shop, payment_account

NOT_PUBLISHED = "not_published"
_WAIT = timedelta(seconds=5)
_STORED_FOR = timedelta(hours=24)  # how long Stripe repeats a stored error under our key


class Authority(StrEnum):
    """Where a code is redeemed: at most once, and at one place (I12)."""

    LEDGER = "ledger"
    STRIPE = "stripe"
    STORE = "store"


@dataclass(frozen=True)
class _AtStripe:
    gateway: PaymentGateway
    account: PaymentAccount

    async def publish(self, promotion: Promotion, email: str | None, key: str) -> str:
        return await self.gateway.publish_code(self.account, promotion, key=key)

    async def withdraw(self, promotion_id: str, key: str) -> None:
        await self.gateway.withdraw_code(self.account, promotion_id, key=key)


@dataclass(frozen=True)
class _AtStore:
    connected: Connected

    async def publish(self, promotion: Promotion, email: str | None, key: str) -> str:
        platform, store = self.connected.platform, self.connected.store
        return await platform.publish_code(store, promotion, email, key=key)

    async def withdraw(self, promotion_id: str, key: str) -> None:
        await self.connected.platform.withdraw_code(self.connected.store, promotion_id, key=key)


async def publish_code(ports: Ports, claim: Claim) -> None:
    """The work ``publish_code``: put the code to its authority, and keep its id there."""
    code = await Code.get(id=claim.ref)
    if code.promotion_id is not None or code.authority == Authority.LEDGER or code.state not in LIVE:
        await _finish(ports, claim)
        return
    authority, order = await _authority_of(ports, code), await Order.get(id=code.order_id)
    claim.check_may_send()
    promotion_id, failure = None, f"The shop has no {code.authority} connected."
    if authority is not None:
        try:
            promotion_id = await authority.publish(promotion_of(ports, code), order.email, _key(code))
        except Rejected as rejected:
            failure = rejected.reason
        except OutcomeUnknown as unknown:
            raise _later(unknown) from unknown
        except OutcomeStored as stored:
            raise Later(_STORED_FOR, "Stripe has stored an error under our key.") from stored
    async with transaction(ports.doorbell) as tx:
        await _keep_answer(tx, ports, code, promotion_id, failure)
        await complete(tx, claim)


async def _keep_answer(tx: Transaction, ports: Ports, code: Code, promotion_id: str | None, failure: str) -> None:
    locked = await lock_code(tx, code)
    at = ports.clock.now()
    if promotion_id is None:
        locked.authority, locked.flag = Authority.LEDGER.value, NOT_PUBLISHED
        kind, detail = "code_not_published", failure[:200]
    else:
        locked.promotion_id = promotion_id
        kind, detail = "code_published", promotion_id
        if locked.state == CodeState.REVOKED:
            await add(tx, shop_id=code.shop_id, kind=WITHDRAW_CODE, ref=code.id)
    await locked.save(using_db=tx.connection, update_fields=["authority", "flag", "promotion_id"])
    await record(
        tx, shop_id=code.shop_id, order_id=code.order_id, kind=kind, actor="system", at=at,
        data={"code": code.id, "detail": detail},
    )  # fmt: skip


async def withdraw_code(ports: Ports, claim: Claim) -> None:
    """The work ``withdraw_code``: a revoked code stops working at its authority, too."""
    code = await Code.get(id=claim.ref)
    authority = await _authority_of(ports, code)
    if code.promotion_id is not None and authority is not None:
        claim.check_may_send()
        try:
            await authority.withdraw(code.promotion_id, f"{_key(code)}:withdraw")
        except OutcomeUnknown as unknown:
            raise _later(unknown) from unknown
        except OutcomeStored as stored:
            raise Later(_STORED_FOR, "Stripe has stored an error under our key.") from stored
    await _finish(ports, claim)


def promotion_of(ports: Ports, code: Code) -> Promotion:
    """The promotion as its authority is asked for it. A code given back is a second one there, of its own."""
    terms = terms_of(code)
    return Promotion(
        code_id=_promotion_key(code), code=show(ports.vault, code), kind=terms.kind, percent=terms.percent,
        amount=terms.amount, currency=terms.currency, minimum=terms.minimum, expires_at=terms.expires_at,
    )  # fmt: skip


def _promotion_key(code: Code) -> str:
    return f"{code.id}_again" if code.given_back else code.id


def _key(code: Code) -> str:
    return f"publish:{_promotion_key(code)}"


async def _authority_of(ports: Ports, code: Code) -> _AtStripe | _AtStore | None:
    """Who is asked about this code; None where that is our own ledger, or is not connected."""
    shop = await get_shop(code.shop_id)
    if code.authority == Authority.STORE:
        connected = await platform_of(ports, shop)
        return _AtStore(connected) if connected else None
    account = payment_account(ports.vault, shop) if code.authority == Authority.STRIPE else None
    return _AtStripe(ports.payments, account) if account else None


def _later(unknown: OutcomeUnknown) -> Later:
    return Later(timedelta(seconds=unknown.retry_after) if unknown.retry_after else _WAIT, unknown.reason)


async def _finish(ports: Ports, claim: Claim) -> None:
    async with transaction(ports.doorbell) as tx:
        await complete(tx, claim)
