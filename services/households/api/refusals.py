"""Errors of one among many → answers."""

from services.households.schemas.refusals import Refusal
from shared.errors import DomainError
from shared.messages import Catalogue, Language


def refusal(error: DomainError, texts: Catalogue, language: Language) -> Refusal:
    """Why it was not taken, in the caller's language."""
    return Refusal(code=error.code, message=texts.text(error.code, language, **error.params), field=error.field)
