"""Stripe's form encoding: ``metadata[order]=1&expand[]=charge`` as nested parameters, read with their types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from plugin.payments.sandbox.refusals import Refusal, invalid


def parse_form(text: str) -> dict[str, Any]:
    """Nested mappings of strings; ``[]`` appends, numbers in brackets stay keys. Raises ``Refusal`` on a clash."""
    nested: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        path = name.replace("]", "").split("[")
        place = nested
        for step in path[:-1]:
            place = place.setdefault(step, {})
            if not isinstance(place, dict):
                raise invalid(name, f"Invalid parameter: {name}")
        last = path[-1] if path[-1] else str(len(place))
        place[last] = value
    return nested


class Params:
    """The parameters of one request. Each reader raises the ``Refusal`` that Stripe would answer."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def require_known(self, accepted: frozenset[str]) -> None:
        for name in self._values:
            if name not in accepted:
                raise invalid(name, f"Received unknown parameter: {name}", "parameter_unknown")

    def has(self, name: str) -> bool:
        return name in self._values

    def text(self, name: str) -> str | None:
        value = self._values.get(name)
        if isinstance(value, dict):
            raise invalid(name, "Invalid string")
        return value or None

    def required_text(self, name: str) -> str:
        value = self.text(name)
        if value is None:
            raise invalid(name, f"Missing required param: {name}.", "parameter_missing")
        return value

    def integer(self, name: str) -> int | None:
        value = self.text(name)
        if value is None:
            return None
        if not value.isascii() or not value.removeprefix("-").isdecimal():
            raise invalid(name, f"Invalid integer: {value}", "parameter_invalid_integer")
        return int(value)

    def amount(self, name: str) -> int | None:
        """An amount above zero."""
        value = self.integer(name)
        if value is not None and value < 1:
            raise invalid(name, "This value must be greater than or equal to 1.", "parameter_invalid_integer")
        return value

    def required_amount(self, name: str) -> int:
        value = self.amount(name)
        if value is None:
            raise invalid(name, f"Missing required param: {name}.", "parameter_missing")
        return value

    def flag(self, name: str) -> bool | None:
        value = self.text(name)
        if value not in (None, "true", "false"):
            raise invalid(name, f"Invalid boolean: {value}")
        return None if value is None else value == "true"

    def choice(self, name: str, among: tuple[str, ...]) -> str | None:
        value = self.text(name)
        if value is not None and value not in among:
            raise invalid(name, f"Invalid {name}: must be one of {', '.join(among)}")
        return value

    def inner(self, name: str) -> Params:
        """The parameters within ``name[...]``."""
        value = self._values.get(name, {})
        if not isinstance(value, dict):
            raise invalid(name, "Invalid object", "parameter_invalid_empty" if value == "" else None)
        return Params(value)

    def texts(self, name: str) -> tuple[str, ...]:
        """``name[]`` or ``name[0]``, in order."""
        return tuple(str(value) for value in self.inner(name)._values.values())

    def metadata(self, before: Mapping[str, str]) -> dict[str, str]:
        """``before`` with the given pairs merged in; an empty value removes a key, empty metadata removes all."""
        if self._values.get("metadata") == "":
            return {}
        given = self.inner("metadata")
        merged = dict(before)
        for name in given._values:
            value = given.text(name)
            if value is None:
                merged.pop(name, None)
            else:
                merged[name] = value
        if len(merged) > 50 or any(len(k) > 40 or len(v) > 500 for k, v in merged.items()):
            raise invalid("metadata", "Metadata takes 50 keys of 40 characters with values of 500.")
        return merged


_STEPS = {"bhd": 10, "jod": 10, "kwd": 10, "omr": 10, "tnd": 10, "isk": 100, "ugx": 100}


def require_step(amount: int, currency: str) -> None:
    """Refuse an amount finer than https://docs.stripe.com/currencies allows for this currency."""
    step = _STEPS.get(currency, 1)
    if amount % step:
        raise Refusal(
            400, f"Invalid amount: in {currency} it must be a multiple of {step}.",
            code="parameter_invalid_integer", param="amount", is_stored=False,
        )  # fmt: skip
