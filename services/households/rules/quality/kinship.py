"""What the codes of GB/T 4761 (与户主关系) say of a person: sex, and how near in descent to the head."""


def _codes(text: str) -> frozenset[str]:
    return frozenset(text.split())


HEAD = "02"
SPOUSES = _codes("10 11 12")
MALE = _codes("11 20 21 22 23 24 25 26 27 28 29 41 43 46 47 51 53 55 57 61 63 66 71 73 76 78 81 83 85 87 89 93 95")
FEMALE = _codes("12 30 31 32 33 34 35 36 37 38 39 42 44 45 48 52 54 56 58 62 64 67 72 74 75 77 82 84 86 88 90 94 96")
BORN_CHILDREN = _codes("20 21 22 23 24 25 26 30 31 32 33 34 35 36")
"""Children by birth: not adopted, not of the spouse, not in-laws."""
BORN_PARENTS = _codes("51 52")
GRANDCHILDREN = _codes("40 41 42 43 44")
GRANDPARENTS = _codes("60 61 62 63 64")
NUMBERED_CHILDREN = _codes("22 23 24 25 26 32 33 34 35 36")
"""Eldest son, second son and so on: each of them can be there once."""
ELDER_SIBLINGS, YOUNGER_SIBLINGS = _codes("71 75"), _codes("73 77")
HUSBANDS_PARENTS, WIFES_PARENTS = _codes("53 54"), _codes("55 56")
