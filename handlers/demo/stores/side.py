"""What the story needs of a store, whichever it is: to sell, to tell of it, to be looked into, and to sell again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

import httpx
from msgspec import Struct

from plugin.ports.runtime import Ports
from plugin.settings import Settings


class ShopKeys(Struct, frozen=True, kw_only=True):
    """A shop's keys as its own server would keep them; they open nothing but this machine's demo.

    The last two are those of its account at the Stripe sandbox, where it has one.
    """

    shop_id: str
    secret_key: str
    publishable_key: str
    stripe_api_key: str | None = None
    stripe_webhook_secret: str | None = None


STORY_SAMPLE = "fashion"  # a coat and two scarves
SPANISH_SAMPLE = "spanish"  # a dress and two pairs of shoes, to Barcelona


@dataclass(frozen=True)
class Ground:
    """The running service: ``http`` has its address as its base."""

    ports: Ports
    settings: Settings
    http: httpx.AsyncClient


@dataclass(frozen=True)
class Buyer:
    """Who buys; where they live is the sample's to say."""

    first_name: str
    last_name: str
    email: str

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"


@dataclass(frozen=True)
class Sold:
    """An order as the store has it; ``total`` in minor units. ``reference`` is the payment at its custodian; ``lines``
    are the store's ids of the story's goods: of the coat and the scarves."""

    id: str
    number: str
    total: int
    currency: str
    email: str | None
    reference: str
    lines: Mapping[str, str]


@dataclass(frozen=True)
class PaidBack:
    """Money that the custodian has moved, in minor units, under its own id."""

    id: str
    amount: int


@dataclass(frozen=True)
class Connected:
    keys: ShopKeys
    how: str  # for the transcript


@dataclass(frozen=True)
class Lines:
    """The lines of the story in which the stores differ."""

    connected: str
    pays: str  # completes "Grace buys a coat and two scarves, and …"
    refunded: str
    echoes: str
    delivered: str  # how this store tells what has left and arrived
    returned: str
    difference: str  # who collects what an exchange costs on top


class DemoStoreSide(Protocol):
    """One store. What does not do what it should raises ``StepFailed``.

    ``codes_live`` says who redeems codes: our ledger, asked by the checkout over its API, or the store by itself.
    ``to_play_with`` names the samples that ``sell`` knows besides the story's own; ``links`` are signed links by order,
    for the store to put on its own page. ``dearer`` is the product that a coat is exchanged for.
    """

    storefront: str
    lines: Lines
    codes_live: Literal["ledger", "store"]
    to_play_with: tuple[str, ...]
    links: dict[str, str]
    dearer: str

    @property
    def urls(self) -> dict[str, str]:
        """Addresses to open, by name."""
        ...

    async def connect(self, ground: Ground) -> Connected:
        """Make the demo's shop, or find it again, and point it at this run's stand-ins."""
        ...

    async def sell(self, sample: str, place: int, buyer: Buyer | None = None) -> Sold:
        """A shopper has paid, and the store has an order. ``place`` numbers the orders of one run, for a store that
        lets its numbers be chosen."""
        ...

    async def sell_with_code(self, code: str, place: int, buyer: Buyer) -> Sold:
        """The story's shopper buys the same again, and the code gives her the shipping."""
        ...

    async def tell(self, sold: Sold) -> None:
        """The store's own signed webhooks about the order have been taken."""
        ...

    def was_asked_to_cancel(self, sold: Sold) -> bool:
        """Whether the store was asked, and holds the order for cancelled."""
        ...

    async def paid_back(self, sold: Sold) -> list[PaidBack]:
        """What the money's custodian has given back."""
        ...

    async def echo(self, sold: Sold) -> str:
        """Everything that store and custodian have to say of the cancellation is said; what that was."""
        ...

    def has_code(self, code: str) -> bool:
        """Whether the code is one of the store's own, for its own checkout to redeem."""
        ...

    def check_books(self, sold: Sold) -> str:
        """The store's own books hold the cancellation once; what they hold."""
        ...

    async def deliver(self, sold: Sold) -> None:
        """Everything of it has left and arrived, and the store has told so."""
        ...

    async def pay_page(self, url: str) -> None:
        """A shopper pays at this page of the custodian's, and proves to her bank that it is she."""
        ...
