"""Carts over HTTP: for a signed-in customer, or for a guest with the key of a cart."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request
from fastapi.responses import Response
from fastapi.security import HTTPAuthorizationCredentials

from daraa.collections.accounts import Role
from daraa.collections.carts import Cart
from daraa.kernel.languages import Language
from daraa.market.carts.schemas import AddLine, CartAddress, CartOut, GuestCartOut, MergedCartOut, SetLine
from daraa.market.carts.shopping_service import Shopper, Shopping
from daraa.market.http import BEARER, Customer, IdPath, IfMatch, One, Spoken, answer, provided, signed_in, version_of

router = APIRouter(prefix="/v1", tags=["cart"])
GUEST_KEY = r"^[A-Za-z0-9_-]{32}$"
Service = Annotated[Shopping, Depends(provided(Shopping))]
CartKey = Annotated[
    str | None,
    Header(alias="X-Cart-Key", pattern=GUEST_KEY, description="A guest's key, from POST /v1/carts/guest."),
]


async def shopper_of(
    request: Request, token: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)], key: CartKey = None
) -> Shopper:
    """The account of the token; without a token, whoever has the key. Neither is 401."""
    if token is None and key is not None:
        return Shopper(guest_key=key)
    actor = await signed_in(request, token)
    actor.require_role(Role.CUSTOMER)
    return Shopper(customer_id=actor.id)


Who = Annotated[Shopper, Depends(shopper_of)]


async def _shown(shopping: Shopping, cart: Cart | None, language: Language) -> Response:
    return answer({"data": await shopping.show(cart, language)}, version=cart.ver if cart is not None else 0)


@router.post("/carts/guest", response_model=One[GuestCartOut], status_code=201, summary="A cart without an account")
async def open_guest_cart(shopping: Service, language: Spoken) -> Response:
    """The key is told this once; send it as X-Cart-Key. The cart is deleted seven days after its last change."""
    key, cart = await shopping.open_for_guest()
    body = {"cart_key": key, "cart": await shopping.show(cart, language)}
    return answer({"data": body}, 201, version=cart.ver, location="/v1/cart")


@router.get("/cart", response_model=One[CartOut], summary="The cart at present prices")
async def get_cart(who: Who, shopping: Service, language: Spoken) -> Response:
    """Every line with its present price, the one last seen, and why it cannot be bought. Prices are no promise."""
    return await _shown(shopping, await shopping.find(who), language)


@router.post("/cart/lines", response_model=One[CartOut], summary="Put something into the cart")
async def add_line(body: AddLine, who: Who, shopping: Service, language: Spoken, if_match: IfMatch = None) -> Response:
    """The same variant again adds up. A first cart is made by `If-Match: "0"`, the ETag of an empty one."""
    cart = await shopping.add(who, version_of(if_match), body.variant_id, body.quantity)
    return await _shown(shopping, cart, language)


@router.patch("/cart/lines/{variant_id}", response_model=One[CartOut], summary="Set how many of a line")
async def set_line(
    variant_id: IdPath, body: SetLine, who: Who, shopping: Service, language: Spoken, if_match: IfMatch = None
) -> Response:
    """Exactly so many; the present price counts as seen."""
    cart = await shopping.set_quantity(who, version_of(if_match), variant_id, body.quantity)
    return await _shown(shopping, cart, language)


@router.delete("/cart/lines/{variant_id}", response_model=One[CartOut], summary="Take a line out")
async def remove_line(
    variant_id: IdPath, who: Who, shopping: Service, language: Spoken, if_match: IfMatch = None
) -> Response:
    """404 when the cart has no such line."""
    return await _shown(shopping, await shopping.remove(who, version_of(if_match), variant_id), language)


@router.put("/cart/address", response_model=One[CartOut], summary="Where the cart shall be delivered")
async def set_address(
    body: CartAddress, who: Who, shopping: Service, language: Spoken, if_match: IfMatch = None
) -> Response:
    """One of the customer's own addresses; guests have none."""
    return await _shown(shopping, await shopping.set_address(who, version_of(if_match), body.address_id), language)


@router.delete("/cart", response_model=One[CartOut], summary="Empty the cart")
async def clear_cart(who: Who, shopping: Service, language: Spoken, if_match: IfMatch = None) -> Response:
    """Takes out all lines, the address and the coupon; the cart stays."""
    return await _shown(shopping, await shopping.clear(who, version_of(if_match)), language)


@router.post("/cart/merge", response_model=One[MergedCartOut], summary="Bring a guest's cart along after login")
async def merge_cart(
    actor: Customer,
    shopping: Service,
    language: Spoken,
    key: Annotated[str, Header(alias="X-Cart-Key", pattern=GUEST_KEY, description="The key of the guest's cart.")],
) -> Response:
    """Adds the guest's lines to the account's cart, once however often it is sent; the guest's cart is gone then."""
    merged = await shopping.merge(actor.id, key)
    left_out = [
        {"variant_id": each.variant_id, "quantity": each.quantity, "reason": each.reason} for each in merged.left_out
    ]
    body = {"cart": await shopping.show(merged.cart, language), "left_out": left_out}
    return answer({"data": body}, version=merged.cart.ver if merged.cart is not None else 0)
