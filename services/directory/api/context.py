"""What the directory's routes ask for, beside what every service has."""

from typing import Annotated

from fastapi import Depends

from services.directory.sign_in import Door
from services.directory.usecases.tokens import Issuer
from shared.http.context import of_app

TheDoor = Annotated[Door, Depends(of_app("door"))]
TheIssuer = Annotated[Issuer, Depends(of_app("issuer"))]
