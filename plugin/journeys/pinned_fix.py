"""A correction as its case keeps it: what the store is asked, and what it said that it would cost."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from plugin.cases.models import Case
from plugin.ports.goods import Fix


class PinnedFix(Struct, frozen=True, kw_only=True):
    """What the store is asked, however often, and what it said that it would cost; what was collected comes with it."""

    fix: Fix
    costs: int
    tax: int
    shipping: int = 0


def pinned(case: Case) -> PinnedFix:
    """What the store is asked for this case."""
    return msgspec.convert(case.store_request, PinnedFix)
