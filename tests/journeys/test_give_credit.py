"""Goods given back for store credit: at once in our ledger, or by the store; and a gift, for its receiver alone."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx

from plugin.credit.models import Credit
from plugin.db import rows
from plugin.policies.reasons import Resolution
from plugin.ports.goods import CreditAnswer, StoreCredit, StoreStatus
from plugin.ports.storefronts import StoreConnection
from plugin.shops.settings import CreditRules
from tests.credit import check_books, entries
from tests.journeys.conftest import OpenWorld
from tests.journeys.sending_back import delivered, return_policy, send_back
from tests.journeys.steps import given_back, quiet, templates
from tests.nudges import hurry
from tests.world import World, shop_settings

SCARF = [{"line_id": "scarf", "quantity": 1}]
FOR_CREDIT = return_policy(keep_item=True, resolutions=(Resolution.REFUND, Resolution.STORE_CREDIT), bonus_percent=10)


class CreditingGoods:
    """A store with credit of its own; it answers with what is left of ``says``, then done."""

    name = "standard"

    def __init__(self, *says: StoreStatus) -> None:
        self.says, self.asked = list(says), list[StoreCredit]()

    async def give_credit(self, store: StoreConnection, credit: StoreCredit) -> CreditAnswer:
        self.asked.append(credit)
        status = self.says.pop(0) if self.says else StoreStatus.DONE
        return CreditAnswer(status=status, reference="sc_1" if status is StoreStatus.DONE else None)


def let_the_store_credit(world: World, goods: CreditingGoods) -> None:
    assert isinstance(world.ports.goods, dict)
    world.ports.goods["standard"] = goods


async def credit_of(case: dict[str, Any]) -> Credit:
    return await Credit.get(case_id=case["id"])


async def test_credit_with_its_bonus_is_given_once_told_and_shown(open_world: OpenWorld) -> None:
    world = await open_world(policy=FOR_CREDIT)
    order = await delivered(world)
    shopper = await world.shopper(order)
    case = await send_back(shopper, lines=SCARF, resolution="store_credit")
    await shopper.until_state(case["id"], "done")
    mail = await world.mail("credit_issued", order)
    (credit,) = (await shopper.get("/v1/order/credits"))["credits"]
    worth = case["amounts"]["total"]["amount"]
    assert [(each["kind"], each["amount"]["amount"]) for each in credit["entries"]] == [
        ("grant", worth), ("bonus", credit["balance"]["amount"] - worth),
    ]  # fmt: skip
    assert credit["code"] in mail.text
    assert credit["balance"]["text"] in mail.text
    assert await given_back(world, order) == 0
    where = await shopper.get("/v1/order/money")
    assert (where["refunds"], where["has_credit"]) == ([], True)
    assert where["sentence"].startswith("Store credit was given for this order")
    await quiet(world)
    assert sorted(await templates(case["id"])) == ["credit_issued", "return_approved"]
    await check_books()


async def test_the_stores_own_credit_is_asked_for_until_it_answers_and_told_then(open_world: OpenWorld) -> None:
    settings = shop_settings(credit=CreditRules(authority="store"))
    world = await open_world(policy=FOR_CREDIT, settings=settings)
    goods = CreditingGoods(StoreStatus.UNKNOWN)
    let_the_store_credit(world, goods)
    shopper = await world.shopper(await delivered(world))
    case = await send_back(shopper, lines=SCARF, resolution="store_credit")
    await shopper.until_state(case["id"], "executing")
    await world.until(lambda: asked(goods, 1))
    assert "credit_issued" not in await templates(case["id"])
    await hurry(world, "give_credit")
    await shopper.until_state(case["id"], "done")
    await quiet(world)
    assert len({each.key for each in goods.asked}) == 1
    given = await credit_of(case)
    assert (given.authority, given.store_reference) == ("store", "sc_1")
    assert sorted(await templates(case["id"])) == ["credit_issued", "return_approved"]


async def asked(goods: CreditingGoods, times: int) -> bool:
    return len(goods.asked) >= times


async def test_a_store_that_says_no_leaves_it_to_our_ledger(open_world: OpenWorld) -> None:
    world = await open_world(policy=FOR_CREDIT, settings=shop_settings(credit=CreditRules(authority="store")))
    let_the_store_credit(world, CreditingGoods(StoreStatus.UNSUPPORTED))
    order = await delivered(world)
    shopper = await world.shopper(order)
    case = await send_back(shopper, lines=SCARF, resolution="store_credit")
    await shopper.until_state(case["id"], "done")
    (credit,) = (await shopper.get("/v1/order/credits"))["credits"]
    assert credit["code"] in (await world.mail("credit_issued", order)).text
    assert (await credit_of(case)).authority == "ledger"


async def receiver_of(world: World, giver: Any) -> dict[str, str]:
    made = await world.http.post("/v1/order/gift-link", headers=giver.headers)
    assert made.status_code == 201, made.text
    link = made.json()["url"].rsplit("/", 1)[1]
    opened = await world.http.post("/v1/sessions/exchange", json={"link": link})
    assert opened.json()["is_gift"]
    return {"Authorization": f"Bearer {opened.json()['token']}"}


async def send_gift_back(world: World, receiver: dict[str, str], email: str) -> httpx.Response:
    preview = await world.http.post("/v1/gift/returns/preview", json={"lines": SCARF}, headers=receiver)
    assert preview.status_code == 200, preview.text
    body = {"lines": SCARF, "email": email, "digest": preview.json()["digest"]}
    return await world.http.post("/v1/gift/returns", json=body, headers=receiver | {"Idempotency-Key": uuid4().hex})


async def test_a_gift_comes_back_for_credit_of_the_receiver_and_the_giver_hears_nothing(
    open_world: OpenWorld,
) -> None:
    world = await open_world(policy=FOR_CREDIT)
    order = await delivered(world)
    giver = await world.shopper(order)
    receiver = await receiver_of(world, giver)
    seen = (await world.http.get("/v1/gift", headers=receiver)).text
    for secret in ("189", "45", "grace@example.com", "Grace", "4242", order.number):
        assert secret not in seen.replace(order.id, "")
    answer = await send_gift_back(world, receiver, "niece@example.com")
    assert answer.status_code == 201, answer.text
    case_id = answer.json()["id"]
    mail = await world.mail("credit_issued", order)
    assert mail.recipient == "niece@example.com"
    credit = await Credit.get(case_id=case_id)
    await quiet(world)
    assert "Grace" not in mail.text + mail.html
    told = await rows("SELECT DISTINCT recipient FROM mails WHERE case_id = $1", case_id)
    assert [row["recipient"] for row in told] == ["niece@example.com"]
    assert [kind for kind, _ in await entries(credit)] == ["grant", "bonus"]
    assert (await giver.get("/v1/order/credits"))["credits"] == []
    assert (await giver.get("/v1/order"))["cases"] == []
    assert (await world.http.get(f"/v1/cases/{case_id}", headers=dict(giver.headers))).status_code == 404
    for path in ("/v1/order", "/v1/order/credits", f"/v1/cases/{case_id}"):
        assert (await world.http.get(path, headers=receiver)).status_code == 403
    approved = next(each for each in world.mails("niece@example.com") if each.message_id != mail.message_id)
    assert "$" not in approved.text
    again = await send_gift_back(world, receiver, "eve@example.com")
    assert again.status_code in (201, 409)
    await check_books()


async def test_a_gift_is_sent_back_on_its_pages(open_world: OpenWorld) -> None:
    world = await open_world(policy=FOR_CREDIT)
    order = await delivered(world)
    giver = await world.shopper(order)
    made = await world.http.post("/v1/order/gift-link", headers=dict(giver.headers))
    async with httpx.AsyncClient(base_url=world.url, follow_redirects=True, headers={"Accept": "text/html"}) as browser:
        path = made.json()["url"].removeprefix(world.ports.public_url)
        page = await browser.post(path)
        assert page.url.path == "/gift", page.text
        mark = page.text.split('name="mark" value="')[1].split('"')[0]
        preview = await browser.post("/gift/preview", data={"mark": mark, "line": "scarf", "quantity": "1"})
        assert "$" not in preview.text
        fields = {name: preview.text.split(f'name="{name}" value="')[1].split('"')[0] for name in ("key", "digest")}
        done = await browser.post(
            "/gift/return",
            data={"mark": mark, "line": "scarf", "quantity": "1", "email": "niece@example.com", **fields},
        )
        assert done.url.path == "/gift"
        assert "R-" in done.text
        assert (await browser.get("/order")).status_code == 403
    await world.mail("credit_issued", order)
