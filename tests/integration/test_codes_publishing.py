"""Codes at Stripe: published once, handed to our ledger on a definitive no, asked again when the outcome is unknown."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from plugin import db
from plugin.codes import service
from plugin.codes.from_orders import give_back, seen_in_order
from plugin.codes.minting import revoke
from plugin.codes.models import Code
from plugin.codes.publishing import NOT_PUBLISHED, publish_code, withdraw_code
from plugin.codes.rules import Cart
from plugin.outbox.models import Work
from plugin.outbox.service import Claim, Later
from plugin.ports.payments import (
    OutcomeStored,
    OutcomeUnknown,
    PaymentAccount,
    Promotion,
    PromotionKind,
    RejectCode,
    Rejected,
)
from plugin.shops.models import Shop
from tests.claims import claim_one
from tests.factories import a_code, a_shop, a_shop_offering
from tests.fakes import FakePayments, FakePorts, fake_ports


@pytest.fixture
def ports(database: str) -> FakePorts:
    return fake_ports()


async def claimed(kind: str) -> Claim:
    waiting = await Work.get(kind=kind, state="ready")
    claim = await claim_one(waiting.id)
    assert claim is not None
    return claim


async def at_stripe(ports: FakePorts) -> tuple[Shop, str, Code]:
    shop = await a_shop_offering(ports, "stripe", kind="percent", percent=10, minimums={"USD": 5000})
    text, code = await a_code(ports, shop)
    return shop, text, code


async def test_minting_for_stripe_writes_the_work_of_publishing_and_rings_for_it(ports: FakePorts) -> None:
    _, text, code = await at_stripe(ports)
    work = await Work.get(kind="publish_code")
    assert (work.ref, [ring.work_id for ring in ports.doorbell.rings]) == (code.id, [work.id])
    await publish_code(ports, await claimed("publish_code"))
    (asked,) = ports.payments.published.values()
    assert (asked.code, asked.kind, asked.percent, asked.minimum) == (text, PromotionKind.PERCENT, 10, 5000)
    assert (await Code.get(id=code.id)).promotion_id == "promo_1"
    assert (await Work.get(id=work.id)).state == "done"


async def test_other_authorities_publish_nothing(ports: FakePorts) -> None:
    await a_code(ports, await a_shop(ports))
    assert await Work.all().count() == 0


@pytest.mark.parametrize("connected", [True, False])
async def test_a_definitive_no_makes_our_ledger_the_authority_of_that_code(ports: FakePorts, connected: bool) -> None:
    shop, text, code = await at_stripe(ports)
    if not connected:
        await Shop.filter(id=shop.id).update(sealed_stripe_api_key=None)
    ports.payments.fails_with = Rejected(RejectCode.OTHER, "no such coupon")
    await publish_code(ports, await claimed("publish_code"))
    row = await Code.get(id=code.id)
    assert (row.authority, row.flag, row.promotion_id) == ("ledger", NOT_PUBLISHED, None)
    async with db.transaction(ports.doorbell) as tx:
        assert (await service.reserve(tx, ports, shop, text, Cart(6000, 0, "USD", "cart-1"))).discount == 600


@pytest.mark.parametrize("failure", [OutcomeUnknown("time-out"), OutcomeStored()])
async def test_an_unknown_outcome_is_asked_again_and_never_answered_by_the_ledger(
    ports: FakePorts, failure: Exception
) -> None:
    _, _, code = await at_stripe(ports)
    claim = await claimed("publish_code")
    ports.payments.fails_with = failure
    with pytest.raises(Later):
        await publish_code(ports, claim)
    row = await Code.get(id=code.id)
    assert (row.authority, row.flag, row.promotion_id) == ("stripe", None, None)
    await publish_code(ports, claim)
    assert list(ports.payments.published) == [f"publish:{code.id}"]


async def test_a_code_revoked_after_its_publication_is_withdrawn_at_stripe(ports: FakePorts) -> None:
    _, _, code = await at_stripe(ports)
    await publish_code(ports, await claimed("publish_code"))
    async with db.transaction(ports.doorbell) as tx:
        await revoke(tx, code, actor="staff", reason="by mistake", at=ports.clock.now())
    await withdraw_code(ports, await claimed("withdraw_code"))
    assert ports.payments.withdrawn == ["promo_1"]


class RevokedMeanwhile(FakePayments):
    """Stripe's answer comes when the code has been revoked here."""

    def __init__(self, ports: FakePorts, code: Code) -> None:
        super().__init__()
        self.ports, self.code = ports, code

    async def publish_code(self, account: PaymentAccount, promotion: Promotion, *, key: str) -> str:
        async with db.transaction(self.ports.doorbell) as tx:
            await revoke(tx, self.code, actor="staff", reason="by mistake", at=self.ports.clock.now())
        return await super().publish_code(account, promotion, key=key)


async def test_a_code_revoked_during_its_publication_is_withdrawn_at_stripe(ports: FakePorts) -> None:
    _, _, code = await at_stripe(ports)
    payments = RevokedMeanwhile(ports, code)
    await publish_code(replace(ports, payments=payments), await claimed("publish_code"))
    await withdraw_code(replace(ports, payments=payments), await claimed("withdraw_code"))
    assert payments.withdrawn == ["promo_1"]


async def test_a_code_revoked_before_its_publication_is_never_published(ports: FakePorts) -> None:
    _, _, code = await at_stripe(ports)
    async with db.transaction(ports.doorbell) as tx:
        await revoke(tx, code, actor="staff", reason="by mistake", at=ports.clock.now())
    await publish_code(ports, await claimed("publish_code"))
    assert ports.payments.published == {}
    assert await Work.filter(kind="withdraw_code").count() == 0


async def test_a_code_given_back_is_published_anew_under_a_key_of_its_own(ports: FakePorts) -> None:
    shop, text, code = await at_stripe(ports)
    await publish_code(ports, await claimed("publish_code"))
    ports.clock.advance(timedelta(days=1))
    async with db.transaction(ports.doorbell) as tx:
        await seen_in_order(
            tx, shop, external_order_id="o-1", discount_codes=[text], order_total=6000, at=ports.clock.now()
        )
        await give_back(tx, shop.id, "o-1", ports.clock.now())
    await publish_code(ports, await claimed("publish_code"))
    assert {key: asked.code for key, asked in ports.payments.published.items()} == {
        f"publish:{code.id}": text,
        f"publish:{code.id}_again": text,
    }
    assert (await Code.get(id=code.id)).promotion_id == "promo_2"
