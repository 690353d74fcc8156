"""Why credit cannot pay: a stable reason for programs, a sentence for people, an error for the checkout API."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from plugin.core.errors import DomainError, NotFound


class Refusal(StrEnum):
    REVOKED = "credit_revoked"
    EXPIRED = "credit_expired"
    AT_STORE = "credit_spent_at_store"
    CURRENCY_DIFFERS = "credit_currency_differs"
    USED_UP = "credit_used_up"


class CreditUnknown(NotFound):
    """No credit of this shop reads so. Another shop's code gives the same answer."""

    code = "credit_unknown"
    sentence = "We do not know this credit code. Check it for a typing error."


class CreditRefused(DomainError):
    """The base of the errors by which credit is refused; ``refusal`` names which."""

    status = 409
    code = "credit_refused"
    sentence = "This store credit cannot be used here."
    refusal: ClassVar[Refusal]


class CreditRevoked(CreditRefused):
    refusal = Refusal.REVOKED
    code = Refusal.REVOKED.value
    sentence = "This store credit is no longer valid. Ask the shop, and a person will tell you why."


class CreditExpired(CreditRefused):
    refusal = Refusal.EXPIRED
    code = Refusal.EXPIRED.value
    sentence = "This store credit has come to its end date."


class CreditAtStore(CreditRefused):
    refusal = Refusal.AT_STORE
    code = Refusal.AT_STORE.value
    sentence = "This store credit is in your account at the shop. Sign in there, and choose it when you pay."


class CreditCurrencyDiffers(CreditRefused):
    refusal = Refusal.CURRENCY_DIFFERS
    code = Refusal.CURRENCY_DIFFERS.value
    sentence = "This store credit is good for orders in another currency."


class CreditUsedUp(CreditRefused):
    refusal = Refusal.USED_UP
    code = Refusal.USED_UP.value
    sentence = "Nothing of this store credit is free: it has been spent, or another cart holds it."


class CreditInsufficient(DomainError):
    """More than there is; ``extra["available"]`` says how much there is, in minor units."""

    status = 409
    code = "credit_insufficient"
    sentence = "There is less left of this store credit than that. Pay the rest in another way."


class CartHasSpent(DomainError):
    """One cart becomes one order: it has spent of this credit already."""

    status = 409
    code = "credit_cart_spent"
    sentence = "This cart has been paid with this store credit already. Begin a new cart for another order."


class SpentOtherwise(DomainError):
    """The same order, but another amount; ``extra["amount"]`` is what it spent."""

    status = 409
    code = "credit_spent_otherwise"
    sentence = "This order has spent another amount of this store credit already."


class CreditGivenBack(DomainError):
    """A late repetition by an order that was cancelled; what it had spent waits for the shopper's next one."""

    status = 409
    code = "credit_given_back"
    sentence = "This order was cancelled and has given its store credit back, so it cannot spend it again."


_ERRORS = (CreditRevoked, CreditExpired, CreditAtStore, CreditCurrencyDiffers, CreditUsedUp)
ERROR_FOR: dict[Refusal, type[CreditRefused]] = {error.refusal: error for error in _ERRORS}
