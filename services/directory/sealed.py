"""Which columns hold sealed values, for `services.cli reseal`."""

from services.directory.models import SigningKey
from services.directory.usecases.signing_keys import PURPOSE
from shared.security.reseal import Sealed

SEALED = (Sealed(SigningKey.sealed_pem, PURPOSE),)
