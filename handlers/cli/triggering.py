"""``comeback trigger``: a sample order as a signed webhook, as the shop's own store would send it."""

from __future__ import annotations

from typing import Annotated

import typer

from handlers.cli.frame import AsJson, ShopId, fail, load, opened, out, print_json, run, shops_of

Sample = Annotated[
    str,
    typer.Option(
        help="fashion, spanish, yen, dinar, krona, russian, emoji, cash_on_delivery, two_payments or authorised."
    ),
]


def trigger(
    shop_id: ShopId,
    sample: Sample = "fashion",
    to: Annotated[str | None, typer.Option(help="The service's address, if it is not PUBLIC_URL.")] = None,
    email: Annotated[str | None, typer.Option(help="The shopper's address.")] = None,
    payment_intent: Annotated[str, typer.Option(help="The PaymentIntent that paid for it at Stripe.")] = "pi_sample",
    as_json: AsJson = False,
) -> None:
    """Send a sample order to a running service, signed with the shop's own webhook secret."""
    sent = run(_send(shop_id, sample, to, email, payment_intent))
    if as_json:
        print_json(sent)
    else:
        out.print(f"[green]✓[/] Order {sent['order_id']} was taken: {sent['status']}.", highlight=False)


async def _send(
    shop_id: str, sample: str, to: str | None, email: str | None, payment_intent: str
) -> dict[str, str | int]:
    import httpx

    from plugin.core.ids import new_id
    from plugin.shops.service import webhook_secrets
    from plugin.storefronts.demo.samples import SAMPLES, build_sample
    from plugin.storefronts.demo.store import DemoStore

    if sample not in SAMPLES:
        fail(f"There is no sample {sample}. Take one of {', '.join(SAMPLES)}.", status=2)
    settings = load()
    async with opened(settings) as ports:
        (shop,) = await shops_of(shop_id)
        if shop.storefront != "standard":
            fail(f"{shop.name} is a {shop.storefront} shop, whose webhooks only the platform itself can write.")
        secret = webhook_secrets(ports.vault, shop)[0]
    store = DemoStore(secret, "", hooks_url=f"{to or settings.public_url}/hooks/{shop.id}/standard")
    order_id = new_id("sample")
    order = build_sample(sample, id=order_id, at=store.clock.now(), payment_intent=payment_intent, email=email)
    try:
        response = await store.send(store.place(order))
    except httpx.HTTPError:
        fail(f"Nobody answers at {store.hooks_url}. Is the service running? Start it with: comeback serve")
    if response.is_error:
        fail(f"The webhook was refused with {response.status_code}: {response.text[:300]}")
    return {"order_id": order_id, "sample": sample, "status": response.status_code}
