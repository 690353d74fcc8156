"""Whether the process lives, and whether it is ready for requests."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from litestar import Response, Router, get
from msgspec import Struct

# None when all is well, else the reason: a sentence for whoever runs the service, without secrets or addresses.
ReadinessCheck = Callable[[], Awaitable[str | None]]

CHECK_SECONDS = 2.0


class Health(Struct, frozen=True):
    """``status`` is "ok" or "failing"; ``checks`` say "ok" or the reason, by name."""

    status: str
    checks: dict[str, str] = {}


def health_routes(checks: Mapping[str, ReadinessCheck], *, seconds: float = CHECK_SECONDS) -> Router:
    """``GET /health/live``: the process answers. ``GET /health/ready``: 200 when every check passes, else 503.

    A check that has not answered after ``seconds`` has failed.
    """

    @get("/live", sync_to_thread=False)
    def live() -> Health:
        """Answers as long as the process runs; restart it when this fails."""
        return Health("ok")

    @get("/ready")
    async def ready() -> Response[Health]:
        """Whether requests can be served now; send none while this fails."""
        results = {name: await _run(check, seconds) for name, check in checks.items()}
        passed = all(result == "ok" for result in results.values())
        return Response(Health("ok" if passed else "failing", results), status_code=200 if passed else 503)

    return Router("/health", route_handlers=[live, ready], tags=["Operations"])


async def _run(check: ReadinessCheck, seconds: float) -> str:
    try:
        async with asyncio.timeout(seconds):
            return await check() or "ok"
    except TimeoutError:
        return f"no answer within {seconds:g} s"
    except Exception as error:  # whatever it is, it is the finding; its message may hold an address
        return f"failed with {type(error).__name__}"
