"""How long a trader answers for faults. A country that is not here has no entry whose source we found."""

from __future__ import annotations

from datetime import date

from plugin.policies.law.statutes import EU, Conformity, Source

CONFORMITIES: tuple[Conformity, ...] = (
    Conformity(
        id="eu-conformity",
        countries=EU - {"ES"},
        years=2,
        source=Source(
            "Directive (EU) 2019/771 on the sale of goods",
            "Art. 10(1)",
            "https://eur-lex.europa.eu/eli/dir/2019/771/oj",
        ),
        since=date(2022, 1, 1),
    ),
    Conformity(
        id="es-conformidad",
        countries=frozenset({"ES"}),
        years=3,
        source=Source(
            "Real Decreto Legislativo 1/2007",
            "art. 120",
            "https://consumoyciudadania.org/los-nuevos-plazos-de-garantia-legal-en-espana-una-breve-resena/",
        ),
        since=date(2022, 1, 1),
    ),
    Conformity(
        id="uk-conformity",
        countries=frozenset({"GB"}),
        years=6,
        source=Source(
            "Consumer Rights Act 2015; Limitation Act 1980",
            "s. 9 to 24; s. 5",
            "https://www.disputeresolutionombudsman.org/blogs/the-importance-of-time-limits-in-consumer-contracts",
        ),
        since=date(2015, 10, 1),
    ),
    Conformity(
        id="br-vicio",
        countries=frozenset({"BR"}),
        days=90,
        source=Source(
            "Código de Defesa do Consumidor (Lei 8.078/1990)",
            "Art. 26, II",
            "https://joseronaldodiascampos.blogspot.com/2012/10/consumidor-voce-conhece-os-seus-direitos.html",
        ),
    ),
)
