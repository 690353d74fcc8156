"""The contract of DESIGN §6, read from the tables and from the sandbox's books alone: no journey's code takes part.

``broken_invariants`` says in words what does not hold. It is meant for the end of a test or of a fault run, when all
work that is due has been done; it reads a shop whole and takes a few milliseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from plugin.mailers.files import InboxMail
from plugin.payments.sandbox.control_messages import LedgerDump
from tests.invariants import credit, exchanges, goods, money, people, units, withdrawals
from tests.invariants.books import read_books


async def broken_invariants(
    shop_id: str,
    ledger: LedgerDump,
    inbox: Sequence[InboxMail] = (),
    *,
    clocks_within: timedelta = timedelta(0),
    at: datetime | None = None,
) -> list[str]:
    """Every sentence is a broken promise; an empty list is a sound shop. ``inbox`` adds what the mails say (I13),
    ``clocks_within`` is how far apart the clocks of those may be who wrote the rows, and ``at`` is the time by them
    where they do not go by the world's."""
    books = await read_books(shop_id, ledger, inbox, clocks_within, at or datetime.now(UTC))
    broken = [sentence for check in _CHECKS for sentence in check(books)]
    for slow in _QUERIES:
        broken += await slow(books)
    return broken


_CHECKS = (
    units.units_fit, units.lines_pay_what_they_cost, units.cases_owe_what_they_decided,
    exchanges.exchanges_balance, money.payments_cover_their_legs, money.refunds_happen_once, money.money_is_audited,
    goods.what_comes_is_counted, goods.cases_and_parcels_agree, goods.what_was_agreed_is_given_once,
    goods.what_is_accepted_is_owed, goods.new_goods_are_ordered_once,
    credit.credits_are_their_entries, credit.credits_are_given_once, withdrawals.declarations_stand,
    people.codes_are_redeemed_once, people.codes_are_capped, people.mails_tell_the_truth,
)  # fmt: skip
_QUERIES = (
    people.nobody_is_forgotten, withdrawals.no_declaration_is_forgotten, people.chains_hold, people.nothing_crosses,
)  # fmt: skip
