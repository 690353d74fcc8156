"""When a code is good, what it gives, and how it reads: whole tables, and properties over all carts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.codes.refusals import ERROR_FOR, CodeGivenBack, CodeRefused, CodeUnknown, NotReservedHere, Refusal
from plugin.codes.rules import (
    Cart,
    Standing,
    Terms,
    budget_month,
    customer_window,
    describe,
    discount_on,
    ends_at,
    is_held_out,
    percent_of,
    refusal,
    worth_of,
)
from plugin.codes.service import CartUnnamed
from plugin.codes.states import CodeState
from plugin.core.errors import DomainError
from plugin.core.ids import keyed_hash, readable_code
from plugin.core.readable import CODE_LENGTH, grouped, normalised
from plugin.core.words import LANGUAGES, Words, catalogue
from plugin.ports.payments import PromotionKind
from plugin.shops.settings import CodeOffer

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TERMS = Terms(PromotionKind.PERCENT, "USD", NOW + timedelta(days=30), percent=10, minimum=5000)
STANDING = Standing(CodeState.MINTED, "ada")
HELD = Standing(CodeState.RESERVED, "ada", "cart-1", NOW + timedelta(minutes=30))
CART = Cart(6000, 495, "USD", "cart-1")


@pytest.mark.parametrize(
    ("terms", "standing", "cart", "customer", "expected"),
    [
        (TERMS, STANDING, CART, "ada", None),
        (TERMS, STANDING, CART, None, None),
        (TERMS, STANDING, replace(CART, subtotal=5000), None, None),
        (TERMS, STANDING, replace(CART, subtotal=4999), None, Refusal.BELOW_MINIMUM),
        (replace(TERMS, minimum=None), STANDING, replace(CART, subtotal=0), None, None),
        (TERMS, STANDING, replace(CART, currency="EUR"), None, Refusal.CURRENCY_DIFFERS),
        (TERMS, STANDING, CART, "eve", Refusal.OTHER_CUSTOMER),
        (replace(TERMS, expires_at=NOW), STANDING, CART, None, Refusal.EXPIRED),
        (replace(TERMS, expires_at=NOW + timedelta(seconds=1)), STANDING, CART, None, None),
        (TERMS, replace(STANDING, state=CodeState.EXPIRED), CART, None, Refusal.EXPIRED),
        (TERMS, replace(STANDING, state=CodeState.REVOKED), CART, None, Refusal.REVOKED),
        (TERMS, replace(STANDING, state=CodeState.REDEEMED), CART, None, Refusal.USED),
        (TERMS, HELD, CART, None, None),
        (TERMS, HELD, replace(CART, id="cart-2"), None, Refusal.RESERVED_ELSEWHERE),
        (TERMS, HELD, replace(CART, id=None), None, Refusal.RESERVED_ELSEWHERE),
        (TERMS, replace(HELD, reserved_until=NOW), replace(CART, id="cart-2"), None, None),
        # What can be done least about is said first.
        (replace(TERMS, expires_at=NOW), HELD, Cart(1, 0, "EUR", "cart-2"), "eve", Refusal.EXPIRED),
        (TERMS, HELD, Cart(1, 0, "EUR", "cart-2"), "eve", Refusal.OTHER_CUSTOMER),
        (TERMS, STANDING, Cart(1, 0, "EUR", "cart-2"), "ada", Refusal.CURRENCY_DIFFERS),
    ],
)
def test_a_code_is_refused_for_the_first_reason_that_holds(
    terms: Terms, standing: Standing, cart: Cart, customer: str | None, expected: Refusal | None
) -> None:
    assert refusal(terms, standing, cart, customer, NOW) is expected


@pytest.mark.parametrize(
    ("terms", "cart", "expected"),
    [
        (replace(TERMS, kind=PromotionKind.FREE_SHIPPING), CART, 495),
        (replace(TERMS, kind=PromotionKind.FREE_SHIPPING), replace(CART, shipping=0), 0),
        (TERMS, CART, 600),
        (replace(TERMS, kind=PromotionKind.AMOUNT, amount=500), CART, 500),
        (replace(TERMS, kind=PromotionKind.AMOUNT, amount=500), replace(CART, subtotal=499), 499),
        (replace(TERMS, percent=100), CART, 6000),
    ],
)
def test_a_code_gives_what_its_kind_says_and_never_more_than_there_is(terms: Terms, cart: Cart, expected: int) -> None:
    assert discount_on(terms, cart) == expected


@pytest.mark.parametrize(("amount", "expected"), [(5, 0), (15, 2), (25, 2), (35, 4), (14, 1), (16, 2), (0, 0)])
def test_ten_percent_rounds_half_to_even(amount: int, expected: int) -> None:
    assert percent_of(amount, 10) == expected


@given(amount=st.integers(0, 10**15), percent=st.integers(1, 100))
def test_a_percentage_is_the_exact_one_rounded_half_to_even_and_never_exceeds_the_amount(
    amount: int, percent: int
) -> None:
    given_off = percent_of(amount, percent)
    assert given_off == round(Fraction(amount * percent, 100))
    assert 0 <= given_off <= amount


@given(
    subtotal=st.integers(0, 10**9), shipping=st.integers(0, 10**6), kind=st.sampled_from(PromotionKind),
    percent=st.integers(1, 100), amount=st.integers(1, 10**9),
)  # fmt: skip
def test_no_code_ever_takes_off_more_than_the_cart_costs(
    subtotal: int, shipping: int, kind: PromotionKind, percent: int, amount: int
) -> None:
    terms = Terms(kind, "JPY", NOW, percent=percent, amount=amount)
    assert 0 <= discount_on(terms, Cart(subtotal, shipping, "JPY")) <= subtotal + shipping


@given(st.integers(0, 2**80 - 1), st.data())
def test_a_code_reads_the_same_however_it_is_grouped_cased_or_misread(seed: int, data: st.DataObject) -> None:
    letters = "".join("0123456789ABCDEFGHJKMNPQRSTVWXYZ"[(seed >> (5 * i)) & 31] for i in range(CODE_LENGTH))
    zero, one = data.draw(st.sampled_from("0Oo")), data.draw(st.sampled_from("1IiLl"))
    typed = grouped(letters).replace("0", zero).replace("1", one)
    assert normalised(typed) == normalised(f" {typed.lower()} ") == letters


@pytest.mark.parametrize("text", ["", "WELCOME10", "7K3F-9QWX-2M4T-H6V", "7K3F-9QWX-2M4T-H6VBB", "7K3F-9QWX-2M4T-H6VU"])
def test_a_text_that_cannot_be_a_code_of_ours_is_known_as_such(text: str) -> None:
    assert normalised(text) is None


def test_a_new_code_has_eighty_bits_and_four_groups() -> None:
    text = grouped(readable_code(CODE_LENGTH))
    assert [len(group) for group in text.split("-")] == [4, 4, 4, 4]
    assert CODE_LENGTH * 5 >= 80


def test_the_hold_out_is_a_fixed_share_of_the_customers() -> None:
    customers = [keyed_hash(b"key", str(n)) for n in range(4000)]
    out = {one for one in customers if is_held_out(one, 10)}
    assert 300 < len(out) < 500
    assert {one for one in customers if is_held_out(one, 20)} > out
    assert not any(is_held_out(one, 0) for one in customers)


def test_a_code_ends_with_its_last_day_on_the_shoppers_own_clock() -> None:
    late = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
    assert ends_at(late, 30, UTC) == datetime(2026, 12, 23, 23, 59, 59, tzinfo=UTC)
    assert ends_at(late, 30, ZoneInfo("Europe/Moscow")) == datetime(2026, 12, 24, 20, 59, 59, tzinfo=UTC)


def test_windows_and_months_count_in_utc() -> None:
    at = datetime(2026, 12, 1, 0, 30, tzinfo=ZoneInfo("Europe/Moscow"))
    assert budget_month("USD", at) == "code-budget:USD:2026-11"
    day = timedelta(days=1)
    windows = {customer_window("ada", 90, NOW + day * n) for n in range(90)}
    assert len(windows) == 2  # fixed stretches: any ninety days touch two of them


def test_the_worth_of_a_code_is_its_amount_or_what_the_shop_reckons() -> None:
    offer = CodeOffer(amounts={"USD": 500}, worth={"USD": 900})
    assert worth_of(CodeOffer(kind="amount", amounts={"USD": 500}), "USD") == 500
    assert worth_of(offer, "USD") == 900
    assert worth_of(offer, "EUR") is None


@pytest.mark.parametrize(
    ("kind", "minimum", "locale", "expected"),
    [
        (PromotionKind.FREE_SHIPPING, None, "en-GB", "Free shipping on your next order until 23 December 2026"),
        (PromotionKind.AMOUNT, 5000, "en", "$5.00 off your next order of $50.00 or more until December 23, 2026"),
        (PromotionKind.PERCENT, None, "es", "10 % de descuento en tu próximo pedido hasta el 23 de diciembre de 2026"),
        (PromotionKind.AMOUNT, None, "ru", "Скидка 5,00 $ на следующий заказ до 23 декабря 2026 г. включительно"),
    ],
)  # fmt: skip
def test_a_code_is_described_in_one_sentence(
    kind: PromotionKind, minimum: int | None, locale: str, expected: str
) -> None:
    terms = Terms(kind, "USD", ends_at(NOW, 30, UTC), percent=10, amount=500, minimum=minimum)
    assert " ".join(describe(terms, Words(locale, UTC)).split()) == expected  # CLDR's blanks do not break


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_every_sentence_about_codes_is_spoken_in(language: str) -> None:
    errors: list[type[DomainError]] = [CodeUnknown, CodeRefused, CodeGivenBack, NotReservedHere, CartUnnamed]
    errors += ERROR_FOR.values()
    told = catalogue(language)
    assert [error.sentence for error in errors if told.gettext(error.sentence) == error.sentence] == []
    for kind in PromotionKind:
        for minimum in (None, 5000):
            terms = Terms(kind, "USD", NOW, percent=10, amount=500, minimum=minimum)
            assert describe(terms, Words(language, UTC)) != describe(terms, Words("en", UTC))


def test_every_refusal_has_an_error_whose_code_is_the_reason() -> None:
    assert set(ERROR_FOR) == set(Refusal)
    assert all(error.code == reason.value for reason, error in ERROR_FOR.items())
