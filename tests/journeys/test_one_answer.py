"""A hundred questions, asked on every channel: all of them give one answer, in the very same sentence.

The questions are orders (nine kinds of item, just placed or hours ago, untouched or with a part on its way) times
three languages, every fourth of them with a reason. The channels are the API's options, preview and case, the pages of
the order, its preview and its request, the policy's own page, the mail in text and in HTML, and what the staff read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import unescape
from itertools import product
from typing import Any

import httpx

from plugin.cases.service import decision_of
from plugin.cases.store import get_case
from plugin.core.words import LANGUAGES, Words
from plugin.db import rows
from plugin.journeys.case_words import said_of
from plugin.policies import sentences
from plugin.policies.conditions import Since, Span, When
from plugin.policies.decision import LineDecision
from plugin.policies.document import Fee, Otherwise, Policy, Row, Then
from plugin.policies.page import THIS_ITEM
from plugin.policies.reasons import Action, Mode, Outcome, Reason
from plugin.ports.orders import LineKind
from plugin.storefronts.standard.wire import FulfilmentBody, LineBody, LineCountBody, OrderBody
from tests.fixtures_command import Comeback
from tests.journeys.conftest import OpenWorld
from tests.journeys.steps import count, quiet
from tests.journeys.test_desk import A_SECRET
from tests.journeys.test_pages import a_browser, enter
from tests.journeys.test_policy_outcomes import lines_of
from tests.world import Shopper, World

REFUSE, REVIEW, APPROVE = Outcome.REFUSE, Outcome.REVIEW, Outcome.APPROVE
IN_TIME = Since(at_most=Span(hours=2))
ROWS: tuple[tuple[str, When, Then], ...] = (
    ("double", When(reasons=("double",), tags=("twice",)), Then(outcome=REFUSE, reason=Reason.BEING_PREPARED)),
    ("trial", When(tags=("trial",)), Then(outcome=REFUSE, reason=Reason.FINAL_SALE, mode=Mode.SHADOW)),
    ("gifts", When(line_kinds=(LineKind.GIFT_CARD,)), Then(outcome=REFUSE, reason=Reason.GIFT_CARD)),
    ("digital", When(line_kinds=(LineKind.DIGITAL,)), Then(outcome=REVIEW, reason=Reason.DIGITAL_GOODS)),
    ("final", When(final_sale=True), Then(outcome=REFUSE, reason=Reason.FINAL_SALE)),
    (
        "made",
        When(personalised=True, since_placed=Since(at_least=Span(hours=1))),
        Then(outcome=REFUSE, reason=Reason.MADE_TO_ORDER),
    ),
    ("fee", When(tags=("fee",)), Then(outcome=APPROVE, fee=Fee(amounts={"USD": 300}))),
    ("outlet", When(tags=("outlet",), since_placed=IN_TIME), Then(outcome=APPROVE)),
    ("outlet-late", When(tags=("outlet",)), Then(outcome=REFUSE, reason=Reason.ON_SALE)),
)
POLICY = Policy(
    format=1,
    name="A hundred questions",
    rows=tuple(Row(id=id, action=Action.CANCEL, when=when, then=then) for id, when, then in ROWS),
    otherwise=Otherwise(cancel=Then(outcome=APPROVE)),
)
PRODUCTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "gift card": {"kind": LineKind.GIFT_CARD},
    "digital": {"kind": LineKind.DIGITAL},
    "final sale": {"final_sale": True},
    "personalised": {"personalised": True},
    "with a fee": {"tags": ("fee",)},
    "outlet": {"tags": ("outlet",)},
    "on trial": {"tags": ("trial",)},
    "bought twice": {"tags": ("twice",)},
}
AGES = (timedelta(minutes=5), timedelta(hours=3))
PARCELS = (False, True)


@dataclass(frozen=True)
class Question:
    """May I cancel all of it?"""

    language: str
    reason: str | None

    @property
    def ask(self) -> dict[str, Any]:
        return {"whole": True} | ({"reason": self.reason} if self.reason else {})


def questions(number: int) -> Iterator[Question]:
    """Those about the order of this number."""
    for n, language in enumerate(LANGUAGES, start=3 * number):
        yield Question(language, "double" if n % 4 == 0 else None)


def plain(text: str) -> str:
    """A text, a mail or a page without its markup, its line breaks and the marks that isolate directions."""
    text = re.sub(r"<style.*?</style>|<script.*?</script>|<[^>]+>", " ", text, flags=re.S)
    text = unescape(text).replace("\u2068", "").replace("\u2069", "")
    return re.sub(r"\s+", " ", text)


def said_by(channel: str, *wanted: str, missing: list[str], of: str) -> None:
    missing += [f"{of}: not said: {each!r}" for each in wanted if plain(each) not in channel]


async def test_every_channel_gives_the_same_answer(open_world: OpenWorld, comeback: Comeback) -> None:
    world = await open_world(policy=POLICY)
    asked = list(product(PRODUCTS.values(), AGES, PARCELS))
    assert len(asked) * len(LANGUAGES) >= 100
    policy_pages = {language: await rules_of(world, language) for language in LANGUAGES}
    orders = [await an_order(world, lines_of("fashion", **item), age, parcel) for item, age, parcel in asked]
    outcomes: list[str] = []
    differences: list[str] = []
    for number, order in enumerate(orders):
        outcomes += await ask_everywhere(world, number, order, policy_pages, differences)
    await compare_mails(world, differences)
    assert not differences, "\n".join(differences)
    assert {outcomes.count(outcome) > 10 for outcome in Outcome} == {True}, outcomes
    case = (await (await world.shopper(orders[4])).get("/v1/order"))["cases"][0]
    shown = (await comeback("case", "show", world.shop.id, case["id"], **A_SECRET)).json
    assert case["explanation"] in shown["explanation"].values()


async def an_order(world: World, lines: tuple[LineBody, ...], age: timedelta, parcel: bool) -> OrderBody:
    """One that is so old, with the scarves on their way if there is a parcel."""
    shipped = FulfilmentBody(id="f1", lines=(LineCountBody(line_id="scarf", quantity=2),), shipped_at=datetime.now(UTC))
    parcels: dict[str, Any] = {"fulfilments": (shipped,)} if parcel else {}
    return await world.place("fashion", lines=lines, placed_at=datetime.now(UTC) - age, **parcels)


async def rules_of(world: World, language: str) -> list[str]:
    """What the policy's page says of cancelling, one text a row, in the order of the rows."""
    page = await world.http.get(f"/shops/{world.shop.id}/policy?lang={language}")
    section = page.text.partition('<section class="policy" aria-labelledby="cancel">')[2].partition("</section>")[0]
    return [plain(rule) for rule in re.findall(r"<li.*?</li>", section, re.S)]


async def ask_everywhere(
    world: World, number: int, order: OrderBody, policy_pages: dict[str, list[str]], differences: list[str]
) -> list[str]:
    outcomes = []
    shopper = await world.shopper(order)
    async with a_browser(world) as browser:
        mark = await enter(world, browser, order)
        for question in questions(number):
            of = f"order {number} {question}"
            outcomes.append(await compare_answers(shopper, browser, mark, question, differences, of))
        question = list(questions(number))[number % len(LANGUAGES)]
        if (await preview_of(shopper, question))["outcome"] != APPROVE:
            of = f"case of order {number} {question}"
            case = await compare_tellings(world, shopper, browser, order, question, differences, of)
            words = Words(question.language, UTC)
            decision = decision_of(await get_case(world.shop.id, case["id"]))
            for line in decision.lines:
                compare_with_policy(line, words, policy_pages[question.language], differences, of)
    return outcomes


async def preview_of(shopper: Shopper, question: Question) -> dict[str, Any]:
    answer = await shopper.world.http.post(
        f"/v1/order/cancellations/preview?locale={question.language}",
        json=question.ask,
        headers=dict(shopper.headers),
    )
    assert answer.status_code == 200, answer.text
    preview: dict[str, Any] = answer.json()
    return preview


async def compare_answers(
    shopper: Shopper, browser: httpx.AsyncClient, mark: str, question: Question, differences: list[str], of: str
) -> str:
    """The API's options and preview, and the pages of both; the outcome."""
    seen = await shopper.get(f"/v1/order?locale={question.language}")
    preview = await preview_of(shopper, question)
    page = plain((await browser.get(f"/order?lang={question.language}")).text)
    form = {"mark": mark, "whole": "yes", "reason": question.reason or ""}
    shown = plain((await browser.post("/order/cancel/preview", data=form)).text)
    said_by(page, *(line["actions"][0]["sentence"] for line in seen["lines"]), missing=differences, of=f"{of} page")
    said_by(shown, preview["sentence"], missing=differences, of=f"{of} preview page")
    if question.reason is None:
        if seen["whole"]["sentence"] != preview["sentence"]:
            differences.append(f"{of}: {seen['whole']['sentence']!r} is not {preview['sentence']!r}")
        if preview["outcome"] != REFUSE:
            said_by(page, preview["sentence"], missing=differences, of=f"{of} whole")
        # Alone and as part of the whole, a line has one answer; but fees and totals are those of the ask.
        alone = {line["id"]: line["actions"][0]["sentence"] for line in seen["lines"]}
        differences += [
            f"{of}: {line['sentence']!r} is not {alone[line['line_id']]!r}"
            for line in preview["lines"]
            if line["sentence"] != alone[line["line_id"]]
        ]
    return str(preview["outcome"])


async def compare_tellings(
    world: World, shopper: Shopper, browser: httpx.AsyncClient, order: OrderBody, question: Question,
    differences: list[str], of: str,
) -> dict[str, Any]:  # fmt: skip
    """Ask it in earnest: the case by the API and as a page, and what the staff read."""
    preview = await preview_of(shopper, question)
    answer = await world.http.post(
        f"/v1/order/cancellations?locale={question.language}",
        json=question.ask | {"digest": preview["digest"]},
        headers={**shopper.headers, "Idempotency-Key": f"ask-{order.id}"},
    )
    assert answer.status_code == 201, answer.text
    case: dict[str, Any] = answer.json()
    sentence = preview["sentence"]
    if case["explanation"] != sentence:
        differences.append(f"{of}: {case['explanation']!r} is not {sentence!r}")
    page = await browser.get(f"/order/cases/{case['id']}?lang={question.language}")
    said_by(plain(page.text), sentence, missing=differences, of=f"{of} page")
    told = dict(await said_of(world.shop, await get_case(world.shop.id, case["id"])))
    if told[question.language] != sentence:
        differences.append(f"{of}: staff read {told[question.language]!r}, not {sentence!r}")
    return case


async def compare_mails(world: World, differences: list[str]) -> None:
    """Each mail about a case says what its case says, in text and in HTML."""
    await quiet(world)
    mails = {mail.message_id: mail for mail in world.mails()}
    found = await rows("SELECT message_id, case_id FROM mails WHERE template IN ('refused', 'under_review')")
    assert len(found) == await count("cases")
    for row in found:
        case, mail = await get_case(world.shop.id, row["case_id"]), mails[row["message_id"]]
        sentence = (await said_of(world.shop, case))[0].sentence
        for text in (mail.text, mail.html):
            said_by(plain(text), sentence, missing=differences, of=f"mail of {case.id}")


def compare_with_policy(line: LineDecision, words: Words, rules: list[str], differences: list[str], of: str) -> None:
    """The row that answered says on the policy's page what the shopper was told, of "this item"."""
    if line.row is None:
        return
    ids = [*(row.id for row in POLICY.rows), "otherwise"]
    if line.outcome is REVIEW:
        said_by(rules[ids.index(line.row)], words.say(sentences.REVIEW_ASK), missing=differences, of=of)
        return
    sentence = sentences.line_sentence(Action.CANCEL, line.outcome, line.reason, has_deadline=False)
    said_by(rules[ids.index(line.row)], words.say(sentence, item=words.say(THIS_ITEM)), missing=differences, of=of)
