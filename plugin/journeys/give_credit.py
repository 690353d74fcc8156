"""Store credit is given: by our own ledger in the transaction that resolves the case, or by the store, which is asked.

The store's answer decides who keeps it: done, and the shopper spends it there; a no, or a store that has no such thing,
and our ledger keeps it, so that what was agreed is given all the same. An unknown answer is asked for again under the
same key. The mail leaves when it is there.
"""

from __future__ import annotations

from plugin.audit import service as audit
from plugin.cases.models import Case
from plugin.cases.service import move
from plugin.cases.states import CaseState
from plugin.cases.store import get_case, lock_with_order
from plugin.credit.issuing import GIVE_CREDIT, issue
from plugin.credit.law import ends_at
from plugin.credit.ledger import lock_credit
from plugin.credit.models import Credit
from plugin.credit.store import credit_of_id, keep_store_answer
from plugin.db import Transaction, transaction
from plugin.journeys.giving import Due
from plugin.journeys.store_books import case_is_done
from plugin.journeys.tell import tell_case
from plugin.orders.service import StoredOrder, get_order
from plugin.outbox import service as outbox
from plugin.outbox.service import Claim, Later, back_off
from plugin.ports.goods import CreditAnswer, StoreCredit, StoreStatus
from plugin.ports.runtime import Ports
from plugin.refunds.states import SETTLED, LegState
from plugin.refunds.store import legs_of_case
from plugin.shops.models import Shop
from plugin.shops.service import customer_pseudonym, get_shop, settings_of, store_connection, zone_of


async def credit(tx: Transaction, due: Due) -> None:
    """What is owed, and the bonus as an entry of its own, once a case. The receiver of a gift gets it at our ledger:
    the store would give it to the account of who ordered."""
    case, order, ports, at = due.case, due.order, due.ports, due.ports.clock.now()
    if not case.owed:
        return
    settings = settings_of(due.shop)
    countries = {settings.country, order.now.customer.country or settings.country}
    at_store = settings.credit.authority == "store" and case.contact is None and due.shop.storefront in ports.goods
    given = await issue(
        tx,
        vault=ports.vault,
        shop_id=case.shop_id,
        order_id=order.id,
        case_id=case.id,
        customer_hash=customer_pseudonym(ports.vault, due.shop, case.contact, None) or order.row.customer_hash,
        currency=case.currency,
        amount=case.owed,
        bonus=due.bonus,
        expires_at=ends_at(at, settings.credit.valid_days, countries, zone_of(settings, order.now.time_zone)),
        authority="store" if at_store else "ledger",
        at=at,
    )
    if at_store:
        await outbox.add(tx, shop_id=case.shop_id, kind=GIVE_CREDIT, ref=given.id)
    else:
        await tell_case(tx, case, "credit_issued")


async def give_credit(ports: Ports, claim: Claim) -> None:
    """Work: ask the store for credit of its own."""
    shop, given = await get_shop(claim.shop_id), await credit_of_id(claim.shop_id, claim.ref)
    answer = None
    if given.authority == "store" and given.store_reference is None:
        claim.check_may_send()
        answer = await _ask(ports, shop, given)
        if answer.status is StoreStatus.UNKNOWN:
            raise Later(back_off(claim.attempts), answer.reason or "the store's answer is not known")
    async with transaction(ports.doorbell) as tx:
        order, case = await lock_with_order(tx, given.case_id)
        if answer is not None:
            await _take_answer(tx, ports, shop, order, case, given, answer)
        await outbox.complete(tx, claim)


async def _ask(ports: Ports, shop: Shop, given: Credit) -> CreditAnswer:
    goods, case = ports.goods.get(shop.storefront), await get_case(shop.id, given.case_id)
    if goods is None:
        return CreditAnswer(status=StoreStatus.UNSUPPORTED)
    order = await get_order(shop.id, case.order_id)
    store = store_connection(ports.vault, shop, allow_private_address=ports.allow_private_addresses)
    asked = StoreCredit(
        key=given.id, order_id=order.row.external_id, customer_id=order.now.customer.id,
        email=order.now.customer.email, amount=given.balance, currency=given.currency, expires_at=given.expires_at,
    )  # fmt: skip
    return await goods.give_credit(store, asked)


async def _take_answer(
    tx: Transaction, ports: Ports, shop: Shop, order: StoredOrder, case: Case, given: Credit, answer: CreditAnswer
) -> None:
    locked, at = await lock_credit(tx, given), ports.clock.now()
    if locked.store_reference is not None or locked.authority != "store":
        return  # another claim has brought the answer
    is_done = answer.status is StoreStatus.DONE
    await keep_store_answer(tx, locked, (answer.reference or given.id) if is_done else None)
    await audit.record(
        tx, shop_id=shop.id, order_id=order.id, kind="credit_given_by_store" if is_done else "credit_not_at_store",
        actor="store", at=at, data={"credit": given.id, "case": case.id, "answer": str(answer.status)},
    )  # fmt: skip
    await tell_case(tx, case, "credit_issued")
    legs = await legs_of_case(case.id)
    if CaseState(case.state) is CaseState.EXECUTING and all(LegState(leg.state) in SETTLED for leg in legs):
        await move(tx, case, CaseState.DONE, at=at)
        await case_is_done(tx, ports, shop, case)
