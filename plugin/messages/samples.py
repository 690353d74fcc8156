"""Good examples of every mail, and the awkward ones: what the preview shows and the tests walk."""

from __future__ import annotations

from datetime import UTC, date, datetime

from msgspec.structs import replace

from plugin.access.roles import Role
from plugin.core.words import choose_language
from plugin.messages.contexts import (
    Cancelled,
    MailContext,
    ManageLink,
    Refunded,
    RefundedAgain,
    RefundProblem,
    Refused,
    StaffAlert,
    StaffInvitation,
    UnderReview,
)
from plugin.messages.parts import (
    AlertKind,
    AmountPart,
    Ask,
    MailLine,
    MoneyState,
    NextStep,
    Option,
    OptionKind,
    PaidBack,
    PartKind,
    PaymentOutcome,
    RetentionCode,
    Snippets,
)
from plugin.messages.sample_shop import ANSWER, BY, INVITATION, SHOP, shopper
from plugin.messages.samples_after import samples_after
from plugin.messages.samples_credit import credit_samples
from plugin.messages.samples_exchanges import exchange_samples
from plugin.messages.samples_faults import fault_samples
from plugin.messages.samples_fix import samples_fix
from plugin.messages.samples_goods import samples_goods
from plugin.messages.samples_returns import return_samples
from plugin.messages.samples_withdraw import withdraw_samples
from plugin.ports.payments import PromotionKind

# What a policy explains, in the words of each language: in a real mail these sentences come from `explain`.
_PACKED = {
    "en": "The parcel was handed to the carrier this morning, and the shop can no longer stop it.",
    "es": "El paquete se entregó al transportista esta mañana y la tienda ya no puede detenerlo.",
    "ru": "Посылку сегодня утром передали в доставку, и магазин уже не может её остановить.",
}
_LARGE = {
    "en": "It is an order of this size that the shop always has a person look at.",
    "es": "Los pedidos de este importe los revisa siempre una persona de la tienda.",
    "ru": "Заказы на такую сумму в магазине всегда проверяет человек.",
}
_WHY = {
    "en": "Stripe says that the balance does not cover this refund. Top it up, then send the refund again.",
    "es": "Stripe indica que el saldo no cubre este reembolso. Añade fondos y vuelve a enviarlo.",
    "ru": "Stripe сообщает, что баланса не хватает на этот возврат. Пополните его и отправьте возврат ещё раз.",
}

_ASKS = {
    "en": "The shopper asks for a person, and writes:",
    "es": "El cliente pide hablar con una persona y escribe:",
    "ru": "Покупатель хочет поговорить с человеком и пишет:",
}
_MESSAGE = {
    "en": "Could you send the apron in blue instead? It is a present, and has to be there by Friday.",
    "es": "¿Podrían enviar el delantal en azul? Es un regalo y tiene que llegar antes del viernes.",
    "ru": "Можно ли вместо этого прислать синий фартук? Это подарок, он нужен к пятнице.",
}
_STORY = {
    "en": ("0 of 3 items of this order have shipped.", "Case C-7K2MQ9X: a person decides."),
    "es": ("0 de 3 artículos de este pedido ya han salido.", "Caso C-7K2MQ9X: decide una persona."),
    "ru": ("Отправлено товаров этого заказа: 0 из 3.", "Обращение C-7K2MQ9X: решает человек."),
}

_CODE = RetentionCode(
    code="FERN-7K2M-Q9XD-4T1V",
    kind=PromotionKind.PERCENT,
    percent=10,
    currency="GBP",
    minimum=3000,
    expires_at=datetime(2027, 1, 3, 23, 59, tzinfo=UTC),
    url="https://fern-thistle.example/?code=FERN-7K2M-Q9XD-4T1V",
)


def samples(locale: str) -> dict[str, MailContext]:
    """Every template once under its own name, its variants as ``name-variant``, all in ``locale``."""
    language = choose_language(locale)
    cancelled = _cancelled(locale)
    review = UnderReview(
        **shopper(locale), ask=Ask.CANCEL, answer_by=ANSWER, lines=cancelled.lines, reasons=(_LARGE[language],)
    )
    refused = Refused(
        **shopper(locale),
        ask=Ask.CANCEL,
        reasons=(_PACKED[language],),
        options=(
            Option(kind=OptionKind.KEEP),
            Option(kind=OptionKind.RETURN_LATER, until=date(2026, 12, 27)),
            Option(kind=OptionKind.PERSON),
        ),
    )
    refunded = Refunded(
        **shopper(locale),
        currency="GBP",
        refunds=(
            PaidBack(amount=6450, method="Visa •••• 4242", bank_reference="74627884033000112233445", shows_by=BY),
        ),
    )
    problem = RefundProblem(
        **shopper(locale), currency="GBP", amount=6450, method="Visa •••• 4242", next_step=NextStep.PERSON, by=ANSWER
    )
    alert = StaffAlert(
        shop=SHOP,
        locale=locale,
        zone="Europe/London",
        order_number="#1042",
        alert=AlertKind.REFUND_STUCK,
        why=_WHY[language],
        url="https://fern-thistle.example/admin",
        command="comeback case show shop_01jd7vq2k9 C-7K2MQ9X",
        case_id="C-7K2MQ9X",
        due_at=ANSWER,
    )
    return {
        "manage_link": ManageLink(**shopper(locale), code="7K2MQ9XD", minutes_valid=10),
        "cancelled": cancelled,
        **_cancelled_variants(cancelled),
        "under_review": review,
        "under_review-return": replace(review, ask=Ask.RETURN, lines=(), reasons=()),
        "under_review-exchange": replace(review, ask=Ask.EXCHANGE, first_name=None),
        "under_review-fault": replace(review, ask=Ask.FAULT),
        "under_review-fix": replace(review, ask=Ask.FIX),
        "refused": refused,
        "refused-return": replace(refused, ask=Ask.RETURN, options=()),
        "refused-fault": replace(refused, ask=Ask.FAULT),
        "refused-fix": replace(refused, ask=Ask.FIX),
        "refused-exchange": replace(refused, ask=Ask.EXCHANGE, options=(Option(kind=OptionKind.RETURN_LATER),)),
        "refunded": refunded,
        **return_samples(shopper(locale), language),
        **fault_samples(shopper(locale), language),
        **credit_samples(shopper(locale)),
        **exchange_samples(shopper(locale), language),
        "refunded_again": RefundedAgain(**shopper(locale), currency="GBP", refunds=refunded.refunds),
        "refunded-two": replace(
            refunded, refunds=(*refunded.refunds, PaidBack(amount=500, method=None)), first_name=None
        ),
        "refund_problem": problem,
        "refund_problem-retrying": replace(problem, method=None, next_step=NextStep.RETRYING),
        "staff_alert": alert,
        "staff_alert-message": replace(
            alert,
            alert=AlertKind.SHOPPER_WAITS,
            why=_ASKS[language],
            message=_MESSAGE[language],
            shopper="ana@example.com",
            story=_STORY[language],
            command="comeback person list shop_01jd7vq2k9",
            case_id=None,
        ),
        **{
            f"staff_invitation-{role}": StaffInvitation(
                shop=SHOP,
                locale=locale,
                zone="Europe/London",
                order_number="",
                role=role,
                url=INVITATION,
                expires_at=ANSWER,
            )
            for role in Role
        },
        **samples_after(locale),
        **samples_goods(locale),
        **samples_fix(locale),
        **withdraw_samples(dict(shopper(locale))),
        **{f"staff_alert-{kind}": replace(alert, alert=kind, case_id=None, due_at=None) for kind in AlertKind},
    }


def _cancelled(locale: str) -> Cancelled:
    return Cancelled(
        **shopper(locale),
        whole_order=True,
        lines=(MailLine(title="Linen apron, moss green", quantity=1), MailLine(title="Enamel mug", quantity=2)),
        currency="GBP",
        total=6450,
        parts=(AmountPart(kind=PartKind.ITEMS, amount=6000), AmountPart(kind=PartKind.SHIPPING, amount=450)),
        payments=(PaymentOutcome(state=MoneyState.ARRIVING, amount=6450, method="Visa •••• 4242", by=BY),),
        code=_CODE,
    )


def _cancelled_variants(whole: Cancelled) -> dict[str, MailContext]:
    """The same cancellation where names, money, codes and shops are less convenient."""
    long_title = (
        "Hand-thrown stoneware planter with drainage saucer, speckled oat glaze, extra large, second firing, " * 2
    )
    return {
        "cancelled-no-name": replace(whole, first_name=None, person_answers_by=None),
        "cancelled-right-to-left": replace(
            whole,
            first_name="נועה 🌿",
            lines=(MailLine(title="مئزر كتان أخضر", quantity=1), MailLine(title=long_title, quantity=12)),
        ),
        "cancelled-refunded": replace(
            whole,
            payments=(PaymentOutcome(state=MoneyState.REFUNDED, amount=6450, method="Visa •••• 4242", by=BY),),
            code=replace(_CODE, kind=PromotionKind.FREE_SHIPPING, percent=None, minimum=None),
        ),
        "cancelled-part-two-payments": replace(
            whole,
            whole_order=False,
            total=5700,
            parts=(
                AmountPart(kind=PartKind.ITEMS, amount=6500),
                AmountPart(kind=PartKind.EXTRAS, amount=200),
                AmountPart(kind=PartKind.FEE, amount=-500),
                AmountPart(kind=PartKind.WITHHELD, amount=-500),
            ),
            withheld=500,
            payments=(
                PaymentOutcome(state=MoneyState.REFUNDED, amount=4700, method="Visa •••• 4242"),
                PaymentOutcome(state=MoneyState.ARRIVING, amount=1000, by=BY),
            ),
            code=None,
        ),
        "cancelled-charged-only-jpy": replace(
            whole,
            whole_order=False,
            currency="JPY",
            total=4800,
            parts=(AmountPart(kind=PartKind.ITEMS, amount=4800),),
            payments=(PaymentOutcome(state=MoneyState.CHARGED_ONLY, amount=12500, method="JCB •••• 0505"),),
            code=replace(_CODE, kind=PromotionKind.AMOUNT, percent=None, amount=1500, currency="JPY", minimum=8000),
        ),
        "cancelled-charged-only-no-method": replace(
            whole, whole_order=False, payments=(PaymentOutcome(state=MoneyState.CHARGED_ONLY, amount=100),)
        ),
        "cancelled-voided-kwd": replace(
            whole,
            currency="KWD",
            total=21750,
            parts=(AmountPart(kind=PartKind.ITEMS, amount=21750),),
            payments=(
                PaymentOutcome(state=MoneyState.VOIDED, amount=20000, method="KNET"),
                PaymentOutcome(state=MoneyState.VOIDED, amount=1750),
            ),
            code=None,
        ),
        "cancelled-not-collected": replace(
            whole, payments=(PaymentOutcome(state=MoneyState.NOT_COLLECTED, amount=6450),), code=None
        ),
        "cancelled-by-person": replace(
            whole,
            payments=(PaymentOutcome(state=MoneyState.BY_PERSON, amount=6450, by=BY),),
            shop=replace(
                whole.shop,
                name="Nord & Süd Lampen",
                logo_url="https://fern-thistle.example/logo.png",
                accent="#ffd24a",
                paper="#22303c",
                reply_to=None,
                address="",
                snippets=Snippets(
                    greeting="{first_name}!",
                    personal_line="{shop_name} · {order_number} ♥",
                    sign_off="{shop_name}",
                ),
            ),
        ),
        "cancelled-refunded-no-method": replace(
            whole, payments=(PaymentOutcome(state=MoneyState.REFUNDED, amount=6450),), code=None
        ),
        "cancelled-nothing-paid": replace(whole, total=0, parts=(), payments=(), code=None, is_withdrawal=True),
    }
