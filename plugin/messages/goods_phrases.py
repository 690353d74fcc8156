"""What the mails say of goods that were looked at, and of what is given for them."""

from __future__ import annotations

from collections.abc import Callable

from plugin.messages.contexts_goods import Condition, Settlement

Say = Callable[..., str]


def condition(found: Condition, say: Say) -> str:
    """Why something was not accepted."""
    match found:
        case Condition.AS_NEW:
            return say("We could not accept it.")
        case Condition.OPENED:
            return say("It had been opened.")
        case Condition.USED:
            return say("It shows that it was used.")
        case Condition.DAMAGED:
            return say("It is damaged.")
        case Condition.WRONG_ITEM:
            return say("It is another item than the one you told us of.")


def settlement(how: Settlement, total: str, say: Say) -> str:
    """How the money of the return stands; ``total`` is an amount in words."""
    match how:
        case Settlement.NOTHING:
            return say("We have settled your return, and nothing is paid back for it.")
        case Settlement.REFUND:
            return say(
                "We have settled your return. {total} is on its way back to you, and we write when it has been "
                "refunded.",
                total=total,
            )
        case Settlement.OTHERWISE:
            return say("We have settled your return, and you get what we agreed for it.")
        case Settlement.PAID:
            return say("We have settled your return. It was paid already, and all is in order.")
        case Settlement.PAID_TOO_MUCH:
            return say(
                "We have settled your return. It was paid before we could look at it, and comes to {total}. A person "
                "writes to you about the difference; nothing is charged to you.",
                total=total,
            )
        case Settlement.PERSON:
            return say("We have looked at your return. A person decides what happens now, and writes to you.")
