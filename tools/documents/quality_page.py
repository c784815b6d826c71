"""`docs/quality-rules.md`: every audit rule, from the rules themselves."""

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from services.households.rules.quality.audit import RULES, SUBJECTS
from services.households.rules.quality.rule import Rule
from tools.documents.schemas import ROOT

_HEAD = """\
# Audit rules · 数据质量规则

Made from `services/households/rules/quality/` by `make docs`; do not edit. {count} rules: {fatal} fatal, {logic} logic,
{plausible} plausible. They are asked of a household whenever it changes, and of all by night; what they find refuses
nothing ([0026](decisions/0026-audit-rules-are-asked-before-anybody-else-asks.md)).

* **Fatal** cannot stand, **logic** contradicts itself, **plausible** can hardly be so.
* **Mend**: the first field is the likeliest. An explained finding is silent until one of them changes.
* **Source**: the wording the rule was derived from: headings of [field.md](field.md), or groups of the published audit rules
  described there. Some of those rules do not do what they say; none of their code was taken.
* **Of that day**: an identification and an elimination are judged by the facts that were kept with them
  ([what a decision was made on](national-case.md#what-a-decision-was-made-on)), never by those of today; where nothing was
  kept, by nothing. Only help, assurances and income, which every case that is over must show, are then looked for in today's
  record. Risks and measures are held against the household of today while it is monitored, and no longer.
* **Numbers** and which rules are on are the policy `quality-rules`; the defaults are:

{numbers}
"""
_TITLES = {
    "identity": "Who somebody is · 身份",
    "relations": "Relations to the head · 与户主关系",
    "members": "School, health, disability · 就学、健康、残疾",
    "labour": "Labour and work · 劳动力与务工",
    "insurance_and_aid": "Insurance and aid · 参保与救助",
    "home_and_contact": "Home, land, phone · 住房、土地、联系方式",
    "income": "Income · 收入",
    "unwatched": "Should be monitored and is not · 应纳未纳",
    "case": "The national case · 监测个案",
    "elimination": "Called gone · 风险消除",
    "measures": "Measures · 帮扶措施",
}


def quality_page() -> str:
    """The whole page."""
    texts = tomllib.loads((ROOT / "services/households/rules/quality/messages.toml").read_text(encoding="utf-8"))
    counts = {one: sum(rule.severity == one for rule in RULES.values()) for one in ("fatal", "logic", "plausible")}
    parts = [_HEAD.format(count=len(RULES), numbers=_numbers(), **counts)]
    for subject, rules in SUBJECTS.items():
        parts.append(f"## {_TITLES[subject]}")
        parts.append(
            "\n".join(["| Rule | | Says | Mend | Source |", "| --- | --- | --- | --- | --- |", *_rows(rules, texts)])
        )
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _rows(rules: tuple[Rule, ...], texts: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    for rule in rules:
        said = texts[f"finding-{rule.code}"]
        fields = "<br>".join(f"`{one}`" for one in rule.fields)
        cells = (f"`{rule.code}`", rule.severity, f"{said['en']}<br>{said['zh']}", fields, rule.source)
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _numbers() -> str:
    defaults: dict[str, Any] = tomllib.loads((ROOT / "services/directory/defaults.toml").read_text(encoding="utf-8"))
    [body] = [one["body"] for one in defaults["policy"] if one["kind"] == "quality-rules"]
    return "; ".join(f"`{name}` {_number(value)}" for name, value in body.items() if name != "off") + "."


def _number(value: Any) -> str:
    if not isinstance(value, dict):
        return str(value)
    return ", ".join(f"{name}: {_span(one)}" for name, one in value.items())


def _span(value: Any) -> str:
    return f"{value['first']}–{value['last']}" if isinstance(value, dict) else str(value)
