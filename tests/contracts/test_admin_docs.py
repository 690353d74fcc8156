"""What docs/admin-api.md claims is run: its commands against a running service, its table against the code."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import sys
from pathlib import Path

from handlers.serving import listen, serve_app
from handlers.web import build_app
from plugin.access.roles import Permission, Role, permissions_of
from plugin.core.vault import Vault
from plugin.db import rows
from plugin.settings import Settings
from plugin.shops.service import create_shop
from tests.fakes import NOON
from tests.fixtures_command import ROOT, SECRET

PAGE = (ROOT / "docs/admin-api.md").read_text(encoding="utf-8")


def test_the_table_of_permissions_is_the_one_that_counts() -> None:
    table = ["| | " + " | ".join(Role) + " |", "|" + " --- |" * (len(Role) + 1)]
    for permission in Permission:
        cells = ("yes" if permission in permissions_of(role) else "" for role in Role)
        row = f"| `{permission}` | " + " | ".join(cells) + " |"
        table.append(re.sub(r" {2,}", " ", row))
    assert "\n".join(table) in PAGE


async def test_the_first_ten_minutes_go_as_they_are_written(database: str, tmp_path: Path) -> None:
    made = await create_shop(Vault((SECRET,)), name="Lumen", storefront="standard", at=NOON)
    script = "\n".join(re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL))
    listener = listen("127.0.0.1", 0)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    script, places = re.subn(r"^API=.*$", f"API={url}", script, flags=re.MULTILINE)
    script, shops = re.subn(r"^SHOP=.*$", f"SHOP={made.shop.id}", script, flags=re.MULTILINE)
    assert (places, shops) == (1, 1)
    command = f'comeback() {{ {shlex.quote(sys.executable)} -m handlers.cli "$@"; }}'
    settings = Settings(data=tmp_path, secret_keys=(SECRET,), public_address=url)
    environment = {
        "PATH": os.environ["PATH"], "COMEBACK_DATA": str(tmp_path), "DATABASE_URL": database, "PUBLIC_URL": url,
        "COMEBACK_SECRET_KEY": SECRET, "COLUMNS": "200",
    }  # fmt: skip
    async with serve_app(build_app(settings, connected=True), listener):
        process = await asyncio.create_subprocess_exec(
            "bash", "-euo", "pipefail", "-c", f"{command}\n{script}", env=environment, cwd=ROOT,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, err.decode() + out.decode()
    assert "otpauth://totp/Lumen%3Aada@example.com" in out.decode()
    kinds = [row["kind"] for row in await rows("SELECT kind FROM audit_events ORDER BY n")]
    assert kinds == ["staff_invited", "staff_joined", "staff_signed_in", "staff_invited", "staff_session_ended"]
