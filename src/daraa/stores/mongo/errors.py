"""Turns the driver's errors into ours, so that no room above ever sees the driver."""

from collections.abc import Iterator
from contextlib import contextmanager

from pymongo import errors as driver

from daraa.kernel.errors import DaraaError, register

UNAVAILABLE = register(
    "stores.database.unavailable",
    status=503,
    retryable=True,
    en="The database is not available",
    ar="قاعدة البيانات غير متاحة",
)
TIMEOUT = register(
    "stores.database.timeout", status=503, retryable=True, en="The database took too long", ar="تأخرت قاعدة البيانات"
)
DUPLICATE = register("stores.key.duplicate", status=409, en="It exists already", ar="موجود مسبقا")
REFUSED = register("stores.document.refused", status=500, en="The document was refused", ar="رُفض المستند")
DENIED = register(
    "stores.access.denied", status=500, en="The database account may not do this", ar="حساب القاعدة غير مخول"
)
CONFLICT = register(
    "stores.write.conflict", status=409, retryable=True, en="Somebody else changed it", ar="غيّره شخص آخر"
)
FAILED = register(
    "stores.database.failed", status=500, en="The database refused the command", ar="رفضت قاعدة البيانات الأمر"
)


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Run a block of driver calls; `what` (e.g. `find products`) starts the message of any error."""
    try:
        yield
    except driver.PyMongoError as error:
        raise translate(error, what) from error


def translate(error: driver.PyMongoError, what: str) -> DaraaError:
    """The DaraaError that says the same as the driver's error. Messages carry no values of documents."""
    if isinstance(error, driver.DuplicateKeyError):
        return DaraaError(DUPLICATE, f"{what}: a document with this key exists.", index=_index_of(error))
    if isinstance(error, driver.OperationFailure) and error.code in _BY_CODE:
        code, hint = _BY_CODE[error.code]
        return DaraaError(code, f"{what}: the server answered {error.code} ({_name(error)}).", hint=hint)
    if error.timeout and not isinstance(error, driver.ServerSelectionTimeoutError):
        return DaraaError(
            TIMEOUT, f"{what}: no answer within the time bound.", hint="Retry; if it lasts, see the slow log."
        )
    if isinstance(error, (driver.ConnectionFailure, driver.ServerSelectionTimeoutError)):
        return DaraaError(
            UNAVAILABLE, f"{what}: no database server answers.", hint="Is it running, and is the address right?"
        )
    return DaraaError(FAILED, f"{what}: {type(error).__name__} {_name(error)}.".replace("  ", " "))


def may_retry_transaction(error: DaraaError) -> bool:
    """True when a transaction that ended with this error may be run again from its beginning."""
    cause = error.__cause__
    labelled = isinstance(cause, driver.PyMongoError) and cause.has_error_label("TransientTransactionError")
    return labelled or error.code == CONFLICT


def refused_as_given(error: DaraaError) -> bool:
    """True when the server refused what it was given and would do so on any other day: no trouble of its own."""
    if error.code in (DUPLICATE, REFUSED):
        return True
    cause = error.__cause__
    if not isinstance(cause, driver.OperationFailure):
        return False
    if not isinstance(cause, driver.BulkWriteError):
        return cause.code in _AS_GIVEN
    details = cause.details or {}
    codes = {each.get("code") for each in details.get("writeErrors", ())}
    return bool(codes) and codes <= _AS_GIVEN and not details.get("writeConcernErrors")


_BY_CODE = {
    13: (DENIED, "See `daraa accounts plan`: the account lacks this right on purpose or the roles are out of date."),
    18: (DENIED, "The password in the secrets folder is not the one the server knows: run `daraa accounts apply`."),
    50: (TIMEOUT, "Retry; if it lasts, see the slow log."),
    112: (CONFLICT, "Read again and retry."),
    121: (REFUSED, "It does not fit the declared shape of the collection."),
}
_AS_GIVEN = frozenset(
    {
        2,  # BadValue
        9,  # FailedToParse
        14,  # TypeMismatch
        53,  # InvalidIdField
        67,  # CannotCreateIndex
        72,  # InvalidOptions
        73,  # InvalidNamespace
        85,  # IndexOptionsConflict
        86,  # IndexKeySpecsConflict
        121,  # DocumentValidationFailure
        167,  # InvalidViewDefinition
        168,  # InvalidPipelineOperator
        171,  # CannotIndexParallelArrays
        197,  # InvalidIndexSpecificationOption
        224,  # QueryFeatureNotAllowed
        10334,  # BSONObjectTooLarge
        11000,  # DuplicateKey
        16755,  # a place that no geo index takes
        40414,  # a field that the command wants is missing
        40415,  # a field that the command does not know
    }
)


def _name(error: driver.PyMongoError) -> str:
    details = getattr(error, "details", None)
    return str(details.get("codeName", "")) if isinstance(details, dict) else ""


def _index_of(error: driver.DuplicateKeyError) -> str:
    pattern = (error.details or {}).get("keyPattern", {})
    return ", ".join(pattern) if isinstance(pattern, dict) else ""
