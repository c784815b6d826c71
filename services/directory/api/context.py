"""What the directory's routes ask for, beside what every service has."""

from typing import Annotated

from fastapi import Depends, Request

from services.directory.sign_in import Door
from services.directory.usecases.tokens import Issuer
from shared.http.context import of_app


async def _address(request: Request) -> str:
    return request.client.host if request.client else ""


TheDoor = Annotated[Door, Depends(of_app("door"))]
TheIssuer = Annotated[Issuer, Depends(of_app("issuer"))]
ClientAddress = Annotated[str, Depends(_address)]
