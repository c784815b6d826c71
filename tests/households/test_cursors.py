"""Cursors that somebody wrote by hand are wrong cursors, whatever is in them."""

import pytest

from shared.http.cursors import moment_cursor
from shared.http.pages import CursorInvalid, encode_cursor
from tests.households.conftest import Households


@pytest.mark.parametrize(
    "moment", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-03-04", "", None, 1]
)
async def test_moments_out_of_time_or_place(service: Households, moment: object) -> None:
    after = encode_cursor(moment, "01a20972-3a4b-768f-a3e9-6c384715b68c")
    with pytest.raises(CursorInvalid):
        moment_cursor(after)
    answer = await service.call("GET", "/tasks", params={"after": after})
    assert (answer.status_code, answer.json()["code"]) == (422, "cursor-invalid")
