"""Files of ledger rows on their way: what may happen to one when."""

from shared.errors import Conflict, Gone, NotFound


class LedgerImportNotFound(NotFound):
    """No such file of the asker's, or of their areas."""

    code = "ledger-import-not-found"


class LedgerImportNotChecked(Conflict):
    """It is not checked yet, or was written."""

    code = "ledger-import-not-checked"


class LedgerImportDigestDiffers(Conflict):
    """Another check than the one in force is named."""

    code = "ledger-import-digest-differs"


class LedgerImportGone(Gone):
    """Its files were forgotten."""

    code = "ledger-import-gone"


class LedgerMovedOn(Conflict):
    """Between check and writing somebody changed one of the rows: nothing is written, it is checked anew."""

    code = "ledger-import-moved-on"
