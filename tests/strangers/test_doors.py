"""Every route x every kind of caller x own, sibling's and neighbour's order: what is closed shows nothing (I15)."""

from __future__ import annotations

from collections import Counter

import httpx
import msgspec

from handlers.pages.visit import form_mark
from tests.strangers.callers import Caller, genuine, strangers
from tests.strangers.door import Door, Key
from tests.strangers.doors import DOORS, served_handlers, served_routes
from tests.strangers.town import Placed, Town, state_of_the_books

CLOSED = {401, 403, 404, 410}
OPEN = {Key.PUBLIC, Key.SECRET}
PAGES = {Key.COOKIE, Key.GIFT_COOKIE}


def mark_of(order: Placed) -> str:
    """What the forms of this order carry."""
    return form_mark(order.world.ports.vault, order.order_id)


async def knock(town: Town, route: str, door: Door, caller: Caller, order: Placed) -> tuple[httpx.Response, str]:
    """The answer, and all that the request itself said: what is echoed from it is no leak."""
    call, shown = await door.ask(order), await caller.show()
    headers = {"Accept": "text/html"} if door.key in PAGES else {}
    if shown.cookies:
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in shown.cookies.items())
    form = call.form
    if form is not None:
        form = form | {"mark": mark_of(caller.of or order)}
    answer = await town.http.request(
        route.split(" ", maxsplit=1)[0],
        call.path,
        json=call.json,
        data=form,
        files=call.files,
        headers={**call.headers, **headers, **shown.headers},
        params=shown.params or None,
    )
    town.http.cookies.clear()
    said = f"{call.path} {msgspec.json.encode(call.json).decode()} {shown}"
    return answer, said


def leaks(answer: httpx.Response, said: str, hidden: frozenset[str]) -> list[str]:
    """The marks of an order that may not be seen, found in the answer's body or headers."""
    shown = answer.text + str(answer.headers)
    return sorted(mark for mark in hidden if mark in shown and mark not in said)


def hidden_from(town: Town, visible: frozenset[str]) -> frozenset[str]:
    return frozenset().union(*(order.marks | order.staff_marks for order in town.orders)) - visible


def visible_to(town: Town, caller: Caller, door: Door, order: Placed) -> frozenset[str]:
    """A shopper sees their order; a person of the shop all its orders, and its people."""
    if door.is_blind:
        return frozenset()
    if door.key in (Key.GIFT, Key.GIFT_COOKIE):  # the items, and nothing of who gave them
        return frozenset(mark for mark in order.marks if mark.startswith("Title"))
    if door.key is not Key.STAFF:
        return order.marks
    shop_id = (caller.of or order).shop_id
    return frozenset().union(*(each.marks | each.staff_marks for each in town.orders if each.shop_id == shop_id))


def test_every_route_says_whom_it_lets_in() -> None:
    assert served_routes() == DOORS.keys()


def test_the_demo_and_the_sandbox_are_no_part_of_what_is_served() -> None:
    modules = {handler.fn.__module__ for handler in served_handlers()}
    assert {module.partition(".")[0] for module in modules} <= {"handlers", "litestar"}
    assert not [module for module in modules if "demo" in module or "sandbox" in module]


async def test_another_method_opens_no_closed_door(town: Town) -> None:
    """HEAD is answered like GET and without a body, all else not at all."""
    foreign = {"Authorization": f"Bearer {await town.foreign.session()}"}
    for route, door in DOORS.items():
        method = route.partition(" ")[0]
        if door.key in OPEN:
            continue
        call = await door.ask(town.mine)
        for other in {"HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "PROPFIND"} - {method}:
            answer = await town.http.request(other, call.path, headers=foreign)
            assert leaks(answer, call.path, hidden_from(town, town.foreign.marks)) == [], (other, call.path)
            if other == "HEAD" and method == "GET":
                asked = await town.http.get(call.path, headers=foreign)
                assert (answer.status_code, answer.content) == (asked.status_code, b"")
            elif other not in ("HEAD", "OPTIONS") and f"{other} {route.partition(' ')[2]}" not in DOORS:
                assert answer.status_code == 405, (other, call.path)


async def test_no_closed_door_opens_or_shows_anything(town: Town) -> None:
    before = await state_of_the_books()
    tried: Counter[str] = Counter()
    wrong = []
    for route, door in DOORS.items():
        if door.key in OPEN:
            continue
        for order in town.orders:
            for caller in (*strangers(town), *genuine(town)):
                if caller.may(door, order, names_order=door.names_order and not door.is_blind):
                    continue
                answer, said = await knock(town, route, door, caller, order)
                found = leaks(answer, said, hidden_from(town, frozenset()))
                kind = "text/html" if door.key in PAGES else "application/problem+json"
                is_told = answer.headers["content-type"].startswith(kind)
                if answer.status_code not in CLOSED or not is_told or found:
                    wrong.append((route, caller.name, order.order.number, answer.status_code, found))
                tried[route] += 1
    assert wrong == []
    assert sum(tried.values()) > 1500
    assert await state_of_the_books() == before


async def test_a_public_door_shows_nothing_of_anybody(town: Town) -> None:
    wrong = []
    for route, door in DOORS.items():
        if door.key is not Key.PUBLIC:
            continue
        for caller in (*strangers(town), *genuine(town)):
            answer, said = await knock(town, route, door, caller, town.mine)
            if answer.status_code >= 500 or leaks(answer, said, hidden_from(town, frozenset())):
                wrong.append((route, caller.name, answer.status_code))
    assert wrong == []


async def test_a_link_opens_for_its_own_token_only(town: Town) -> None:
    mine = town.mine
    session = await mine.session()
    wrong = (
        "garbage", session, mine.order_id, mine.code, mine.mailed_code, mine.lookup_id, mine.link.swapcase(),
        mine.link + "0", mine.link[:-1], await mine.expired_link(), mine.world.new_shop.secret_key, "%", "ol_",
    )  # fmt: skip
    for token in wrong:
        answer = await town.http.post("/v1/sessions/exchange", json={"link": token})
        assert answer.status_code == 410, token
        assert leaks(answer, token, hidden_from(town, frozenset())) == []
    for order in town.orders:
        answer = await town.http.post("/v1/sessions/exchange", json={"link": order.link})
        assert (answer.status_code, answer.json()["order_id"]) == (201, order.order_id)
        assert leaks(answer, order.link, hidden_from(town, order.marks)) == []


async def test_the_page_of_a_link_opens_for_its_own_token_only_and_shows_nothing_before(town: Town) -> None:
    for token in ("garbage", await town.mine.session(), town.mine.link + "0", await town.mine.expired_link()):
        for path in (f"/o/{token}", f"/o/{token}/person"):
            for method in ("GET", "POST"):
                answer = await town.http.request(method, path, headers={"Accept": "text/html"})
                assert answer.status_code == 410
                assert "comeback=" not in str(answer.headers)
                assert leaks(answer, token, hidden_from(town, frozenset())) == []
    for order in town.orders:
        looked = await town.http.get(f"/o/{order.link}")
        assert looked.status_code == 200
        assert leaks(looked, order.link, hidden_from(town, frozenset())) == []
        assert "set-cookie" not in looked.headers
        entered = await town.http.post(f"/o/{order.link}")
        assert (entered.status_code, entered.headers["location"]) == (303, "/order")
        town.http.cookies.clear()


async def test_a_mailed_code_opens_its_own_lookup_of_its_own_shop_once(town: Town) -> None:
    lookup_id, code = await town.mine.fresh_lookup()
    _, others_code = await town.sibling.fresh_lookup()
    ours, theirs = town.mine.shop_id, town.foreign.shop_id
    for shop_id, tried, status in ((ours, others_code, 403), (theirs, code, 403), (ours, code, 303), (ours, code, 403)):
        answer = await town.http.post(f"/shops/{shop_id}/orders/{lookup_id}", data={"code": tried})
        assert answer.status_code == status
        assert ("comeback=" in str(answer.headers)) is (status == 303)
        town.http.cookies.clear()


async def test_a_form_of_another_page_or_order_is_refused(town: Town) -> None:
    """The cookie alone moves nothing: a form carries the mark of its own order and comes from our own site."""
    before = await state_of_the_books()
    mine, other = mark_of(town.mine), mark_of(town.sibling)
    cookie = {"Cookie": f"comeback={await town.mine.session()}"}
    for route, door in DOORS.items():
        call = await door.ask(town.mine)
        if door.key is not Key.COOKIE or call.form is None:
            continue
        forgeries: list[tuple[str, dict[str, str]]] = [
            ("", {}), (other, {}), (mine[:-1], {}), ("é", {}),
            (mine, {"Origin": "https://evil.example"}),
            (mine, {"Origin": "http://127.0.0.1"}),
            (mine, {"Sec-Fetch-Site": "cross-site"}),
            (mine, {"Sec-Fetch-Site": "same-site"}),
            (mine, {"Origin": "null", "Sec-Fetch-Site": "cross-site"}),
        ]  # fmt: skip
        for mark, headers in forgeries:
            form = call.form | {"mark": mark}
            answer = await town.http.post(call.path, data=form, headers=cookie | headers)
            assert answer.status_code == 403, (route, mark, headers)
            assert leaks(answer, "", hidden_from(town, frozenset())) == []
    assert await state_of_the_books() == before


async def test_who_is_let_in_sees_their_own_and_nothing_else(town: Town) -> None:
    wrong = []
    opened = set()
    for route, door in DOORS.items():
        used = 0
        for caller in genuine(town):
            for order in town.orders if door.names_order else (caller.of or town.mine,):
                if not caller.may(door, order, names_order=door.names_order) or used >= door.tries:
                    continue
                used += 1
                answer, said = await knock(town, route, door, caller, order)
                found = leaks(answer, said, hidden_from(town, visible_to(town, caller, door, order)))
                if answer.status_code in CLOSED or answer.status_code >= 500 or found:
                    wrong.append((route, caller.name, order.order.number, answer.status_code, found, answer.text))
                opened.add(route)
    assert wrong == []
    assert opened == {
        route for route, door in DOORS.items() if door.key not in {*OPEN, Key.SIGNATURE} and door.tries > 0
    }
