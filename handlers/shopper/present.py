"""From what the house knows to what a shopper reads: the one set of builders for the API and for the pages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain

from handlers.shopper import phrases
from handlers.shopper.present_goods import parcel_view, terms_of_decision, terms_of_option
from handlers.shopper.standing import case_sentence, parcel_now
from handlers.shopper.views import (
    ActionView,
    AmountsView,
    CaseView,
    CodeView,
    ComponentView,
    LineAnswer,
    LineView,
    Money,
    MoneyMove,
    OrderView,
    PersonView,
    PreviewView,
)  # fmt: skip
from plugin.cases.service import amounts_of, decision_of, not_accepted_of
from plugin.cases.states import CLOSED, CaseKind, CaseState
from plugin.codes.minting import show
from plugin.codes.models import Code
from plugin.codes.rules import describe
from plugin.codes.store import terms_of
from plugin.core.vault import Vault
from plugin.core.words import Words, choose_locale
from plugin.journeys.judging import Preview
from plugin.journeys.money_words import is_never_collected, outcome_of_leg
from plugin.journeys.resolve import pays_at_once
from plugin.journeys.take_back import can_be_taken_back
from plugin.journeys.view_order import SeenCase
from plugin.messages.parts import MoneyState
from plugin.orders.models import Payment
from plugin.orders.service import StoredOrder
from plugin.policies.decision import Amounts, Decision, LineDecision, LineOption
from plugin.policies.explain import explain, explain_option
from plugin.policies.facts import OrderFacts
from plugin.refunds.models import RefundLeg
from plugin.refunds.plan import LegKind, PlannedLeg
from plugin.refunds.states import LegState
from plugin.shops.hours import person_answers_by
from plugin.shops.models import Shop
from plugin.shops.service import settings_of, zone_of
from plugin.shops.settings import ShopSettings


@dataclass(frozen=True)
class Presenter:
    """Speaks to one shopper of one shop, in one language, at one moment."""

    shop: Shop
    settings: ShopSettings
    words: Words
    at: datetime

    def money(self, amount: int, currency: str) -> Money:
        return Money(amount, currency, self.words.money(amount, currency))

    def person(self) -> PersonView:
        answers_by = person_answers_by(self.settings, self.at)
        sentence = self.words.say(phrases.PERSON, moment=self.words.moment(answers_by))
        return PersonView(sentence=sentence, answers_by=answers_by)

    def amounts(self, amounts: Amounts, withheld: int = 0, not_accepted: int = 0) -> AmountsView:
        """The components that are not zero, and their sum. ``withheld`` is what a person has taken off it, and
        ``not_accepted`` what goods were worth that came back and were not accepted."""
        parts = (
            ("items", amounts.goods.amount, amounts.goods.tax),
            ("shipping", amounts.shipping.amount, amounts.shipping.tax),
            ("extras", amounts.extras.amount, amounts.extras.tax),
            ("fee", -amounts.fee, 0),
            ("withheld", -withheld, 0),
            ("not_accepted", -not_accepted, 0),
        )
        return AmountsView(
            parts=tuple(
                ComponentView(
                    kind=kind,
                    label=self.words.say(phrases.COMPONENT[kind]),
                    money=self.money(amount, amounts.currency),
                    tax=self.money(tax, amounts.currency),
                )
                for kind, amount, tax in parts
                if amount
            ),
            total=self.money(amounts.total - withheld - not_accepted, amounts.currency),
        )

    def preview(self, preview: Preview) -> PreviewView:
        decision = preview.decision
        payments = {payment.id: payment for payment in preview.payments}
        at_once = pays_at_once(decision)  # else no day can be promised yet
        return PreviewView(
            outcome=str(decision.outcome),
            reason=str(decision.reason),
            sentence=explain(decision, self.words).sentence,
            lines=self._lines(decision),
            amounts=self.amounts(decision.amounts),
            money=tuple(
                self._planned(leg, payments[leg.payment_id], by)
                for leg, by in zip(preview.legs, preview.promised, strict=True)
            )
            if at_once
            else (),
            money_by=preview.money_by if at_once else None,
            digest=preview.digest,
            until=decision.deadline,
            offer=decision.offer,
            terms=terms_of_decision(decision, self.words),
            person=self.person(),
        )

    def _lines(self, decision: Decision) -> tuple[LineAnswer, ...]:
        said = explain(decision, self.words).lines
        return tuple(self._line_answer(line, s.sentence) for line, s in zip(decision.lines, said, strict=True))

    def _line_answer(self, line: LineDecision, sentence: str) -> LineAnswer:
        return LineAnswer(
            line_id=line.line_id,
            title=line.title,
            quantity=line.asked,
            outcome=str(line.outcome),
            reason=str(line.reason),
            sentence=sentence,
            sent_back=line.label is not None,
        )

    def _planned(self, leg: PlannedLeg, payment: Payment, by: object) -> MoneyMove:
        """What would become of a payment: always "will", never "is"."""
        state = MoneyState.BY_PERSON if leg.kind in (LegKind.MANUAL, LegKind.STOREFRONT) else MoneyState.ARRIVING
        sentence = phrases.PLANNED[leg.kind]
        if is_never_collected(leg.kind, payment):
            state, sentence = MoneyState.NOT_COLLECTED, phrases.NOT_COLLECTED
        is_ceiling = leg.kind is LegKind.LOWER_CAPTURE and state is not MoneyState.NOT_COLLECTED
        shown = payment.capturable - leg.amount if is_ceiling else leg.amount
        return MoneyMove(
            state=str(state),
            money=self.money(leg.amount, payment.currency),
            sentence=self._move_sentence(sentence, shown, payment, by),
            by=by,  # type: ignore[arg-type]
            method=payment.label,
        )

    def move(self, leg: RefundLeg, payment: Payment) -> MoneyMove:
        """What became of a leg. It says "refunded" only when the custodian did (I13)."""
        outcome = outcome_of_leg(leg, payment)
        return MoneyMove(
            state=str(outcome.state),
            money=self.money(leg.amount, payment.currency),
            sentence=self._move_sentence(phrases.MOVED[outcome.state], outcome.amount, payment, leg.promised_for),
            refund_id=leg.id,
            by=leg.promised_for,
            method=payment.label,
            bank_reference=leg.bank_reference,
        )

    def _move_sentence(self, sentence: str, amount: int, payment: Payment, by: object) -> str:
        return self.words.say(
            sentence,
            amount=self.words.money(amount, payment.currency),
            method=payment.label or self.words.say(phrases.YOUR_PAYMENT),
            date=self.words.date(by),  # type: ignore[arg-type]
        )

    def case(self, seen: SeenCase, vault: Vault) -> CaseView:
        """Where a request stands."""
        case, legs, code = seen.case, seen.legs, seen.code
        decision = decision_of(case)
        state = CaseState(case.state)
        replaced = {leg.replaces for leg in legs}
        current = [leg for leg in legs if leg.id not in replaced and leg.state != LegState.RELEASED]
        money_by = max((leg.promised_for for leg in current), default=None)
        return CaseView(
            id=case.id,
            number=case.number,
            order_id=case.order_id,
            kind=case.kind,
            state=case.state,
            is_final=state in CLOSED,
            sentence=self._case_sentence(seen, current, money_by),
            explanation="" if case.kind == CaseKind.FIX else explain(decision, self.words).sentence,
            outcome=str(decision.outcome),
            lines=self._lines(decision),
            amounts=self.amounts(amounts_of(case), case.withheld, not_accepted_of(case)),
            money=tuple(self.move(leg, seen.payments[leg.payment_id]) for leg in current),
            money_by=money_by,
            asked_at=case.asked_at,
            waiting_on=case.waiting_on,
            due_at=case.due_at,
            code=self.code(code, vault) if code and state in (CaseState.EXECUTING, CaseState.DONE) else None,
            resolution=case.resolution,
            fault=case.fault,
            parcel=parcel_view(case, seen.parcels, self.settings.goods_come_to, self.words),
            can_withdraw=can_be_taken_back(case, seen.parcels),
            person=self.person(),
            links={"self": f"/v1/cases/{case.id}", "events": f"/v1/cases/{case.id}/events"},
        )

    def _case_sentence(self, seen: SeenCase, legs: Sequence[RefundLeg], money_by: date | None) -> str:
        parcel = parcel_now(seen.parcels)
        return self.words.say(
            case_sentence(seen.case, legs, seen.parcels),
            date=self.words.date(money_by) if money_by else "",
            moment=self.words.moment(seen.case.due_at) if seen.case.due_at else "",
            send_by=self.words.date(parcel.send_by) if parcel else "",
        )

    def code(self, code: Code, vault: Vault) -> CodeView | None:
        """The code, while it can still be used."""
        if code.state not in ("minted", "reserved") or code.expires_at <= self.at:
            return None
        return CodeView(
            code=show(vault, code), sentence=describe(terms_of(code), self.words), expires_at=code.expires_at
        )

    def order(
        self,
        order: StoredOrder,
        facts: OrderFacts,
        options: Sequence[Sequence[LineOption]],
        whole: Preview,
        cases: Sequence[CaseView],
    ) -> OrderView:
        by_line: dict[str, list[LineOption]] = defaultdict(list)
        for option in chain.from_iterable(options):
            by_line[option.line_id].append(option)
        counts = {line.id: line for line in facts.lines}
        currency = facts.currency
        return OrderView(
            id=order.id,
            external_id=order.row.external_id,
            number=order.row.number,
            shop_name=self.shop.name,
            shop_url=self.settings.brand.home_url,
            status=str(facts.state),
            status_sentence=self.words.say(phrases.status_of(facts)),
            placed_at=order.row.placed_at,
            currency=currency,
            total=self.money(order.row.total, currency),
            lines=tuple(
                LineView(
                    id=line.id,
                    title=line.title,
                    variant=line.variant,
                    sku=line.sku,
                    image_url=line.image_url,
                    quantity=line.quantity,
                    total=self.money(line.total, currency),
                    shipped=counts[line.id].fulfilled,
                    cancelled=counts[line.id].cancelled,
                    actions=tuple(self._action(option, currency) for option in by_line[line.id]),
                )
                for line in order.placement.lines
            ),
            whole=self._whole(whole),
            cases=tuple(cases),
            person=self.person(),
            locale=self.words.locale,
        )

    def _action(self, option: LineOption, currency: str) -> ActionView:
        return ActionView(
            action=str(option.action),
            outcome=str(option.outcome),
            reason=str(option.reason),
            sentence=explain_option(option, currency, self.words),
            quantity=option.quantity,
            refund=self.money(option.goods, currency),
            until=option.deadline,
            terms=terms_of_option(option, currency, self.words),
        )

    def _whole(self, preview: Preview) -> ActionView:
        decision = preview.decision
        return ActionView(
            action=str(decision.action),
            outcome=str(decision.outcome),
            reason=str(decision.reason),
            sentence=explain(decision, self.words).sentence,
            quantity=sum(line.asked for line in decision.lines),
            refund=self.money(decision.amounts.total, decision.amounts.currency),
            until=decision.deadline,
        )


def presenter(shop: Shop, order: StoredOrder, at: datetime, *wanted: str | None) -> Presenter:
    """Who speaks to this shopper: what the request wishes first, then the order's own locale, then the shop's."""
    settings = settings_of(shop)
    locale = choose_locale(*wanted, order.now.customer.locale, settings.locale)
    return Presenter(shop, settings, Words(locale, zone_of(settings, order.now.time_zone)), at)
