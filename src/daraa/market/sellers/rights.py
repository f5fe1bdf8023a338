"""What a member of a store may be allowed to do: a closed list, so that a misspelt right is refused."""

from enum import StrEnum


class SellerScope(StrEnum):
    """Rights as `resource:action`; the owner has all of them."""

    STORE_WRITE = "store:write"
    PRODUCT_WRITE = "product:write"
    STOCK_WRITE = "stock:write"
    ORDER_FULFIL = "order:fulfil"
    RETURN_DECIDE = "return:decide"
    PAYOUT_READ = "payout:read"
