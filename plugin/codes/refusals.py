"""Why a code is not good: a stable reason for programs, a sentence for people, an error for the checkout API."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from plugin.core.errors import DomainError, NotFound


class Refusal(StrEnum):
    REVOKED = "code_revoked"
    USED = "code_used"
    EXPIRED = "code_expired"
    RESERVED_ELSEWHERE = "code_reserved_elsewhere"
    OTHER_CUSTOMER = "code_of_other_customer"
    CURRENCY_DIFFERS = "code_currency_differs"
    BELOW_MINIMUM = "code_below_minimum"


class CodeUnknown(NotFound):
    """No code of this shop reads so. Another shop's code gives the same answer."""

    code = "code_unknown"
    sentence = "We do not know this code. Check it for a typing error."


class CodeRefused(DomainError):
    """The base of the errors by which a code is refused; ``refusal`` names which."""

    status = 409
    code = "code_refused"
    sentence = "This code cannot be used here."
    refusal: ClassVar[Refusal]


class CodeRevoked(CodeRefused):
    refusal = Refusal.REVOKED
    code = Refusal.REVOKED.value
    sentence = "This code is no longer valid."


class CodeUsed(CodeRefused):
    refusal = Refusal.USED
    code = Refusal.USED.value
    sentence = "This code has been used already. It is good for one order."


class CodeExpired(CodeRefused):
    refusal = Refusal.EXPIRED
    code = Refusal.EXPIRED.value
    sentence = "This code has expired."


class CodeReservedElsewhere(CodeRefused):
    refusal = Refusal.RESERVED_ELSEWHERE
    code = Refusal.RESERVED_ELSEWHERE.value
    sentence = "This code is being used in another cart. Finish there, or try again in half an hour."


class CodeOfOtherCustomer(CodeRefused):
    refusal = Refusal.OTHER_CUSTOMER
    code = Refusal.OTHER_CUSTOMER.value
    sentence = "This code was made for another customer. Use the e-mail address that it was sent to."


class CodeCurrencyDiffers(CodeRefused):
    refusal = Refusal.CURRENCY_DIFFERS
    code = Refusal.CURRENCY_DIFFERS.value
    sentence = "This code is good for orders in another currency."


class CodeBelowMinimum(CodeRefused):
    refusal = Refusal.BELOW_MINIMUM
    code = Refusal.BELOW_MINIMUM.value
    sentence = "Your cart has not reached the amount from which this code is good."


class CodeGivenBack(DomainError):
    """A late repetition by an order that was cancelled; its code waits for the shopper's next one."""

    status = 409
    code = "code_given_back"
    sentence = "This order was cancelled and has given its code back, so it cannot use it again."


class NotReservedHere(DomainError):
    """The shop's codes are redeemed at Stripe or in the store: holding one in our ledger would hold nothing."""

    status = 409
    code = "code_not_reserved_here"
    sentence = "This shop's codes are redeemed outside the ledger. Do not reserve them: apply and redeem them there."


_ERRORS = (
    CodeRevoked, CodeUsed, CodeExpired, CodeReservedElsewhere, CodeOfOtherCustomer, CodeCurrencyDiffers,
    CodeBelowMinimum,
)  # fmt: skip
ERROR_FOR: dict[Refusal, type[CodeRefused]] = {error.refusal: error for error in _ERRORS}
