"""Texts as requests bring them: bounded, in both languages, without the characters that no text holds."""

from typing import Annotated

from pydantic import Field, StringConstraints

from daraa.declare import Localized
from daraa.market.http import Input

LINE_PATTERN = r"^[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*$"
PARAGRAPHS_PATTERN = r"^[^\x00-\x08\x0b-\x1f\x7f]*$"

Name = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=LINE_PATTERN)]
"""One line that is not blank."""
Line = Annotated[str, StringConstraints(min_length=1, max_length=300, pattern=LINE_PATTERN)]
Word = Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=LINE_PATTERN)]
Paragraphs = Annotated[str, StringConstraints(max_length=5000, pattern=PARAGRAPHS_PATTERN)]
SlugIn = Annotated[
    str,
    Field(
        min_length=2,
        max_length=100,
        pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$",
        description="The readable name in the address: small Latin letters, digits, single hyphens. Never changed.",
        examples=["hawran-bread"],
    ),
]
MediaKey = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=r"^[\x21-\x7e]+$")]
"""The key of an uploaded file, or an address."""
Reason = Annotated[str, StringConstraints(min_length=3, max_length=500, pattern=LINE_PATTERN)]


class NameIn(Input):
    """A name in both languages."""

    ar: Name
    en: Name

    def localized(self) -> Localized:
        """As it is stored."""
        return Localized(ar=self.ar.strip(), en=self.en.strip())


class ParagraphsIn(Input):
    """A longer text in both languages; either may be empty."""

    ar: Paragraphs
    en: Paragraphs

    def localized(self) -> Localized:
        """As it is stored."""
        return Localized(ar=self.ar.strip(), en=self.en.strip())


class PointIn(Input):
    """A place on earth (WGS 84, degrees)."""

    longitude: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
    latitude: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
