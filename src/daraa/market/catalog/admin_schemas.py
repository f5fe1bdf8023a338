"""What categories and kinds of stores look like in requests and answers of those who tend the trees."""

from datetime import datetime
from typing import Annotated, ClassVar, Self

from pydantic import AfterValidator, BaseModel, Field, model_validator

from daraa.collections.categories import AttributeKind
from daraa.kernel.ids import ID_PATTERN
from daraa.market.catalog.seller_schemas import Key, LocalizedOut
from daraa.market.http import Input, Parameters
from daraa.market.patching import Patch
from daraa.market.texts import MediaKey, NameIn, ParagraphsIn, SlugIn, Word

ParentId = Annotated[str, Field(pattern=ID_PATTERN)]
Order = Annotated[int, Field(ge=0, le=1_000_000, strict=True)]


class AttributeRuleIn(Input):
    """One attribute that products of the category carry."""

    k: Key
    name: NameIn
    kind: AttributeKind
    unit: Word | None = None
    choices: Annotated[list[Word], Field(max_length=50)] = Field(default_factory=list)
    is_required: bool = False

    @model_validator(mode="after")
    def _choices_fit(self) -> Self:
        if (self.kind is AttributeKind.CHOICE) != bool(self.choices):
            raise ValueError("choices belong to the kind `choice`, which needs some")
        return self


def _distinct(rules: list[AttributeRuleIn]) -> list[AttributeRuleIn]:
    if len({each.k for each in rules}) < len(rules):
        raise ValueError("an attribute comes twice")
    return rules


AttributeRules = Annotated[list[AttributeRuleIn], Field(max_length=40), AfterValidator(_distinct)]


class CreateNode(Input):
    """A new node of a tree."""

    slug: SlugIn
    name: NameIn
    description: ParagraphsIn | None = None
    parent_id: ParentId | None = None
    order: Order = 0
    icon: MediaKey | None = None
    image: MediaKey | None = None


class CreateCategory(CreateNode):
    """A new category of products."""

    attribute_set: AttributeRules = Field(default_factory=list)


class PatchNode(Patch):
    """Changes of a node; another `parent_id` moves it with all below it, null makes it a root."""

    clearable: ClassVar[frozenset[str]] = frozenset({"description", "parent_id", "icon", "image"})

    name: NameIn | None = None
    description: ParagraphsIn | None = None
    parent_id: ParentId | None = None
    order: Order | None = None
    is_active: bool | None = None
    icon: MediaKey | None = None
    image: MediaKey | None = None


class PatchCategory(PatchNode):
    """Changes of a category of products."""

    attribute_set: AttributeRules | None = None


class ListChildren(Parameters):
    """Whose children; the roots when left out."""

    parent_id: Annotated[ParentId | None, Field(description="The node above; without it, the roots.")] = None


class NodeOut(BaseModel):
    """A node of a tree as those see it who tend it."""

    id: str
    version: int
    slug: str
    name: LocalizedOut
    description: LocalizedOut | None
    parent_id: str | None
    depth: int
    order: int
    is_active: bool
    icon: str | None
    image: str | None
    created_at: datetime
    updated_at: datetime


class AttributeRuleOut(BaseModel):
    """One attribute that products of the category carry."""

    k: str
    name: LocalizedOut
    kind: AttributeKind
    unit: str | None
    choices: list[str]
    is_required: bool


class CategoryOut(NodeOut):
    """A category; `following` while what is below it has not taken over its new place yet."""

    ancestors: list[str]
    attribute_set: list[AttributeRuleOut]
    following: bool
