"""Credit in the tests: one that a return has given, as the shopper reads it, and its row."""

from __future__ import annotations

from datetime import datetime

from plugin.credit.issuing import issue, show
from plugin.credit.models import Credit
from plugin.db import rows, transaction
from plugin.ports.orders import StoreCustomer
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop
from tests.factories import a_case, an_order
from tests.fakes import FakePorts


async def a_credit(
    ports: FakePorts, shop: Shop, amount: int = 5000, *, bonus: int = 0, expires_at: datetime | None = None,
    email: str = "ada@example.com",
) -> tuple[str, Credit]:  # fmt: skip
    order = await an_order(ports, shop, customer=StoreCustomer(email=email))
    case = await a_case(shop, order, kind="return")
    return await credit_for(ports, order.id, case.id, amount, bonus=bonus, expires_at=expires_at)


async def credit_for(
    ports: Ports, order_id: str, case_id: str, amount: int, *, bonus: int = 0, expires_at: datetime | None = None
) -> tuple[str, Credit]:
    """What this case of the order is answered with."""
    async with transaction(ports.doorbell) as tx:
        (order,) = await tx.rows("SELECT shop_id, customer_hash FROM orders WHERE id = $1 FOR UPDATE", order_id)
        credit = await issue(
            tx, vault=ports.vault, shop_id=order["shop_id"], order_id=order_id, case_id=case_id,
            customer_hash=order["customer_hash"], currency="USD", amount=amount, bonus=bonus, expires_at=expires_at,
            authority="ledger", at=ports.clock.now(),
        )  # fmt: skip
    return show(ports.vault, credit), credit


async def entries(credit: Credit) -> list[tuple[str, int]]:
    """What the statement says, oldest first."""
    found = await rows("SELECT kind, amount FROM credit_entries WHERE credit_id = $1 ORDER BY at, id", credit.id)
    return [(row["kind"], row["amount"]) for row in found]


async def check_books() -> None:
    """What holds of every credit at any moment: the sum of its entries, what is held of it, one purpose each."""
    broken = await rows(
        "SELECT c.id FROM credits c WHERE c.balance < 0 OR c.held < 0 OR c.held > c.balance "
        "OR c.balance <> (SELECT COALESCE(sum(amount), 0) FROM credit_entries WHERE credit_id = c.id) "
        "OR c.held <> (SELECT COALESCE(sum(amount), 0) FROM credit_holds WHERE credit_id = c.id AND state = 'held') "
        "OR (c.state <> 'live' AND c.balance <> 0)"
    )
    assert broken == []
    overspent = await rows(
        "SELECT credit_id, spent_on FROM credit_entries WHERE kind IN ('spend', 'give_back') "
        "GROUP BY credit_id, spent_on HAVING sum(amount) > 0 OR count(*) FILTER (WHERE kind = 'spend') <> 1"
    )
    assert overspent == []
    assert await rows("SELECT 1 FROM credit_entries GROUP BY shop_id, purpose HAVING count(*) > 1") == []
