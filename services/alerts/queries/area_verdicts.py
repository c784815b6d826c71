"""What the areas that one report names have said: of its alert they may be a part."""

from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Text, literal_column

from services.alerts.rules.areas import GRAVEST_FIRST

GRAVITY = literal_column("(ARRAY[{}])".format(", ".join(f"'{verdict}'" for verdict in GRAVEST_FIRST)), ARRAY(Text))
"""The verdicts, the gravest first."""


def said_to(report: str) -> str:
    """A query for one row, `verdict` and `visited_on`, where an area has answered that a report about areas names.

    `report` has the columns `alert_id` and `area`. A village is named by its township too, and answered for by it.
    """
    return f"""
    SELECT {GRAVITY}[min(array_position({GRAVITY}, verdict))] AS verdict, max(visited_on) AS visited_on
    FROM area_check
    WHERE {report}.area IS NOT NULL AND area_check.alert_id = {report}.alert_id AND EXISTS (
        SELECT FROM jsonb_array_elements_text({report}.area->'codes') AS code
        WHERE area_code = code OR left(area_code, 9) = left(code, 9) AND '000' IN (right(area_code, 3), right(code, 3)))
    HAVING count(verdict) > 0
    """  # noqa: S608


SAID: ColumnElement[Any] = literal_column(f"(SELECT verdict FROM ({said_to('report')}) AS said)")  # noqa: S608
"""The gravest verdict of those areas, in a query from a table expression `report`."""
