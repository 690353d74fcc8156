"""What was agreed on, and what goes wrong, in the worlds that the tests search to their ends."""

from __future__ import annotations

from collections.abc import Mapping

from tests.model.goods.world import ALL, MONEY, PARCELS, RIVALS, T, Terms

NOTHING: frozenset[str] = frozenset()

RETURNS: Mapping[str, Terms] = {
    "paid at approval": Terms(T.APPROVAL, troubles=ALL),
    "paid on its way": Terms(T.IN_TRANSIT, troubles=frozenset({PARCELS, RIVALS})),
    "paid on arrival": Terms(T.RECEIVED, units=2, troubles=frozenset({RIVALS})),
    "paid after inspection": Terms(T.INSPECTED, fee=1, troubles=ALL),
    "two units": Terms(T.INSPECTED, units=2, fee=1, troubles=frozenset({RIVALS})),
    "less by a person": Terms(T.APPROVAL, less=1, troubles=NOTHING),
    "by law": Terms(T.INSPECTED, by_law=True, troubles=frozenset({PARCELS})),
    "kept": Terms(T.APPROVAL, keeps=True, troubles=frozenset({MONEY})),
}
EXCHANGES: Mapping[str, Terms] = {
    "dearer, and other asks": Terms(T.INSPECTED, price=3, troubles=frozenset({RIVALS})),
    "dearer, and refunds that fail": Terms(T.INSPECTED, price=3, troubles=frozenset({MONEY})),
    "dearer, and parcels that are lost": Terms(T.INSPECTED, price=3, troubles=frozenset({PARCELS})),
    "dearer, at approval": Terms(T.APPROVAL, price=3, troubles=NOTHING),
    "even, at approval": Terms(T.APPROVAL, price=2, troubles=frozenset({MONEY})),
    "even, with a fee": Terms(T.INSPECTED, price=2, fee=1, troubles=NOTHING),
    "even, less by a person": Terms(T.INSPECTED, price=2, less=1, troubles=NOTHING),
    "cheaper, on arrival": Terms(T.RECEIVED, price=1, troubles=frozenset({RIVALS})),
    "cheaper, two units": Terms(T.INSPECTED, units=2, price=3, troubles=NOTHING),
}
