"""Codes whose redemption authority is Stripe: published there by a job, withdrawn there when they are revoked.

A definitive no of Stripe (free shipping, which no coupon there can give; a key that does not open the account) makes
our ledger the authority of that one code and flags it: the promise in the shopper's mail stays good at the checkout
API, and no second authority knows the code. An unknown outcome is asked again with the same key, never answered by a
fallback, for Stripe may have the code.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from plugin.audit.service import record
from plugin.codes.minting import show
from plugin.codes.models import WITHDRAW_CODE, Code
from plugin.codes.states import CodeState
from plugin.codes.store import LIVE, lock_code, terms_of
from plugin.db import Transaction, transaction
from plugin.outbox.service import Claim, Later, add, complete
from plugin.ports.payments import OutcomeStored, OutcomeUnknown, PaymentAccount, Promotion, Rejected
from plugin.ports.runtime import Ports
from plugin.shops.service import get_shop, payment_account

NOT_PUBLISHED = "not_published"
_WAIT = timedelta(seconds=5)
_STORED_FOR = timedelta(hours=24)  # how long Stripe repeats a stored error under our key


class Authority(StrEnum):
    """Where a code is redeemed: at most once, and at one place (I12)."""

    LEDGER = "ledger"
    STRIPE = "stripe"
    STORE = "store"


async def publish_code(ports: Ports, claim: Claim) -> None:
    """The work ``publish_code``: create coupon and promotion code at Stripe, and keep the id."""
    code = await Code.get(id=claim.ref)
    if code.promotion_id is not None or code.authority != Authority.STRIPE or code.state not in LIVE:
        await _finish(ports, claim)
        return
    account = await _account(ports, code)
    claim.check_may_send()
    promotion_id, failure = None, "The shop has no Stripe account connected."
    if account is not None:
        try:
            promotion_id = await ports.payments.publish_code(account, promotion_of(ports, code), key=_key(code))
        except Rejected as rejected:
            failure = rejected.reason
        except OutcomeUnknown as unknown:
            raise Later(_WAIT, unknown.reason) from unknown
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
    """The work ``withdraw_code``: a revoked code stops working at Stripe, too."""
    code = await Code.get(id=claim.ref)
    account = await _account(ports, code)
    if code.promotion_id is not None and account is not None:
        claim.check_may_send()
        try:
            await ports.payments.withdraw_code(account, code.promotion_id, key=f"{_key(code)}:withdraw")
        except OutcomeUnknown as unknown:
            raise Later(_WAIT, unknown.reason) from unknown
        except OutcomeStored as stored:
            raise Later(_STORED_FOR, "Stripe has stored an error under our key.") from stored
    await _finish(ports, claim)


def promotion_of(ports: Ports, code: Code) -> Promotion:
    """The promotion as Stripe is asked for it. A code given back is a second one there, with a coupon of its own."""
    terms = terms_of(code)
    return Promotion(
        code_id=_promotion_key(code), code=show(ports.vault, code), kind=terms.kind, percent=terms.percent,
        amount=terms.amount, currency=terms.currency, minimum=terms.minimum, expires_at=terms.expires_at,
    )  # fmt: skip


def _promotion_key(code: Code) -> str:
    return f"{code.id}_again" if code.given_back else code.id


def _key(code: Code) -> str:
    return f"publish:{_promotion_key(code)}"


async def _account(ports: Ports, code: Code) -> PaymentAccount | None:
    return payment_account(ports.vault, await get_shop(code.shop_id))


async def _finish(ports: Ports, claim: Claim) -> None:
    async with transaction(ports.doorbell) as tx:
        await complete(tx, claim)
