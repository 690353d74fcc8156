"""One table of what work there is, for the web process and for the worker alike; and how a piece of it is run."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from handlers.logs import describe_exception
from plugin import db
from plugin.cases.service import CASE_DUE, STATUTORY_CASE_CLOSED
from plugin.codes.models import PUBLISH_CODE, WITHDRAW_CODE
from plugin.codes.publishing import publish_code, withdraw_code
from plugin.credit.issuing import GIVE_CREDIT
from plugin.files.service import SWEEP_FILE, sweep_file
from plugin.inbox.events import READ_EVENT
from plugin.journeys.apply_fix import apply_fix
from plugin.journeys.ask_fix import APPLY_FIX
from plugin.journeys.backtest_jobs import BACKTEST, run_backtest
from plugin.journeys.cancel import ASK_STORE
from plugin.journeys.effort import ASK_EFFORT, ask_effort
from plugin.journeys.erase_person import ERASE_ORDER, ERASE_SHOP, erase_order, erase_shop
from plugin.journeys.exchange_jobs import EXCHANGE_JOBS
from plugin.journeys.forget_declared import FORGET_DECLARED, forget_declared
from plugin.journeys.give_credit import give_credit
from plugin.journeys.holds import HOLD_ORDER, RELEASE_HOLD, hold_order, release_hold
from plugin.journeys.look_up import MAIL_LOOKUP, mail_lookup
from plugin.journeys.order_changed import read_event, set_aside_after_failures
from plugin.journeys.overdue import case_due
from plugin.journeys.owed_again import SETTLE_LEG
from plugin.journeys.payment_reported import READ_PAYMENT, read_payment
from plugin.journeys.poll import POLL_STORE, poll_store
from plugin.journeys.poll_stripe import POLL_STRIPE, poll_stripe
from plugin.journeys.restock import RESTOCK, restock
from plugin.journeys.settle import settle_leg
from plugin.journeys.store_answers import ask_store
from plugin.journeys.store_books import NOTE_CASE, RECORD_REFUND, note_case, record_refund
from plugin.journeys.tell import TELL, tell
from plugin.journeys.withdraw import WITHDRAWAL_GOES_ON, goes_on
from plugin.journeys.withdrawal_due import statutory_case_closed, withdrawal_due
from plugin.messages.outbox import SEND_MAIL, send_mail
from plugin.outbox.service import Claim, Later, LeaseLost, back_off, put_back
from plugin.ports.runtime import Ports
from plugin.withdrawals.service import WITHDRAWAL_DUE

UseCase = Callable[[Ports, Claim], Awaitable[None]]

JOBS: dict[str, UseCase] = {
    READ_EVENT: read_event,
    READ_PAYMENT: read_payment,
    ASK_STORE: ask_store,
    SETTLE_LEG: settle_leg,
    TELL: tell,
    SEND_MAIL: send_mail,
    CASE_DUE: case_due,
    PUBLISH_CODE: publish_code,
    WITHDRAW_CODE: withdraw_code,
    MAIL_LOOKUP: mail_lookup,
    POLL_STORE: poll_store,
    POLL_STRIPE: poll_stripe,
    ERASE_ORDER: erase_order,
    ERASE_SHOP: erase_shop,
    FORGET_DECLARED: forget_declared,
    RECORD_REFUND: record_refund,
    NOTE_CASE: note_case,
    HOLD_ORDER: hold_order,
    RELEASE_HOLD: release_hold,
    BACKTEST: run_backtest,
    APPLY_FIX: apply_fix,
    WITHDRAWAL_GOES_ON: goes_on,
    WITHDRAWAL_DUE: withdrawal_due,
    STATUTORY_CASE_CLOSED: statutory_case_closed,
    GIVE_CREDIT: give_credit,
    **EXCHANGE_JOBS,
    SWEEP_FILE: sweep_file,
    ASK_EFFORT: ask_effort,
    RESTOCK: restock,
}

AWAY_AT_MOST = timedelta(seconds=30)

log = structlog.get_logger("comeback.jobs")


async def run_claim(ports: Ports, claim: Claim) -> None:
    """Run one claimed piece of work. Never raises: what fails is given back, to be taken again after a pause; what
    cannot even be given back is found by the sweep when its lease has ended."""
    try:
        await _run(ports, claim)
    except LeaseLost:
        log.warning("lease_lost", kind=claim.kind, work_id=claim.id)
    except Exception:
        log.exception("work_left_to_its_lease", kind=claim.kind, work_id=claim.id)


async def _run(ports: Ports, claim: Claim) -> None:
    try:
        await JOBS[claim.kind](ports, claim)
    except LeaseLost:
        raise
    except Later as later:
        await _give_back(ports, claim, reason=later.reason, later=later)
    except Exception as error:
        # Not its message, which may quote a person's row: work is kept after that person was erased.
        told = describe_exception(error)
        reason = f"{told['error']} at {told['where'][-1]}"
        if db.is_away(error):  # no failure of the work: a sound webhook is not set aside for it
            log.warning("work_waits_for_the_database", kind=claim.kind, work_id=claim.id, **told)
            await _give_back(ports, claim, reason=reason, later=Later(back_off(claim.attempts, AWAY_AT_MOST), reason))
            return
        log.exception("work_failed", kind=claim.kind, work_id=claim.id, attempts=claim.attempts)
        if claim.kind == READ_EVENT and await set_aside_after_failures(ports, claim, error):
            return
        await _give_back(ports, claim, reason=reason, later=None)


async def _give_back(ports: Ports, claim: Claim, *, reason: str, later: Later | None) -> None:
    ring = await put_back(claim, reason=reason, delay=later.delay if later else None)
    if ring is not None:
        await ports.doorbell.ring([ring])
