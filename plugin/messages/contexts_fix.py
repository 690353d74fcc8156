"""What is said about putting an order right."""

from __future__ import annotations

from datetime import datetime

from plugin.messages.letter import ShopperLetter
from plugin.messages.parts import Amount


class FixDone(ShopperLetter, frozen=True, kw_only=True, tag="fix_done"):
    """The order is put right. ``given_back`` is what it costs less, on its way back; zero for nothing."""

    is_address: bool
    currency: str
    given_back: Amount = 0


class FixProblem(ShopperLetter, frozen=True, kw_only=True, tag="fix_problem"):
    """The order could not be put right by itself; a person has it, and the shopper hears by ``by``."""

    by: datetime
