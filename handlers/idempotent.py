"""One call, one effect: the frame around every route that takes an Idempotency-Key (I11)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

import msgspec
from litestar import Response
from litestar.params import HeaderParameter

from plugin.core.points import point
from plugin.db import Transaction
from plugin.inbox.idempotency import Call, abandon, begin, finish

IdempotencyKey = Annotated[
    str | None,
    HeaderParameter(name="Idempotency-Key", required=False, description="A new random value for each new intent."),
]

Remember = Callable[[Transaction, msgspec.Struct], Awaitable[None]]
"""Stores the answer in the use case's own transaction; the use case calls it once, before it commits."""


async def answer_once(
    *,
    shop_id: str,
    scope: str,
    key: str | None,
    request: bytes,
    status: int,
    use_case: Callable[[Remember], Awaitable[None]],
) -> Response[bytes]:
    """Run ``use_case`` once for this key, or give the answer that it gave before.

    ``scope`` names the route and the caller's credential. A failure frees the key: nothing was changed by it.
    """
    point("before request_parsed")
    call = await begin(shop_id, scope, key, request)
    point("after request_parsed")
    if call.answered is not None:
        code, body = call.answered
        return Response(
            body.encode(), status_code=code, media_type="application/json", headers={"Idempotent-Replayed": "true"}
        )
    answers: list[bytes] = []

    async def remember(tx: Transaction, answer: msgspec.Struct) -> None:
        body = msgspec.json.encode(answer)
        await finish(tx, call, status, body.decode())
        answers.append(body)

    await _run(use_case, remember, call)
    point("before answer_sent")
    return Response(answers[-1], status_code=status, media_type="application/json")


async def _run(use_case: Callable[[Remember], Awaitable[None]], remember: Remember, call: Call) -> None:
    try:
        await use_case(remember)
    except BaseException:
        # Only a call that is still running is freed: one whose transaction committed keeps its answer.
        await abandon(call)
        raise
