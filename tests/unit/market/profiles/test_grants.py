"""What sorts of admins may do by default."""

import itertools
import re
from pathlib import Path

import pytest

import daraa.market
from daraa.collections.admin_profiles import AdminProfile, AdminRole
from daraa.declare import AtMost
from daraa.market.profiles.grants import DEFAULT_GRANTS
from daraa.market.profiles.service import allowed_from

ASKED = re.compile(r'actor\.require\((?:"([a-z_]+:[a-z_]+)"|([A-Z_]+))')
CONSTANT = r'^{name} = "([a-z_]+:[a-z_]+)"'


def asked_for() -> dict[str, str]:
    """Every right that a service asks an admin for, and a file that does."""
    found = {}
    for path in Path(daraa.market.__path__[0]).rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        for literal, name in ASKED.findall(text):
            right = re.search(CONSTANT.format(name=name), text, re.MULTILINE) if name else None
            if right or literal:
                found[right[1] if right else literal] = str(path.name)
    return found


def test_a_super_admin_holds_every_right_that_is_asked_for() -> None:
    asked = asked_for()
    assert {"account:suspend", "audit:read"} <= set(asked)
    assert {right: asked[right] for right in set(asked) - DEFAULT_GRANTS[AdminRole.SUPER_ADMIN]} == {}


def test_each_role_holds_what_the_one_below_it_holds() -> None:
    ladder = [AdminRole.SUPPORT, AdminRole.MODERATOR, AdminRole.ADMIN, AdminRole.SUPER_ADMIN]
    for lower, higher in itertools.pairwise(ladder):
        assert DEFAULT_GRANTS[lower] < DEFAULT_GRANTS[higher]
    most = next(each.count for each in AdminProfile.model_fields["permissions"].metadata if isinstance(each, AtMost))
    assert len(DEFAULT_GRANTS[AdminRole.SUPER_ADMIN]) <= most


@pytest.mark.parametrize(
    ("ip", "networks", "allowed"),
    [
        ("192.0.2.7", (), True),
        ("192.0.2.7", ("192.0.2.0/24",), True),
        ("198.51.100.7", ("192.0.2.0/24",), False),
        ("198.51.100.7", ("192.0.2.0/24", "198.51.100.7"), True),
        ("2001:db8::1", ("192.0.2.0/24", "2001:db8::/32"), True),
        ("", ("192.0.2.0/24",), False),
        ("192.0.2.7", ("nonsense",), False),
    ],
)
def test_an_admin_acts_from_named_networks_only(ip: str, networks: tuple[str, ...], allowed: bool) -> None:
    assert allowed_from(ip, networks) is allowed
