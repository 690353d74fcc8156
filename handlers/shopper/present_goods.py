"""What a shopper reads of goods: the terms on which they go back, and the parcel in which they do."""

from __future__ import annotations

from collections.abc import Sequence

from handlers.shopper.standing import parcel_now
from handlers.shopper.views import ChoiceView, Money, ParcelView, TermsView
from plugin.cases.models import Case
from plugin.core.words import Words
from plugin.journeys.way_words import how_to_send
from plugin.parcels.models import Parcel
from plugin.parcels.states import ParcelState
from plugin.policies import sentences
from plugin.policies.decision import Decision, LineDecision, LineOption
from plugin.policies.reasons import Action, Payer, Resolution


def parcel_view(case: Case, parcels: Sequence[Parcel], address: str | None, words: Words) -> ParcelView | None:
    """The way back that counts; None where nothing is sent back."""
    parcel = parcel_now(parcels)
    if parcel is None:
        return None
    is_to_send = parcel.state == ParcelState.LABEL
    links = {"slip": f"/v1/cases/{case.id}/slip.pdf", "qr": f"/v1/cases/{case.id}/qr.svg"} if is_to_send else {}
    if parcel.label_file and is_to_send:
        links["label"] = f"/v1/order/files/{parcel.label_file}"
    return ParcelView(
        state=parcel.state,
        payer=parcel.payer,
        return_number=case.number,
        send_by=parcel.send_by,
        carrier=parcel.carrier,
        tracking_number=parcel.tracking_number,
        how_to_send=how_to_send(parcel, case, address, words) if is_to_send else (),
        links=links,
    )


def _choice(resolution: Resolution, bonus: int, currency: str, words: Words) -> ChoiceView:
    extra = bonus if resolution is Resolution.STORE_CREDIT else 0
    return ChoiceView(
        resolution=str(resolution),
        label=words.say(sentences.CHOICES[resolution]),
        bonus=Money(extra, currency, words.money(extra, currency)) if extra else None,
    )


def terms_of_option(option: LineOption, currency: str, words: Words) -> TermsView | None:
    """On what terms a line goes back, is exchanged or made good; None for a cancellation and where it is refused."""
    if option.action is Action.CANCEL or not option.quantity:
        return None
    return TermsView(
        choices=tuple(_choice(each, option.bonus, currency, words) for each in option.resolutions),
        resolution=None,
        fee=Money(option.fee, currency, words.money(option.fee, currency)),
        label=option.label and str(option.label),
        keep_item=option.keep_item,
        pays_on=option.pays_on and str(option.pays_on),
        send_within=option.send_within,
        photos=option.photos,
    )


def terms_of_decision(decision: Decision, words: Words) -> TermsView | None:
    """On what terms all that was asked for is answered: what may be chosen for all of it, and the shortest time."""
    if decision.action is Action.CANCEL or not decision.lines:
        return None
    lines, currency = decision.lines, decision.amounts.currency
    bonus = sum(line.bonus for line in lines)
    payers = {line.label for line in lines if line.label}
    return TermsView(
        choices=tuple(_choice(each, bonus, currency, words) for each in shared_choices(lines)),
        resolution=decision.resolution and str(decision.resolution),
        fee=Money(decision.amounts.fee, currency, words.money(decision.amounts.fee, currency)),
        label=str(Payer.SHOP if Payer.SHOP in payers else Payer.SHOPPER) if payers else None,
        keep_item=all(line.keep_item for line in lines),
        pays_on=next((str(line.pays_on) for line in lines if line.pays_on), None),
        send_within=min((line.send_within for line in lines if line.send_within), default=None),
        photos=any(line.photos for line in lines),
    )


def shared_choices(lines: Sequence[LineDecision]) -> tuple[Resolution, ...]:
    """What may be chosen for all of these lines, in the order of the first."""
    return tuple(each for each in lines[0].resolutions if all(each in line.resolutions for line in lines[1:]))
