"""What random lives need of a platform's stand-in beyond its bench: its staff, its webhooks, and its own books."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from plugin.ports.orders import Custodian, LineCount
from plugin.shops.links import Credentials
from tests.contracts.bench import Placed, PlatformBench
from tests.properties.mortal_calls import MortalCalls


@dataclass(frozen=True)
class Told:
    """A webhook as the store has sent it."""

    topic: str
    body: bytes


@dataclass(frozen=True)
class Payout:
    """Money that the store's own gateway has given back; ``leg_id`` is what we wrote into the ask, None for staff's."""

    amount: int
    leg_id: str | None


@dataclass(frozen=True)
class StoreBooks:
    """What the store keeps of one order, read from its tables and not through its API.

    ``asks`` are the units that were taken out under each key of ours, once for each time that the store did it;
    ``records`` counts the records that stand for each leg of ours.
    """

    payouts: tuple[Payout, ...]
    records: Counter[str]
    asks: tuple[tuple[str, Mapping[str, int]], ...]
    booked: int
    total: int


class LivingStore(PlatformBench, Protocol):
    """``PlatformBench`` with the hands of the store's staff. What the store's state forbids does nothing."""

    name: str
    credentials: Credentials
    calls: MortalCalls

    async def sold(self, custodian: Custodian, reference: str) -> Placed:
        """A new order, of which ``reference`` is the PaymentIntent where Stripe is the custodian."""
        ...

    def told(self) -> list[Told]:
        """The webhooks that the store sends of what has changed since it was asked last."""
        ...

    def tells_until_heard(self) -> list[Told]:
        """What the store repeats because we may have missed it, and what is in none of its lists."""
        ...

    def staff_cancel(self, placed: Placed) -> None: ...

    def trash(self, placed: Placed) -> None:
        """Staff delete the order."""
        ...

    def restore(self, placed: Placed) -> None:
        """Staff put a cancelled or deleted order back to work, or call a parcel back."""
        ...

    def edit(self, placed: Placed, line_id: str) -> None:
        """Staff take one unit out of a line, or raise its price where there is one unit only."""
        ...

    def give_by_hand(self, placed: Placed, amount: int, line: LineCount | None) -> bool:
        """Staff refund in the store's admin and its gateway pays, for a line or for nothing; False where it refuses."""
        ...

    def gateway_pays_and_times_out(self) -> None:
        """The next refund that we ask for is paid, and the store does not know it yet, or believes that it was not."""
        ...

    def refuse_what_waits(self) -> None:
        """The gateway fails over the refunds that the store has called begun, where it tells so at all."""
        ...

    def books(self, placed: Placed) -> StoreBooks: ...


Opened = Callable[[Callable[[], datetime]], AbstractAsyncContextManager[LivingStore]]


@dataclass(frozen=True)
class Living:
    """Opens a platform's stand-in, which tells the time as it is given. ``other`` is who holds the money where the
    store's own gateway does not."""

    opened: Opened
    other: Custodian
