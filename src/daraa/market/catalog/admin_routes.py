"""The category tree and the kinds of stores over HTTP, for admins who tend them."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response

from daraa.collections.categories import Category
from daraa.collections.store_categories import StoreCategory
from daraa.market.catalog.admin_schemas import (
    CategoryOut,
    CreateCategory,
    CreateNode,
    ListChildren,
    NodeOut,
    PatchCategory,
    PatchNode,
)
from daraa.market.catalog.kind_service import Kinds
from daraa.market.catalog.tree_service import Categories
from daraa.market.http import AdminActor, IdPath, IfMatch, ListOf, One, answer, provided, version_of

router = APIRouter(prefix="/v1/admin", tags=["admin: categories"])
Tree = Annotated[Categories, Depends(provided(Categories))]
StoreKinds = Annotated[Kinds, Depends(provided(Kinds))]
WHOLE = {"next_cursor": None, "has_more": False}
NODE = {
    "id", "slug", "name", "description", "parent_id", "depth", "order", "is_active", "icon", "image", "created_at",
    "updated_at",
}  # fmt: skip


def _node(node: Category | StoreCategory) -> dict[str, Any]:
    return {"version": node.ver} | node.model_dump(mode="json", include=NODE)


def _category(category: Category) -> dict[str, Any]:
    more = category.model_dump(mode="json", include={"ancestors", "attribute_set"})
    return _node(category) | more | {"following": category.moved_at is not None}


@router.get("/categories", response_model=ListOf[CategoryOut], summary="The children of a category, or the roots")
async def list_category_children(
    wanted: Annotated[ListChildren, Query()], actor: AdminActor, tree: Tree
) -> Response:  # fmt: skip
    """Active or not, in order, on one page; needs the right `category:write`."""
    children = await tree.list_children(actor, wanted.parent_id)
    return answer({"data": [_category(each) for each in children], "page": WHOLE})


@router.post("/categories", status_code=201, response_model=One[CategoryOut], summary="Make a category")
async def create_category(wanted: CreateCategory, actor: AdminActor, tree: Tree) -> Response:
    """At most five levels below a root."""
    made = await tree.create(actor, wanted)
    return answer({"data": _category(made)}, 201, version=made.ver, location=f"/v1/admin/categories/{made.id}")


@router.get("/categories/{category_id}", response_model=One[CategoryOut], summary="One category, active or not")
async def get_any_category(category_id: IdPath, actor: AdminActor, tree: Tree) -> Response:
    """With the attributes its products carry."""
    found = await tree.get(actor, category_id)
    return answer({"data": _category(found)}, version=found.ver)


@router.patch("/categories/{category_id}", response_model=One[CategoryOut], summary="Change or move a category")
async def patch_category(
    wanted: PatchCategory, category_id: IdPath, actor: AdminActor, tree: Tree, if_match: IfMatch = None
) -> Response:
    """A merge patch; needs If-Match. What is below a moved category follows it within seconds."""
    after = await tree.patch(actor, category_id, version_of(if_match), wanted)
    return answer({"data": _category(after)}, version=after.ver)


@router.get("/store-categories", response_model=ListOf[NodeOut], summary="The kinds of stores below one, or the upper")
async def list_kind_children(
    wanted: Annotated[ListChildren, Query()], actor: AdminActor, kinds: StoreKinds
) -> Response:  # fmt: skip
    """Active or not, in order, on one page; needs the right `category:write`."""
    children = await kinds.list_children(actor, wanted.parent_id)
    return answer({"data": [_node(each) for each in children], "page": WHOLE})


@router.post("/store-categories", status_code=201, response_model=One[NodeOut], summary="Make a kind of store")
async def create_kind(wanted: CreateNode, actor: AdminActor, kinds: StoreKinds) -> Response:
    """An upper kind, or one below an upper kind."""
    made = await kinds.create(actor, wanted)
    return answer({"data": _node(made)}, 201, version=made.ver, location=f"/v1/admin/store-categories/{made.id}")


@router.get("/store-categories/{kind_id}", response_model=One[NodeOut], summary="One kind of store, active or not")
async def get_any_kind(kind_id: IdPath, actor: AdminActor, kinds: StoreKinds) -> Response:
    """As those see it who tend the tree."""
    found = await kinds.get(actor, kind_id)
    return answer({"data": _node(found)}, version=found.ver)


@router.patch("/store-categories/{kind_id}", response_model=One[NodeOut], summary="Change or move a kind of store")
async def patch_kind(
    wanted: PatchNode, kind_id: IdPath, actor: AdminActor, kinds: StoreKinds, if_match: IfMatch = None
) -> Response:
    """A merge patch; needs If-Match."""
    after = await kinds.patch(actor, kind_id, version_of(if_match), wanted)
    return answer({"data": _node(after)}, version=after.ver)
