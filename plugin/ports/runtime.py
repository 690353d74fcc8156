"""The ports of time and of waking the workers, and the bundle in which use cases receive everything from outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple, Protocol

from plugin.core.vault import Vault
from plugin.ports.files import FileStore
from plugin.ports.goods import Goods
from plugin.ports.mail import MailTransport
from plugin.ports.payments import PaymentGateway
from plugin.ports.platforms import Platform
from plugin.ports.storefronts import Storefront


class Clock(Protocol):
    def now(self) -> datetime:
        """The current time, in UTC and aware."""
        ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class Ring(NamedTuple):
    """A piece of work by its id, and the time before which it should not be taken (None: at once)."""

    work_id: str
    not_before: datetime | None = None


class Doorbell(Protocol):
    """Wakes whoever does the work. Losing a ring loses nothing: the work is a row, and a sweep finds it."""

    async def ring(self, rings: Sequence[Ring]) -> None:
        """Never raises: the transaction that wrote the work is committed already."""
        ...


@dataclass(frozen=True)
class Ports:
    """Everything outside the process, built once by ``handlers.compose``."""

    clock: Clock
    doorbell: Doorbell
    vault: Vault
    payments: PaymentGateway
    storefronts: Mapping[str, Storefront]
    mail: MailTransport
    public_url: str
    mail_sender: str
    allow_private_addresses: bool = False
    platforms: Mapping[str, Platform] = field(default_factory=dict)  # by the name of their storefront
    goods: Mapping[str, Goods] = field(default_factory=dict)  # likewise
    files: FileStore | None = None  # None: nothing can be uploaded
