"""Conditions as data: boolean expressions in SQL's words, checked when written, run over frames and single rows.

parse("self_pay >= :line_poor AND is_registered_poor OR self_pay >= :line_other",
      {"self_pay": "number", "is_registered_poor": "boolean"}, {"line_poor": 5000, "line_other": 20000})
"""

from shared.expressions.expression import Expression, parse, type_of
from shared.expressions.holding import Comparison, Operator, plain
from shared.expressions.invalid import ExpressionInvalid, Reason
from shared.expressions.parameters import parameter_faults, values
from shared.expressions.telling import Texts, sentence, sentences
from shared.expressions.tree import Type, Value

__all__ = [
    "Comparison",
    "Expression",
    "ExpressionInvalid",
    "Operator",
    "Reason",
    "Texts",
    "Type",
    "Value",
    "parameter_faults",
    "parse",
    "plain",
    "sentence",
    "sentences",
    "type_of",
    "values",
]
