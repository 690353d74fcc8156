"""What the journey of a withdrawal says to staff and to the consumer: the English sentence is the id of its
translations (``journeys.withdraw.po``)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

# To the staff: why a declaration waits for them. It stands meanwhile, and the law's 14 days run.
WHY_WITH_PERSON: Mapping[str, str] = {
    "no_such_order": (
        "A customer has withdrawn from a contract, and there is no order of the number that they gave. It was"
        " acknowledged. Find out which order is meant: money is due back within 14 days of the declaration."
    ),
    "several_orders": (
        "A customer has withdrawn from a contract, and several orders have the number that they gave. It was"
        " acknowledged. Say which order is meant: money is due back within 14 days of the declaration."
    ),
    "not_verified": (
        "A customer has withdrawn from a contract, and nobody has shown yet that it was the customer of this order. It"
        " was acknowledged. Ask them, or confirm it yourself: money is due back within 14 days of the declaration."
    ),
    "no_law": (
        "Somebody has withdrawn from the contract of an order for which we know of no right to withdraw. It was"
        " acknowledged. Look whether there is one, and say whether it has effect."
    ),
    "business_buyer": (
        "Somebody has withdrawn from the contract of an order that was placed by a business. It was acknowledged. Say"
        " whether it has effect."
    ),
    "exempt_goods": (
        "A customer has withdrawn from a contract about goods that the law may exempt. It was acknowledged. Say for"
        " which of them it has effect."
    ),
    "perhaps_begun": (
        "A customer has withdrawn from a contract about goods for which the right is lost once they are opened,"
        " downloaded or carried out. It was acknowledged. Find out whether they were, and say whether it has effect."
    ),
    "out_of_time": (
        "A customer has withdrawn from a contract after its period, as far as we can reckon it. It was acknowledged."
        " Look when the last parcel arrived, and say whether it has effect."
    ),
    "items_in_words": (
        "A customer has withdrawn from a part of a contract, in words that we could not match with its items. It was"
        " acknowledged. Say which items are meant."
    ),
    "other_case": (
        "A customer has withdrawn from a contract, and another open case has some of its items on other terms. It was"
        " acknowledged. Close that case, then let the withdrawal take effect."
    ),
    "nothing_left": (
        "A customer has withdrawn from a contract of which everything is cancelled or sent back already. It was"
        " acknowledged. Look whether all money is paid back, then close it."
    ),
    "no_policy": (
        "A customer has withdrawn from a contract, and your shop has not published a policy yet, so that nothing can be"
        " carried out. It was acknowledged. Publish one, then let the withdrawal take effect."
    ),
    "sending_told": (
        "A customer has withdrawn from a contract and told the number of the parcel, and nobody has seen it yet. Look"
        " it up: where it was sent, say so, and the money goes back. It is due within 14 days of the declaration."
    ),
    "refund_late": (
        "The 14 days in which the money of a withdrawal is due back are over, and it has not all been paid. Look at its"
        " cases."
    ),
    "ended_otherwise": (
        "A case of a withdrawal has ended without its money: nothing was sent in time, or somebody has closed it. The"
        " withdrawal itself stands. Look at its cases."
    ),
    "overdue": "A withdrawal is past its date and still waits for a person.",
}


class Ineffective(StrEnum):
    """Why a declaration has no effect: the only reasons there are, and only a person gives one."""

    OUT_OF_TIME = "out_of_time"
    EXEMPT_GOODS = "exempt_goods"
    BUSINESS_BUYER = "business_buyer"
    NO_CONTRACT = "no_contract"
    NOT_DECLARED = "not_declared"
    CARRIED_OUT_BEFORE = "carried_out_before"


WHY_INEFFECTIVE: Mapping[Ineffective, str] = {
    Ineffective.OUT_OF_TIME: "The period in which the law lets you withdraw from this contract was over by then.",
    Ineffective.EXEMPT_GOODS: "The law gives no right of withdrawal for these goods.",
    Ineffective.BUSINESS_BUYER: (
        "The order was placed by a business, and the right of withdrawal is one of consumers."
    ),
    Ineffective.NO_CONTRACT: "We could not find a contract with you that this declaration is about.",
    Ineffective.NOT_DECLARED: "The customer of this order has told us that the declaration is not theirs.",
    Ineffective.CARRIED_OUT_BEFORE: "The contract was undone and paid back before.",
}


def all_sentences() -> tuple[str, ...]:
    """Every sentence of this module, for the test that holds the catalogues complete."""
    return (*WHY_WITH_PERSON.values(), *WHY_INEFFECTIVE.values())
