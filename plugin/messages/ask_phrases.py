"""What the mails say of each kind of request that a person looks at, or has said no to."""

from __future__ import annotations

from collections.abc import Callable

from plugin.messages.parts import Ask

Say = Callable[..., str]


def reviewed(ask: Ask, order: str, say: Say) -> str:
    """That a person looks at what was asked for."""
    match ask:
        case Ask.CANCEL:
            return say("You asked us to cancel order {order_number}. A person is looking at it.", order_number=order)
        case Ask.RETURN:
            return say("You asked to send back order {order_number}. A person is looking at it.", order_number=order)
        case Ask.EXCHANGE:
            return say(
                "You asked for an exchange in order {order_number}. A person is looking at it.", order_number=order
            )
        case Ask.FAULT:
            return say(
                "You told us of a problem with order {order_number}. A person is looking at it.",
                order_number=order,
            )
        case Ask.FIX:
            return say("You asked us to change order {order_number}. A person is looking at it.", order_number=order)


def refused(ask: Ask, order: str, say: Say) -> str:
    """That what was asked for was not granted."""
    match ask:
        case Ask.CANCEL:
            return say("We could not cancel order {order_number}.", order_number=order)
        case Ask.RETURN:
            return say("We could not accept a return of order {order_number}.", order_number=order)
        case Ask.EXCHANGE:
            return say("We could not make the exchange in order {order_number}.", order_number=order)
        case Ask.FAULT:
            return say("We could not settle the problem with order {order_number} here.", order_number=order)
        case Ask.FIX:
            return say("We could not change order {order_number}.", order_number=order)
