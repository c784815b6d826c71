"""What of a person may be shown: enough to recognise somebody you know, too little to find a stranger."""

_COMPOUND_SURNAMES = frozenset(
    {"欧阳", "上官", "司马", "诸葛", "夏侯", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐"}
    | {"司徒", "长孙", "宇文", "司空", "淳于", "独孤", "南宫", "端木", "申屠", "轩辕", "闻人"}
)
_NAME_DOTS = "·•・."


def mask_id_number(id_number: str) -> str:
    """First and last four of 18 characters: `5321**********002X`. Anything else is hidden whole."""
    if len(id_number) != 18:
        return "*" * len(id_number)
    return f"{id_number[:4]}**********{id_number[-4:]}"


def mask_phone(phone: str) -> str:
    """First three and last four of a mobile number: `154****0017`. Anything else is hidden whole."""
    if len(phone) != 11:
        return "*" * len(phone)
    return f"{phone[:3]}****{phone[-4:]}"


def mask_name(name: str) -> str:
    """The surname (姓) only: `张**`, `欧阳*`. Of a transcribed name (`阿依·木加`) the first character."""
    if any(dot in name for dot in _NAME_DOTS):
        return f"{name[:1]}**"
    kept = 2 if len(name) > 2 and name[:2] in _COMPOUND_SURNAMES else 1
    if len(name) <= kept:
        return "*" * len(name)
    return name[:kept] + "*" * (len(name) - kept)
