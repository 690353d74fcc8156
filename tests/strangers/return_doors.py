"""The doors of goods on their way back."""

from __future__ import annotations

from tests.strangers.door import Door, Key, about, constant

WHOLE = {"whole": True}
TRACKING = {"carrier": "DHL", "number": "JD0146000"}

RETURN_DOORS: dict[str, Door] = {
    "POST /v1/order/returns/preview": Door(Key.SESSION, constant("/v1/order/returns/preview", WHOLE)),
    "POST /v1/order/returns": Door(
        Key.SESSION, about(lambda o: "/v1/order/returns", lambda o: {**WHOLE, "digest": "0" * 64})
    ),
    "POST /v1/cases/{case_id}/withdraw": Door(
        Key.SESSION, about(lambda o: f"/v1/cases/{o.case_id}/withdraw", lambda o: {}), names_order=True
    ),
    "POST /v1/cases/{case_id}/tracking": Door(
        Key.SESSION, about(lambda o: f"/v1/cases/{o.case_id}/tracking", lambda o: TRACKING), names_order=True
    ),
}
