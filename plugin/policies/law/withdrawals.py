"""The rights to send back without a reason. A country that is not here has none, or none whose source we found."""

from __future__ import annotations

from datetime import date

from plugin.policies.law.statutes import EU, Source, Start, Withdrawal
from plugin.policies.reasons import GoodsKind, Payer
from plugin.ports.orders import LineKind

_EEA = EU | {"IS", "LI", "NO"}
_CUSTOM_AND_PERISHABLE = frozenset({GoodsKind.PERSONALISED, GoodsKind.PERISHABLE})
_DIRECTIVE = frozenset(GoodsKind)  # Directive 2011/83/EU Art. 16(c), (d), (e) and (m)
_NOT_GOODS = frozenset({LineKind.DIGITAL, LineKind.SERVICE})

WITHDRAWALS: tuple[Withdrawal, ...] = (
    Withdrawal(
        id="eu-withdrawal",
        countries=_EEA,
        days=14,
        start=Start.LAST_OF_ORDER,
        from_conclusion=_NOT_GOODS,
        exempt=_DIRECTIVE,
        keeps_dearer_delivery=True,  # Art. 13(2)
        source=Source(
            "Directive 2011/83/EU on consumer rights",
            "Art. 9(2), 13, 14(1), 16",
            "https://eur-lex.europa.eu/eli/dir/2011/83/oj",
        ),
        rolls_over=Source(
            "Regulation (EEC, Euratom) No 1182/71", "Art. 3(4)", "https://eur-lex.europa.eu/eli/reg/1971/1182/oj"
        ),
        since=date(2014, 6, 13),
    ),
    Withdrawal(
        id="uk-cancellation",
        countries=frozenset({"GB"}),
        days=14,
        start=Start.LAST_OF_ORDER,
        from_conclusion=_NOT_GOODS,
        exempt=_DIRECTIVE,
        keeps_dearer_delivery=True,  # reg. 34(3)
        source=Source(
            "Consumer Contracts (Information, Cancellation and Additional Charges) Regulations 2013",
            "reg. 28 to 30, 34, 35",
            "https://www.legislation.gov.uk/uksi/2013/3134/part/3",
        ),
        since=date(2014, 6, 13),
    ),
    Withdrawal(
        id="rs-withdrawal",
        countries=frozenset({"RS"}),
        days=14,
        start=Start.LAST_OF_ORDER,
        source=Source(
            "Zakon o zaštiti potrošača (88/2021)",
            "čl. 27, 28, 35",
            "http://demo.paragraf.rs/demo/combined/Old/t/t2022_02/EN_002_2022_002.htm",
        ),
        since=date(2021, 12, 20),
    ),
    Withdrawal(
        id="tr-withdrawal",
        countries=frozenset({"TR"}),
        days=14,
        start=Start.LAST_OF_ORDER,
        source=Source(
            "6502 sayılı Tüketicinin Korunması Hakkında Kanun",
            "md. 48; Mesafeli Sözleşmeler Yönetmeliği md. 9",
            "https://www.hukukihaber.net/makale/6502-sayili-tuketicinin-korunmasi-hakkinda-kanun-kapsaminda-mesafeli-h448200.html",
        ),
        since=date(2014, 5, 28),
    ),
    Withdrawal(
        id="ua-withdrawal",
        countries=frozenset({"UA"}),
        days=14,
        source=Source(
            "Закон України «Про захист прав споживачів»",
            "ст. 13",
            "https://consumerhm.gov.ua/1771-shcho-potribno-znati-spozhivachevi-v-razi-ukladennya-dogovoru-na-vidstani",
        ),
    ),
    Withdrawal(
        id="ru-withdrawal",
        countries=frozenset({"RU"}),
        days=7,
        exempt=frozenset({GoodsKind.PERSONALISED}),
        source=Source("Закон РФ «О защите прав потребителей»", "ст. 26.1", "https://zozpprf.ru/glava-2/statya-26-1"),
        rolls_over=Source(
            "Гражданский кодекс РФ",
            "ст. 193",
            "http://businesspravo.ru/Docum/DocumShow.asp?DocumID=118667&DocumType=233",
        ),
    ),
    Withdrawal(
        id="il-cancellation",
        countries=frozenset({"IL"}),
        days=14,
        fee_percent=5,
        fee_at_most={"ILS": 10_000},
        source=Source(
            "Consumer Protection Law, 5741-1981",
            "s. 14C(c), 14E",
            "https://hdswater.co.il/en/Transaction-cancellation-form",
        ),
    ),
    Withdrawal(
        id="za-cooling-off",
        countries=frozenset({"ZA"}),
        days=7,
        exempt=_CUSTOM_AND_PERISHABLE,
        source=Source(
            "Electronic Communications and Transactions Act 25 of 2002",
            "s. 42(2), 44",
            "https://www.acts.co.za/electronic-communications-and-transactions-act-2002/44__cooling_off_period",
        ),
        rolls_over=Source("Interpretation Act 33 of 1957", "s. 4", "https://creditdata.co.za/what-is-meant-by-days/"),
    ),
    Withdrawal(
        id="cn-return",
        countries=frozenset({"CN"}),
        days=7,
        exempt=_CUSTOM_AND_PERISHABLE | {GoodsKind.DIGITAL_BEGUN},
        source=Source(
            "消费者权益保护法",
            "第二十五条",
            "http://spanish.beijing.gov.cn/consuminginbeijing/faq/202306/t20230608_3126536.html",
        ),
        rolls_over=Source(
            "民法典",
            "第二百零三条",
            "https://neixun.cn/peixun/ldbj/sangongliuyuanqishierfei/sangongliuyuanqishierfei_057.htm",
        ),
        since=date(2014, 3, 15),
    ),
    Withdrawal(
        id="tw-rescission",
        countries=frozenset({"TW"}),
        days=7,
        exempt=_DIRECTIVE,
        way_back=Payer.SHOP,
        source=Source(
            "消費者保護法",
            "第 19 條",
            "https://law.moj.gov.tw/ENG/LawClass/LawParaDeatil.aspx?pcode=J0170001&bp=5",
        ),
        rolls_over=Source("民法", "第 122 條", "https://www.kingdomslaw.com/en/law/civil-code-article-122/"),
        since=date(2016, 1, 1),
    ),
    Withdrawal(
        id="kr-withdrawal",
        countries=frozenset({"KR"}),
        days=7,
        exempt=frozenset({GoodsKind.DIGITAL_BEGUN}),
        source=Source(
            "전자상거래 등에서의 소비자보호에 관한 법률",
            "제17조, 제18조",
            "https://m.easylaw.go.kr/MOM/SubCsmOvRetrieve.laf?langCd=700101&csmSeq=1308&ccfNo=3&cciNo=3&cnpClsNo=3",
        ),
        rolls_over=Source(
            "민법",
            "제161조",
            "https://k-labor.co.kr/main/klabor_01_view.html?pgubun=1&lang=ko&find=&code1=27&chapter_idx=229",
        ),
    ),
    Withdrawal(
        id="br-arrependimento",
        countries=frozenset({"BR"}),
        days=7,
        way_back=Payer.SHOP,
        source=Source(
            "Código de Defesa do Consumidor (Lei 8.078/1990)",
            "Art. 49",
            "https://smartlex.net.br/legislacao/cdc/artigo/49",
        ),
        rolls_over=Source(
            "Código Civil (Lei 10.406/2002)",
            "Art. 132 § 1º",
            "https://prod-jurishand-web.azurewebsites.net/lei-10406-de-10-janeiro-2002/artigo-132",
        ),
    ),
    Withdrawal(
        id="ar-revocacion",
        countries=frozenset({"AR"}),
        days=10,
        way_back=Payer.SHOP,
        source=Source(
            "Ley 24.240 de Defensa del Consumidor",
            "art. 34",
            "https://lermanszlak.com/es/boton-de-arrepentimiento/",
        ),
    ),
    Withdrawal(
        id="cl-retracto",
        countries=frozenset({"CL"}),
        days=10,
        exempt=_CUSTOM_AND_PERISHABLE | {GoodsKind.SEALED_HYGIENE},
        source=Source(
            "Ley 19.496 sobre protección de los derechos de los consumidores",
            "art. 3 bis",
            "https://carey.cl/publican-reglamento-que-establece-exclusiones-al-derecho-de-retracto",
        ),
    ),
    Withdrawal(
        id="co-retracto",
        countries=frozenset({"CO"}),
        days=5,
        business_days=True,
        exempt=_CUSTOM_AND_PERISHABLE | {GoodsKind.SEALED_HYGIENE},
        source=Source(
            "Ley 1480 de 2011 (Estatuto del Consumidor)",
            "art. 47",
            "https://samyshop.com/pages/el-estatuto-del-consumidor-articulo-47-retracto",
        ),
    ),
    Withdrawal(
        id="mx-revocacion",
        countries=frozenset({"MX"}),
        days=5,
        business_days=True,
        source=Source(
            "Ley Federal de Protección al Consumidor",
            "art. 56",
            "https://juristas.mx/en/laws/ley-federal-de-proteccion-al-consumidor/articulo-56",
        ),
    ),
    Withdrawal(
        id="uy-rescision",
        countries=frozenset({"UY"}),
        days=5,
        business_days=True,
        exempt=_CUSTOM_AND_PERISHABLE | {GoodsKind.SEALED_HYGIENE},
        source=Source(
            "Ley 17.250 de relaciones de consumo",
            "art. 16, 16 bis",
            "https://www.bkzr.com.uy/news_2021_02.html",
        ),
        since=date(2021, 1, 1),
    ),
)
