"""What docs/admin-desk.md shows is run, as it is written, against a shop with a case that waits for a person."""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path

from plugin.policies.ready import default_policy
from tests.fixtures_command import ROOT
from tests.journeys.conftest import OpenWorld
from tests.journeys.desk import at_desk

PAGE = (ROOT / "docs/admin-desk.md").read_text(encoding="utf-8")


async def test_the_desk_goes_as_it_is_written(open_world: OpenWorld, tmp_path: Path) -> None:
    world = await open_world(policy=default_policy({"USD": 1}))
    shopper = await world.shopper(await world.place())
    case = await shopper.cancel()
    ada = await at_desk(world)
    script = "\n".join(re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL))
    script, places = re.subn(r"^API=.*$", f"API={world.url}", script, flags=re.MULTILINE)
    script, tokens = re.subn(r"^TOKEN=.*$", f"TOKEN={ada.colleague.token}", script, flags=re.MULTILINE)
    assert (places, tokens) == (1, 1)
    process = await asyncio.create_subprocess_exec(
        "bash", "-euo", "pipefail", "-c", script, env={"PATH": os.environ["PATH"]}, cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, err.decode() + out.decode()
    assert '"awaiting_store"' in out.decode()
    await shopper.until_state(case["id"], "done")
