"""Who may do what in the directory. The areas within which they may are checked by queries and rules."""

from typing import Annotated

from fastapi import Depends

from shared.security.permits import Permit
from shared.security.principals import Principal, Role

_ALL = tuple(Role)
_MANAGERS = (Role.ADMIN, Role.COUNTY)
_OVERSEERS = (*_MANAGERS, Role.SUPERVISOR)

ReadMe = Annotated[Principal, Depends(Permit("me:read", *_ALL, api_key=True))]
ReadAreas = Annotated[Principal, Depends(Permit("area:read", *_ALL, api_key=True))]
WriteAreas = Annotated[Principal, Depends(Permit("area:write", Role.ADMIN))]
ReadOrganisations = Annotated[Principal, Depends(Permit("organisation:read", *_ALL))]
WriteOrganisations = Annotated[Principal, Depends(Permit("organisation:write", Role.ADMIN))]
ReadAccounts = Annotated[Principal, Depends(Permit("account:read", *_OVERSEERS, Role.TOWNSHIP))]
WriteAccounts = Annotated[Principal, Depends(Permit("account:write", *_MANAGERS))]
SetPassword = Annotated[Principal, Depends(Permit("account:password", *_ALL))]
ReadApiKeys = Annotated[Principal, Depends(Permit("api-key:read", *_OVERSEERS))]
WriteApiKeys = Annotated[Principal, Depends(Permit("api-key:write", Role.ADMIN))]
ReadPolicies = Annotated[Principal, Depends(Permit("policy:read", *_ALL, api_key=True))]
WritePolicies = Annotated[Principal, Depends(Permit("policy:write", *_MANAGERS))]
RotateSigningKey = Annotated[Principal, Depends(Permit("signing-key:rotate", Role.ADMIN))]
Announce = Annotated[Principal, Depends(Permit("announcement:make", Role.ADMIN))]
