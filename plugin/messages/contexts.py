"""What each mail says, frozen when it is queued: one Struct per folder of ``templates/emails``.

A context is stored as JSON in the outbox row and rendered when the mail is sent. It holds what its mail needs and
nothing else; the ``template`` field of the JSON names the folder. Locale, zone and all words are chosen by then. The
contexts of each journey stand in a module of their own, beside those of a cancellation here.
"""

from __future__ import annotations

from datetime import datetime

from plugin.access.roles import Role
from plugin.messages.contexts_after import EffortAsked, PromiseMissed
from plugin.messages.contexts_credit import CreditIssued
from plugin.messages.contexts_exchanges import ExchangeLetter
from plugin.messages.contexts_faults import FaultApproved
from plugin.messages.contexts_fix import FixLetter
from plugin.messages.contexts_goods import ReturnExpired, ReturnLost, ReturnReceived, ReturnReminder, ReturnSettled
from plugin.messages.contexts_returns import ReturnApproved, ReturnWithdrawn
from plugin.messages.contexts_withdraw import (
    WithdrawalAcknowledged,
    WithdrawalAsked,
    WithdrawalInEffect,
    WithdrawalIneffective,
)
from plugin.messages.letter import Letter, ShopperLetter
from plugin.messages.parts import (
    AlertKind,
    Amount,
    AmountPart,
    Ask,
    MailLine,
    MoneyState,
    NextStep,
    Option,
    PaidBack,
    PaymentOutcome,
    RetentionCode,
    check_web_address,
    clean,
    is_address,
)


class ManageLink(ShopperLetter, frozen=True, kw_only=True, tag="manage_link"):
    """The one mail of a guest lookup: ``manage_url`` and ``code`` each open the order for ``minutes_valid``."""

    code: str
    minutes_valid: int


class Cancelled(ShopperLetter, frozen=True, kw_only=True, tag="cancelled"):
    """The store has accepted a cancellation, of the whole order or of ``lines``. ``total`` is what the shopper does
    not pay in the end: the sum of ``parts``. ``withheld`` is what a person of the shop has decided not to pay back."""

    whole_order: bool
    lines: tuple[MailLine, ...]
    currency: str
    total: Amount
    parts: tuple[AmountPart, ...]
    payments: tuple[PaymentOutcome, ...]
    withheld: Amount = 0
    code: RetentionCode | None = None
    is_withdrawal: bool = False  # of a withdrawal by law, to which nothing personal is added

    @property
    def money_state(self) -> MoneyState | None:
        """The state that all payments share; None where they differ or there is none."""
        states = {payment.state for payment in self.payments}
        return states.pop() if len(states) == 1 else None


class UnderReview(ShopperLetter, frozen=True, kw_only=True, tag="under_review"):
    """A person decides. ``reasons`` are whole sentences in the mail's language."""

    ask: Ask
    answer_by: datetime
    lines: tuple[MailLine, ...] = ()
    reasons: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        clean(self, reasons=4000)  # many lines make a long sentence, and every channel says all of it


class Refused(ShopperLetter, frozen=True, kw_only=True, tag="refused"):
    """No, and why: ``reasons`` are whole sentences in the mail's language, as every other channel says them."""

    ask: Ask
    reasons: tuple[str, ...]
    options: tuple[Option, ...]

    def __post_init__(self) -> None:
        super().__post_init__()
        clean(self, reasons=4000)  # many lines make a long sentence, and every channel says all of it


class Refunded(ShopperLetter, frozen=True, kw_only=True, tag="refunded"):
    """The money of a case is back, in one refund or in several."""

    currency: str
    refunds: tuple[PaidBack, ...]

    @property
    def total(self) -> int:
        return sum(refund.amount for refund in self.refunds)


class RefundedAgain(Refunded, frozen=True, kw_only=True, tag="refunded_again"):
    """Money that was called refunded did not arrive after all, and has been paid once more."""


class RefundProblem(ShopperLetter, frozen=True, kw_only=True, tag="refund_problem"):
    """A refund did not go through: the apology, what happens next, and by when."""

    currency: str
    amount: Amount
    next_step: NextStep
    by: datetime
    method: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        clean(self, method=60)


class StaffAlert(Letter, frozen=True, kw_only=True, tag="staff_alert"):
    """To the shop's staff: ``why`` is one sentence for a colleague, ``url`` where the shop's people work.

    ``message`` are a shopper's own words: what is answered to this mail goes to ``shopper``. ``story`` is where things
    stand, in whole sentences; ``command`` shows more at the command line. What is about the shop as a whole has an
    empty ``order_number``.
    """

    alert: AlertKind
    why: str
    url: str
    message: str | None = None
    shopper: str | None = None
    story: tuple[str, ...] = ()
    command: str | None = None
    case_id: str | None = None
    due_at: datetime | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        clean(self, why=600, message=2000, shopper=254, story=200, command=600, case_id=60)
        check_web_address(self.url)

    @property
    def answers_go_to(self) -> str | None:
        return self.shopper if self.shopper and is_address(self.shopper) else self.shop.reply_to


class StaffInvitation(Letter, frozen=True, kw_only=True, tag="staff_invitation"):
    """To somebody who is to work on the shop's orders: ``url`` opens once, until ``expires_at``, and makes an account
    of this role. It is about no order: ``order_number`` is empty."""

    role: Role
    url: str
    expires_at: datetime

    def __post_init__(self) -> None:
        super().__post_init__()
        check_web_address(self.url)


MailContext = (
    ManageLink | Cancelled | UnderReview | Refused | Refunded | RefundedAgain | RefundProblem | StaffAlert
    | StaffInvitation | PromiseMissed | EffortAsked
    | ReturnApproved | ReturnWithdrawn
    | ReturnReceived | ReturnSettled | ReturnReminder | ReturnExpired | ReturnLost
    | FaultApproved
    | FixLetter
    | WithdrawalAcknowledged | WithdrawalAsked | WithdrawalInEffect | WithdrawalIneffective
    | CreditIssued
    | ExchangeLetter
)  # fmt: skip
