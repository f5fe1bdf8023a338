"""What each sort of admin may do when made; what counts afterwards is the list on the profile."""

from collections.abc import Mapping
from types import MappingProxyType

from daraa.collections.admin_profiles import AdminRole

_SUPPORT = frozenset({"account:read", "order:read", "task:read", "dispute:read"})
_MODERATOR = _SUPPORT | {"store:approve", "category:write", "review:moderate", "courier:approve", "audit:read"}
_ADMIN = _MODERATOR | {
    *("account:suspend", "store:suspend", "courier:suspend", "order:write", "order:cancel", "task:assign"),
    *("zone:write", "coupon:write", "template:write", "refund:create", "refund:read", "dispute:decide"),
    *("wallet:read", "withdrawal:decide", "cash:receive", "remittance:receive", "payment:read", "commission:read"),
}
_SUPER_ADMIN = _ADMIN | {
    *("admin:write", "ledger:read", "ledger:adjust", "wallet:freeze", "wallet:write", "commission:write"),
    *("refund:approve", "payout:run", "webhook:write"),
}
DEFAULT_GRANTS: Mapping[AdminRole, frozenset[str]] = MappingProxyType(
    {
        AdminRole.SUPPORT: _SUPPORT,
        AdminRole.MODERATOR: _MODERATOR,
        AdminRole.ADMIN: _ADMIN,
        AdminRole.SUPER_ADMIN: _SUPER_ADMIN,
    }
)
ALONE_MINOR_UNITS: Mapping[AdminRole, int] = MappingProxyType(
    {AdminRole.SUPPORT: 0, AdminRole.MODERATOR: 0, AdminRole.ADMIN: 5_000_00, AdminRole.SUPER_ADMIN: 50_000_00}
)
"""Up to which amount an admin decides about money alone, in minor units."""
