"""Why a report became an alert or did not: which version of the rule, which values, which thresholds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import polars as pl

from services.alerts.rules.alerts import Severity
from services.alerts.rules.screening_rules import FACTS, ROW_FIELDS, STRANGER, Facts, Rule, judge_row
from shared.expressions import Comparison, Texts, sentence, sentences
from shared.messages import Language

TITLES = {name: f"field-{name.replace('_', '-')}" for name in (*ROW_FIELDS, *FACTS)}


@dataclass(frozen=True, slots=True)
class Explained:
    """A sentence, and what it is made of."""

    text: str
    reasons: list[Comparison]


def explain(
    rule: Rule,
    row: Mapping[str, Any],
    facts: Facts | None,
    severity: Severity,
    titles: Mapping[str, str],
    texts: Texts,
    language: Language,
) -> Explained:
    """Why `rule` let the row through. `facts`: None where they are not known any more, or not the reader's to know.

    Then the row alone explains it, by what the fewest facts leave to say, and where facts had the last word, that they
    had. `titles`: of the fields of evidence, in the language. Nothing is invented: when no world explains it (the rule's
    text fits the feed no more), the sentence names the version alone.
    """
    names = {**{name: texts.text(code, language) for name, code in TITLES.items()}, **titles}
    reasons = _reasons(rule, row, facts, severity, names)
    told = [sentence(reason, texts, language) for reason in reasons]
    if not told or (facts is None and judge_row(rule, row).is_open):
        told.append(texts.text("explanation-register", language))
    joined = texts.text("explanation-between", language).join(told)
    grave = texts.text(f"severity-{severity}", language)
    text = texts.text("explanation", language, version=rule.version, reasons=joined, severity=grave)
    return Explained(text, reasons)


def explain_not(
    rule: Rule,
    row: Mapping[str, Any],
    facts: Facts | None,
    titles: Mapping[str, str],
    texts: Texts,
    language: Language,
) -> Explained:
    """Why `rule` does not let the row through. Without facts: why not even with all of them, or that they decided."""
    names = {**{name: texts.text(code, language) for name, code in TITLES.items()}, **titles}
    reasons: list[Comparison] = []
    if facts is None and judge_row(rule, row).is_open:
        joined = texts.text("explanation-register-decides", language)
    else:
        reasons = _lacking(rule, row, facts, names)
        told = [sentence(reason, texts, language) for reason in reasons]
        joined = texts.text("explanation-between", language).join(told) or texts.text("explanation-nothing", language)
    return Explained(texts.text("explanation-not-triggered", language, version=rule.version, reasons=joined), reasons)


def why_not(rule: Rule, titles: Mapping[str, str], texts: Texts, language: Language) -> pl.Expr:
    """For rows of a frame that `rule` lets through in no case: what each lacks for it. Null: nothing.

    The frame has a column for each field that the rule looks at, but for the facts, which are not asked.
    """
    names = {**{name: texts.text(code, language) for name, code in TITLES.items()}, **titles}
    levels = reversed(rule.levels)
    found = [level.when.lacks(rule.parameters, world, names) for level in levels for world in _worlds(rule)]
    return sentences(list(chain.from_iterable(found)), texts, language)


def _worlds(rule: Rule) -> list[Facts]:
    return [world.facts for world in rule.worlds]


def _reasons(
    rule: Rule, row: Mapping[str, Any], facts: Facts | None, severity: Severity, names: Mapping[str, str]
) -> list[Comparison]:
    worlds = (
        [{**STRANGER, **facts}] if facts is not None else sorted(_worlds(rule), key=lambda world: sum(world.values()))
    )
    held = [(level, {**row, **world}) for world in worlds for level in rule.levels if level.holds({**row, **world})]
    # The bureau may have given a severity of its own; then the first level that holds is as good a reason.
    fitting = [one for one in held if one[0].severity == severity] or held
    for level, whole in fitting:
        found = level.when.holding(whole, rule.parameters, names)
        return found if facts is not None else _of_the_row(found)
    return []


def _lacking(rule: Rule, row: Mapping[str, Any], facts: Facts | None, names: Mapping[str, str]) -> list[Comparison]:
    world = facts if facts is not None else max(_worlds(rule), key=lambda world: sum(world.values()))
    whole = {**row, **world}
    found = [one for level in reversed(rule.levels) for one in level.when.failing(whole, rule.parameters, names)]
    return list(dict.fromkeys(found if facts is not None else _of_the_row(found)))


def _of_the_row(found: Sequence[Comparison]) -> list[Comparison]:
    """Without those that say what the register knows, or were held against what it knows."""
    return [one for one in found if not {*one.fields, *one.beside} & set(FACTS)]


def titles_of(evidence_schema: Mapping[str, Any], language: Language) -> dict[str, str]:
    """Titles of the fields of evidence, which are written 中文 · English; the name where there is none."""
    titles = {}
    for name, field in evidence_schema.get("properties", {}).items():
        chinese, separator, english = str(field.get("title") or name).partition(" · ")
        titles[name] = english if separator and language == "en" else chinese
    return titles
