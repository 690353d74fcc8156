"""Fixtures around the Stripe sandbox: one server for the session, one account (its API key) for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from plugin.core.ids import new_token
from plugin.payments.sandbox.control_client import SandboxControl
from plugin.payments.sandbox.server import RunningSandbox, serve_sandbox
from plugin.payments.stripe.gateway import StripeGateway
from plugin.ports.payments import PaymentAccount, PaymentGateway


def pytest_configure(config: pytest.Config) -> None:
    """Stripe's SDK hands its form to httpx in a deprecated way; everything else that warns stays an error."""
    config.addinivalue_line("filterwarnings", "ignore:Use 'content=:DeprecationWarning:httpx")


@dataclass(frozen=True)
class Till:
    """One shop's account at the sandbox, the gateway that reaches it, and the hand that plays the bank."""

    gateway: PaymentGateway
    control: SandboxControl
    account: PaymentAccount


@pytest.fixture(scope="session")
async def sandbox() -> AsyncIterator[RunningSandbox]:
    """A running sandbox that keeps nothing on disk; webhook retries are quick."""
    async with serve_sandbox(retry_delays=(0.01, 0.02)) as running:
        yield running


@pytest.fixture(scope="session")
async def stripe_gateway() -> AsyncIterator[StripeGateway]:
    gateway = StripeGateway(timeout=5)
    yield gateway
    await gateway.aclose()


@pytest.fixture
async def till(sandbox: RunningSandbox, stripe_gateway: StripeGateway) -> AsyncIterator[Till]:
    """A fresh account at the sandbox; fault switches, delivery mode and clock are put back afterwards."""
    api_key = new_token("sk_test")
    async with sandbox.control(api_key) as control:
        yield Till(stripe_gateway, control, PaymentAccount(shop_id="shop_1", api_key=api_key, base=sandbox.url))
        await control.reset()
