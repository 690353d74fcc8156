"""The adversities of SECURITY.md by name, as the table and a replay name them."""

from __future__ import annotations

from plugin.payments.sandbox.faults import FaultKind
from plugin.storefronts.demo.store import Behaviour
from tests.faults import nemeses_inside as inside
from tests.faults import nemeses_outside as outside
from tests.faults.scene import Nemesis

TEN_MINUTES = 600

NEMESES: dict[str, Nemesis] = {
    "stripe_drops_before": outside.stripe(FaultKind.DROP_BEFORE),
    "stripe_drops_answers": outside.stripe(FaultKind.DROP_AFTER),
    "stripe_delays": outside.stripe(FaultKind.DELAY_BEFORE, delay_ms=1500),
    "stripe_answers_late": outside.stripe(FaultKind.DELAY_AFTER, delay_ms=1500),
    "stripe_409": outside.stripe(FaultKind.ANSWER_409),
    "stripe_429": outside.stripe(FaultKind.ANSWER_429),
    "stripe_500": outside.stripe(FaultKind.ANSWER_500, times=1, route="POST /v1/refunds"),
    "stripe_500_after_paying": outside.stripe(FaultKind.ANSWER_500_AFTER, times=1, route="POST /v1/refunds"),
    "stripe_cannot_be_read": outside.stripe(FaultKind.DROP_BEFORE, times=8, route="GET /v1/*"),
    "codes_dropped_before": outside.codes(FaultKind.DROP_BEFORE),
    "codes_answers_dropped": outside.codes(FaultKind.DROP_AFTER),
    "codes_delayed": outside.codes(FaultKind.DELAY_BEFORE, delay_ms=1500),
    "codes_500": outside.codes(FaultKind.ANSWER_500, times=1),
    "codes_500_after_making": outside.codes(FaultKind.ANSWER_500_AFTER, times=1),
    "store_silent": outside.store(Behaviour.NEVER_ANSWER, lasts=4),
    "store_late": outside.store(Behaviour.ANSWER_LATE, lasts=2),
    "store_too_late": outside.store(Behaviour.TOO_LATE, lasts=1.5),
    "store_drops_answers": outside.store(Behaviour.DROP_ANSWER),
    "store_fails": outside.store(Behaviour.FAIL),
    "store_garbles": outside.store(Behaviour.GARBAGE),
    "store_pending": outside.store_pending,
    "store_repeats": outside.store_repeats,
    "webhooks_doubled": outside.webhooks(2),
    "webhooks_tripled": outside.webhooks(3),
    "webhooks_reversed": outside.webhooks_reversed,
    "webhooks_lost": outside.webhooks_lost,
    "redis_flushed": inside.redis_flushed,
    "redis_stopped": inside.redis_stopped(3),
    "redis_stopped_a_minute": inside.redis_stopped(60),
    "postgres_stopped": inside.postgres_stopped,
    "commit_answer_lost": inside.commit_answer_lost,
    "worker_frozen": inside.worker_frozen,
    "worker_buried": inside.worker_buried,
    "clock_ahead": inside.clock_off(TEN_MINUTES),
    "clock_behind": inside.clock_off(-TEN_MINUTES),
    "smtp_421": inside.smtp_busy,
    "smtp_hangs_up": inside.smtp_hangs_up,
    "smtp_slow": inside.smtp_slow,
    "smtp_down": inside.smtp_down,
}

NEEDS_REDIS = frozenset({"redis_flushed", "redis_stopped", "redis_stopped_a_minute", "worker_buried"})
