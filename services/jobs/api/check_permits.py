"""Who may check the ledger: against other exports, and by telephone."""

from typing import Annotated

from fastapi import Depends

from shared.security.permits import Permit
from shared.security.principals import FIELD, Principal, Role

# Whose export it is may send it, and watch what becomes of its own file, in numbers alone.
SendExport = Annotated[Principal, Depends(Permit("reconciliation:send", Role.BUREAU, Role.TOWNSHIP, Role.COUNTY))]
WatchExport = Annotated[Principal, Depends(Permit("reconciliation:watch", Role.BUREAU, *FIELD, Role.SUPERVISOR))]
ReadReconciliation = Annotated[Principal, Depends(Permit("reconciliation:read", *FIELD, Role.SUPERVISOR))]
AskVillages = Annotated[Principal, Depends(Permit("reconciliation:ask", Role.TOWNSHIP, Role.COUNTY))]
# Not the village: whoever keeps the ledger neither draws, nor sees whom of theirs is called, nor answers for them.
DrawSample = Annotated[Principal, Depends(Permit("ledger-sample:draw", Role.COUNTY))]
ReadSample = Annotated[Principal, Depends(Permit("ledger-sample:read", Role.TOWNSHIP, Role.COUNTY, Role.SUPERVISOR))]
AnswerSample = Annotated[Principal, Depends(Permit("ledger-sample:answer", Role.TOWNSHIP, Role.COUNTY))]
