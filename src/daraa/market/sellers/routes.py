"""Stores and memberships over HTTP, for those who own one or work in one."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from daraa.collections.store_members import MemberRole
from daraa.market.http import IdPath, IfMatch, InStore, ListOf, One, SignedIn, answer, provided, version_of
from daraa.market.sellers.member_service import MOST_MEMBERSHIPS, Members
from daraa.market.sellers.schemas import ApplyStore, InviteMember, MemberOut, MyStore, OwnStore, PatchStore
from daraa.market.sellers.service import Stores
from daraa.market.sellers.shown import member_of, my_store, own_store

router = APIRouter(prefix="/v1", tags=["seller: stores"])
StoreService = Annotated[Stores, Depends(provided(Stores))]
MemberService = Annotated[Members, Depends(provided(Members))]
WHOLE = {"next_cursor": None, "has_more": False}


@router.post("/seller/stores", status_code=201, response_model=One[OwnStore], summary="Apply for a store")
async def apply_for_store(wanted: ApplyStore, actor: SignedIn, stores: StoreService) -> Response:
    """The store is pending until the platform approves it; goods may be prepared meanwhile."""
    made = await stores.apply(actor, wanted)
    location = f"/v1/seller/stores/{made.id}"
    return answer({"data": own_store(made, confidential=True)}, 201, version=made.ver, location=location)


@router.get("/seller/stores", response_model=ListOf[MyStore], summary="The stores I work in")
async def list_my_stores(actor: SignedIn, stores: StoreService) -> Response:
    """All of them, on one page."""
    mine = await stores.mine(actor, limit=MOST_MEMBERSHIPS)
    return answer({"data": [my_store(member, store) for member, store in mine], "page": WHOLE})


@router.get("/seller/stores/{store_id}", response_model=One[OwnStore], summary="One store, from behind the counter")
async def get_my_store(scope: InStore, stores: StoreService) -> Response:
    """Tax number and payout account are shown to the owner alone."""
    store = await stores.get(scope)
    shown = own_store(store, confidential=scope.role is MemberRole.OWNER)
    return answer({"data": shown}, version=store.ver)


@router.patch("/seller/stores/{store_id}", response_model=One[OwnStore], summary="Change a store")
async def patch_my_store(
    wanted: PatchStore, scope: InStore, actor: SignedIn, stores: StoreService, if_match: IfMatch = None
) -> Response:
    """A merge patch; needs `store:write` and If-Match."""
    store = await stores.patch(scope, actor, version_of(if_match), wanted)
    return answer({"data": own_store(store, confidential=scope.role is MemberRole.OWNER)}, version=store.ver)


@router.post("/seller/stores/{store_id}:resubmit", response_model=One[OwnStore], summary="Hand in a rejected store")
async def resubmit_my_store(scope: InStore, actor: SignedIn, stores: StoreService) -> Response:
    """Back into the queue of those to be examined."""
    store = await stores.resubmit(scope, actor)
    return answer({"data": own_store(store, confidential=True)}, version=store.ver)


@router.get("/seller/stores/{store_id}/members", response_model=ListOf[MemberOut], summary="Who works in the store")
async def list_members(scope: InStore, members: MemberService) -> Response:
    """Those invited, working, and gone; for the owner."""
    found = await members.list_of_store(scope)
    return answer({"data": [member_of(member, account) for member, account in found], "page": WHOLE})


@router.post(
    "/seller/stores/{store_id}/members", status_code=201, response_model=One[MemberOut], summary="Invite somebody"
)
async def invite_member(
    wanted: InviteMember, scope: InStore, actor: SignedIn, members: MemberService
) -> Response:  # fmt: skip
    """An existing account by its telephone number; it works here once the invitation is accepted."""
    member, account = await members.invite(scope, actor, wanted)
    location = f"/v1/seller/stores/{scope.store_id}/members/{account.id}"
    return answer({"data": member_of(member, account)}, 201, location=location)


@router.delete("/seller/stores/{store_id}/members/{account_id}", status_code=204, summary="Remove a member")
async def remove_member(account_id: IdPath, scope: InStore, actor: SignedIn, members: MemberService) -> Response:
    """Takes effect with the next request; for the owner."""
    await members.remove(scope, actor, account_id)
    return Response(status_code=204)


@router.get("/me/memberships", response_model=ListOf[MyStore], summary="My memberships and invitations")
async def list_my_memberships(actor: SignedIn, members: MemberService, stores: StoreService) -> Response:
    """Open invitations have the status `invited`."""
    found = await stores.with_stores(await members.list_of_account(actor))
    return answer({"data": [my_store(member, store) for member, store in found], "page": WHOLE})


@router.post("/me/memberships/{store_id}:accept", response_model=One[MemberOut], summary="Accept an invitation")
async def accept_invitation(store_id: IdPath, actor: SignedIn, members: MemberService) -> Response:
    """From now on the store is among mine."""
    return answer({"data": member_of(await members.accept(actor, store_id), None)})


@router.delete("/me/memberships/{store_id}", status_code=204, summary="Leave a store, or decline its invitation")
async def leave_store(store_id: IdPath, actor: SignedIn, members: MemberService) -> Response:
    """The owner cannot."""
    await members.leave(actor, store_id)
    return Response(status_code=204)
