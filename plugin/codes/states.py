"""The states of a retention code (DESIGN §4, I12). Every open one ends by itself: a reservation and a code time out."""

from __future__ import annotations

from enum import StrEnum

from plugin.core.transitions import TransitionTable


class CodeState(StrEnum):
    MINTED = "minted"
    RESERVED = "reserved"  # by one cart, until its time-out
    REDEEMED = "redeemed"
    EXPIRED = "expired"
    REVOKED = "revoked"


_S = CodeState

CODE = TransitionTable[CodeState](
    moves={
        # Redeemed straight away where the authority is Stripe or the store, which know no reservation.
        _S.MINTED: frozenset({_S.RESERVED, _S.REDEEMED, _S.EXPIRED, _S.REVOKED}),
        _S.RESERVED: frozenset({_S.REDEEMED, _S.MINTED, _S.REVOKED}),
        _S.REDEEMED: frozenset({_S.MINTED}),  # its order was cancelled: given back, once
        # A late redemption has happened at the authority already: it is accepted, and flagged.
        _S.EXPIRED: frozenset({_S.REDEEMED}),
        _S.REVOKED: frozenset({_S.REDEEMED}),
    },
    repeats=frozenset(
        {
            (_S.REDEEMED, _S.RESERVED),
            (_S.REDEEMED, _S.EXPIRED),
            (_S.REDEEMED, _S.REVOKED),
            (_S.REVOKED, _S.EXPIRED),
            (_S.EXPIRED, _S.REVOKED),
        }
    ),
)

# Nothing more is expected of these.
SETTLED = frozenset({_S.REDEEMED, _S.EXPIRED, _S.REVOKED})
