"""What a withdrawal looks like to who declares it: the statement, its times by our clock, and the labels of the law."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from handlers.shopper import withdraw_phrases as phrases
from handlers.shopper.views import WithdrawalEntry, WithdrawalLabels, WithdrawalStands
from plugin.core.words import Words
from plugin.orders.service import StoredOrder
from plugin.policies.facts import OrderFacts
from plugin.shops.models import Shop
from plugin.shops.service import settings_of
from plugin.withdrawals.labels import labels_in
from plugin.withdrawals.models import Withdrawal
from plugin.withdrawals.service import CONFIRM_WITHIN
from plugin.withdrawals.standing import KnowsGoods, is_function_on, right_to_withdraw
from plugin.withdrawals.states import WithdrawalState


class WithdrawalView(Struct, frozen=True, kw_only=True):
    """A declaration as it was made. What became of it is told to nobody here: the acknowledgement's link, or a session
    of the order, shows who may know."""

    id: str
    number: Annotated[str, Meta(examples=["W-7K2M4QX"])]
    state: Annotated[str, Meta(description="declared, or confirmed: then it stands.", examples=["declared"])]
    name: str
    order_number: str
    contact: str
    items: Annotated[str | None, Meta(description="None: the whole contract.")]
    declared_at: datetime
    confirmed_at: datetime | None
    confirm_before: datetime
    labels: WithdrawalLabels
    sentence: str


def labels_view(shop: Shop, country: str | None, words: Words) -> WithdrawalLabels:
    labels = labels_in(country, words.language, settings_of(shop).withdrawal_labels)
    return WithdrawalLabels(language=labels.language, withdraw=labels.withdraw, confirm=labels.confirm)


def withdrawal_view(withdrawal: Withdrawal, labels: WithdrawalLabels, words: Words) -> WithdrawalView:
    confirm_before = withdrawal.declared_at + CONFIRM_WITHIN
    confirmed = withdrawal.confirmed_at
    said = (
        words.say(phrases.CONFIRMED, moment=words.moment(confirmed), contact=withdrawal.contact)
        if confirmed
        else words.say(phrases.DECLARED, moment=words.moment(confirm_before))
    )
    return WithdrawalView(
        id=withdrawal.id, number=withdrawal.number, state="confirmed" if confirmed else "declared",
        name=withdrawal.name, order_number=withdrawal.order_number, contact=withdrawal.contact, items=withdrawal.items,
        declared_at=withdrawal.declared_at, confirmed_at=confirmed, confirm_before=confirm_before, labels=labels,
        sentence=said,
    )  # fmt: skip


def entry_view(
    shop: Shop, order: StoredOrder, facts: OrderFacts, rules: KnowsGoods, words: Words, at: datetime
) -> WithdrawalEntry | None:
    """The entry for the order page, through the whole period of the order's own law; None where there is none."""
    right = right_to_withdraw(facts, rules, at) if is_function_on(settings_of(shop)) else None
    if right is None:
        return None
    until = right.until
    sentence = words.say(phrases.ENTRY_UNTIL, moment=words.moment(until)) if until else words.say(phrases.ENTRY)
    labels = labels_view(shop, order.placement.customer.country, words)
    return WithdrawalEntry(labels=labels, sentence=sentence, until=until)


def stands_view(withdrawal: Withdrawal, words: Words) -> WithdrawalStands:
    """Where a declaration stands, for who is inside a session of its order."""
    state = WithdrawalState(withdrawal.state)
    to_verify = withdrawal.verified_at is None and state in (WithdrawalState.CONFIRMED, WithdrawalState.WITH_PERSON)
    return WithdrawalStands(
        id=withdrawal.id, number=withdrawal.number, state=withdrawal.state,
        sentence=words.say(phrases.STANDS[state], number=withdrawal.number),
        declared_at=withdrawal.declared_at, confirmed_at=withdrawal.confirmed_at, to_verify=to_verify,
        cases=tuple(withdrawal.cases),
    )  # fmt: skip
