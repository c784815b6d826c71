"""ID numbers: every form people send, every fault by its code, agreement with stdnum and the standard."""

import pickle
import traceback
from datetime import date, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from stdnum import exceptions
from stdnum.cn import ric

from shared import idnumber
from shared.idnumber import Fault, IdNumber, InvalidIdNumber

TODAY = date(2026, 11, 23)


def by_the_standard(body: str) -> str:
    """GB 11643 as it is printed: weights, modulus 11, table."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return "10X98765432"[sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11]


births = st.dates(min_value=date(1900, 1, 1), max_value=TODAY)
bodies = st.builds(
    lambda area, born_on, sequence: f"{area:06}{born_on:%Y%m%d}{sequence:03}",
    st.integers(110000, 999999),
    births,
    st.integers(0, 999),
)
numbers = bodies.map(lambda body: body + by_the_standard(body))


def fault_of(text: str) -> str:
    with pytest.raises(InvalidIdNumber) as caught:
        idnumber.normalise(text, TODAY)
    return caught.value.code


@given(bodies)
def test_the_check_character_is_the_standards(body: str) -> None:
    assert idnumber.complete(body) == body + by_the_standard(body)


@given(numbers)
def test_a_good_number_stays_as_it_is_whatever_its_area(number: str) -> None:
    assert idnumber.normalise(number, TODAY) == number


@pytest.mark.parametrize("area", ["539921", "990101"])
def test_an_unknown_area_is_no_fault_though_stdnum_fails_on_it(area: str) -> None:
    number = idnumber.complete(f"{area}19900101001")

    with pytest.raises((exceptions.InvalidComponent, KeyError)):
        ric.validate(number)
    assert idnumber.normalise(number, TODAY) == number


@pytest.mark.parametrize("text", ["539921 19550202 6979", " 539921　19550202\u00a06979 ", "５３９９２１ 19550202 6979"])
def test_blanks_within_a_number_are_taken_out(text: str) -> None:
    number = idnumber.complete("53992119550202697")
    assert idnumber.normalise(text[: text.rindex("6979") + 3] + number[-1], TODAY) == number


def stdnum_finds(text: str) -> Fault | None:
    """What stdnum says, without the place: there it refuses unknown ones (or trips over them, a KeyError)."""
    try:
        ric.validate(text)
    except exceptions.InvalidLength:
        return Fault.LENGTH
    except exceptions.InvalidFormat:
        return Fault.CHARACTERS
    except exceptions.InvalidChecksum:
        return Fault.CHECKSUM
    except (exceptions.InvalidComponent, KeyError):
        try:
            ric.get_birth_date(text)
        except exceptions.InvalidComponent:
            return Fault.DATE
    return None


nearly = st.one_of(
    numbers,
    st.text("0123456789X", min_size=18, max_size=18),
    st.from_regex(r"[1-9][0-9]{16}", fullmatch=True).map(lambda body: body + by_the_standard(body)),
    st.tuples(numbers, st.integers(0, 17), st.sampled_from("0123456789X")).map(
        lambda t: t[0][: t[1]] + t[2] + t[0][t[1] + 1 :]
    ),
)


@given(nearly)
@example("110101199002300017")
@example("110101199001011")
def test_agrees_with_stdnum(text: str) -> None:
    theirs = stdnum_finds(text)
    ours = idnumber.check_many([text], TODAY)[0]

    if len(text) == 15:  # stdnum does not know the old form
        assert theirs is Fault.LENGTH
    elif theirs is not None:
        assert ours is theirs
    else:
        year = ric.get_birth_date(text).year
        assert (ours is Fault.DATE) == (year < TODAY.year - idnumber.OLDEST_YEARS)
        assert ours in (text, Fault.DATE, Fault.FUTURE)


@given(st.lists(st.one_of(nearly, st.text(max_size=24))))
def test_a_batch_gives_what_one_by_one_gives(texts: list[str]) -> None:
    def one(text: str) -> IdNumber | Fault:
        try:
            return idnumber.normalise(text, TODAY)
        except InvalidIdNumber as invalid:
            return invalid.code

    found = idnumber.check_many(texts, TODAY)

    assert found == [one(text) for text in texts]
    assert all(isinstance(each, IdNumber | Fault) for each in found)


def full_width(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) for c in text)


@given(numbers)
def test_forms_of_typing_do_not_matter(number: str) -> None:
    typed = [number.lower(), full_width(number), full_width(number.lower()), f" \t{number}\u3000\n"]
    typed += [f"\u202d{number}\u202c", number.replace("X", "Ⅹ")]

    assert idnumber.check_many(typed, TODAY) == [number] * len(typed)


@given(numbers)
def test_the_old_form_becomes_the_new_one(number: str) -> None:
    old = number[:6] + number[8:17]
    new = idnumber.normalise(old, TODAY)

    assert new[:6] + new[8:17] == old
    assert new[6:8] == "19"
    assert new[17] == by_the_standard(new[:17])
    if number[6:8] == "19":
        assert new == number


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "id-number-length"),
        ("   ", "id-number-length"),
        ("5399211990010100", "id-number-length"),
        ("5399211990010100199", "id-number-length"),
        ("53992119900101A019", "id-number-characters"),
        ("X3992119900101001X", "id-number-characters"),
        ("٥٣٩٩٢١١٩٩٠٠١٠١٠٠١٩", "id-number-characters"),
        ("٥٣٩٩٢١١٩٩٠٠١٠١٠٠١9", "id-number-characters"),
        ("٥٣٩٩٢١٩٠٠١٠١٠٠١", "id-number-characters"),
        ("53992190010100A", "id-number-characters"),
        ("539921-9900101001X", "id-number-characters"),
        ("53992119900101001B", "id-number-characters"),
        (idnumber.complete("53992119900230001"), "id-number-date"),
        (idnumber.complete("53992100000101001"), "id-number-date"),
        (idnumber.complete("53992118700101001"), "id-number-date"),
        ("539921901301001", "id-number-date"),
        (idnumber.complete("53992120261124001"), "id-number-future"),
    ],
)
def test_every_fault_has_its_code(text: str, code: str) -> None:
    assert fault_of(text) == code


@given(numbers, st.integers(0, 17), st.integers(1, 9))
def test_one_wrong_digit_is_always_found(number: str, at: int, by: int) -> None:
    if number[at] == "X":
        return
    wrong = number[:at] + str((int(number[at]) + by) % 10) + number[at + 1 :]

    assert fault_of(wrong) == "id-number-checksum"


def test_a_birth_may_lie_150_years_back_and_no_more() -> None:
    old, older = (idnumber.complete(f"539921{year}1231001") for year in (1876, 1875))

    assert idnumber.check_many([old, older], TODAY) == [old, Fault.DATE]


def test_born_today_is_allowed_and_tomorrow_is_not() -> None:
    def born(day: date) -> str:
        return idnumber.complete(f"539921{day:%Y%m%d}001")

    tomorrow = TODAY + timedelta(days=1)
    assert idnumber.check_many([born(TODAY), born(tomorrow)], TODAY) == [born(TODAY), Fault.FUTURE]


@given(bodies)
def test_the_number_tells_birth_and_sex(body: str) -> None:
    number = idnumber.complete(body)

    assert idnumber.birth_on(number) == ric.get_birth_date(number)
    assert idnumber.sex(number) == ("1" if int(body[14:17]) % 2 else "2")


@given(numbers, st.integers(1, 7), st.integers(1, 4), st.sampled_from(["", "B1", "b1", "Ｂ１", "01"]))
def test_a_disability_card_begins_with_the_id_number(number: str, kind: int, level: int, reissue: str) -> None:
    assert idnumber.normalise(f" {number.lower()}{kind}{level}{reissue}", TODAY) == number


@pytest.mark.parametrize(
    ("suffix", "code"),
    [
        ("81", "disability-card-class"),
        ("01", "disability-card-class"),
        ("X1", "disability-card-class"),
        ("15", "disability-card-level"),
        ("10", "disability-card-level"),
        ("11C1", "disability-card-reissue"),
        ("11BB", "disability-card-reissue"),
    ],
)
def test_a_card_of_no_known_class_or_level_is_refused(suffix: str, code: str) -> None:
    assert fault_of(idnumber.complete("53992119900101001") + suffix) == code


def test_a_card_is_refused_for_its_id_number_first() -> None:
    good = idnumber.complete("53992119900101001")
    wrong = good[:17] + ("1" if good[17] != "1" else "2")

    assert fault_of(wrong + "99") == "id-number-checksum"


@given(st.text(max_size=24))
def test_no_error_tells_the_number(text: str) -> None:
    typed = "0539921199013990" + text  # the 13th month makes every form of it wrong
    with pytest.raises(InvalidIdNumber) as caught:
        idnumber.normalise(typed, TODAY)
    assert "5399" not in "".join(traceback.format_exception(caught.value))


def test_no_repr_tells_the_number() -> None:
    number = idnumber.complete("53992119900101001")

    assert "5399" not in repr(number)
    assert "5399" not in repr(pickle.loads(pickle.dumps(number)))
    assert str(number) == number
