"""A return on plain pages: choose, preview, confirm, the slip in both forms, and the way out."""

from __future__ import annotations

import re
from html import unescape

import pytest

from plugin.policies.reasons import Resolution, Trigger
from plugin.shops.settings import Brand
from tests.journeys.conftest import OpenWorld
from tests.journeys.sending_back import delivered, return_policy, send_back
from tests.journeys.steps import count
from tests.journeys.test_pages import a_browser, enter, fields_of
from tests.world import World, shop_settings

ADDRESS = "Lumen, Rücksendungen\nCalle Ñ 5, 28001 Madrid"


@pytest.fixture
async def open_door(open_world: OpenWorld) -> World:
    policy = return_policy(resolutions=(Resolution.REFUND, Resolution.STORE_CREDIT), bonus_percent=10)
    return await open_world(policy=policy, settings=shop_settings(brand=Brand(postal_address=ADDRESS)))


async def test_the_whole_path_of_a_return_in_plain_forms(open_door: World) -> None:
    order = await delivered(open_door)
    async with a_browser(open_door) as browser:
        mark = await enter(open_door, browser, order)
        assert 'href="/order/return"' in (await browser.get("/order")).text
        form = await browser.get("/order/return")
        assert "can be sent back" in form.text
        chosen = {"mark": mark, "line": ["coat", "scarf"], "quantity": ["0", "2"], "reason": "Too small"}
        preview = await browser.post("/order/return/preview", data=chosen)
        assert "You pay for the way back." in preview.text
        assert "Confirm the return" in preview.text
        assert await count("cases") == 0
        fields = dict(fields_of(preview.text, "/order/return"))
        assert fields["resolution"] == "refund"
        done = await browser.post("/order/return", data=fields)
        assert done.url.path.startswith("/order/cases/")
        number = re.search(r"R-[A-Z0-9]{7}", done.text)
        assert number
        assert "How to send it" in done.text
        again = await browser.post("/order/return", data=fields)
        assert again.url.path == done.url.path
        assert await count("cases") == 1

        slip = await browser.get(f"{done.url.path}/slip")
        assert number.group() in slip.text
        assert "Rücksendungen" in slip.text
        assert 'src="data:image/svg+xml;base64,' in slip.text
        assert "$" not in re.sub(r"<style.*?</style>", "", slip.text, flags=re.S)
        pdf = await browser.get(f"{done.url.path}/slip.pdf")
        assert (pdf.headers["content-type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")

        told = await browser.post(
            f"{done.url.path}/tracking", data={"mark": mark, "carrier": "DHL", "number": "JD0146000"}
        )
        assert 'value="JD0146000"' in told.text
        assert (await browser.post(f"{done.url.path}/tracking", data={"mark": mark, "carrier": ""})).status_code == 400
        assert (await browser.post(f"{done.url.path}/withdraw", data={"mark": "0" * 64})).status_code == 403
        taken = await browser.post(f"{done.url.path}/withdraw", data={"mark": mark})
        assert "Taken back" in taken.text
        assert (await browser.get(f"{done.url.path}/slip")).status_code == 404


async def test_another_choice_of_what_one_gets_is_another_preview(open_door: World) -> None:
    order = await delivered(open_door)
    async with a_browser(open_door) as browser:
        mark = await enter(open_door, browser, order)
        chosen = {"mark": mark, "line": "coat", "quantity": "1", "resolution": "store_credit"}
        preview = await browser.post("/order/return/preview", data=chosen)
        assert "as store credit" in unescape(preview.text)
        assert dict(fields_of(preview.text, "/order/return"))["resolution"] == "store_credit"


async def test_the_mail_leads_to_the_return_itself(open_door: World) -> None:
    order = await delivered(open_door)
    case = await send_back(await open_door.shopper(order), whole=True)
    mail = await open_door.mail("return_approved", order)
    path = re.search(r"/o/[\w-]+/cases/\w+", mail.text)
    assert path
    async with a_browser(open_door) as browser:
        assert (await browser.get(path.group())).status_code == 200
        inside = await browser.post(path.group())
        assert inside.url.path == f"/order/cases/{case['id']}"


async def test_the_slip_writes_every_name_and_no_price(open_door: World) -> None:
    order = await delivered(open_door, "spanish")
    shopper = await open_door.shopper(order)
    case = await send_back(shopper, whole=True)
    for path in (case["parcel"]["links"]["slip"], case["parcel"]["links"]["qr"]):
        answer = await open_door.http.get(path, headers=dict(shopper.headers))
        assert answer.status_code == 200
    pdf = (await open_door.http.get(case["parcel"]["links"]["slip"], headers=dict(shopper.headers))).content
    written = set(re.findall(rb"<([0-9A-F]{4})>", pdf.upper()))  # by the map back to Unicode
    assert f"{ord('ú'):04X}".encode() in written
    assert f"{ord('€'):04X}".encode() not in written  # no price stands on it


async def test_a_strangers_slip_is_not_found(open_door: World) -> None:
    theirs = await open_door.shopper(await delivered(open_door))
    case = await send_back(theirs, whole=True)
    mine = await delivered(open_door)
    async with a_browser(open_door) as browser:
        mark = await enter(open_door, browser, mine)
        for path in ("slip", "slip.pdf", "label"):
            assert (await browser.get(f"/order/cases/{case['id']}/{path}")).status_code == 404
        for path in ("withdraw", "tracking"):
            told = {"mark": mark, "carrier": "DHL", "number": "JD0146000"}
            assert (await browser.post(f"/order/cases/{case['id']}/{path}", data=told)).status_code == 404


async def test_a_return_that_is_paid_on_approval_promises_its_day_on_the_page(open_world: OpenWorld) -> None:
    world = await open_world(policy=return_policy(pays_on=Trigger.APPROVAL))
    order = await delivered(world)
    async with a_browser(world) as browser:
        mark = await enter(world, browser, order)
        preview = await browser.post("/order/return/preview", data={"mark": mark, "whole": "yes"})
        assert 'class="promise"' in preview.text
