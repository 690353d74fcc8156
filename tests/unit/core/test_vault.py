"""Secrets at rest open under their key, for their tenant and field, and for nothing else."""

from __future__ import annotations

import pytest

from plugin.core.vault import CannotOpen, Vault

OLD, NEW = Vault(("old secret",)), Vault(("new secret", "old secret"))


def sealed(vault: Vault = OLD) -> str:
    return vault.seal("sk_test_1", tenant="shop_1", field="stripe_key")


def test_what_was_sealed_opens_again() -> None:
    assert OLD.open(sealed(), tenant="shop_1", field="stripe_key") == "sk_test_1"


def test_the_same_value_is_sealed_differently_each_time() -> None:
    assert sealed() != sealed()
    assert "sk_test_1" not in sealed()


@pytest.mark.parametrize(("tenant", "field"), [("shop_2", "stripe_key"), ("shop_1", "webhook_secret")])
def test_another_tenant_or_field_cannot_open_it(tenant: str, field: str) -> None:
    with pytest.raises(CannotOpen):
        OLD.open(sealed(), tenant=tenant, field=field)


def test_another_key_cannot_open_it() -> None:
    with pytest.raises(CannotOpen):
        Vault(("another secret",)).open(sealed(), tenant="shop_1", field="stripe_key")


@pytest.mark.parametrize("position", [3, 14, 30, -3])
def test_an_altered_value_does_not_open(position: int) -> None:
    value = sealed()
    swapped = "A" if value[position] != "A" else "B"
    altered = value[:position] + swapped + value[position + 1 :] if position > 0 else value[:position] + swapped
    with pytest.raises(CannotOpen):
        OLD.open(altered, tenant="shop_1", field="stripe_key")


@pytest.mark.parametrize("value", ["", "v1.a.b", "nonsense", "v1.00000000.AAAA.AAAA"])
def test_what_was_never_sealed_does_not_open(value: str) -> None:
    with pytest.raises(CannotOpen):
        OLD.open(value, tenant="shop_1", field="stripe_key")


def test_another_version_of_seal_is_not_guessed_at() -> None:
    with pytest.raises(CannotOpen):
        OLD.open("v2" + sealed()[2:], tenant="shop_1", field="stripe_key")


def test_a_new_key_opens_what_the_old_one_sealed_and_says_so() -> None:
    assert NEW.open(sealed(OLD), tenant="shop_1", field="stripe_key") == "sk_test_1"
    assert NEW.needs_resealing(sealed(OLD))
    assert not NEW.needs_resealing(sealed(NEW))
