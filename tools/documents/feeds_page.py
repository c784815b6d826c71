"""`docs/feeds.md`: every feed that is shipped, from its file."""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from tools.documents.schemas import ROOT

Feed = Mapping[str, Any]

_HEAD = """\
# Feeds · 预警类别

Made from `services/alerts/feeds/` by `make docs`; do not edit. These are the feeds that an empty installation gets, with
their first rules. From then on the database counts: a county changes a feed with `PUT /alerts/v1/feeds/{code}` and its
rule by publishing a new version, and nothing that is shipped later overwrites what it changed; what is new it takes over
when it likes ([0016](decisions/0016-feeds-are-data.md)). A county's own feed is one `POST /alerts/v1/feeds`.

**Every threshold below is an example.** Where one stands in a county's published document, its source says so; set your own.

* **Due** counts days after the end of the period: *monthly, 5* is the 5th of the next month.
* **Columns** are the headings of a bureau's export, the first of several that mean the same; those in bold must be there.
  `GET /alerts/v1/feeds/{code}` lists all.
* **Rule**: the first level that is true gives the severity; where none is, the row is no alert. `is_registered_poor`
  (lifted out of poverty or monitored), `is_monitored`, `is_registered` and `has_open_case` are facts of the register.
* **Check within**: days the village has (`task-deadline` policy), in brackets for a severity of its own.
* A sample file of each, in the form a bureau would send: `python -m demo.samples --out DIR`.
"""
_SUBJECTS = {"person": "a person · 人员", "household": "a household · 农户", "area": "an area · 区域"}
_CADENCES = {
    "daily": "daily · 每日",
    "ten_days": "every ten days · 每旬",
    "monthly": "monthly · 每月",
    "quarterly": "quarterly · 每季度",
    "term": "each school term · 每学期",
    "event": "when it happens · 随发随报",
}


def feeds_page() -> str:
    """The whole page."""
    files = sorted((ROOT / "services" / "alerts" / "feeds").glob("*.json"))
    feeds = sorted((json.loads(file.read_text(encoding="utf-8")) for file in files), key=_order)
    parts = [_HEAD]
    for _, group in groupby(feeds, key=lambda feed: str(feed["bureau"]["code"])):
        owed: Sequence[Feed] = list(group)
        bureau = owed[0]["bureau"]
        parts.append(f"## {bureau['en']} · {bureau['zh']}")
        parts += ["\n".join(_feed(feed)) for feed in owed]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _order(feed: Feed) -> tuple[str, str]:
    return feed["bureau"]["code"], feed["code"]


def _feed(feed: Feed) -> Iterator[str]:
    yield f"### `{feed['code']}` {feed['name']['en']} · {feed['name']['zh']}\n"
    due = f", {feed['due_day']}" if feed["due_day"] else ""
    yield (
        f"About {_SUBJECTS[feed['subject']]} · risk `{feed['risk_family']}` · due {_CADENCES[feed['cadence']]}{due} · "
        f"check within {_deadline(feed['deadline'])} · reported by {', '.join(feed['reporters'])}\n"
    )
    yield "| Severity | When |\n| --- | --- |"
    for level in feed["rule"]["levels"]:
        yield f"| {level['severity']} | `{level['when'].replace('|', chr(92) + '|')}` |"
    if parameters := feed["rule"]["parameters"]:
        yield "\nWith " + ", ".join(f"{name} = {value}" for name, value in parameters.items()) + "."
    headings = (f"**{c['headers'][0]}**" if c.get("required") else c["headers"][0] for c in feed["columns"])
    yield f"\nColumns: {'、'.join(headings)}.\n"
    yield f"Source: {feed['source']}"


def _deadline(deadline: Mapping[str, Any]) -> str:
    days = str(deadline["default"]["days"])
    own = ", ".join(f"{severity}: {due['days']}" for severity, due in deadline.items() if severity != "default")
    return f"{days} days" + (f" ({own})" if own else "")
