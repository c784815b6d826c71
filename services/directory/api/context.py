"""What the directory's routes ask for, beside what every service has."""

from typing import Annotated

from fastapi import Depends, Request

from services.directory.sign_in import Door
from services.directory.usecases.tokens import Issuer


async def _door(request: Request) -> Door:
    door: Door = request.app.state.door
    return door


async def _issuer(request: Request) -> Issuer:
    issuer: Issuer = request.app.state.issuer
    return issuer


async def _address(request: Request) -> str:
    return request.client.host if request.client else ""


TheDoor = Annotated[Door, Depends(_door)]
TheIssuer = Annotated[Issuer, Depends(_issuer)]
ClientAddress = Annotated[str, Depends(_address)]
