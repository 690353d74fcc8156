"""All queries of the effort question: which closed cases are asked about, and what was answered."""

from __future__ import annotations

from datetime import datetime

from plugin.core.ids import new_id, new_token, token_hash
from plugin.db import Transaction, read, rows
from plugin.insights.models import EffortQuestion

_CLOSED = """
    SELECT c.id FROM cases c JOIN shops s ON s.id = c.shop_id
    WHERE c.closed_at BETWEEN $1 AND $2 AND c.state IN ('done', 'refused') AND c.basis <> 'statutory'
    AND COALESCE((s.settings ->> 'asks_effort')::boolean, true)
    AND NOT EXISTS (SELECT 1 FROM effort_questions q WHERE q.case_id = c.id)
    ORDER BY c.closed_at, c.id LIMIT $3
"""


async def unasked_cases(since: datetime, until: datetime, limit: int) -> list[str]:
    """Cases that were closed between these moments and nobody was asked about; a withdrawal is never asked about."""
    return [row["id"] for row in await rows(_CLOSED, since, until, limit)]


async def ask_once(tx: Transaction, *, shop_id: str, order_id: str, case_id: str, at: datetime) -> str | None:
    """Write the question and return its token, which is shown once; None where it was asked before."""
    token = new_token("ef")
    written = await tx.rows(
        "INSERT INTO effort_questions (id, shop_id, order_id, case_id, token_hash, asked_at) "
        "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (case_id) DO NOTHING RETURNING id",
        new_id("ces"), shop_id, order_id, case_id, token_hash(token), at,
    )  # fmt: skip
    return token if written else None


async def find_question(token: str) -> EffortQuestion | None:
    """The question that this token answers."""
    found = await read(EffortQuestion, "WHERE token_hash = $1", token_hash(token))
    return found[0] if found else None


async def is_unanswered(case_id: str) -> bool:
    """Whether the shopper may still be asked about this closed case, as the page does beside the mail."""
    question = await question_of_case(case_id)
    return question is None or question.answered_at is None


async def question_of_case(case_id: str) -> EffortQuestion | None:
    found = await read(EffortQuestion, "WHERE case_id = $1", case_id)
    return found[0] if found else None


async def keep_answer(tx: Transaction, question_id: str, score: int, words: str | None, at: datetime) -> bool:
    """The first answer counts; False where there is one."""
    return bool(
        await tx.execute(
            "UPDATE effort_questions SET score = $2, words = $3, answered_at = $4 WHERE id = $1 AND score IS NULL",
            question_id, score, words, at,
        )
    )  # fmt: skip


async def forget_said(tx: Transaction, order_id: str) -> None:
    """Take out of a locked order's answers what its person wrote; how easy it was stays."""
    await tx.execute("UPDATE effort_questions SET words = NULL WHERE order_id = $1", order_id)


async def forget_old_words(tx: Transaction, shop_id: str, before: datetime) -> int:
    """Forget all that people wrote with answers that they gave before; of how many answers."""
    return await tx.execute(
        "UPDATE effort_questions SET words = NULL WHERE shop_id = $1 AND words IS NOT NULL AND answered_at < $2",
        shop_id, before,
    )  # fmt: skip
