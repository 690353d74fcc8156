"""``comeback demo`` as a newcomer runs it: one process, an empty folder, nothing but the defaults."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
EVERYWHERE = {
    "connected", "order_paid", "order_webhook", "signed_link", "link_looked_at", "session", "options", "preview",
    "click", "refund_created", "mail_accepted", "case_done", "double_click", "code_in_mail", "echoes", "code_redeemed",
    "new_order", "books",
}  # fmt: skip
AT_OUR_CHECKOUT_API = {"code_quoted", "code_reserved"}
AT_THE_STORES_CHECKOUT = {"code_published"}
SENDS_BACK = {
    "return_delivered", "return_preview", "return_confirmed", "return_mail", "return_in_transit", "return_received",
    "return_inspected", "return_refunded", "return_settled_mail",
}  # fmt: skip
WITHDRAWS = {
    "withdraw_delivered", "withdraw_declared", "withdraw_confirmed", "withdraw_acknowledged", "withdraw_verified",
    "withdraw_sent", "withdraw_refunded",
}  # fmt: skip
EXCHANGES = {
    "exchange_delivered", "exchange_goods", "exchange_quoted", "exchange_confirmed", "exchange_paid",
    "exchange_inspected", "exchange_ordered",
}  # fmt: skip
DAMAGED = {"damaged_delivered", "damaged_photo", "damaged_preview", "damaged_reported", "damaged_ordered"}
CHAPTERS = SENDS_BACK | EXCHANGES | DAMAGED | WITHDRAWS
STORES = {
    "standard": (EVERYWHERE | AT_OUR_CHECKOUT_API | CHAPTERS, 26666, "re_"),
    "woocommerce": (EVERYWHERE | AT_THE_STORES_CHECKOUT | CHAPTERS, 28895, "re_"),
    "shopify": (EVERYWHERE | AT_THE_STORES_CHECKOUT | CHAPTERS, 28895, ""),
}


def environment(data: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "COMEBACK_DATA": str(data)}


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "handlers.cli", *arguments]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    # A socket's path has at most 107 characters, so the embedded server cannot live below a long one.
    return tmp_path_factory.mktemp("d")


def play(data: Path, storefront: str) -> dict[str, Any]:
    done = subprocess.run(
        command("demo", "--once", "--json", "--port", "0", "--storefront", storefront),
        env=environment(data), cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    report: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == 0, [step for step in report["steps"] if not step["ok"]] or report
    return report


@pytest.mark.parametrize("storefront", STORES)
def test_the_story_is_told_as_one_json_object_and_every_step_is_right(data: Path, storefront: str) -> None:
    steps, amount, refund_prefix = STORES[storefront]
    report = play(data, storefront)
    assert report["ok"]
    assert report["storefront"] == storefront
    assert {step["name"] for step in report["steps"]} == steps
    assert len(report["steps"]) == len(steps)
    assert all(step["ok"] and step["ms"] >= 0 for step in report["steps"])
    assert (report["amount"], report["currency"]) == (amount, "USD")
    assert report["refund_id"].startswith(refund_prefix)
    mail = Path(report["mail_path"]).read_text()
    assert report["code"] in mail
    click, ready = report["click_to_refund_and_mail_ms"], report["ready_ms"]
    sys.stdout.write(f"{storefront}: click to refund and mail: {click} ms, ready: {ready} ms\n")


@pytest.mark.parametrize("storefront", ["standard", "woocommerce"])
def test_a_second_demo_on_the_same_folder_uses_the_same_shop_and_plays_as_well(data: Path, storefront: str) -> None:
    kept = {"standard": "demo.json", "woocommerce": "demo-woocommerce.json"}[storefront]
    first = json.loads((data / kept).read_bytes()) if (data / kept).exists() else play(data, storefront)
    second = play(data, storefront)
    assert first["shop_id"] == second["shop_id"]


def test_a_storefront_that_is_none_is_refused_in_a_sentence(data: Path) -> None:
    done = subprocess.run(
        command("demo", "--storefront", "magento"), env=environment(data), cwd=ROOT, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "standard, woocommerce, shopify" in done.stderr


def test_the_demo_keeps_serving_its_inbox_and_ends_cleanly(data: Path) -> None:
    running = subprocess.Popen(
        command("demo", "--port", "0"), env=environment(data), cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    with running:
        assert running.stdout is not None
        told = ""
        for line in running.stdout:
            told += line
            if "Ctrl-C" in line:
                break
        inbox = next(word for word in told.split() if word.endswith("/demo/inbox"))
        with httpx.Client(trust_env=False) as http:
            page = http.get(inbox)
            mail = page.text.partition('<li><a href="')[2].partition('"')[0]
            shown = http.get(httpx.URL(inbox).join(f"{mail}/html"))
        running.send_signal(signal.SIGTERM)
        running.stdout.read()
        assert running.wait(20) == 0
    assert "is cancelled and refunded" in page.text
    assert "sandbox" in shown.headers["content-security-policy"]
    assert "script-src" not in shown.headers["content-security-policy"]
    assert not (data / "postgres" / "postmaster.pid").exists()
