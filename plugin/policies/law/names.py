"""What each statute is called when a shopper is told of a right: message ids, by the statute's id.

The name that the law has at home stands in parentheses, so that it can be looked up.
"""

from __future__ import annotations

from collections.abc import Mapping

NAMES: Mapping[str, str] = {
    "eu-withdrawal": "the right of withdrawal in the European Union (Directive 2011/83/EU)",
    "uk-cancellation": "the right to cancel in the United Kingdom (Consumer Contracts Regulations 2013)",
    "rs-withdrawal": "the right of withdrawal in Serbia (Zakon o zaštiti potrošača)",
    "tr-withdrawal": "the right of withdrawal in Türkiye (6502 sayılı Kanun)",
    "ua-withdrawal": "consumer protection in Ukraine (Закон України «Про захист прав споживачів»)",
    "ru-withdrawal": "consumer protection in Russia (Закон РФ «О защите прав потребителей»)",
    "il-cancellation": "the right to cancel in Israel (Consumer Protection Law, 5741-1981)",
    "za-cooling-off": "the cooling-off period in South Africa (Electronic Communications and Transactions Act)",
    "cn-return": "the right to return in China (消费者权益保护法)",
    "tw-rescission": "the right to return in Taiwan (消費者保護法)",
    "kr-withdrawal": "the right of withdrawal in South Korea (전자상거래 등에서의 소비자보호에 관한 법률)",
    "br-arrependimento": "the right of withdrawal in Brazil (Código de Defesa do Consumidor)",
    "ar-revocacion": "the right of withdrawal in Argentina (Ley 24.240)",
    "cl-retracto": "the right of withdrawal in Chile (Ley 19.496)",
    "co-retracto": "the right of withdrawal in Colombia (Ley 1480 de 2011)",
    "mx-revocacion": "the right of withdrawal in Mexico (Ley Federal de Protección al Consumidor)",
    "uy-rescision": "the right of withdrawal in Uruguay (Ley 17.250)",
    "eu-conformity": "the legal guarantee in the European Union (Directive (EU) 2019/771)",
    "es-conformidad": "the legal guarantee in Spain (Real Decreto Legislativo 1/2007)",
    "uk-conformity": "the rights of buyers in the United Kingdom (Consumer Rights Act 2015)",
    "br-vicio": "the legal guarantee in Brazil (Código de Defesa do Consumidor)",
}
