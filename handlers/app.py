"""The web process: everything that surrounds the routes, and the routes that serve the service itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager

from litestar import Litestar
from litestar.types import ControllerRouterHandler, Dependencies

from handlers.envelope import Envelope
from handlers.health import ReadinessCheck, health_routes
from handlers.metrics import Metrics, ReadBacklog, metrics_route
from handlers.origins import OriginIsKnown
from handlers.pages.assets import static_route
from handlers.problems import ErrorPage, ProblemAnswers
from handlers.reading import AddressCheck, ExactRequest
from handlers.reference import (
    BoundedTexts,
    docs_page,
    openapi_config,
    problem_page,
    problems_page,
    published_order_schema,
    published_policy_schema,
)
from handlers.security import BODY_LIMIT, ContentTypeCheck
from plugin.settings import Settings

Lifespan = Callable[[Litestar], AbstractAsyncContextManager[None]]


async def no_origin(origin: str) -> bool:
    """Cross-origin calls are refused until shops can name their origins."""
    return False


def create_app(
    settings: Settings,
    *,
    route_handlers: Sequence[ControllerRouterHandler] = (),
    lifespan: Sequence[Lifespan] = (),
    dependencies: Dependencies | None = None,
    readiness: Mapping[str, ReadinessCheck] | None = None,
    read_backlog: ReadBacklog | None = None,
    origin_is_known: OriginIsKnown = no_origin,
    error_page: ErrorPage | None = None,
) -> Litestar:
    """Build the application around ``route_handlers``.

    ``readiness`` are the checks of ``/health/ready`` by name; ``read_backlog`` is asked at each scrape of ``/metrics``;
    ``origin_is_known`` answers preflights; ``error_page`` renders problems for browsers on routes with
    ``opt={"page": True}`` and on unknown addresses.
    """
    metrics = Metrics()
    app = Litestar(
        route_handlers=[
            *route_handlers,
            health_routes(readiness or {}),
            metrics_route(metrics, read_backlog, settings.metrics_token),
            static_route(),
            docs_page,
            problems_page,
            published_order_schema,
            published_policy_schema,
            problem_page,
        ],
        lifespan=list(lifespan),
        dependencies=dependencies,
        middleware=[AddressCheck(), ContentTypeCheck()],
        request_class=ExactRequest,
        exception_handlers={Exception: ProblemAnswers(settings.public_url, error_page)},
        openapi_config=openapi_config(settings.public_url),
        plugins=[BoundedTexts()],
        request_max_body_size=BODY_LIMIT,
        logging_config=None,
        debug=False,
        pdb_on_exception=False,
    )
    app.asgi_handler = Envelope(
        app.asgi_handler, metrics=metrics, production=settings.production, origin_is_known=origin_is_known
    )
    app.state.settings = settings
    return app
