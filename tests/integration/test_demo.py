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
STORY = (
    "order_paid", "order_webhook", "signed_link", "link_looked_at", "session", "options", "preview", "click",
    "refund_created", "mail_accepted", "case_done", "double_click", "code_in_mail", "echoes", "code_quoted",
    "code_reserved", "code_redeemed", "new_order", "books",
)  # fmt: skip


def environment(data: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "COMEBACK_DATA": str(data)}


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "handlers.cli", *arguments]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    # A socket's path has at most 107 characters, so the embedded server cannot live below a long one.
    return tmp_path_factory.mktemp("d")


def play(data: Path) -> dict[str, Any]:
    done = subprocess.run(
        command("demo", "--once", "--json", "--port", "0"),
        env=environment(data), cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    report: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == 0, report
    return report


def test_the_story_is_told_as_one_json_object_and_every_step_is_right(data: Path) -> None:
    report = play(data)
    assert report["ok"]
    assert sorted(step["name"] for step in report["steps"]) == sorted(STORY)
    assert all(step["ok"] and step["ms"] >= 0 for step in report["steps"])
    assert (report["amount"], report["currency"]) == (26666, "USD")
    assert report["refund_id"].startswith("re_")
    mail = Path(report["mail_path"]).read_text()
    assert report["code"] in mail
    click, ready = report["click_to_refund_and_mail_ms"], report["ready_ms"]
    sys.stdout.write(f"click to refund and mail: {click} ms, ready: {ready} ms\n")


def test_a_second_demo_on_the_same_folder_uses_the_same_shop_and_plays_as_well(data: Path) -> None:
    first, second = play(data), play(data)
    assert first["shop_id"] == second["shop_id"]
    assert first["order_id"] != second["order_id"]


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
