"""Photos over HTTP: what is taken, what is refused, who may fetch it, and how it goes again."""

from __future__ import annotations

import io
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from PIL import Image

from plugin.access.roles import Role
from plugin.cases.store import get_case
from plugin.db import rows, transaction
from plugin.files.kinds import PHOTO_BYTES
from plugin.files.service import TooManyPhotos, UnknownPhoto, attach, photos_of
from plugin.journeys.erase_person import erase_person_of
from plugin.journeys.export_person import export_person
from plugin.orders.people import Who
from tests.journeys.steps import quiet
from tests.nudges import hurry
from tests.photos import HTML_AS_JPEG, PDF, SVG, a_bomb, a_photo, a_polyglot
from tests.staffed import a_colleague
from tests.world import Shopper, World


async def send(shopper: Shopper, content: bytes, declared: str = "image/jpeg", name: str = "x.jpg") -> httpx.Response:
    return await shopper.world.http.post(
        "/v1/order/files", files={"file": (name, content, declared)}, headers=dict(shopper.headers)
    )


async def sent(shopper: Shopper) -> str:
    answer = await send(shopper, a_photo())
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def bytes_kept(world: World) -> list[Path]:
    return [path for path in (world.mailbox.parent / "files").rglob("*") if path.is_file()]


async def test_a_photo_comes_back_as_a_download_that_nothing_runs(world: World) -> None:
    shopper = await world.shopper(await world.place())
    answer = await send(shopper, a_polyglot(), name="../../etc/<script>.html")
    assert answer.status_code == 201, answer.text
    fetched = await world.http.get(f"/v1/order/files/{answer.json()['id']}", headers=dict(shopper.headers))
    assert (fetched.status_code, fetched.headers["content-type"]) == (200, "image/jpeg")
    assert fetched.headers["content-disposition"] == f'attachment; filename="{answer.json()["id"]}.jpg"'
    assert fetched.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert fetched.headers["x-content-type-options"] == "nosniff"
    assert b"script" not in fetched.content
    assert Image.open(io.BytesIO(fetched.content)).size == (64, 48)


@pytest.mark.parametrize(
    ("content", "declared", "status", "code"),
    [
        (SVG, "image/svg+xml", 422, "not_a_photo"),
        (SVG, "image/png", 422, "not_a_photo"),
        (HTML_AS_JPEG, "image/jpeg", 422, "not_a_photo"),
        (HTML_AS_JPEG, "text/html", 422, "not_a_photo"),
        (a_photo("PNG"), "image/jpeg", 422, "not_a_photo"),
        (PDF, "application/pdf", 422, "not_a_photo"),
        (b"", "image/jpeg", 422, "not_a_photo"),
        (a_bomb(), "image/png", 413, "photo_too_large"),
        (b"\xff\xd8\xff" + bytes(PHOTO_BYTES), "image/jpeg", 413, "photo_too_large"),
        (b"\xff\xd8\xff" + bytes(2 * PHOTO_BYTES), "image/jpeg", 413, "body_too_large"),
    ],
)
async def test_what_is_no_photo_leaves_nothing_behind(
    world: World, content: bytes, declared: str, status: int, code: str
) -> None:
    shopper = await world.shopper(await world.place())
    answer = await send(shopper, content, declared)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await rows("SELECT 1 FROM stored_files"), bytes_kept(world)) == ([], [])


async def test_a_body_that_is_no_form_is_refused_and_a_photo_may_hold_any_bytes(world: World) -> None:
    shopper = await world.shopper(await world.place())
    for declared in ("application/json", "image/jpeg"):
        refused = await world.http.post(
            "/v1/order/files", content=a_photo(), headers={**shopper.headers, "content-type": declared}
        )
        assert refused.status_code == 415
    no_file = await world.http.post("/v1/order/files", files={"other": b"x"}, headers=dict(shopper.headers))
    assert no_file.status_code == 422
    text = await world.http.post("/v1/order/files", files={"file": (None, "no file")}, headers=dict(shopper.headers))
    assert text.status_code == 422
    odd = a_photo() + b"%00 and \x00"
    assert (await send(shopper, odd)).status_code == 201


async def test_a_photo_is_its_orders_and_only_once_a_cases(world: World) -> None:
    mine, others = await world.shopper(await world.place()), await world.shopper(await world.place())
    photo = await sent(mine)
    assert (await world.http.get(f"/v1/order/files/{photo}", headers=dict(others.headers))).status_code == 404
    assert [each.id for each in await photos_of(mine.order_id, [photo, photo])] == [photo]
    with pytest.raises(UnknownPhoto):
        await photos_of(others.order_id, [photo])
    with pytest.raises(TooManyPhotos):
        await photos_of(mine.order_id, [f"file_{n}" for n in range(11)])
    answer = await mine.cancel(whole=True)
    case = await get_case(world.shop.id, answer["id"])
    async with transaction(world.ports.doorbell) as tx:
        await attach(tx, case, [photo])
    with pytest.raises(UnknownPhoto):
        await photos_of(mine.order_id, [photo])
    with pytest.raises(UnknownPhoto):
        async with transaction(world.ports.doorbell) as tx:
            await attach(tx, case, [photo])


async def test_a_photo_that_no_case_takes_is_swept_and_one_that_a_case_has_is_not(world: World) -> None:
    shopper = await world.shopper(await world.place())
    kept, loose, torn = await sent(shopper), await sent(shopper), await sent(shopper)
    case = await get_case(world.shop.id, (await shopper.cancel(whole=True))["id"])
    async with transaction(world.ports.doorbell) as tx:
        await attach(tx, case, [kept])
    await rows("DELETE FROM stored_files WHERE id = $1 RETURNING id", torn)  # as if its row had never been committed
    await quiet(world)
    assert len(bytes_kept(world)) == 3
    await hurry(world, "sweep_file")
    await quiet(world)
    assert [row["id"] for row in await rows("SELECT id FROM stored_files")] == [kept]
    assert [path.name for path in bytes_kept(world)] == [kept]
    assert (await world.http.get(f"/v1/order/files/{loose}", headers=dict(shopper.headers))).status_code == 404


async def test_files_are_in_a_persons_document_and_go_with_them(world: World) -> None:
    order = await world.place()
    shopper = await world.shopper(order)
    photo = await sent(shopper)
    await shopper.until_state((await shopper.cancel(whole=True))["id"], "done")
    await world.mail("cancelled", order)
    document = await export_person(world.ports, world.shop, Who(order_ids=(order.id,)))
    assert [(each.id, each.name) for each in document.orders[0].files] == [(photo, f"{photo}.jpg")]
    await quiet(world)
    assert await erase_person_of(world.ports, world.shop, shopper.order_id, "staff:Ana") is None
    await quiet(world)
    assert (await rows("SELECT 1 FROM stored_files"), bytes_kept(world)) == ([], [])


async def test_the_staff_add_what_they_see_and_the_shopper_fetches_labels_only(world: World) -> None:
    shopper = await world.shopper(await world.place())
    case = await shopper.cancel(whole=True)
    agent = await a_colleague(world.ports, world.shop.id, Role.AGENT, "agent@staff.example")
    path, headers = f"/v1/admin/cases/{case['id']}/files", {"Authorization": f"Bearer {agent.token}"}
    ids = {}
    for purpose, content, declared in (("inspection", a_photo(), "image/jpeg"), ("label", PDF, "application/pdf")):
        made = await world.http.post(
            path, params={"purpose": purpose}, files={"file": ("f", content, declared)}, headers=headers
        )
        assert made.status_code == 201, made.text
        ids[purpose] = made.json()["id"]
    listed = (await world.http.get(path, headers=headers)).json()["files"]
    assert {each["purpose"]: each["id"] for each in listed} == ids
    evil = await world.http.post(
        path, params={"purpose": "label"}, files={"file": ("f", SVG, "application/pdf")}, headers=headers
    )
    assert (evil.status_code, evil.json()["code"]) == (422, "not_a_label")
    for purpose, status in (("inspection", 404), ("label", 200)):
        fetched = await world.http.get(f"/v1/order/files/{ids[purpose]}", headers=dict(shopper.headers))
        assert fetched.status_code == status
        assert (await world.http.get(f"/v1/admin/files/{ids[purpose]}", headers=headers)).status_code == 200
    gone = await world.http.get(f"/v1/admin/files/{uuid4().hex}", headers=headers)
    assert gone.status_code == 404
