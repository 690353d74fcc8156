"""What the journeys themselves have to say, beside the policy: the English sentence is the id of its translations."""

from __future__ import annotations

from plugin.journeys import goods_words

STORE_TOO_LATE = (
    "Your order had already left when we asked to stop it, so it can no longer be cancelled. Nothing was refunded, and "
    "the parcel is on its way to you."
)
PERSON_SAID_NO = "One of us has looked at your request, and it cannot be cancelled any more."
PERSON_SAID_NO_TO = {
    "cancel": PERSON_SAID_NO,
    "return": "One of us has looked at your request, and what you asked about cannot be sent back.",
    "exchange": "One of us has looked at your request, and what you asked about cannot be exchanged.",
    "fault": "One of us has looked at your request, and we could not settle it as you wished.",
    "fix": "One of us has looked at your request, and your order can no longer be changed.",
}
STORE_CANNOT = "The shop confirms this cancellation by hand. One of us is doing that now."
STORE_SILENT = "The shop's system has not confirmed your cancellation yet, so one of us is looking into it."

WHY_OF_PERSON_REASON = {
    "store_too_late": STORE_TOO_LATE,
    "store_cannot": STORE_CANNOT,
    "store_silent": STORE_SILENT,
}

# To the staff, in the shop's language.
ALERT_WHY = {
    "review": "The policy wants a person to decide this cancellation.",
    "suggest_approve": "We would approve this cancellation, and the policy wants a person to decide it.",
    "suggest_refuse": "We would refuse this cancellation, and the policy wants a person to decide it.",
    "over_limit": "What may be approved without a person is used up, so that a person decides this cancellation.",
    "store_too_late": (
        "The store says that it is too late to cancel: the parcel has left. The shopper was told; offer a return."
    ),
    "store_cannot": (
        "This storefront cannot be asked to cancel by itself yet: cancel the order there, then close the case."
    ),
    "store_silent": "The store has not answered our request to cancel. The refund is held until somebody decides.",
    "manual_refund": "This money has to be paid back by hand: {amount}. Mark it as paid when it is done.",
    "refund_stuck": "A refund of {amount} did not go through: {reason}. The shopper was told.",
    "amounts_disagree": (
        "The payment provider reports another amount than ours. All automatic money on this order is stopped."
    ),
    "shipped_after_cancel": (
        "The store shipped units that it had agreed to cancel, and they are refunded: intercept, keep or return."
    ),
    "shipping_open": (
        "Nothing of this order is left, so that its shipping is owed: {amount}. It was not paid, because a person has "
        "set what this case pays, or because the payments cannot give it any more. Pay it back by hand or keep it, and "
        "close the case."
    ),
    "shopper_waits": "The shopper asks for a person, and writes:",
    "overdue": "This case is past its date and still waits for a person.",
    "promise_missed": (
        "We promised this money for a day that is over, and it has not arrived: {amount}. The shopper was told so, "
        "with an apology. Find out where it is, and write to them."
    ),
    "hard_work": "A shopper answered that this was not easy. The case below has their story; write to them.",
    **goods_words.REVIEWS,
    **goods_words.ALERTS,
}

DISPUTE_OPENED = "The shopper's bank has opened a dispute over this payment and holds {amount}: answer it at Stripe."
DISPUTE_ASKED = "The shopper's bank asks about {amount} of this payment, and holds nothing yet: answer it at Stripe."
DISPUTE_OVER = "The dispute over this payment is closed, and its {amount} stay with the shop."
DISPUTE_LOST = "The dispute over this payment is closed, and its {amount} went to the shopper."

DATA_ASKED = (
    "A shopper asks through the store for everything that is kept of them. The command below writes it into one file:"
    " send it to them in time."
)
DATA_NOT_KEPT = (
    "A shopper asks through the store for everything that is kept of them. Nothing is: tell them so in time."
)
ERASURE_WAITS = (
    "A shopper is to be erased, but a case of this order is open or its money is on its way. It is tried again every"
    " day; by the date below the case should be closed."
)
STORE_LEFT = (
    "The store has disconnected us: its credentials are forgotten and it is not called any more. What shoppers ask for"
    " comes to you. Connect it again to go on: comeback connect"
)

BREAKER = {
    "approvals_per_hour": (
        "More cancellations were approved within an hour than your limit allows, so the shop is paused: what shoppers"
        " ask for comes to you. Look whether all is well, then let it go on."
    ),
    "failed_refunds_per_hour": (
        "More refunds failed within an hour than your limit allows, so the shop is paused: what shoppers ask for comes"
        " to you. Look at the connection to your payment provider, then let it go on."
    ),
}

# What a colleague reads about an order, in plain lines.
ORDER_STANDS = "{shipped} of {ordered} items of this order have shipped."
ORDER_CANCELLED = "This order is cancelled."
CASE_STANDS = {
    "requested": "Case {number}: just received.",
    "approved": "Case {number}: approved.",
    "in_review": "Case {number}: a person decides.",
    "awaiting_store": "Case {number}: the store is being asked.",
    "executing": "Case {number}: cancelled, and the money is on its way.",
    "with_person": "Case {number}: with a person.",
    "done": "Case {number}: done.",
    "refused": "Case {number}: refused.",
    "withdrawn": "Case {number}: withdrawn.",
    "converted_to_return": "Case {number}: has become a return.",
    "awaiting_payment": "Case {number}: waits for the shopper to pay the difference.",
    "ordering": "Case {number}: the store is asked for the new goods.",
    "awaiting_goods": "Case {number}: approved, and the goods are awaited.",
    "inspecting": "Case {number}: the goods are here, and somebody has to look at them.",
    "expired": "Case {number}: ran out.",
}

# Of a case that is no cancellation.
GOODS_EXECUTING = "Case {number}: settled, and the money is on its way."
REVIEW_OF_GOODS = {
    "review": "The policy wants a person to decide this request.",
    "suggest_approve": "We would approve this request, and the policy wants a person to decide it.",
    "suggest_refuse": "We would refuse this request, and the policy wants a person to decide it.",
    "over_limit": "What may be approved without a person is used up, so that a person decides this request.",
}


def all_sentences() -> tuple[str, ...]:
    """Every sentence of this module, for the test that holds the catalogues complete."""
    story = (ORDER_STANDS, ORDER_CANCELLED, *CASE_STANDS.values(), GOODS_EXECUTING, *BREAKER.values())
    disputes = (DISPUTE_OPENED, DISPUTE_ASKED, DISPUTE_OVER, DISPUTE_LOST)
    privacy = (DATA_ASKED, DATA_NOT_KEPT, ERASURE_WAITS, STORE_LEFT)
    return (
        PERSON_SAID_NO,
        *PERSON_SAID_NO_TO.values(),
        *REVIEW_OF_GOODS.values(),
        *WHY_OF_PERSON_REASON.values(),
        *ALERT_WHY.values(),
        *disputes,
        *privacy,
        *story,
        *BREAKER.values(),
    )
