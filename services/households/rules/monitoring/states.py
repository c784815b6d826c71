"""The national case in one table: its states, the legal moves, who may make each, and which evidence each needs.

Sources: docs/field.md, Steps: the road to a decision, the elimination as its mirror, the withdrawn elimination and the
new round. `MOVES` is what people do: what it does not hold is refused; what it holds may still be refused by the gates
(`rules/gates.py`: days really passed, measures delivered, income over the line), by the state it leads to. `BY_FACT` is
what becomes of a case by itself, when its household is another one than was looked at. There is no third way.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, get_args

from services.households.rules.objections import BACK_TO
from shared.contracts.households import Level
from shared.contracts.monitoring import State

Evidence = Literal["visit", "signature", "comparison", "vote_for", "vote_against", "note", "way", "contact"]
"""What a move must bring along: a visit to the household (入户) · the signed authority to look up (承诺授权书) · the
day of the bureaus' answers (信息比对) · minutes with more votes for than against (民主评议), or not · a reason in
words · whether help or time took the risk away (帮扶消除/自然消除) · who looks after the household now (监测联系人)."""

Road = Literal["ahead", "back", "out", "anew"]
"""ahead: one step on · back: sent back, refused, not there yet · out: the case is over · anew: it begins once more."""

VILLAGE: tuple[Level, ...] = ("village", "township")  # a township may record for its village, which has no office
TOWNSHIP: tuple[Level, ...] = ("township",)
COUNTY: tuple[Level, ...] = ("county",)
ABOVE: tuple[Level, ...] = ("township", "county")
ANYBODY: tuple[Level, ...] = ("village", "township", "county")


@dataclass(frozen=True, slots=True)
class Move:
    """One legal move."""

    source: State
    to: State
    by: tuple[Level, ...]
    needs: tuple[Evidence, ...] = ()
    road: Road = "ahead"


STATES: tuple[State, ...] = get_args(State)

# The bureaus may be asked while the village is visiting: then one move leaves both behind, and needs both (并行比对).
IDENTIFICATION = (
    Move("clue", "visit_check", VILLAGE),
    Move("visit_check", "comparison", VILLAGE, ("visit", "signature")),
    Move("visit_check", "deliberation", ABOVE, ("visit", "signature", "comparison")),
    Move("comparison", "deliberation", ABOVE, ("comparison",)),
    Move("comparison", "visit_check", ABOVE, ("note",), "back"),
    Move("deliberation", "notice", VILLAGE, ("vote_for",)),
    Move("deliberation", "dismissed", VILLAGE, ("vote_against",), "out"),
    Move("notice", "township_review", VILLAGE),
    Move("notice", "visit_check", VILLAGE, ("note",), "back"),  # an objection was upheld
    Move("township_review", "county_decision", TOWNSHIP),
    Move("township_review", "visit_check", TOWNSHIP, ("note",), "back"),
    Move("county_decision", "monitored", COUNTY),
    Move("county_decision", "visit_check", COUNTY, ("note",), "back"),
    Move("county_decision", "dismissed", COUNTY, ("note",), "out"),
)
HELP = (
    Move("monitored", "planned", VILLAGE, ("note",)),  # one household, one plan (一户一策)
    Move("planned", "observation", VILLAGE),  # the first measure is delivered
    Move("observation", "planned", VILLAGE, ("note",), "back"),  # the help does not fit, or no longer
    Move("observation", "elimination_check", VILLAGE),
)
ELIMINATION = (
    Move("elimination_check", "elimination_deliberation", VILLAGE, ("visit", "way")),
    Move("elimination_check", "observation", VILLAGE, ("note",), "back"),
    Move("elimination_deliberation", "elimination_notice", VILLAGE, ("vote_for",)),
    Move("elimination_deliberation", "observation", VILLAGE, ("vote_against",), "back"),
    Move("elimination_notice", "elimination_township", VILLAGE),
    Move("elimination_notice", "elimination_check", VILLAGE, ("note",), "back"),
    Move("elimination_township", "elimination_county", TOWNSHIP),
    Move("elimination_township", "elimination_check", TOWNSHIP, ("note",), "back"),
    Move("elimination_county", "eliminated", COUNTY),
    Move("elimination_county", "elimination_check", COUNTY, ("note",), "back"),
    Move("eliminated", "tracking", VILLAGE, ("contact",)),
    # Withdrawn elimination (回退): the risk never went. A new risk begins a new round instead (再次识别).
    Move("eliminated", "monitored", COUNTY, ("note",), "back"),
    Move("tracking", "monitored", COUNTY, ("note",), "back"),
    Move("eliminated", "clue", ANYBODY, ("note",), "anew"),
    Move("tracking", "clue", ANYBODY, ("note",), "anew"),
)

FINAL: tuple[State, ...] = ("dismissed", "moved_away", "deceased")
"""The case is over; if need be the household gets another one."""

ENDS: dict[str, State] = {"deceased": "deceased", "moved_away": "moved_away"}
"""Why a household is no more (`dissolved_reason`), and how its case ends; all that `EMPTIED` can say."""

# Before the village has voted nobody is identified yet: a clue that is none may be dropped, though not by the village
# itself, which the county has asked to look.
_DROPPED = tuple(Move(state, "dismissed", ABOVE, ("note",), "out") for state in ("clue", "visit_check", "comparison"))
_GONE = tuple(
    Move(state, end, ABOVE, ("note",), "out") for state in STATES if state not in FINAL for end in ENDS.values()
)

MOVES: tuple[Move, ...] = (*IDENTIFICATION, *HELP, *ELIMINATION, *_DROPPED, *_GONE)
"""All of them; each pair of states once."""

HOLDERS: dict[State, Level] = {
    "clue": "village",
    "visit_check": "village",
    "comparison": "county",  # the county's centre asks the bureaus
    "deliberation": "village",
    "notice": "village",
    "township_review": "township",
    "county_decision": "county",
    "monitored": "township",  # plan and demand for help (帮扶需求) are the township's
    "planned": "township",
    "observation": "village",
    "elimination_check": "village",
    "elimination_deliberation": "village",
    "elimination_notice": "village",
    "elimination_township": "township",
    "elimination_county": "county",
    "eliminated": "village",
    "tracking": "village",
}
"""Whose turn it is. The final states are nobody's."""

ASKED: tuple[State, ...] = (
    "clue",
    "visit_check",
    "comparison",
    "deliberation",
    "notice",
    "township_review",
    "county_decision",
)
"""Not decided yet: the clock from clue to decision runs, and the fast lane (绿色通道) may be opened. The fast lane is no
move: help goes first, and the papers take the same road under a clock of their own."""

IDENTIFIED: tuple[State, ...] = (
    "monitored",
    "planned",
    "observation",
    "elimination_check",
    "elimination_deliberation",
    "elimination_notice",
    "elimination_township",
    "elimination_county",
)
"""The household is a monitored one (监测对象)."""

ELIMINATING: tuple[State, ...] = IDENTIFIED[IDENTIFIED.index("elimination_check") :]
"""On the road out."""

CLOSED: tuple[State, ...] = ("eliminated", "tracking")
"""The risk is gone; the household stays in the books (风险消除)."""


def looked_at_anew(state: State) -> State:
    """Where a case stands when its household is not the one any more that was looked at."""
    if state in ELIMINATING:
        return "observation"
    return "visit_check" if state in ASKED and state != "clue" else state


_ANEW = tuple(Move(state, looked_at_anew(state), (), (), "back") for state in STATES if state not in FINAL)

_REVIEWED = tuple(move for move in _ANEW if move.to != move.source)

UNDER_REVIEW: tuple[State, ...] = tuple(move.source for move in _REVIEWED)
"""Something was found, voted or published of the household by now: of the people who lived there then."""

PUBLISHING: tuple[State, ...] = ("notice", "elimination_notice")
"""The village publishes: a case whose notice is void is published anew where it stands."""

Fact = Literal["carried", "joined", "renumbered", "divided", "moved", "emptied", "restored"]
"""What happens to a household with a case: it becomes part of another (并户) · others come to live there · somebody has
another ID number, so bureaus answered of another person (证件号码变更) · some leave it (分户、转户) · it lives in another
village · nobody lives there any more (销户) · that was a mistake."""

BY_FACT: dict[Fact, tuple[Move, ...]] = {
    "carried": _ANEW,
    "joined": _REVIEWED,
    "renumbered": _REVIEWED,
    "divided": tuple(move for move in _ANEW if move.source not in CLOSED),  # from there a new round begins, see MOVES
    "moved": tuple(Move(state, to, (), (), "back") for state, to in BACK_TO.items() if state not in PUBLISHING),
    "emptied": tuple(Move(move.source, move.to, (), (), "out") for move in _GONE),
    "restored": tuple(Move(move.to, move.source, (), (), "back") for move in _GONE),
}
"""Nobody decides these and no gate is asked; none leads nearer to a decision, but for `restored`, which leads to where the
case stood. A `source` that is its own `to` stays there, and its history says what happened."""


def move_by(fact: Fact, source: State, to: State | None = None) -> Move:
    """What a fact makes of a case in that state; `to` where there are several. The table has it wherever it may happen."""
    [move] = [one for one in BY_FACT[fact] if one.source == source and to in (None, one.to)]
    return move


def find_move(source: State, to: State) -> Move | None:
    """The legal move between two states, if there is one."""
    return _BY_PAIR.get((source, to))


def moves_from(source: State) -> list[Move]:
    """The legal moves out of a state, in the table's order."""
    return [move for move in MOVES if move.source == source]


def missing(move: Move, brought: Collection[Evidence]) -> list[Evidence]:
    """What a move needs and does not bring along."""
    return [evidence for evidence in move.needs if evidence not in brought]


_BY_PAIR = {(move.source, move.to): move for move in MOVES}
