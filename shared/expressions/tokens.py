"""The words of an expression: what is no word of this language is refused here, before any parser sees it."""

from collections.abc import Collection, Sequence

from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import Token, TokenType
from sqlglot.tokens import Tokenizer

from shared.expressions.invalid import ExpressionInvalid, Reason

LONGEST = 2_000
"""Characters. The longest rule seen in the field has some three hundred."""
MOST_TOKENS = 500
DEEPEST = 20
"""Brackets, CASE, NOT and signs within one another. The parser recurses; this keeps it far from Python's limit."""

PARAMETER = ":"
"""A parameter is handed to the parser as an identifier that begins with this, which no field's name does."""
CALL = "call_"
"""Before a function's name, so that the parser knows none of them and reads all alike."""

T = TokenType
_WORDS = {
    T.AND: "AND",
    T.OR: "OR",
    T.NOT: "NOT",
    T.BETWEEN: "BETWEEN",
    T.IN: "IN",
    T.IS: "IS",
    T.LIKE: "LIKE",
    T.NULL: "NULL",
    T.TRUE: "TRUE",
    T.FALSE: "FALSE",
    T.DATE: "DATE",
    T.CASE: "CASE",
    T.WHEN: "WHEN",
    T.THEN: "THEN",
    T.ELSE: "ELSE",
    T.END: "END",
}
_RESERVED = frozenset(_WORDS.values()) - {"DATE"}
_SIGNS = {
    *(T.PLUS, T.DASH, T.STAR, T.SLASH, T.EQ, T.NEQ, T.LT, T.LTE, T.GT, T.GTE),
    *(T.L_PAREN, T.R_PAREN, T.COMMA, T.NUMBER, T.STRING),
}
_LEVEL_UP = {T.L_PAREN, T.CASE}
_LEVEL_DOWN = {T.R_PAREN, T.END}
_PREFIXES = {T.NOT, T.DASH}


def tokens(text: str, fields: Collection[str], functions: Collection[str]) -> list[Token]:
    """The words of `text`, with names of fields and parameters as quoted identifiers. Raises `ExpressionInvalid`."""
    if len(text) > LONGEST:
        raise ExpressionInvalid("expression-too-long", text, LONGEST, most=LONGEST, words=MOST_TOKENS)
    _require_plain(text)
    try:
        found = Tokenizer().tokenize(text)
    except SqlglotError:
        found = None
    if found is None:  # the tokenizer's error quotes the text, so it goes no further
        raise ExpressionInvalid("expression-syntax", text, _last_quote(text))
    if not found:
        raise ExpressionInvalid("expression-empty", text, 0)
    if len(found) > MOST_TOKENS:
        start = found[MOST_TOKENS].start
        raise ExpressionInvalid("expression-too-long", text, start, most=LONGEST, words=MOST_TOKENS)
    named = _named(text, found, fields, functions)
    _require_shallow(text, named)
    return named


def _require_plain(text: str) -> None:
    for place, character in enumerate(text):
        if not (character.isprintable() or character in "\n\r\t\u3000"):
            raise ExpressionInvalid("expression-forbidden", text, place)


def _last_quote(text: str) -> int:
    """Where a text or name that never ends begins, as far as one can tell."""
    return max(text.rfind("'"), text.rfind('"'), 0)


def _named(text: str, found: Sequence[Token], fields: Collection[str], functions: Collection[str]) -> list[Token]:
    """Names as quoted identifiers, so that the parser takes `type` or `period` for nothing else than a name."""
    named: list[Token] = []
    place = 0
    while place < len(found):
        token = found[place]
        following = found[place + 1] if place + 1 < len(found) else None
        if token.token_type is T.COLON:
            if following is None or following.start != token.end + 1 or not _is_name(text, following):
                raise ExpressionInvalid("expression-syntax", text, token.start)
            named.append(_identifier(following, PARAMETER + following.text, token.start))
            place += 1
        elif token.token_type in _SIGNS or _is_word(text, token, following):
            named.append(token)
        elif following is not None and following.token_type is T.L_PAREN and _is_name(text, token):
            if token.text.lower() not in functions:
                raise ExpressionInvalid(
                    "expression-function-unknown", text, token.start, expected=", ".join(sorted(functions)).upper()
                )
            call = CALL + token.text.lower()
            named.append(Token(T.VAR, call, line=token.line, col=token.col, start=token.start, end=token.end))
        elif token.token_type is T.IDENTIFIER or _is_name(text, token):
            if token.text not in fields:
                is_plain = token.token_type in (T.VAR, T.IDENTIFIER)  # else it is a word of SQL that has no place here
                reason: Reason = "expression-field-unknown" if is_plain else "expression-forbidden"
                raise ExpressionInvalid(reason, text, token.start)
            named.append(_identifier(token, token.text, token.start))
        else:
            raise ExpressionInvalid("expression-forbidden", text, token.start)
        place += 1
    return named


def _is_word(text: str, token: Token, following: Token | None) -> bool:
    """Whether the token is a word of the language. `date` is one only before a text: it is a good name of a field."""
    if token.token_type is T.DATE and (following is None or following.token_type is not T.STRING):
        return False
    return text[token.start : token.end + 1].upper() == _WORDS.get(token.token_type)


def _is_name(text: str, token: Token) -> bool:
    """Whether the token is spelled like a name, whatever SQL takes it for."""
    return text[token.start : token.end + 1].isidentifier() and token.text.upper() not in _RESERVED


def _identifier(token: Token, name: str, start: int) -> Token:
    return Token(T.IDENTIFIER, name, line=token.line, col=token.col, start=start, end=token.end)


def _require_shallow(text: str, found: Sequence[Token]) -> None:
    depth = prefixes = 0
    for token in found:
        prefixes = prefixes + 1 if token.token_type in _PREFIXES else 0
        if token.token_type in _LEVEL_UP:
            depth += 1
        elif token.token_type in _LEVEL_DOWN:
            depth -= 1
        if depth + prefixes > DEEPEST:
            raise ExpressionInvalid("expression-too-deep", text, token.start, most=DEEPEST)
