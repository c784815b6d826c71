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
ReadIndicator = Annotated[Principal, Depends(Permit("indicator:read", *FIELD, Role.SUPERVISOR))]
ReadIndicatorNames = Annotated[Principal, Depends(Permit("indicator:read-names", *FIELD, Role.SUPERVISOR))]
ReadPriorityList = Annotated[Principal, Depends(Permit("priority-list:read", *FIELD, Role.SUPERVISOR))]
ExportPriorityList = Annotated[Principal, Depends(Permit("priority-list:export", *FIELD, Role.SUPERVISOR))]


def sees_people(who: Principal) -> bool:
    """Whether names and free texts are shown; the others recognise a person by surname and the masked number."""
    return who.role in FIELD
