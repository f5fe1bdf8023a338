"""How long documents stay, and which single mechanism deletes them."""

from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

from daraa.declare.filters import Where
from daraa.declare.words import closed


@dataclass(frozen=True, slots=True)
class Months:
    """Calendar months, counted in UTC and clamped to the end of a shorter month."""

    count: int


@closed
@dataclass(frozen=True, slots=True)
class Keep:
    """Never deleted, because of the given reason."""

    because: str


@closed
@dataclass(frozen=True, slots=True)
class Expire:
    """The server's TTL monitor deletes a document once the date in `by` is `after` in the past.

    `set_by` names who writes the date when it is not there from the start (a job that must do something first).
    """

    by: str
    after: timedelta = timedelta(0)
    set_by: str = ""


@closed
@dataclass(frozen=True, slots=True)
class Archive:
    """The archiver moves documents that match `when` once `since` is older than `after` calendar months."""

    after: Months
    since: str
    when: Where


Retention: TypeAlias = Keep | Expire | Archive
