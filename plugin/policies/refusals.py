"""What is said of a line, or of a whole ask, that is refused: why, and what is possible instead; whole and in English.

Each sentence of a line begins with its title (``item``, in quotation marks) wherever it can, in every language: so the
policy's page can say "This item" in its place.
"""

from __future__ import annotations

from collections.abc import Mapping

from plugin.policies.reasons import Action, Reason

_ANY: Mapping[Reason, str] = {
    Reason.UNKNOWN_LINE: "One of these items is not in this order. Please choose from those on the order page.",
    Reason.BAD_QUANTITY: "Please choose at least one of {item}.",
    Reason.ORDER_CANCELLED: "{item} is cancelled already, with the whole order. There is nothing left for you to do.",
    Reason.ALREADY_CANCELLED: "{item} is cancelled already. There is nothing left for you to do.",
    Reason.ALREADY_RETURNED: "{item} is settled already: it came back, or was put right. "
    "If there is something else, please talk to us.",
    Reason.IN_OPEN_CASE: "We are already looking after {item}. You will hear from us as soon as it is done.",
    Reason.RESOLUTION_NOT_OFFERED: "{item} cannot be settled in the way that you chose. "
    "Please choose one that the order page offers, or talk to us.",
}

_CANCEL: Mapping[Reason, str] = {
    Reason.WINDOW_OVER: "{item} can no longer be cancelled, because the time for it is over. "
    "Please talk to us, and we will see what we can do.",
    Reason.GIFT_CARD: "{item} is a gift card that was sent at once, so it cannot be cancelled. "
    "You can still use it or give it away, and we are happy to help.",
    Reason.DIGITAL_GOODS: "{item} was delivered digitally, so it cannot be cancelled. "
    "If something is wrong with it, please talk to us, and we will put it right.",
    Reason.MADE_TO_ORDER: "{item} is made just for you and the work has begun, so it cannot be cancelled. "
    "If something should be different, please talk to us quickly, and we will try.",
    Reason.FINAL_SALE: "{item} was sold as final sale, so it cannot be cancelled. "
    "If something is wrong with it, please talk to us.",
    Reason.ON_SALE: "{item} was sold at a reduced price, so it cannot be cancelled. "
    "If something is wrong with it, please talk to us.",
    Reason.PERISHABLE: "{item} does not keep for long, so it cannot be cancelled. "
    "If something is wrong with it, please talk to us.",
    Reason.SEALED_GOODS: "{item} comes sealed for hygiene, so it cannot be cancelled. "
    "If something is wrong with it, please talk to us.",
    Reason.BEING_PREPARED: "{item} is already being packed, so it cannot be cancelled. "
    "Please talk to us about sending it back once it arrives.",
    Reason.NOT_OFFERED: "{item} cannot be cancelled online. Please talk to us, and we will look for another way.",
    Reason.MORE_THAN_LEFT: "Of {item}, {left} can still be cancelled. Please choose that many or fewer.",
    Reason.ALREADY_SHIPPED: "{item} is already on its way, so it can no longer be cancelled. "
    "Please talk to us about sending it back once it arrives.",
    Reason.IN_OPEN_CASE: "We are already cancelling {item}. You will hear from us as soon as it is done.",
}

_RETURN: Mapping[Reason, str] = {
    Reason.WINDOW_OVER: "{item} can no longer be sent back, because the time for it is over. "
    "Please talk to us, and we will see what we can do.",
    Reason.GIFT_CARD: "{item} is a gift card, so it cannot be sent back. "
    "You can still use it or give it away, and we are happy to help.",
    Reason.DIGITAL_GOODS: "{item} was delivered digitally, so it cannot be sent back. "
    "If something is wrong with it, please talk to us, and we will put it right.",
    Reason.MADE_TO_ORDER: "{item} was made just for you, so it cannot be sent back. "
    "If something is wrong with it, please talk to us, and we will put it right.",
    Reason.FINAL_SALE: "{item} was sold as final sale, so it cannot be sent back. "
    "If something is wrong with it, please talk to us.",
    Reason.ON_SALE: "{item} was sold at a reduced price, so it cannot be sent back. "
    "If something is wrong with it, please talk to us.",
    Reason.PERISHABLE: "{item} does not keep for long, so it cannot be sent back. "
    "If something is wrong with it, please talk to us.",
    Reason.SEALED_GOODS: "{item} comes sealed for hygiene, so it cannot be sent back. "
    "If something is wrong with it, please talk to us.",
    Reason.BEING_PREPARED: "{item} is still being prepared, so it cannot be sent back yet. "
    "You can ask again once it has arrived.",
    Reason.NOT_OFFERED: "{item} cannot be sent back online. Please talk to us, and we will look for another way.",
    Reason.MORE_THAN_LEFT: "Of {item}, {left} can still be sent back. Please choose that many or fewer.",
    Reason.NOT_SHIPPED: "{item} has not left yet, so it cannot be sent back. You can cancel it instead.",
}

_EXCHANGE: Mapping[Reason, str] = {
    Reason.WINDOW_OVER: "{item} can no longer be exchanged, because the time for it is over. "
    "Please talk to us, and we will see what we can do.",
    Reason.GIFT_CARD: "{item} is a gift card, so it cannot be exchanged. "
    "You can still use it or give it away, and we are happy to help.",
    Reason.DIGITAL_GOODS: "{item} was delivered digitally, so it cannot be exchanged. "
    "If something is wrong with it, please talk to us, and we will put it right.",
    Reason.MADE_TO_ORDER: "{item} was made just for you, so it cannot be exchanged. "
    "If something is wrong with it, please talk to us, and we will put it right.",
    Reason.FINAL_SALE: "{item} was sold as final sale, so it cannot be exchanged. "
    "If something is wrong with it, please talk to us.",
    Reason.ON_SALE: "{item} was sold at a reduced price, so it cannot be exchanged. "
    "If something is wrong with it, please talk to us.",
    Reason.PERISHABLE: "{item} does not keep for long, so it cannot be exchanged. "
    "If something is wrong with it, please talk to us.",
    Reason.SEALED_GOODS: "{item} comes sealed for hygiene, so it cannot be exchanged. "
    "If something is wrong with it, please talk to us.",
    Reason.BEING_PREPARED: "{item} is still being prepared, so it cannot be exchanged yet. "
    "You can ask again once it has arrived.",
    Reason.NOT_OFFERED: "{item} cannot be exchanged online. Please talk to us, and we will look for another way.",
    Reason.MORE_THAN_LEFT: "Of {item}, {left} can still be exchanged. Please choose that many or fewer.",
    Reason.NOT_SHIPPED: "{item} has not left yet, so it cannot be exchanged. You can cancel it instead.",
}

_FAULT: Mapping[Reason, str] = {
    Reason.WINDOW_OVER: "{item} can no longer be reported here, because the time for it is over. "
    "Your rights by law stay as they are. Please talk to us, and we will see what we can do.",
    Reason.GIFT_CARD: "{item} is a gift card, so a problem with it cannot be settled here. "
    "Please talk to us, and we will put it right.",
    Reason.DIGITAL_GOODS: "{item} was delivered digitally, so a problem with it cannot be settled here. "
    "Please talk to us, and we will put it right.",
    Reason.MADE_TO_ORDER: "{item} was made just for you, so a problem with it cannot be settled here. "
    "Please talk to us, and we will put it right.",
    Reason.FINAL_SALE: "{item} was sold as final sale, so a problem with it cannot be settled here. "
    "Please talk to us, and we will see what we can do.",
    Reason.ON_SALE: "{item} was sold at a reduced price, so a problem with it cannot be settled here. "
    "Please talk to us, and we will see what we can do.",
    Reason.PERISHABLE: "{item} does not keep for long, so a problem with it cannot be settled here. "
    "Please talk to us, and we will see what we can do.",
    Reason.SEALED_GOODS: "{item} comes sealed for hygiene, so a problem with it cannot be settled here. "
    "Please talk to us, and we will see what we can do.",
    Reason.BEING_PREPARED: "{item} is still being prepared, so there is nothing to report yet. "
    "If it should have arrived by now, please talk to us.",
    Reason.NOT_OFFERED: "{item} cannot be reported online. Please talk to us, and we will look for another way.",
    Reason.MORE_THAN_LEFT: "Of {item}, {left} can still be reported. Please choose that many or fewer.",
    Reason.NOT_DUE_YET: "{item} is still on its way and should be there by {until}. "
    "If it has not arrived by then, please tell us again, and we will put it right.",
    Reason.NOT_SHIPPED: "{item} has not left yet, so there is nothing to report. "
    "If it should have arrived by now, please talk to us.",
}

LINE_REFUSE: Mapping[Action, Mapping[Reason, str]] = {
    Action.CANCEL: {**_ANY, **_CANCEL},
    Action.RETURN: {**_ANY, **_RETURN},
    Action.EXCHANGE: {**_ANY, **_EXCHANGE},
    Action.FAULT: {**_ANY, **_FAULT},
}

_WHOLE: Mapping[Reason, str] = {
    Reason.ORDER_CANCELLED: "This order is cancelled already. There is nothing left for you to do.",
    Reason.ALREADY_CANCELLED: "Everything in this order is cancelled already. There is nothing left for you to do.",
    Reason.ALREADY_RETURNED: "Everything in this order has come back to us already. "
    "There is nothing left for you to do.",
    Reason.IN_OPEN_CASE: "We are already looking after this order. You will hear from us as soon as it is done.",
}

ASK_REFUSE: Mapping[Action, Mapping[Reason, str]] = {
    Action.CANCEL: {
        **_WHOLE,
        Reason.NOTHING_ASKED: "Please choose the items that you would like to cancel.",
        Reason.ALREADY_SHIPPED: "This order is already on its way, so it can no longer be cancelled. "
        "Please talk to us about sending it back once it arrives.",
        Reason.IN_OPEN_CASE: "We are already cancelling this order. You will hear from us as soon as it is done.",
    },
    Action.RETURN: {
        **_WHOLE,
        Reason.NOTHING_ASKED: "Please choose the items that you would like to send back.",
        Reason.NOT_SHIPPED: "This order has not left yet, so nothing of it can be sent back. "
        "You can cancel it instead.",
    },
    Action.EXCHANGE: {
        **_WHOLE,
        Reason.NOTHING_ASKED: "Please choose the items that you would like to exchange.",
        Reason.NOT_SHIPPED: "This order has not left yet, so nothing of it can be exchanged. "
        "You can cancel it instead.",
    },
    Action.FAULT: {
        **_WHOLE,
        Reason.NOTHING_ASKED: "Please choose the items that something is wrong with.",
        Reason.NOT_SHIPPED: "This order has not left yet. If it should have arrived by now, please talk to us.",
    },
}  # fmt: skip
