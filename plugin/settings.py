"""What the environment says, read once at start and passed on.

Every setting has a default that runs on a laptop. ``COMEBACK_ENV=production`` takes the defaults away: a process that
would run on a demo secret, without a database of its own or over plain http names all that is wrong and does not start.
"""

from __future__ import annotations

import os
import secrets
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

SECRET_LENGTH = 32
SHORTEST_LEASE = 20  # the longest call outside is ten seconds, and nothing is sent in the last half
_DEMO_MARKS = ("demo", "sandbox", "changeme", "change-me", "example", "insecure")
_DATABASE_SCHEMES = ("postgres", "postgresql", "asyncpg")

CommaSeparated = Annotated[tuple[str, ...], NoDecode]


class SettingsRefused(Exception):
    """The process must not start like this. ``faults`` are whole sentences, each with how to mend it."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("Comeback cannot start with these settings:\n" + "\n".join(f"  - {fault}" for fault in faults))
        self.faults = faults


class Settings(BaseSettings):
    """The environment, parsed. Secrets are kept out of ``repr``; ``None`` means the embedded default."""

    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True, extra="ignore", populate_by_name=True)

    env: Literal["development", "production"] = Field(default="development", validation_alias="COMEBACK_ENV")
    data: Path = Field(default=Path(".data"), validation_alias="COMEBACK_DATA")
    files: Path | None = Field(default=None, validation_alias="COMEBACK_FILES")
    secret_keys: CommaSeparated = Field(default=(), validation_alias="COMEBACK_SECRET_KEY", repr=False)
    database_url: str | None = Field(default=None, validation_alias="DATABASE_URL", repr=False)
    redis_url: str | None = Field(default=None, validation_alias="REDIS_URL", repr=False)
    stripe_api_key: str | None = Field(default=None, validation_alias="STRIPE_API_KEY", repr=False)
    stripe_api_base: str | None = Field(default=None, validation_alias="STRIPE_API_BASE")
    stripe_webhook_secret: str | None = Field(default=None, validation_alias="STRIPE_WEBHOOK_SECRET", repr=False)
    smtp_url: str | None = Field(default=None, validation_alias="SMTP_URL", repr=False)
    mail_from: str = Field(default="Comeback <comeback@localhost>", validation_alias="MAIL_FROM")
    host: str = Field(default="127.0.0.1", validation_alias="HOST")
    port: int = Field(default=8000, validation_alias="PORT", ge=1, le=65535)
    public_address: str | None = Field(default=None, validation_alias="PUBLIC_URL")
    trusted_proxies: CommaSeparated = Field(default=(), validation_alias="TRUSTED_PROXIES")
    metrics_token: str | None = Field(default=None, validation_alias="METRICS_TOKEN", repr=False)
    lease_seconds: int = Field(default=30, validation_alias="COMEBACK_LEASE_SECONDS", ge=2, le=600)
    drain_seconds: int = Field(default=0, validation_alias="COMEBACK_DRAIN_SECONDS", ge=0, le=300)
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", validation_alias="LOG_LEVEL")

    @field_validator("secret_keys", "trusted_proxies", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("log_level", "env", mode="before")
    @classmethod
    def _lower(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for network in value:
            ip_network(network, strict=False)
        return value

    @property
    def production(self) -> bool:
        return self.env == "production"

    @property
    def files_folder(self) -> Path:
        """Where uploaded files lie; every process must see the same folder."""
        return self.files or self.data / "files"

    @property
    def public_url(self) -> str:
        """Where the world reaches us, without a trailing slash; every link is made from it, never from ``Host``."""
        return (self.public_address or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def proxy_networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """The networks whose ``X-Forwarded-For`` is believed."""
        return tuple(ip_network(network, strict=False) for network in self.trusted_proxies)


def load_settings() -> Settings:
    """Read the environment; raises ``SettingsRefused`` with every fault at once.

    In development a missing secret key is made once and kept in ``COMEBACK_DATA`` for its owner's eyes only, so that
    what was sealed yesterday still opens today.
    """
    try:
        settings = Settings()
    except ValidationError as error:
        raise SettingsRefused(tuple(f"{fault['loc'][0]}: {fault['msg']}." for fault in error.errors())) from None
    if settings.production:
        if faults := production_faults(settings):
            raise SettingsRefused(faults)
        return settings
    if settings.secret_keys:
        return settings
    return settings.model_copy(update={"secret_keys": (_kept_secret(settings.data / "secret_key"),)})


def production_faults(settings: Settings) -> tuple[str, ...]:
    """All that forbids running ``settings`` in production, as sentences that say how to mend it."""
    faults = [*_secret_key_faults(settings.secret_keys)]
    if settings.database_url is None:
        faults.append("DATABASE_URL is not set: give your PostgreSQL, such as postgres://user:password@host/comeback.")
    elif urlsplit(settings.database_url).scheme not in _DATABASE_SCHEMES:
        faults.append("DATABASE_URL is not a PostgreSQL address: it must begin with postgres://.")
    public = urlsplit(settings.public_address or "")
    if public.scheme != "https" or not public.hostname:
        faults.append("PUBLIC_URL must be the https address at which shoppers reach you: links and cookies need it.")
    if settings.smtp_url is None:
        faults.append("SMTP_URL is not set: without it no mail leaves this machine. Example: smtp+starttls://host:587.")
    if "localhost" in settings.mail_from or "@" not in settings.mail_from:
        faults.append("MAIL_FROM must be an address at your own domain, such as 'Shop <orders@shop.example.com>'.")
    if settings.stripe_api_base is not None and urlsplit(settings.stripe_api_base).scheme != "https":
        faults.append("STRIPE_API_BASE points at a stand-in: unset it to speak to Stripe.")
    if settings.stripe_api_key is not None:
        if _looks_like_demo(settings.stripe_api_key):
            faults.append("STRIPE_API_KEY is a demo key: use your own from Stripe's dashboard, or unset it.")
        if settings.stripe_webhook_secret is None:
            faults.append("STRIPE_WEBHOOK_SECRET is not set: without it Stripe's reports cannot be verified.")
    if settings.stripe_webhook_secret is not None and _looks_like_demo(settings.stripe_webhook_secret):
        faults.append("STRIPE_WEBHOOK_SECRET is a demo secret: use the one of your endpoint at Stripe.")
    if settings.lease_seconds < SHORTEST_LEASE:
        faults.append(f"COMEBACK_LEASE_SECONDS is under {SHORTEST_LEASE}: a call to Stripe could outlive its lease.")
    if settings.metrics_token is not None and len(settings.metrics_token) < SECRET_LENGTH:
        faults.append(f"METRICS_TOKEN is shorter than {SECRET_LENGTH} characters: {_HOW_TO_MAKE_ONE}")
    return tuple(faults)


_HOW_TO_MAKE_ONE = "make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(32))'"


def _secret_key_faults(keys: tuple[str, ...]) -> list[str]:
    if not keys:
        return [f"COMEBACK_SECRET_KEY is not set: {_HOW_TO_MAKE_ONE}"]
    faults = []
    if any(len(key) < SECRET_LENGTH for key in keys):
        faults.append(f"COMEBACK_SECRET_KEY holds a key under {SECRET_LENGTH} characters: {_HOW_TO_MAKE_ONE}")
    if any(_looks_like_demo(key) for key in keys):
        faults.append(f"COMEBACK_SECRET_KEY is a demo key that everybody knows: {_HOW_TO_MAKE_ONE}")
    return faults


def _looks_like_demo(secret: str) -> bool:
    # A random key of 43 letters holds "demo" about once in 100,000 times; the refusal then says how to make another.
    return any(mark in secret.lower() for mark in _DEMO_MARKS)


def _kept_secret(path: Path) -> str:
    """The secret in ``path``, made now if nobody made it before. Two processes that start at once agree on one."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(secrets.token_urlsafe(32))
    try:
        os.link(draft, path)  # fails when the file is there, and never shows a half-written one
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_text().strip()
