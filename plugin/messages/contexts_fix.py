"""What is said about putting an order right."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from plugin.messages.letter import ShopperLetter
from plugin.messages.parts import Amount


class Fixed(StrEnum):
    """What was put right."""

    ADDRESS = "address"
    ITEM = "item"
    CODE = "code"  # one that was forgotten at the checkout


class FixDone(ShopperLetter, frozen=True, kw_only=True, tag="fix_done"):
    """The order is put right. ``given_back`` is what it costs less, on its way back; zero for nothing."""

    fixed: Fixed
    currency: str
    given_back: Amount = 0


class FixProblem(ShopperLetter, frozen=True, kw_only=True, tag="fix_problem"):
    """The order could not be put right by itself; a person has it, and the shopper hears by ``by``."""

    by: datetime
