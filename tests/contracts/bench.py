"""What a contract test needs of a platform's stand-in: to put things into it, to make it fail, and to look inside.

A bench follows ``StorefrontBench`` (a store that can only be asked to cancel) or ``PlatformBench``, and is listed in
``tests.contracts.platform_benches``. The tests know nothing else of a platform.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, runtime_checkable

from plugin.ports.goods import Goods, Wanted
from plugin.ports.orders import Custodian, LineCount, StoreOrder
from plugin.ports.platforms import Platform
from plugin.ports.storefronts import StoreConnection, Storefront


class Step(StrEnum):
    """The call that goes wrong: of its several requests the one that changes the store."""

    CANCEL = "cancel"
    REFUND = "refund"
    CODE = "code"
    ORDERS = "orders"  # reading, one order or many
    MAKE_ORDER = "make_order"
    RESTOCK = "restock"
    FIX = "fix"


class Trouble(StrEnum):
    LOSE_ANSWER = "lose_answer"  # it is done, and the answer never comes
    FAIL = "fail"  # it is not done: a server's error
    BUSY = "busy"  # it is not done: the platform asks to come back in 7 s
    GARBAGE = "garbage"  # it is not done: an answer that makes no sense
    REFUSE = "refuse"  # a definitive no of the platform's gateway (refunds only)


@dataclass(frozen=True)
class Placed:
    """An order of two lines: ``lines[0]`` has two units, ``lines[1]`` has one; paid, nothing shipped."""

    order_id: str
    number: str
    lines: tuple[str, str]
    payment_id: str
    total: int
    currency: str


@dataclass(frozen=True)
class Held:
    """What the store holds of an order. ``paid_back`` is money that its own gateway moved, ``booked`` what its books
    call refunded, both in minor units; ``cancelled`` is by line, and every unit where the whole order is cancelled."""

    is_cancelled: bool
    cancelled: dict[str, int]
    paid_back: int = 0
    booked: int = 0
    refunds: int = 0  # records of more than nothing
    notes: tuple[str, ...] = ()


@runtime_checkable
class StorefrontBench(Protocol):
    storefront: Storefront
    connection: StoreConnection

    async def place(self, *, custodian: Custodian = Custodian.STOREFRONT) -> Placed:
        """Put a new order into the store."""
        ...

    async def ship(self, placed: Placed, *lines: LineCount) -> None:
        """Send these units, or all of the order."""
        ...

    async def settle(self) -> None:
        """Let the store finish what it does after it has answered."""
        ...

    def fail(self, trouble: Trouble, at: Step) -> None:
        """From now on this goes wrong at ``at``, until ``heal``."""
        ...

    def heal(self) -> None: ...

    def held(self, placed: Placed) -> Held: ...


@dataclass(frozen=True)
class Wares:
    """What the store sells: ``ordered`` is ``lines[0]`` of what ``place`` places, ``other`` is a variant of it at the
    same price, and ``dearer`` one that costs 5.00 more. Each is in stock and counted."""

    ordered: Wanted
    other: Wanted
    dearer: Wanted


@runtime_checkable
class GoodsBench(StorefrontBench, Protocol):
    goods: Goods
    wares: Wares

    def tax(self, percent: int) -> None:
        """From now on the store lays so much tax on what it sells; its prices hold it."""
        ...

    def stock(self, wanted: Wanted) -> int:
        """How many the store has left."""
        ...

    def sell_out(self, wanted: Wanted) -> None: ...

    def orders(self) -> int:
        """How many orders the store has."""
        ...

    async def read(self, order_id: str) -> StoreOrder:
        """The order as the adapter reads it now."""
        ...


@runtime_checkable
class PlatformBench(StorefrontBench, Protocol):
    platform: Platform
    hooks_url: str

    def weaken(self) -> None:
        """Take from the credentials the right to change anything."""
        ...

    def gateway_echoes(self, placed: Placed, amount: int) -> None:
        """The store's gateway writes a record of a refund that we made at Stripe."""
        ...

    def refund_by_hand(self, placed: Placed, line: LineCount, amount: int) -> None:
        """Staff refund these units in the store's admin, and its gateway pays."""
        ...

    def codes(self) -> tuple[str, ...]:
        """The discount codes that can be used."""
        ...

    def hooks_at(self, url: str) -> int:
        """How many live webhooks point at ``url``."""
        ...

    def break_hooks(self) -> None:
        """Switch one webhook off, delete another, and register a third twice."""
        ...
