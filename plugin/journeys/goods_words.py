"""What the staff are told of goods on their way back, in the shop's language."""

from __future__ import annotations

# Why a person is to decide, by the case's ``person_reason`` (``plugin.cases.goods``).
REVIEWS = {
    "parcel_lost": "This parcel is lost on its way back. Decide whether the shopper gets what was agreed all the same.",
    "parcel_silent": (
        "Nobody has heard of this parcel for weeks. Look for it, then decide what the shopper gets, or give it more "
        "time."
    ),
    "came_late": "This parcel came after its return had run out. Take it all the same, or refuse it.",
    "not_sent": "These goods were not sent back in time. Give the shopper more time, or close the case.",
    "wrong_item": (
        "Something else came back than was agreed. Ask the shopper, then wait for the right one or refuse it."
    ),
    "goods_rejected": "Goods that came back for an exchange were not accepted. Decide what the shopper gets.",
}
ALERTS = {
    "to_inspect": "The parcel of this return is here, and the shopper waits: count it in and inspect it.",
    "paid_too_much": (
        "This return was paid before it was inspected, and not all of it came back or was accepted. What was paid too "
        "much is written down as a debit, and nobody was charged: settle it with the shopper, or waive it."
    ),
    "came_unasked": "A parcel came that belongs to a request which is closed. Look at it, and write to the shopper.",
}
