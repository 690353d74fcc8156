"""Why a quote cannot be made, or not be taken any more: each with a sentence that helps."""

from __future__ import annotations

from plugin.core.errors import DomainError


class NotSold(DomainError):
    """The store does not sell it (any more). ``product_id`` and ``variant_id`` say what; ``instead`` what it sells."""

    status = 409
    code = "not_sold"
    sentence = "The shop does not sell this any more. Please choose something else."


class OutOfStock(DomainError):
    """Fewer are left than are wanted: ``available``. ``instead`` are the other variants that there are."""

    status = 409
    code = "out_of_stock"
    sentence = "There are not enough of these left. Please choose another one, or fewer."


class OtherCurrency(DomainError):
    """The store prices it in another currency than the order's: there is no difference to compute."""

    status = 422
    code = "other_currency"
    sentence = "This is not sold in the currency of your order, so it cannot be exchanged for it."


class NothingWanted(DomainError):
    status = 422
    code = "nothing_wanted"
    sentence = "Please choose what you would like to have instead."


class StoreCannotQuote(DomainError):
    """The store has no prices for us; a person can exchange it by hand."""

    status = 409
    code = "store_cannot_quote"
    sentence = "The shop's system cannot tell its prices here. A person is glad to make the exchange with you."


class StoreDoesNotAnswer(DomainError):
    status = 503
    code = "store_does_not_answer"
    sentence = "The shop's system does not answer just now. Please try again in a moment."


class CannotCollect(DomainError):
    """The new goods cost more, and the shop has no account that the difference could be paid to."""

    status = 409
    code = "cannot_collect"
    sentence = (
        "What you chose costs more than what you send back, and the shop cannot take a payment here. Please choose "
        "something else, or let a person make the exchange with you."
    )


class QuoteEnded(DomainError):
    """The quote's time is over, or it was taken already."""

    status = 409
    code = "quote_ended"
    sentence = "This quote is not valid any more. Please ask for a new one: nothing was done."


class QuoteChanged(DomainError):
    """Another quote was agreed to than the one that is named."""

    status = 409
    code = "quote_changed"
    sentence = "This is not the quote that you saw. Please look at it again before you confirm."
