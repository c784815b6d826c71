"""The statement of one household as a workbook: the national form, civil affairs' table, and every line behind them."""

from collections.abc import Iterator

from services.households.api.income_views import forms_view, statement_view
from services.households.api.reader import Reader
from services.households.usecases.income_statement import Stated
from shared.workbook_stream import Sheet, stream_workbook, text_frame


def income_workbook(stated: Stated, reader: Reader) -> Iterator[bytes]:
    """Three sheets."""
    return stream_workbook(_sheets(stated, reader))


def _sheets(stated: Stated, reader: Reader) -> Iterator[Sheet]:
    forms = forms_view(stated, reader)
    head = next((one for one in stated.members.values() if one.left_on is None), None)
    who = [stated.household.national_code, reader.name(head.name) if head else None, str(forms.people)]
    told = [reader.say(f"income-sheet-{name}") for name in ("code", "head", "people")]
    yield (
        reader.say("income-sheet-national"),
        [*told, *(one.text for one in forms.national)],
        [text_frame([[*who, *(_text(one.amount) for one in forms.national)]], len(told) + len(forms.national))],
    )
    yield (
        reader.say("income-sheet-civil"),
        [reader.say(f"income-sheet-{name}") for name in ("item", "year", "month-per-head")],
        [text_frame([[one.text, _text(one.year), _text(one.month_per_head)] for one in forms.civil], 3)],
    )
    yield _lines(stated, reader)


def _lines(stated: Stated, reader: Reader) -> Sheet:
    names = ("group", "item", "person", "amount", "from", "to", "paid-on", "source", "counted", "why-not")
    rows = [
        [
            line.group.text,
            line.item.text,
            line.person.name if line.person else None,
            _text(line.amount),
            line.first_month,
            line.last_month,
            line.paid_on.isoformat() if line.paid_on else None,
            line.origin.text if line.origin else line.source.text,
            _text(line.counted),
            reader.say("income-sheet-join").join(one.text for one in line.why_not) or None,
        ]
        for line in statement_view(stated, reader).lines
    ]
    return (
        reader.say("income-sheet-lines"),
        [reader.say(f"income-sheet-{name}") for name in names],
        [text_frame(rows, len(names))],
    )


def _text(amount: object) -> str | None:
    return None if amount is None else str(amount)
