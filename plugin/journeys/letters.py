"""From a case to the contexts of its mails: what is said, in whose language, with which links."""

from __future__ import annotations

from collections.abc import Sequence

from plugin.cases.service import amounts_of, decision_of
from plugin.journeys import sentences
from plugin.journeys.letter_frame import frame_of, lines_of
from plugin.journeys.letters_after import promise_missed
from plugin.journeys.letters_credit import credit_issued
from plugin.journeys.letters_exchanges import EXCHANGE_LETTERS
from plugin.journeys.letters_faults import FAULT_LETTERS
from plugin.journeys.letters_fix import FIX_LETTERS
from plugin.journeys.letters_goods import GOODS_LETTERS
from plugin.journeys.letters_returns import RETURN_LETTERS
from plugin.journeys.money_words import outcome_of_leg
from plugin.journeys.scene import Scene
from plugin.messages.contexts import (
    Cancelled,
    MailContext,
    Refunded,
    RefundedAgain,
    RefundProblem,
    Refused,
    UnderReview,
)
from plugin.messages.parts import (
    AmountPart,
    Ask,
    NextStep,
    Option,
    OptionKind,
    PaidBack,
    PartKind,
    RetentionCode,
)  # fmt: skip
from plugin.policies.explain import explain
from plugin.ports.payments import PromotionKind
from plugin.refunds.models import RefundLeg
from plugin.refunds.plan import LegKind
from plugin.refunds.states import LegState
from plugin.shops.hours import person_answers_by


def compose(scene: Scene, template: str) -> MailContext | None:
    """The letter of this template about the case; None when there is nothing to say (any more).

    What may be said more than once about a case has its occasion behind a dot: ``return_reminder.7``.
    """
    return _LETTERS[template.partition(".")[0]](scene)


def _cancelled(scene: Scene) -> MailContext:
    amounts = amounts_of(scene.case)
    parts = (
        AmountPart(kind=PartKind.ITEMS, amount=amounts.goods.amount),
        AmountPart(kind=PartKind.SHIPPING, amount=amounts.shipping.amount),
        AmountPart(kind=PartKind.EXTRAS, amount=amounts.extras.amount),
        AmountPart(kind=PartKind.FEE, amount=-amounts.fee),
        AmountPart(kind=PartKind.WITHHELD, amount=-scene.case.withheld),
    )
    return Cancelled(
        **frame_of(scene),  # type: ignore[arg-type]
        whole_order=scene.nothing_is_left,
        lines=lines_of(scene),
        currency=scene.case.currency,
        total=scene.case.owed,
        withheld=scene.case.withheld,
        parts=tuple(part for part in parts if part.amount),
        payments=tuple(outcome_of_leg(leg, scene.payments[leg.payment_id]) for leg in scene.legs),
        code=_gift(scene),
        is_withdrawal=scene.is_withdrawn,
    )


def _gift(scene: Scene) -> RetentionCode | None:
    """The code, where the shop and the shopper's consent let a mail carry it; the page may always show it."""
    code, text = scene.code, scene.code_text
    rule = scene.settings.codes.mail
    consents = rule == "soft_opt_in" or (rule == "consent" and scene.order.now.customer.marketing_consent)
    if code is None or text is None or not consents or code.state not in ("minted", "reserved"):
        return None
    if code.authority != "ledger" and code.promotion_id is None:
        return None
    return RetentionCode(
        code=text,
        kind=PromotionKind(code.kind),
        currency=code.currency,
        expires_at=code.expires_at,
        url=scene.settings.brand.home_url or scene.url,
        percent=code.percent,
        amount=code.amount,
        minimum=code.minimum,
    )


def _under_review(scene: Scene) -> MailContext:
    why = sentences.WHY_OF_PERSON_REASON.get(scene.case.person_reason or "")
    reasons = (scene.words.say(why),) if why else explain(decision_of(scene.case), scene.words).parts
    if scene.is_gift:
        reasons = ()  # they name what it cost
    return UnderReview(
        **frame_of(scene),  # type: ignore[arg-type]
        ask=Ask(scene.case.kind),
        answer_by=scene.case.due_at or scene.at,
        lines=lines_of(scene),
        reasons=reasons,
    )


def _refused(scene: Scene) -> MailContext:
    """The same sentences as on the page, and what is possible instead."""
    decision = decision_of(scene.case)
    if scene.case.person_reason == "store_too_late":
        reasons: tuple[str, ...] = (scene.words.say(sentences.STORE_TOO_LATE),)
    elif decision.outcome == "refuse":
        reasons = explain(decision, scene.words).parts
    else:
        reasons = (scene.words.say(sentences.PERSON_SAID_NO_TO[scene.case.kind]),)
    keeps = (Option(kind=OptionKind.KEEP),) if scene.case.kind == Ask.CANCEL else ()
    return Refused(
        **frame_of(scene),  # type: ignore[arg-type]
        ask=Ask(scene.case.kind),
        reasons=reasons,
        options=(*keeps, Option(kind=OptionKind.PERSON)),
    )


def _paid(scene: Scene) -> list[RefundLeg]:
    return [leg for leg in scene.legs if leg.state == LegState.SUCCEEDED and _gives_money(leg)]


def _refunded(scene: Scene) -> MailContext | None:
    return _money_is_back(scene, Refunded, _paid(scene))


def _refunded_again(scene: Scene) -> MailContext | None:
    return _money_is_back(scene, RefundedAgain, [leg for leg in _paid(scene) if leg.id in scene.paid_again])


def _money_is_back(scene: Scene, kind: type[Refunded], paid: Sequence[RefundLeg]) -> MailContext | None:
    if not paid:
        return None
    return kind(
        **frame_of(scene),  # type: ignore[arg-type]
        currency=scene.case.currency,
        refunds=tuple(
            PaidBack(
                amount=leg.amount,
                method=scene.payments[leg.payment_id].label,
                bank_reference=leg.bank_reference,
                shows_by=leg.promised_for,
            )
            for leg in paid
        ),
    )


def _refund_problem(scene: Scene) -> MailContext | None:
    failed = [leg for leg in scene.legs if leg.state in (LegState.FAILED, LegState.WITH_PERSON)]
    if not failed:
        return None
    return RefundProblem(
        **frame_of(scene),  # type: ignore[arg-type]
        currency=scene.case.currency,
        amount=sum(leg.amount for leg in failed),
        next_step=NextStep.PERSON,
        by=scene.case.due_at or person_answers_by(scene.settings, scene.at),
        method=scene.payments[failed[0].payment_id].label,
    )


def _gives_money(leg: RefundLeg) -> bool:
    return LegKind(leg.kind) not in (LegKind.VOID, LegKind.LOWER_CAPTURE)


_LETTERS = {
    "cancelled": _cancelled,
    "under_review": _under_review,
    "refused": _refused,
    "refunded": _refunded,
    "refunded_again": _refunded_again,
    "refund_problem": _refund_problem,
    "promise_missed": promise_missed,
    **RETURN_LETTERS,
    **GOODS_LETTERS,
    **FAULT_LETTERS,
    **FIX_LETTERS,
    "credit_issued": credit_issued,
    **EXCHANGE_LETTERS,
}
