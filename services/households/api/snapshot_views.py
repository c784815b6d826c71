"""What a case was decided on → answers. It names nobody: who sees the case sees all of it."""

from collections.abc import Sequence

from services.households.api.reader import Reader
from services.households.models import CaseMove, CaseSnapshot, MonitoringCase
from services.households.queries.case_snapshots import FACTS
from services.households.rules.case_snapshot import decided
from services.households.rules.gate_facts import HelpMeasure
from services.households.schemas import snapshots as schemas
from shared.contracts.monitoring import State

_SHOWN = (
    *("monitoring_class", "main_risk", "people", "able", "weak", "no_labour_covered", "schooling", "medical"),
    *("housing", "water", "dwelling_level", "only_home", "uninsured", "out_of_school", "line_policy_id"),
    "household_class",
)


def snapshot_view(kept: CaseSnapshot, line: CaseMove, reader: Reader) -> schemas.SnapshotView:
    """What was kept with one line of history."""
    seen = FACTS.validate_python(kept.facts)
    return schemas.SnapshotView(
        move_id=kept.move_id,
        state=kept.state,
        state_text=reader.code("case_state", kept.state),
        round=kept.round,
        on=line.happened_on,
        kept_at=line.at,
        risks=reader.coded_all("risk", seen.risks),
        income=schemas.IncomeThen.model_validate(seen.income) if seen.income else None,
        measures=[_measure(one, reader) for one in seen.measures],
        **{name: getattr(seen, name) for name in _SHOWN},
    )


def not_kept(case: MonitoringCase, kept: Sequence[CaseSnapshot]) -> list[State]:
    """Decisions of the round that runs of which nothing was kept: made before it was, or by a list of elsewhere."""
    there = {one.state for one in kept if one.round == case.round}
    return [state for state in decided(case.state) if state not in there]


def _measure(one: HelpMeasure, reader: Reader) -> schemas.MeasureThen:
    return schemas.MeasureThen(
        risk=reader.coded("risk", one.risk),
        kind=reader.coded("measure_kind", one.kind),
        sub_kind=reader.coded("measure_sub_kind", one.sub_kind),
        state=reader.coded("measure_state", one.state),
        delivered_on=one.delivered_on,
    )
