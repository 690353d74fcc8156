"""What a statute says, as far as a return or a fault is decided by it; and which statute holds for whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from plugin.policies.decision import LAW
from plugin.policies.reasons import GoodsKind, Payer
from plugin.ports.orders import LineKind

EU = frozenset(
    {
        "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU",
        "IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
    }
)  # fmt: skip


class Start(StrEnum):
    """What begins the period of goods: the receipt of the order's last good, or of the line's own last parcel."""

    LAST_OF_ORDER = "last_of_order"
    RECEIPT = "receipt"


@dataclass(frozen=True, slots=True)
class Source:
    """Where it is written. ``url`` is the text, or an account of it, that was read when the entry was made."""

    act: str
    article: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """A right to send back without a reason what was bought at a distance.

    The period is ``days``, or that many ``business_days`` (Monday to Friday without public holidays), counted from the
    day after its start. ``rolls_over`` is the rule by which a last day that is no working day moves to the next one;
    None where no such rule was found. ``from_conclusion`` are the kinds of lines whose period starts with the contract.
    ``exempt`` are goods without the right. ``way_back`` is who pays it where nothing else was promised. A trader may
    keep ``fee_percent`` of the price, and never more than ``fee_at_most`` (minor units by currency), and with
    ``keeps_dearer_delivery`` what a dearer way of delivery than the standard one has cost, where the consumer chose it.
    """

    id: str
    countries: frozenset[str]
    days: int
    source: Source
    business_days: bool = False
    start: Start = Start.RECEIPT
    rolls_over: Source | None = None
    from_conclusion: frozenset[LineKind] = frozenset()
    exempt: frozenset[GoodsKind] = frozenset()
    way_back: Payer = Payer.SHOPPER
    fee_percent: int = 0
    keeps_dearer_delivery: bool = False
    fee_at_most: Mapping[str, int] = field(default_factory=dict)
    since: date | None = None  # for orders placed from that day on, where the source says it

    @property
    def rule(self) -> str:
        return LAW + self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Conformity:
    """How long after delivery a trader answers for goods that are not as they should be: ``years``, or ``days``."""

    id: str
    countries: frozenset[str]
    source: Source
    years: int = 0
    days: int = 0
    since: date | None = None

    @property
    def rule(self) -> str:
        return LAW + self.id


Statute = Withdrawal | Conformity
