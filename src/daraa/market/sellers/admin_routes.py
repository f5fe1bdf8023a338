"""Stores over HTTP for the platform: the queue of applications and what is decided about them."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response

from daraa.collections.store_owner_profiles import StoreOwnerProfile
from daraa.market.http import AdminActor, IdPath, ListOf, One, answer, provided
from daraa.market.paging import Pages
from daraa.market.sellers.decision_service import StoreDecisions
from daraa.market.sellers.schemas import Approval, ListStoresOfState, OwnStore, Ruling
from daraa.market.sellers.shown import own_store

router = APIRouter(prefix="/v1/admin/stores", tags=["admin: stores"])
Decisions = Annotated[StoreDecisions, Depends(provided(StoreDecisions))]


def _show(store: StoreOwnerProfile) -> dict[str, Any]:
    return own_store(store, confidential=True)


@router.get("", response_model=ListOf[OwnStore], summary="Stores of a state, newest first")
async def list_stores_of_state(
    wanted: Annotated[ListStoresOfState, Query()],
    actor: AdminActor,
    decisions: Decisions,
    pages: Annotated[Pages, Depends(provided(Pages))],
) -> Response:
    """Those to be examined, when no status is given; needs the right `store:approve`."""

    async def read(limit: int, after: tuple[Any, ...] | None) -> list[StoreOwnerProfile]:
        return await decisions.list_of_state(actor, wanted.status, limit=limit, after=after)

    identity = {"list": "admin.stores", "status": wanted.status.value}
    return answer(await pages.cut(wanted, identity, read, lambda store: (store.id,), _show))


@router.get("/{store_id}", response_model=One[OwnStore], summary="One store, whatever its state")
async def get_any_store(store_id: IdPath, actor: AdminActor, decisions: Decisions) -> Response:
    """With what its owner sees."""
    store = await decisions.get(actor, store_id)
    return answer({"data": _show(store)}, version=store.ver)


@router.post("/{store_id}:approve", response_model=One[OwnStore], summary="Let a store sell")
async def approve_store(wanted: Approval, store_id: IdPath, actor: AdminActor, decisions: Decisions) -> Response:
    """From `pending`."""
    store = await decisions.decide(actor, store_id, "approve", wanted.reason)
    return answer({"data": _show(store)}, version=store.ver)


@router.post("/{store_id}:reject", response_model=One[OwnStore], summary="Refuse an application")
async def reject_store(wanted: Ruling, store_id: IdPath, actor: AdminActor, decisions: Decisions) -> Response:
    """From `pending`; the owner may hand it in again."""
    store = await decisions.decide(actor, store_id, "reject", wanted.reason)
    return answer({"data": _show(store)}, version=store.ver)


@router.post("/{store_id}:suspend", response_model=One[OwnStore], summary="Stop a store from selling")
async def suspend_store(wanted: Ruling, store_id: IdPath, actor: AdminActor, decisions: Decisions) -> Response:
    """From `approved`; open orders stay."""
    store = await decisions.decide(actor, store_id, "suspend", wanted.reason)
    return answer({"data": _show(store)}, version=store.ver)


@router.post("/{store_id}:restore", response_model=One[OwnStore], summary="Let a suspended store sell again")
async def restore_store(wanted: Ruling, store_id: IdPath, actor: AdminActor, decisions: Decisions) -> Response:
    """From `suspended`."""
    store = await decisions.decide(actor, store_id, "restore", wanted.reason)
    return answer({"data": _show(store)}, version=store.ver)
