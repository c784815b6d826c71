"""Who may do what. Supervisors look on, masked; bureaus see none of it; administrators run things."""

from typing import Annotated

from fastapi import Depends

from shared.security.permits import Permit
from shared.security.principals import Principal, Role

FIELD = (Role.VILLAGE, Role.TOWNSHIP, Role.COUNTY)
"""Those who work with households."""

ReadCode = Annotated[Principal, Depends(Permit("code:read", *FIELD, Role.SUPERVISOR, Role.ADMIN))]
ReadPerson = Annotated[Principal, Depends(Permit("person:read", *FIELD, Role.SUPERVISOR))]
SearchPerson = Annotated[Principal, Depends(Permit("person:search", *FIELD, Role.SUPERVISOR))]
RevealPerson = Annotated[Principal, Depends(Permit("person:reveal", *FIELD))]
ReadNeed = Annotated[Principal, Depends(Permit("need:read", *FIELD, Role.SUPERVISOR))]
WriteNeed = Annotated[Principal, Depends(Permit("need:write", *FIELD))]
ReadTask = Annotated[Principal, Depends(Permit("labour-task:read", *FIELD, Role.SUPERVISOR))]
CloseTask = Annotated[Principal, Depends(Permit("labour-task:close", *FIELD))]

SendExport = Annotated[Principal, Depends(Permit("reconciliation:send", Role.TOWNSHIP, Role.COUNTY))]
ReadReconciliation = Annotated[Principal, Depends(Permit("reconciliation:read", *FIELD, Role.SUPERVISOR))]
AskVillages = Annotated[Principal, Depends(Permit("reconciliation:ask", Role.TOWNSHIP, Role.COUNTY))]
# Not the village: whoever keeps the ledger neither draws, nor sees whom of theirs is called, nor answers for them.
DrawSample = Annotated[Principal, Depends(Permit("ledger-sample:draw", Role.COUNTY, Role.SUPERVISOR))]
ReadSample = Annotated[Principal, Depends(Permit("ledger-sample:read", Role.TOWNSHIP, Role.COUNTY, Role.SUPERVISOR))]
AnswerSample = Annotated[Principal, Depends(Permit("ledger-sample:answer", Role.TOWNSHIP, Role.COUNTY))]


def sees_people(who: Principal) -> bool:
    """Whether names and free texts are shown; the others recognise a person by surname and the masked number."""
    return who.role in FIELD
