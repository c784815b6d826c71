"""Who may do what with the labour ledger. Supervisors look on, masked; bureaus send none of it."""

from typing import Annotated

from fastapi import Depends

from shared.security.permits import Permit
from shared.security.principals import FIELD, Principal, Role

ReadLedger = Annotated[Principal, Depends(Permit("ledger:read", *FIELD, Role.SUPERVISOR))]
WriteLedger = Annotated[Principal, Depends(Permit("ledger:write", *FIELD))]
ImportLedger = Annotated[Principal, Depends(Permit("ledger:import", Role.TOWNSHIP, Role.COUNTY))]
