"""A reference stands in clear: no ID number may hide in it."""

from datetime import date

from services.alerts.rules.screening import holds_id_number
from shared.idnumber import complete

TODAY = date(2026, 3, 10)
ID_NUMBER = str(complete("53992120120304001"))
FULL_WIDTH = ID_NUMBER.translate({ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789X"})


def test_full_width_digits_are_digits() -> None:
    assert FULL_WIDTH != ID_NUMBER
    assert holds_id_number(FULL_WIDTH, TODAY)
    assert holds_id_number(f"JY-{FULL_WIDTH}", TODAY)
    assert not holds_id_number(f"9{FULL_WIDTH}", TODAY), "a longer number is no ID number"
