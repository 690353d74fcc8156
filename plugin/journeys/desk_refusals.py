"""Why a person at the desk cannot do what they wanted to, each with what to do instead."""

from __future__ import annotations

from plugin.core.errors import DomainError


class NotWithAPerson(DomainError):
    status = 409
    code = "not_with_a_person"
    sentence = "This case does not wait for a person (any more)."


class MoneyHasMoved(DomainError):
    status = 409
    code = "money_has_moved"
    sentence = "Money of this case has moved already, so it can no longer be refused."


class StoreHasCancelled(DomainError):
    status = 409
    code = "store_has_cancelled"
    sentence = "The store has cancelled these items already. If a refund of this case failed, retry that refund."


class HasShipped(DomainError):
    status = 409
    code = "has_shipped"
    sentence = (
        "Some of these items have shipped, so they can no longer be cancelled. Refuse the case, or offer a return."
    )


class StillToDecide(DomainError):
    status = 409
    code = "still_to_decide"
    sentence = (
        "This case waits for a decision about its goods or its shipping, which no refund makes. Close the case once "
        "that is decided; then try this refund again, or pay it by hand."
    )


class NotLess(DomainError):
    status = 422
    code = "not_less"
    sentence = "A smaller amount is at least nothing, less than what the case owes, and has a reason."
