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


class WithdrawalStands(DomainError):
    status = 409
    code = "withdrawal_stands"
    sentence = (
        "This case carries out a withdrawal by law, which nobody may refuse. If its money cannot go this way, pay it "
        "by hand."
    )


class GoodsAreAccepted(DomainError):
    status = 409
    code = "goods_are_accepted"
    sentence = (
        "Some of what was sent back was accepted, so it is owed. Judge the rest, or give it up; of an exchange, give "
        "up the new goods, or order them all the same."
    )


class NewGoodsAreOpen(DomainError):
    status = 409
    code = "new_goods_are_open"
    sentence = "The new goods of this exchange are neither ordered nor given up. Decide on them first."


class NotPaidFor(DomainError):
    status = 403
    code = "not_paid_for"
    sentence = (
        "What came back and what was paid do not pay for these new goods. Whoever has them ordered all the same needs "
        "the permission move_money and a fresh sign-in."
    )


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


class PaidBack(DomainError):
    status = 409
    code = "paid_back"
    sentence = (
        "What the shopper paid for this change has been given back, so the store is not asked for it again. The "
        "shopper may ask anew; or change the order by hand, and close the case."
    )


class NotLess(DomainError):
    status = 422
    code = "not_less"
    sentence = "A smaller amount is at least nothing, less than what the case owes, and has a reason."


class OrderIsFrozen(DomainError):
    status = 403
    code = "order_is_frozen"
    sentence = (
        "The money of this order was stopped. Whoever approves it lets it flow again, and needs the permission "
        "move_money and a fresh sign-in for that."
    )


class NotRefused(DomainError):
    status = 409
    code = "not_refused"
    sentence = "Only what was refused can be overridden. A case that waits for a person is approved or refused by them."


class CannotBeDone(DomainError):
    """``reason`` is that of the decision, as in ``plugin.policies.reasons``."""

    status = 409
    code = "cannot_be_done"
    sentence = "This cannot be done any more, whatever the policy says."
