"""A customer's addresses over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from daraa.kernel.errors import DaraaError
from daraa.market.http import Customer, IdPath, IfMatch, One, answer, provided, version_of
from daraa.market.profiles.errors import FIELD_NEEDED
from daraa.market.profiles.schemas import (
    NEEDED,
    AddressChange,
    AddressIn,
    AddressOut,
    address_row,
    address_words,
)
from daraa.market.profiles.service import Profiles

router = APIRouter(prefix="/v1/me/addresses", tags=["me"])
Book = Annotated[Profiles, Depends(provided(Profiles))]


@router.get("", response_model=One[list[AddressOut]], summary="My addresses")
async def list_addresses(actor: Customer, profiles: Book) -> Response:
    """All of them (ten at most), the last used first."""
    return answer({"data": [address_row(each) for each in await profiles.list_addresses(actor.id)]})


@router.post("", status_code=201, response_model=One[AddressOut], summary="Add an address")
async def add_address(given: AddressIn, actor: Customer, profiles: Book) -> Response:
    """The first one becomes the default."""
    words = address_words(given, only_set=False)
    address = await profiles.add_address(actor.id, words, default=given.is_default)
    where = f"/v1/me/addresses/{address.id}"
    return answer({"data": address_row(address)}, 201, version=address.ver, location=where)


@router.get("/{address_id}", response_model=One[AddressOut], summary="One of my addresses")
async def get_address(address_id: IdPath, actor: Customer, profiles: Book) -> Response:
    """404 for another's."""
    address = await profiles.get_address(actor.id, address_id)
    return answer({"data": address_row(address)}, version=address.ver)


@router.patch("/{address_id}", response_model=One[AddressOut], summary="Change an address")
async def change_address(
    address_id: IdPath, change: AddressChange, actor: Customer, profiles: Book, if_match: IfMatch = None
) -> Response:
    """Orders keep the address as it was. With If-Match only if it was not changed since."""
    words = address_words(change, only_set=True)
    if needed := sorted(name for name in NEEDED & set(words) if words[name] is None):
        raise DaraaError(
            FIELD_NEEDED, f"These cannot be taken away: {', '.join(needed)}.", hint="Leave out what stays.",
            ar=f"لا يمكن حذف: {', '.join(needed)}.",
        )  # fmt: skip
    version = version_of(if_match) if if_match is not None else None
    wanted = bool(change.is_default)
    address = await profiles.change_address(actor.id, address_id, words, version, default=wanted)
    return answer({"data": address_row(address)}, version=address.ver)


@router.delete("/{address_id}", status_code=204, summary="Remove an address")
async def remove_address(address_id: IdPath, actor: Customer, profiles: Book) -> Response:
    """If it was the default, the last used of the others becomes it."""
    await profiles.remove_address(actor.id, address_id)
    return Response(status_code=204)
