"""What the environment may say, and what a production process refuses to run on."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from plugin.settings import Settings, SettingsRefused, load_settings

GOOD = {
    "COMEBACK_ENV": "production",
    "COMEBACK_SECRET_KEY": "k" * 16 + "Zq3vN8xTt1LrWc5Y",
    "DATABASE_URL": "postgres://comeback:pw@db/comeback",
    "PUBLIC_URL": "https://returns.shop.test/",
    "SMTP_URL": "smtp://mail:587",
    "MAIL_FROM": "Shop <orders@shop.test>",
}


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for field in Settings.model_fields.values():
        monkeypatch.delenv(str(field.validation_alias), raising=False)


def given(monkeypatch: pytest.MonkeyPatch, **environment: str) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)


def refusal(monkeypatch: pytest.MonkeyPatch, **environment: str) -> str:
    given(monkeypatch, **GOOD | environment)
    with pytest.raises(SettingsRefused) as refused:
        load_settings()
    return str(refused.value)


def test_a_complete_production_environment_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, **GOOD)
    settings = load_settings()
    assert settings.production
    assert settings.public_url == "https://returns.shop.test"


def test_all_faults_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, COMEBACK_ENV="production")
    with pytest.raises(SettingsRefused) as refused:
        load_settings()
    told = "\n".join(refused.value.faults)
    for name in ("COMEBACK_SECRET_KEY", "DATABASE_URL", "PUBLIC_URL", "SMTP_URL", "MAIL_FROM"):
        assert name in told


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("COMEBACK_SECRET_KEY", "short", "under 32"),
        ("COMEBACK_SECRET_KEY", GOOD["COMEBACK_SECRET_KEY"] + ",short", "under 32"),
        ("COMEBACK_SECRET_KEY", "comeback-demo-key-that-everybody-can-read", "demo key"),
        ("PUBLIC_URL", "http://returns.shop.test", "https"),
        ("PUBLIC_URL", "https://", "https"),
        ("DATABASE_URL", "sqlite:///file", "postgres://"),
        ("STRIPE_API_BASE", "http://localhost:12111", "stand-in"),
        ("STRIPE_API_KEY", "sk_test_demo_0000", "demo key"),
        ("STRIPE_API_KEY", "sk_live_0000", "STRIPE_WEBHOOK_SECRET is not set"),
        ("STRIPE_WEBHOOK_SECRET", "whsec_sandbox", "demo secret"),
        ("METRICS_TOKEN", "short", "METRICS_TOKEN"),
        ("COMEBACK_LEASE_SECONDS", "5", "under 20"),
        ("MAIL_FROM", "Comeback <comeback@localhost>", "MAIL_FROM"),
        ("PORT", "http", "PORT"),
        ("TRUSTED_PROXIES", "10.0.0.0/33", "TRUSTED_PROXIES"),
        ("COMEBACK_ENV", "prod", "COMEBACK_ENV"),
    ],
)
def test_a_fault_is_named_with_how_to_mend_it(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, word: str
) -> None:
    assert word in refusal(monkeypatch, **{name: value})


def test_an_empty_variable_counts_as_absent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    given(monkeypatch, DATABASE_URL="", PORT="", COMEBACK_DATA=str(tmp_path))
    settings = load_settings()
    assert settings.database_url is None
    assert settings.public_url == "http://127.0.0.1:8000"


def test_lists_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, COMEBACK_SECRET_KEY="newest, oldest", TRUSTED_PROXIES="10.0.0.0/8,::1")
    settings = load_settings()
    assert settings.secret_keys == ("newest", "oldest")
    assert [str(network) for network in settings.proxy_networks] == ["10.0.0.0/8", "::1/128"]


def test_development_makes_one_key_keeps_it_and_hides_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    given(monkeypatch, COMEBACK_DATA=str(tmp_path / "data"))
    first, second = load_settings(), load_settings()
    assert first.secret_keys == second.secret_keys
    assert len(first.secret_keys[0]) >= 32
    kept = tmp_path / "data" / "secret_key"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert [path.name for path in kept.parent.iterdir()] == ["secret_key"]


def test_settings_show_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = GOOD | {"STRIPE_API_KEY": "sk_live_hidden", "STRIPE_WEBHOOK_SECRET": "whsec_hidden"}
    given(monkeypatch, **secrets)
    shown = repr(load_settings())
    for name in ("COMEBACK_SECRET_KEY", "DATABASE_URL", "STRIPE_API_KEY", "STRIPE_WEBHOOK_SECRET", "SMTP_URL"):
        assert secrets[name] not in shown
