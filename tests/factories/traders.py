"""Who trades in a town: stores, customers and couriers, each with the headers of their requests."""

import secrets
from dataclasses import dataclass

from daraa.collections.accounts import Account, Role
from daraa.collections.addresses import Address
from daraa.collections.categories import Category
from daraa.collections.courier_profiles import CourierProfile
from daraa.collections.product_variants import ProductVariant
from daraa.collections.products import Product
from daraa.collections.store_owner_profiles import StoreOwnerProfile
from daraa.collections.wallets import Wallet
from factories.gate import signed_in


@dataclass(frozen=True)
class Storefront:
    """An approved store with its owner, one product and its variants, the first of which is `variant`."""

    store: StoreOwnerProfile
    category: Category
    product: Product
    variants: tuple[ProductVariant, ...]

    @property
    def id(self) -> str:
        """The store's id."""
        return self.store.id

    @property
    def variant(self) -> ProductVariant:
        """Its first variant."""
        return self.variants[0]

    @property
    def headers(self) -> dict[str, str]:
        """A request by its owner."""
        return signed_in(self.store.account_id, Role.CUSTOMER, Role.STORE_OWNER)

    @property
    def orders(self) -> str:
        """Where its orders are."""
        return f"/v1/seller/stores/{self.id}/orders"


@dataclass(frozen=True)
class Shopper:
    """A customer with a default address in the zone; `wallet` when money was put into it."""

    account: Account
    address: Address
    wallet: Wallet | None = None

    @property
    def id(self) -> str:
        """The account's id."""
        return self.account.id

    @property
    def headers(self) -> dict[str, str]:
        """A request without a key."""
        return signed_in(self.id)

    def once(self, key: str | None = None) -> dict[str, str]:
        """A request with an Idempotency-Key."""
        return {**self.headers, "idempotency-key": key or secrets.token_hex(8)}


@dataclass(frozen=True)
class Rider:
    """A trusted courier on duty in the zone."""

    account: Account
    profile: CourierProfile

    @property
    def headers(self) -> dict[str, str]:
        """A request by the courier."""
        return signed_in(self.account.id, Role.COURIER)
