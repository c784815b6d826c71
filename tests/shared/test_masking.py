"""Masks show what the rules allow and never more."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.masking import mask_id_number, mask_name, mask_phone


def test_an_id_number_keeps_four_and_four() -> None:
    assert mask_id_number("53992119900101002X") == "5399**********002X"


def test_a_phone_keeps_three_and_four() -> None:
    assert mask_phone("15400000017") == "154****0017"


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("张伟", "张*"),
        ("张晓明", "张**"),
        ("欧阳修", "欧阳*"),
        ("欧阳", "欧*"),
        ("诸葛孔明", "诸葛**"),
        ("阿依·木加", "阿**"),
        ("张", "*"),
        ("", ""),
    ],
)
def test_a_name_keeps_its_surname(name: str, masked: str) -> None:
    assert mask_name(name) == masked


@given(st.text(max_size=30))
def test_a_text_of_another_length_is_hidden_whole(text: str) -> None:
    for mask, length in ((mask_id_number, 18), (mask_phone, 11)):
        if len(text) != length:
            assert set(mask(text)) <= {"*"}
