"""The sentences that depend on what happened, said once for the HTML and the text of a mail alike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from plugin.access.roles import Role
from plugin.core.words import Words
from plugin.messages.alert_phrases import subject_of
from plugin.messages.ask_phrases import refused, reviewed
from plugin.messages.contexts_goods import Condition, Settlement
from plugin.messages.goods_phrases import condition, settlement
from plugin.messages.letter import Letter, ShopperLetter
from plugin.messages.parts import (
    AlertKind,
    Ask,
    MoneyState,
    NextStep,
    Option,
    OptionKind,
    PaidBack,
    PartKind,
    PaymentOutcome,
    RetentionCode,
)
from plugin.messages.snippets import fill
from plugin.messages.tidy import isolated
from plugin.ports.payments import PromotionKind


@dataclass(frozen=True)
class Phrases:
    """Speaks about one letter."""

    words: Words
    letter: Letter

    @property
    def first_name(self) -> str | None:
        name = self.letter.first_name if isinstance(self.letter, ShopperLetter) else None
        return isolated(name) if name else None

    @property
    def shop_name(self) -> str:
        return isolated(self.letter.shop.name)

    def _own(self, text: str | None) -> str | None:
        if text is None:
            return None
        return fill(
            text,
            {
                "first_name": self.first_name,
                "shop_name": self.shop_name,
                "order_number": isolated(self.letter.order_number),
            },
        )

    def greeting(self) -> str:
        own = self._own(self.letter.shop.snippets.greeting)
        if own is not None:
            return own
        if self.first_name is None:
            return self.words.say("Hello,")
        return self.words.say("Hello {first_name},", first_name=self.first_name)

    def personal_line(self) -> str:
        own = self._own(self.letter.shop.snippets.personal_line)
        if own is not None:
            return own
        return self.words.say(
            "Plans change, and that is perfectly all right. Thank you for having chosen {shop_name}; it would be "
            "lovely to see you again, whenever it suits you.",
            shop_name=self.shop_name,
        )

    def sign_off(self) -> str:
        own = self._own(self.letter.shop.snippets.sign_off)
        if own is not None:
            return own
        return self.words.say("Warmly,\nthe people at {shop_name}", shop_name=self.shop_name)

    def zone(self, at: datetime) -> str:
        """The short name of the letter's time zone at a moment."""
        return at.astimezone(self.words.zone).tzname() or "UTC"

    def money_label(self, state: MoneyState | None) -> str:
        """What stands over the amount."""
        say = self.words.say
        match state:
            case MoneyState.REFUNDED:
                return say("Refunded")
            case MoneyState.ARRIVING:
                return say("On its way back to you")
            case MoneyState.VOIDED | MoneyState.NOT_COLLECTED:
                return say("Not charged")
            case MoneyState.CHARGED_ONLY:
                return say("Taken off your bill")
            case _:
                return say("Back to you")

    def outcome(self, payment: PaymentOutcome, currency: str) -> str:
        """What became of one payment, in one or two sentences that are true today."""
        say = self.words.say
        amount = self.words.money(payment.amount, currency)
        method = payment.method and isolated(payment.method)
        by = self.words.date(payment.by) if payment.by else None
        match payment.state:
            case MoneyState.REFUNDED:
                return self._refunded(amount, method, by)
            case MoneyState.ARRIVING if method:
                return say("{amount} will be back on {method} by {date}.", amount=amount, method=method, date=by)
            case MoneyState.ARRIVING:
                return say("{amount} will be back where you paid from by {date}.", amount=amount, date=by)
            case MoneyState.VOIDED if method:
                return say(
                    "{amount} was only held on {method}. The hold is lifted, and you were never charged.",
                    amount=amount, method=method,
                )  # fmt: skip
            case MoneyState.VOIDED:
                return say("{amount} was only held. The hold is lifted, and you were never charged.", amount=amount)
            case MoneyState.CHARGED_ONLY if method:
                return say("{method} will be charged {amount} and no more.", amount=amount, method=method)
            case MoneyState.CHARGED_ONLY:
                return say("You will be charged {amount} and no more.", amount=amount)
            case MoneyState.NOT_COLLECTED:
                return say("You will not be asked to pay {amount}.", amount=amount)
            case MoneyState.BY_PERSON:
                return say(
                    "A person at {shop_name} will pay {amount} back to you by {date}, and will write to you if "
                    "anything is needed for that.",
                    shop_name=self.shop_name, amount=amount, date=by,
                )  # fmt: skip

    def _refunded(self, amount: str, method: str | None, by: str | None) -> str:
        say = self.words.say
        if method:
            done = say("We have refunded {amount} to {method}.", amount=amount, method=method)
        else:
            done = say("We have refunded {amount} to where you paid from.", amount=amount)
        if by is None:
            return done
        return done + " " + say("Some banks take until {date} to show it.", date=by)

    def paid_back(self, refund: PaidBack, currency: str) -> str:
        """One refund that has succeeded."""
        method = refund.method and isolated(refund.method)
        by = self.words.date(refund.shows_by) if refund.shows_by else None
        return self._refunded(self.words.money(refund.amount, currency), method, by)

    def part(self, kind: PartKind) -> str:
        say = self.words.say
        match kind:
            case PartKind.ITEMS:
                return say("Items")
            case PartKind.SHIPPING:
                return say("Shipping")
            case PartKind.EXTRAS:
                return say("Other charges")
            case PartKind.FEE:
                return say("Fee")
            case PartKind.WITHHELD:
                return say("Not paid back")

    def withheld(self, amount: int, currency: str) -> str:
        """That a person pays back less than what was cancelled, and that it can be talked about."""
        return self.words.say(
            "A person at {shop_name} has decided that {amount} of this is not paid back. If that seems wrong to you, "
            "please tell us.",
            shop_name=self.shop_name, amount=self.words.money(amount, currency),
        )  # fmt: skip

    def code_value(self, code: RetentionCode) -> str:
        """What the code gives, said large."""
        match code.kind:
            case PromotionKind.FREE_SHIPPING:
                return self.words.say("Free shipping")
            case PromotionKind.PERCENT:
                return self.words.say("{percent}% off", percent=code.percent)
            case PromotionKind.AMOUNT:
                return self.words.say("{amount} off", amount=self.words.money(code.amount or 0, code.currency))

    def code_terms(self, code: RetentionCode) -> str:
        """Its terms, said small but said."""
        until = self.words.date(code.expires_at)
        if code.minimum:
            return self.words.say(
                "On one order from {minimum}, until {date}.",
                minimum=self.words.money(code.minimum, code.currency), date=until,
            )  # fmt: skip
        return self.words.say("On any one order, until {date}.", date=until)

    def reviewed(self, ask: Ask) -> str:
        """That a person looks at what was asked for."""
        return reviewed(ask, self.letter.order_number, self.words.say)

    def refused(self, ask: Ask) -> str:
        """That what was asked for was not granted."""
        return refused(ask, self.letter.order_number, self.words.say)

    def option(self, option: Option) -> str:
        """One thing that the shopper can still do."""
        say = self.words.say
        match option.kind:
            case OptionKind.KEEP:
                return say("Keep your order as it is. There is nothing to do.")
            case OptionKind.RETURN_LATER if option.until:
                return say("Send it back once it has arrived, until {date}.", date=self.words.date(option.until))
            case OptionKind.RETURN_LATER:
                return say("Send it back once it has arrived.")
            case OptionKind.PERSON:
                return say("Tell a person what happened. They can decide what a rule cannot.")

    def not_through(self, amount: int, currency: str, method: str | None) -> str:
        """Which refund did not go through."""
        owed = self.words.money(amount, currency)
        if method:
            return self.words.say(
                "Your {amount} did not reach {method}. That is not your fault, and your money is safe.",
                amount=owed, method=isolated(method),
            )  # fmt: skip
        return self.words.say(
            "Your {amount} did not reach you. That is not your fault, and your money is safe.", amount=owed
        )

    def missed(self, amount: int, currency: str, promised_for: date, method: str | None) -> str:
        """Which money was promised for when."""
        owed, day = self.words.money(amount, currency), self.words.date(promised_for)
        if method:
            return self.words.say(
                "We told you that {amount} would be on {method} by {date}. As far as we can see, it is not.",
                amount=owed, method=isolated(method), date=day,
            )  # fmt: skip
        return self.words.say(
            "We told you that {amount} would be with you by {date}. As far as we can see, it is not.",
            amount=owed, date=day,
        )  # fmt: skip

    def again(self, number: str | None) -> str:
        """That the same goods were ordered once more."""
        if number:
            return self.words.say("We have ordered it for you again, as order {number}.", number=isolated(number))
        return self.words.say("We have ordered it for you again.")

    def next_step(self, step: NextStep) -> str:
        match step:
            case NextStep.RETRYING:
                return self.words.say("We are already sending it again. There is nothing for you to do.")
            case NextStep.PERSON:
                return self.words.say(
                    "A person at {shop_name} has taken it over, and will write to you if anything is needed.",
                    shop_name=self.shop_name,
                )

    def role(self, role: Role) -> str:
        """A role of the shop's people, as a word in a list."""
        say = self.words.say
        names = {
            Role.VIEWER: say("Viewer"), Role.AGENT: say("Agent"), Role.APPROVER: say("Approver"),
            Role.ADMIN: say("Administrator"), Role.OWNER: say("Owner"),
        }  # fmt: skip
        return names[role]

    def alert(self, kind: AlertKind) -> str:
        """What staff is asked to do, short enough for a subject."""
        return subject_of(kind, self.words.say)

    def condition(self, found: Condition) -> str:
        """Why something was not accepted."""
        return condition(found, self.words.say)

    def settlement(self, how: Settlement, total: int, currency: str) -> str:
        """How the money of a settled return stands."""
        return settlement(how, self.words.money(total, currency), self.words.say)
