"""Numbers for Prometheus: what the web process answered, and how much work still waits in the database."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from litestar import MediaType, Request, Response, Router, get
from litestar.exceptions import NotAuthorizedException
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from handlers.addresses import is_loopback
from plugin.shops.links import LinkNumbers

_LATENCY_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0)
_FORWARDING_HEADERS = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


@dataclass(frozen=True)
class Backlog:
    """What waits: counts of rows, an age in seconds, refund legs by state, mails by state; and what polling found."""

    inbox_depth: int = 0
    outbox_depth: int = 0
    outbox_age_seconds: int = 0
    legs: Mapping[str, int] = field(default_factory=dict)
    mails: Mapping[str, int] = field(default_factory=dict)
    links: LinkNumbers = field(default_factory=LinkNumbers)


ReadBacklog = Callable[[], Awaitable[Backlog]]


@dataclass(frozen=True)
class _Collector(Collector):
    """Numbers that are kept elsewhere, asked for at each scrape."""

    look: Callable[[], Iterable[Metric]]

    def collect(self) -> Iterable[Metric]:
        return self.look()


class Metrics:
    """This process's numbers, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ("method", "route", "status")
        self._requests = Counter("comeback_http_requests", "Requests answered.", labels, registry=self.registry)
        self._seconds = Histogram(
            "comeback_http_request_seconds", "From the request's first byte to the answer's last.", ("method", "route"),
            buckets=_LATENCY_BUCKETS, registry=self.registry,
        )  # fmt: skip
        self._kept: dict[
            tuple[str, str, int], tuple[Counter, Histogram]
        ] = {}  # to look up a child costs more than a count
        self._inbox = Gauge("comeback_inbox_depth", "Webhooks stored and not yet handled.", registry=self.registry)
        self._outbox = Gauge("comeback_outbox_depth", "Work rows not yet done.", registry=self.registry)
        self._age = Gauge("comeback_outbox_age_seconds", "Age of the oldest work that is due.", registry=self.registry)
        self._legs = Gauge("comeback_refund_legs", "Refund legs by state.", ("state",), registry=self.registry)
        self._mails = Gauge("comeback_mails", "Mails by state.", ("state",), registry=self.registry)
        self._links = LinkNumbers()
        self.registry.register(_Collector(self._collect_links))

    def answered(self, *, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answer under its route template, so that no token or id becomes a label."""
        key = (method, route, status)
        if key not in self._kept:
            self._kept[key] = self._requests.labels(method, route, str(status)), self._seconds.labels(method, route)
        requests, latencies = self._kept[key]
        requests.inc()
        latencies.observe(seconds)

    def show(self, backlog: Backlog) -> None:
        self._inbox.set(backlog.inbox_depth)
        self._outbox.set(backlog.outbox_depth)
        self._age.set(backlog.outbox_age_seconds)
        self._links = backlog.links
        for gauge, by_state in ((self._legs, backlog.legs), (self._mails, backlog.mails)):
            gauge.clear()
            for state, count in by_state.items():
                gauge.labels(state).set(count)

    def _collect_links(self) -> Iterator[Metric]:
        """What polling found, as the database counts it: these only grow, over all processes and restarts."""
        yield CounterMetricFamily(
            "comeback_store_missed", "Versions of orders that a poll brought and no webhook.", self._links.missed
        )
        yield CounterMetricFamily(
            "comeback_store_hooks_mended", "Webhooks at stores that had to be put right.", self._links.mended_hooks
        )
        if self._links.poll_age_seconds is not None:
            yield GaugeMetricFamily(
                "comeback_store_poll_age_seconds", "Since the oldest complete poll of a connected store.",
                self._links.poll_age_seconds,
            )  # fmt: skip

    def exposition(self) -> bytes:
        """All numbers in Prometheus' text format."""
        return generate_latest(self.registry)


def metrics_route(metrics: Metrics, read_backlog: ReadBacklog | None, token: str | None) -> Router:
    """``GET /metrics``, for who shows ``token`` or asks from this machine itself and not through a proxy on it."""

    @get("/", media_type=MediaType.TEXT, include_in_schema=False)
    async def show_metrics(request: Request[Any, Any, Any]) -> Response[bytes]:
        if not may_read_metrics(request, token):
            raise NotAuthorizedException
        if read_backlog is not None:
            metrics.show(await read_backlog())
        return Response(metrics.exposition(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return Router("/metrics", route_handlers=[show_metrics])


def may_read_metrics(request: Request[Any, Any, Any], token: str | None) -> bool:
    shown = request.headers.get("authorization", "")
    if token is not None and hmac.compare_digest(shown.encode(), f"Bearer {token}".encode()):
        return True
    through_proxy = any(name in request.headers for name in _FORWARDING_HEADERS)
    return request.client is not None and is_loopback(request.client.host) and not through_proxy
