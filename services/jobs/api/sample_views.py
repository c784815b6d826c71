"""Samples and their people, as answers."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from services.jobs.api.reader import Reader
from services.jobs.api.reconciliation_views import in_words
from services.jobs.models import LedgerSample, SampledRow
from services.jobs.queries import samples as queries
from services.jobs.queries.people import list_by_ids
from services.jobs.queries.samples import StateCount
from services.jobs.rules.months import month_text
from services.jobs.rules.proportions import Interval, StratumCount, bounds_of_silence, estimate, wilson
from services.jobs.schemas import samples as schemas
from services.jobs.usecases.samples import ANSWER, LEDGER, policy_of
from shared.contracts.jobs_reconcile_policies import AskedField
from shared.db.engine import ReadSession
from shared.projections.areas import find_names_above


async def sample_view(session: ReadSession, sample: LedgerSample, reader: Reader) -> schemas.SampleView:
    """A sample with what is known so far, as far as the reader's areas go."""
    scope, rules = reader.who.scope, await policy_of(session, sample)
    found = await queries.count_answers(session, scope, sample.id)
    fields = await queries.count_wrong_fields(session, scope, sample.id)
    strata = {code: one for code, one in sample.strata.items() if scope.covers(code)}
    names = await find_names_above(session, [sample.area_code, *strata])
    townships = [_stratum(code, one, found, names, reader, rules.confidence) for code, one in strata.items()]
    counts = {name: sum(getattr(one, name) for one in townships) for name in _SUMMED}
    told = [(StratumCount(one.population, one.right + one.wrong, one.wrong), one.not_reached) for one in townships]
    rate = estimate([one for one, _ in told], rules.confidence)
    called = counts["right"] + counts["wrong"] + counts["not_reached"]
    return schemas.SampleView(
        id=sample.id,
        month=month_text(sample.month),
        area=reader.area(sample.area_code, names),
        wanted=sample.wanted,
        ask=rules.ask,
        **counts,
        non_response=counts["not_reached"] / called if called else None,
        error_rate=rate.share if rate else None,
        interval=_interval(rate.interval if rate else None),
        if_silent=_interval(bounds_of_silence(told)),
        effective_size=rate.effective if rate else None,
        unheard_population=sum(one.population for one, _ in told if not one.asked),
        confidence=rules.confidence,
        townships=townships,
        wrong_fields=[
            schemas.FieldErrors(field=name, title=reader.code("compared_field", name), people=fields[name])
            for name in rules.ask
            if name in fields
        ],
        seed=sample.seed.hex(),
        population_hash=sample.population_hash,
        policy_id=sample.policy_id,
        drawn_by=sample.drawn_by,
        drawn_at=sample.drawn_at,
    )


_SUMMED = ("population", "drawn", "waiting", "right", "wrong", "not_reached")


def _stratum(
    code: str,
    of: Mapping[str, int],
    found: Sequence[StateCount],
    names: dict[str, str],
    reader: Reader,
    confidence: float,
) -> schemas.StratumView:
    people = {one.state: one.people for one in found if one.township == code}
    wrong, reached = people.get("wrong", 0), people.get("right", 0) + people.get("wrong", 0)
    rate = wrong / reached if reached else None
    return schemas.StratumView(
        area=reader.area(code, names),
        population=of["population"],
        drawn=of["drawn"],
        waiting=people.get("waiting", 0),
        right=people.get("right", 0),
        wrong=wrong,
        not_reached=people.get("not_reached", 0),
        error_rate=rate,
        interval=_interval(wilson(rate, reached, confidence)) if rate is not None else None,
    )


def _interval(interval: Interval | None) -> schemas.IntervalView | None:
    return schemas.IntervalView(low=interval.low, high=interval.high) if interval else None


async def row_views(
    session: ReadSession, sample: LedgerSample, rows: Sequence[SampledRow], reader: Reader, today: date
) -> list[schemas.SampledRowView]:
    """People of a sample, with what to ask."""
    rules = await policy_of(session, sample)
    people = await list_by_ids(session, reader.who.scope, [one.person_id for one in rows])
    names = await find_names_above(session, [one.village_code for one in rows])
    found = []
    for row in rows:
        person = people.get(row.person_id)
        said = _answer(row, reader)
        found.append(
            schemas.SampledRowView(
                id=row.id,
                sample_id=row.sample_id,
                person=reader.person(person, today) if person else None,
                village=reader.area(row.village_code, names),
                state=row.state,
                state_text=reader.code("sample_answer", row.state),
                calls=row.calls,
                ask=_ask(row, rules.ask, said.get("said", {}), reader),
                note=said.get("note"),
                answered_at=row.answered_at,
            )
        )
    return found


def _answer(row: SampledRow, reader: Reader) -> Mapping[str, Any]:
    return reader.vault.open_json(row.answer_sealed, ANSWER) if row.answer_sealed and reader.sees_people else {}


def _ask(
    row: SampledRow, fields: Sequence[AskedField], said: Mapping[str, Any], reader: Reader
) -> list[schemas.AskView]:
    ledger = reader.vault.open_json(row.ledger_sealed, LEDGER) if reader.sees_people else {}
    return [
        schemas.AskView(
            field=name,
            title=reader.code("compared_field", name),
            ledger=in_words(name, ledger.get(name), reader),
            wrong=name in row.wrong_fields,
            said=in_words(name, said.get(name), reader),
        )
        for name in fields
    ]
