"""All accounts of one sandbox, with the clock, the fault switches and the postman that they share."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

from plugin.payments.sandbox import refunds, sessions, state_file
from plugin.payments.sandbox.deliveries import Postman
from plugin.payments.sandbox.faults import FaultSwitches
from plugin.payments.sandbox.idempotency import KeyStore
from plugin.payments.sandbox.ledger import Ledger, SandboxClock
from plugin.payments.sandbox.objects import Document
from plugin.payments.sandbox.refusals import Refusal, missing
from plugin.payments.sandbox.state_file import SavedAccount


class Books:
    """``settle_after`` is in seconds: how long a pending or failing refund takes; None leaves it to a control call."""

    def __init__(
        self, clock: SandboxClock, *, state: Path | None, settle_after: float | None, retry_delays: tuple[float, ...]
    ) -> None:
        self.clock = clock
        self.faults = FaultSwitches()
        self.postman = Postman(clock, retry_delays)
        self._state = state
        self._settle_after = settle_after
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._ledgers: dict[str, Ledger] = {}
        self._keys: dict[str, KeyStore] = {}
        for api_key, saved in (state_file.load(state) if state else {}).items():
            self._open(api_key, saved)

    def _open(self, api_key: str, saved: SavedAccount) -> Ledger:
        self._keys[api_key] = KeyStore()
        self._keys[api_key].answers = saved.answers
        self._ledgers[api_key] = Ledger(
            saved.account_id, self.clock, self.postman.publish, saved.tables, saved.balance, saved.due
        )
        return self._ledgers[api_key]

    def ledger(self, api_key: str) -> Ledger:
        """The account that a test key opens; each key has its own. Raises ``Refusal`` (401) for any other key."""
        if not api_key.startswith(("sk_test_", "rk_test_")):
            shown = f"{api_key[:8]}***" if api_key else "none"
            raise Refusal(
                401, f"Invalid API Key provided: {shown}. The sandbox takes sk_test_... keys.", is_stored=False
            )
        if api_key not in self._ledgers:
            account_id = f"acct_{hashlib.sha256(api_key.encode()).hexdigest()[:16]}"
            return self._open(api_key, SavedAccount(account_id, {}, {}, {}, {}))
        return self._ledgers[api_key]

    def keys(self, api_key: str) -> KeyStore:
        return self._keys[api_key]

    def find_session(self, id: str) -> tuple[Ledger, Document]:
        """A Checkout Session and whose it is, by the address of its page. Raises ``Refusal`` (404)."""
        for ledger in self._ledgers.values():
            if (session := ledger.find(sessions.KIND, id)) is not None:
                return ledger, session
        raise missing(sessions.KIND, id)

    def commit(self) -> None:
        """After a change: make it durable, and set the timers of refunds that have something still to come."""
        self.start_timers()
        if self._state is not None:
            state_file.save(self._state, {key: self._saved(key) for key in self._ledgers})

    def _saved(self, api_key: str) -> SavedAccount:
        ledger = self._ledgers[api_key]
        answers = {key: answer for key, answer in self._keys[api_key].answers.items() if answer.status}
        return SavedAccount(ledger.account_id, ledger.tables, ledger.balance, ledger.due, answers)

    def start_timers(self) -> None:
        loop = asyncio.get_running_loop()
        for ledger in self._ledgers.values():
            for session in sessions.open_sessions(ledger):
                if session["id"] not in self._timers:
                    left = max(0, session["expires_at"] - self.clock.now())
                    self._timers[session["id"]] = loop.call_later(left, self._end_session, ledger, session["id"])
            if self._settle_after is None:
                continue
            for refund_id in ledger.due.keys() - self._timers.keys():
                self._timers[refund_id] = loop.call_later(self._settle_after, self._settle_due, ledger, refund_id)

    def _end_session(self, ledger: Ledger, session_id: str) -> None:
        del self._timers[session_id]
        sessions.end_overdue(ledger)
        self.commit()

    def end_overdue_sessions(self) -> None:
        """After the clock was moved: end the pages whose time that is."""
        if any([sessions.end_overdue(ledger) for ledger in self._ledgers.values()]):
            self.commit()

    def _settle_due(self, ledger: Ledger, refund_id: str) -> None:
        del self._timers[refund_id]
        if refund_id in ledger.due:
            refunds.settle(ledger, ledger.get("refund", refund_id), ledger.due[refund_id])
            self.commit()

    def reset(self) -> None:
        """Forget everything: accounts, keys, switches, deliveries and the clock's offset."""
        self._stop_timers()
        self.postman.forget()
        self._ledgers.clear()
        self._keys.clear()
        self.faults.faults.clear()
        self.clock.offset = 0

    def _stop_timers(self) -> None:
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    async def aclose(self) -> None:
        self._stop_timers()
        await self.postman.aclose()
