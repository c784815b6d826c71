"""Unified social credit codes (统一社会信用代码), GB 32100: 18 characters, the last one a check digit."""

import unicodedata

from stdnum.cn import uscc
from stdnum.exceptions import InvalidChecksum, InvalidLength, ValidationError


class InvalidCreditCode(ValueError):
    """The text is no such code; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def normalise(entered: str) -> str:
    """The code in capitals, without blanks, from full or half width. Raises `InvalidCreditCode`."""
    text = uscc.compact(unicodedata.normalize("NFKC", entered).upper())
    try:
        return uscc.validate(text)
    except InvalidLength:
        raise InvalidCreditCode("credit-code-length") from None
    except InvalidChecksum:
        raise InvalidCreditCode("credit-code-checksum") from None
    except ValidationError:
        raise InvalidCreditCode("credit-code-characters") from None
