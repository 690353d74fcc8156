"""What the statement of store credit says."""

from __future__ import annotations

from collections.abc import Mapping

from plugin.credit.states import EntryKind

SENTENCES: Mapping[EntryKind, str] = {
    EntryKind.GRANT: "For request {number}",
    EntryKind.BONUS: "On top of it, from the shop",
    EntryKind.SPEND: "Spent on order {order}",
    EntryKind.GIVE_BACK: "Back from order {order}",
    EntryKind.EXPIRY: "Ended before it was spent",
    EntryKind.TAKE_BACK: "Taken back by the shop",
}
LEFT = "{amount} left, good until {date}."
LEFT_FOR_GOOD = "{amount} left. It has no end date."
AT_STORE = "{amount}, in your account at the shop: sign in there, and choose it when you pay."
UNDER_WAY = "{amount}, on its way to your account at the shop."
OVER = "Nothing is left of it."


def all_sentences() -> tuple[str, ...]:
    """Every one of them, for the catalogues."""
    return (*SENTENCES.values(), LEFT, LEFT_FOR_GOOD, AT_STORE, UNDER_WAY, OVER)
