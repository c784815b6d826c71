"""Why a text is no expression, and where."""

from collections.abc import Sequence
from typing import Literal

from shared.errors import Fault, Invalid

Reason = Literal[
    "expression-empty",
    "expression-too-long",
    "expression-too-deep",
    "expression-syntax",
    "expression-forbidden",
    "expression-field-unknown",
    "expression-parameter-unknown",
    "expression-choice-unknown",
    "expression-function-unknown",
    "expression-arguments",
    "expression-not-boolean",
    "expression-not-number",
    "expression-not-text",
    "expression-not-date",
    "expression-types-differ",
    "expression-pattern",
    "expression-number-range",
]
"""Stable codes; each has a text in the message catalogue, with `line` and `column` in it."""


class ExpressionInvalid(Invalid):
    """A text that is no expression over the given fields. Says what and where, never repeats the text.

    `position` is the character, `line` and `column` the same place as an editor counts it, all from 1.
    """

    code = "expression-invalid"

    def __init__(self, reason: Reason, text: str, start: int, **params: int | str) -> None:
        before = text[:start]
        self.reason: Reason = reason
        self.position = start + 1
        self.line = before.count("\n") + 1
        self.column = start - (before.rfind("\n") + 1) + 1
        place = {"position": self.position, "line": self.line, "column": self.column}
        super().__init__(field="expression", **params, **place)

    @property
    def faults(self) -> Sequence[Fault]:
        """The one mistake, with its own code and place."""
        return (Fault(self.field or "", self.reason, self.params),)
