"""Why one of many was not taken."""

from pydantic import Field

from shared.http.fields import Answer


class Refusal(Answer):
    """Why it was not taken, as a problem document would say it."""

    code: str = Field(examples=["visit-required"])
    message: str = Field(examples=["按核查政策，这一结论须先入户走访"])
    field: str | None = Field(examples=["basis"])
