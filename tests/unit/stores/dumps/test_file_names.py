"""File names of collections are those that mongodump gives them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daraa.stores.dumps.file_names import LONGEST, escaped, is_cut, unescaped


@pytest.mark.parametrize(
    ("collection", "name"),
    [
        ("orders", "orders"),
        ("a.b-c_d~e", "a.b-c_d~e"),
        ("$admin.system.users", "$admin.system.users"),
        ("a/b c", "a%2Fb%20c"),
        ("50%", "50%25"),
        ("a:b@c&d=e+f", "a:b@c&d=e+f"),
        ("a;b,c?d#e", "a%3Bb%2Cc%3Fd%23e"),
        ("ملح", "%D9%85%D9%84%D8%AD"),
        ("a!b*c'd(e)", "a%21b%2Ac%27d%28e%29"),
    ],
)
def test_names_are_escaped_as_a_segment_of_a_path(collection: str, name: str) -> None:
    """What Go's url.PathEscape gives for them."""
    assert escaped(collection) == name
    assert unescaped(name) == collection


def test_a_long_name_is_cut_and_ends_in_its_hash() -> None:
    name = escaped("x" * 239)
    assert len(name) == LONGEST
    # printf %s "xxx…" | openssl sha1 -binary | basenc --base64url
    assert name == "x" * 208 + "%24" + "Nq75d-cu3iRxNs-ce3Tvf9gagoU"
    assert is_cut(name)
    assert not is_cut(escaped("x" * 238))


@pytest.mark.parametrize("name", ["a%", "a%2", "a%zz", "%D9", "%FF"])
def test_what_mongodump_cannot_have_written_has_no_name(name: str) -> None:
    assert unescaped(name) is None


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=60))
def test_every_name_comes_back(collection: str) -> None:
    name = escaped(collection)
    assert "/" not in name
    if not is_cut(name):
        assert unescaped(name) == collection
