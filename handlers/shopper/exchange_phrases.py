"""The sentences of exchanges; the English sentence is the id of its translations (``order.exchanges.po``)."""

from __future__ import annotations

PAY_ON_TOP = "You pay {amount} on top."
COMES_BACK = "{amount} comes back to you."
EVEN = "Nothing is to be paid, and nothing comes back."


def all_sentences() -> tuple[str, ...]:
    """Every sentence of this module, for the test that holds the catalogues complete."""
    return PAY_ON_TOP, COMES_BACK, EVEN
