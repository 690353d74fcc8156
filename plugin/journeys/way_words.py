"""How to send something back, step by step: said alike on the page, by the API and in the mail (``returns.po``)."""

from __future__ import annotations

from plugin.cases.models import Case
from plugin.cases.service import decision_of
from plugin.core.words import Words
from plugin.parcels.models import Parcel
from plugin.policies.reasons import Payer

PACK = "Pack what you send back well, if you can in the parcel in which it came."
LEAVE_OUT = "{title} need not be sent back: leave it out of the parcel."
PRINT_SLIP = "Print the slip and put it into the parcel, or write the number {number} on it."
STICK_LABEL = "Stick our label on the parcel and hand it to the carrier. We have paid for it."
LABEL_COMES = "We pay for the way back, and tell you how to hand the parcel over."
YOUR_CARRIER = "Send it with a carrier of your choice, and keep the receipt until we have told you that it came."
TO_ADDRESS = "Send it to: {address}"
TELL_TRACKING = "If the parcel has a tracking number, tell us here, and we watch the way with you."


def all_sentences() -> tuple[str, ...]:
    """Every sentence of this module, for the test that holds the catalogues complete."""
    return PACK, LEAVE_OUT, PRINT_SLIP, STICK_LABEL, LABEL_COMES, YOUR_CARRIER, TO_ADDRESS, TELL_TRACKING


def how_to_send(parcel: Parcel, case: Case, address: str | None, words: Words) -> tuple[str, ...]:
    """The steps in the order they are taken in. The case's number is the return number, ``address`` the shop's."""
    said = [words.say(PACK)]
    said += [words.say(LEAVE_OUT, title=line.title) for line in decision_of(case).stays]
    said.append(words.say(PRINT_SLIP, number=case.number))
    is_ours = Payer(parcel.payer) is Payer.SHOP
    if parcel.label_file:
        said.append(words.say(STICK_LABEL))
    else:
        said.append(words.say(LABEL_COMES if is_ours else YOUR_CARRIER))
        if address:
            said.append(words.say(TO_ADDRESS, address=address))
    if not is_ours:
        said.append(words.say(TELL_TRACKING))
    return tuple(said)
