"""Telephone checks of a random sample (电话抽查): drawn by a seed that nobody chose, answered by others than the village."""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from services.jobs.models import LedgerSample, SampledRow
from services.jobs.queries import samples as queries
from services.jobs.queries.people import get_person
from services.jobs.queries.reconciliation_work import find_ledger
from services.jobs.rules import sampling
from services.jobs.rules.comparing import differences, statement_of
from services.jobs.rules.proportions import needed_size
from services.jobs.rules.sampling import Answered, Draw, Verdict, Wanted, allocate, population_name
from services.jobs.rules.tasks import TaskDraft, TaskKind
from services.jobs.usecases.ledger_statements import ledger_statement
from services.jobs.usecases.sealing import PHONE
from services.jobs.usecases.tasks import close_task_of, open_tasks
from shared.areas import AreaCode, Level, code_of, level
from shared.clock import local_date
from shared.contracts.jobs_reconcile_policies import LedgerSample as SamplePolicy
from shared.db.engine import ReadSession, WriteSession
from shared.ids import new_id
from shared.projections import policies
from shared.security import audit
from shared.security.principals import Principal
from shared.security.vault import Vault

POLICY = "ledger-sample"
LEDGER, ANSWER = "sampled-row", "sample-answer"
"""Purposes: what the ledger said when the sample was drawn, and what was said on the telephone."""
_OUTCOMES: Mapping[Verdict, str] = {"right": "agrees", "wrong": "differs", "not_reached": "not_reached"}


async def get_sample_rules(session: ReadSession, area_code: str, on: date) -> tuple[SamplePolicy, UUID]:
    """The policy by which an area is sampled. Raises `PolicyMissing`."""
    return await policies.in_force(session, POLICY, area_code, on, SamplePolicy)


async def policy_of(session: ReadSession, sample: LedgerSample) -> SamplePolicy:
    """The version by which a sample was drawn; it holds for its answers too."""
    versions = (await policies.load(session, POLICY)).versions
    return SamplePolicy.model_validate(next(one.body for one in versions if one.id == sample.policy_id))


async def draw_sample(
    session: WriteSession, vault: Vault, who: Principal, month: date, area_code: str, wanted: Wanted, now: datetime
) -> LedgerSample:
    """Draw from the ledger of a month, and open a task for each call at the desk of its township.

    Nobody says which people, nor by which seed. Raises `SampleNotFound` outside the asker's areas, `DrawnAlready`,
    `NobodyToDraw`, `SampleTooLarge`, `PolicyMissing`.
    """
    if not who.scope.covers(area_code) or level(AreaCode(area_code)) not in (Level.COUNTY, Level.TOWNSHIP):
        raise sampling.SampleNotFound
    rules, policy_id = await get_sample_rules(session, area_code, local_date(now))
    await queries.lock_month(session, month, area_code)
    if await queries.count_draws(session, month, area_code) >= rules.draws:
        raise sampling.DrawnAlready(draws=rules.draws)
    population = await queries.count_population(session, month, area_code, rules.statuses)
    numbers = _numbers(population, wanted, rules)
    seed = secrets.token_bytes(sampling.SEED_BYTES)
    drawn, name = await _draw(session, month, area_code, rules, seed, numbers)
    sample = LedgerSample(
        id=new_id(),
        month=month,
        area_code=area_code,
        seed=seed,
        wanted=wanted.told(),
        strata={code: {"population": population[code], "drawn": numbers[code]} for code in sorted(population)},
        population_hash=name,
        policy_id=policy_id,
        drawn_by=who.id,
        drawn_at=now,
    )
    session.add(sample)
    await session.flush()
    await _keep(session, vault, sample, drawn, rules, now)
    told = {"month": month.isoformat(), "people": len(drawn)}
    await audit.record(session, who, "ledger-sample:draw", sample.id, area_code=area_code, **told)
    return sample


def _numbers(population: Mapping[str, int], wanted: Wanted, rules: SamplePolicy) -> dict[str, int]:
    people = sum(population.values())
    if not people:
        raise sampling.NobodyToDraw
    size = wanted.size
    if size is None:
        assert wanted.half_width is not None
        answers = needed_size(people, wanted.half_width, rules.expected_error, rules.confidence)
        size = min(people, -int(-answers // rules.expected_reach))
    numbers = allocate(population, size, rules.least_per_township)
    if sum(numbers.values()) > rules.most:
        raise sampling.SampleTooLarge(most=rules.most, people=sum(numbers.values()))
    return numbers


async def _draw(
    session: ReadSession, month: date, area_code: str, rules: SamplePolicy, seed: bytes, numbers: Mapping[str, int]
) -> tuple[list[UUID], str]:
    """Who, and the name of all among whom was drawn."""
    draw, everybody = Draw(seed, numbers), list[UUID]()
    async for page in queries.list_population(session, month, area_code, rules.statuses):
        people = [(row["person_id"], _township(row["area_code"])) for row in page]
        await asyncio.to_thread(draw.take, people)
        everybody += [person_id for person_id, _ in people]
    return draw.drawn(), await asyncio.to_thread(population_name, everybody)


def _township(area_code: str) -> str:
    return code_of(area_code[: queries.TOWNSHIP])


async def _keep(
    session: WriteSession,
    vault: Vault,
    sample: LedgerSample,
    drawn: Sequence[UUID],
    rules: SamplePolicy,
    now: datetime,
) -> None:
    ledger = await find_ledger(session, sample.month, drawn)
    due_on = local_date(now) + timedelta(days=rules.due_days)
    tasks = []
    for person_id in drawn:
        village = ledger[person_id]["area_code"]
        said = ledger_statement(ledger[person_id], vault).said()
        row = SampledRow(
            id=new_id(),
            sample_id=sample.id,
            area_code=_township(village),
            village_code=village,
            person_id=person_id,
            ledger_sealed=vault.seal_json(said, LEDGER),
            state="waiting",
            calls=0,
            wrong_fields=[],
            version=1,
        )
        session.add(row)
        # No person in the task: it lies at the township's desk, where the village does not see whom it is about.
        tasks.append(TaskDraft(TaskKind.PHONE_CHECK, row.area_code, row.id, due_on, policy_id=sample.policy_id))
    await session.flush()
    await open_tasks(session, tasks, now)


async def answer_row(
    session: WriteSession,
    vault: Vault,
    who: Principal,
    row: SampledRow,
    answered: Answered,
    now: datetime,
) -> SampledRow:
    """Record what came of a call to a row that is held (`lock_row`).

    A field said to be wrong, whose true value lies within the tolerance, is right. "Not reached" is final after so
    many calls as the policy says. Raises `NotForYou`, `AnswerFinal`, `FieldNotAsked`, `NothingWrong`.
    """
    sample = await queries.get_sample(session, who.scope, row.sample_id)
    rules = await policy_of(session, sample)
    require_answerer(who, rules)
    if row.state != "waiting":
        raise sampling.AnswerFinal
    wrong = _wrong(vault, row, answered, rules)
    row.version += 1
    row.answered_by, row.answered_at = who.id, now
    verdict = answered.verdict
    if verdict == "not_reached":
        row.calls += 1
    elif not wrong:
        verdict = "right"
    if verdict != "not_reached" or row.calls >= rules.calls:
        row.state, row.wrong_fields = verdict, list(wrong)
        await close_task_of(session, who, TaskKind.PHONE_CHECK, row.id, _OUTCOMES[verdict], now)
    if answered.said or answered.note:
        row.answer_sealed = vault.seal_json({"said": dict(answered.said or {}), "note": answered.note}, ANSWER)
    told = {"verdict": verdict, "calls": row.calls}
    await audit.record(session, who, "ledger-sample:answer", row.id, area_code=row.area_code, **told)
    await session.flush()
    return row


def require_answerer(who: Principal, rules: SamplePolicy) -> None:
    """Raise unless the policy has this role answer."""
    if who.role.value not in rules.answered_by:
        raise sampling.NotForYou(roles=", ".join(rules.answered_by))


def _wrong(vault: Vault, row: SampledRow, answered: Answered, rules: SamplePolicy) -> Sequence[str]:
    if (answered.verdict == "wrong") != bool(answered.wrong_fields):
        raise sampling.NothingWrong(field="wrong_fields")
    for name in (*answered.wrong_fields, *(answered.said or ())):
        if name not in rules.ask:
            raise sampling.FieldNotAsked(field="wrong_fields", asked=", ".join(rules.ask))
    ledger, said = statement_of(vault.open_json(row.ledger_sealed, LEDGER)), answered.said or {}
    truly = statement_of(said)
    return [
        name
        for name in dict.fromkeys(answered.wrong_fields)
        if name not in said or differences(ledger, truly, [name], rules.tolerances)
    ]


async def reveal_phone(session: WriteSession, vault: Vault, who: Principal, row: SampledRow) -> str | None:
    """The number to call, in clear; on record. Raises `NotForYou`, `AnswerFinal`."""
    sample = await queries.get_sample(session, who.scope, row.sample_id)
    require_answerer(who, await policy_of(session, sample))
    if row.state != "waiting":
        raise sampling.AnswerFinal
    person = await get_person(session, who.scope, row.person_id)
    await audit.record(session, who, "ledger-sample:phone", row.id, area_code=row.area_code)
    return vault.open(person.phone_sealed, PHONE).decode() if person.phone_sealed else None
