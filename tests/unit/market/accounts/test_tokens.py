"""Tokens without a server."""

from datetime import UTC, datetime, timedelta

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daraa.collections.sessions import LoginWay
from daraa.kernel.ids import new_id
from daraa.kernel.time import FixedClock
from daraa.market.accounts.tokens import ACCESS_S, Claims, Tokens, hash_of

KEY = b"k" * 64
START = datetime(2026, 11, 23, tzinfo=UTC)
CLAIMS = Claims(
    new_id("acc"), new_id("ses"), LoginWay.PASSWORD, frozenset({"admin", "customer"}), frozenset({"store:approve"}), 3
)


def test_what_was_put_in_is_read_back_until_ten_minutes_are_over() -> None:
    clock = FixedClock(START)
    tokens = Tokens(KEY, clock)
    token = tokens.access(CLAIMS)
    clock.advance(timedelta(seconds=ACCESS_S - 1))
    assert tokens.read_access(token) == CLAIMS
    clock.advance(timedelta(seconds=1))
    assert tokens.read_access(token) is None


@given(st.text(max_size=300))
def test_no_text_is_taken_for_a_token(text: str) -> None:
    tokens = Tokens(KEY, FixedClock(START))
    assert tokens.read_access(text) is None
    assert tokens.session_of(text) is None


@given(position=st.integers(min_value=0), letter=st.sampled_from("ABCxyz019_-."))
def test_one_changed_letter_spoils_a_token(position: int, letter: str) -> None:
    tokens = Tokens(KEY, FixedClock(START))
    access, refresh = tokens.access(CLAIMS), tokens.refresh(CLAIMS.session_id)
    for token, read in ((access, tokens.read_access), (refresh, tokens.session_of)):
        at = position % len(token)
        # The last letter of base64 holds bits that nobody reads.
        if token[at] != letter and at != len(token) - 1:
            assert read(token[:at] + letter + token[at + 1 :]) is None


@pytest.mark.parametrize("missing", ["sub", "sid", "by", "roles", "scopes", "epoch", "iat", "exp"])
def test_a_signed_token_that_lacks_a_claim_says_nothing(missing: str) -> None:
    tokens = Tokens(KEY, FixedClock(START))
    words = jwt.decode(tokens.access(CLAIMS), options={"verify_signature": False})
    del words[missing]
    assert tokens.read_access(jwt.encode(words, tokens._access_key, algorithm="HS256")) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("exp", "9999999999"),
        ("epoch", "3"),
        ("roles", "admin"),
        ("scopes", [1]),
        ("sid", 7),
        ("by", "magic"),
        ("by", []),
    ],
)
def test_a_signed_claim_of_a_wrong_kind_says_nothing(name: str, value: object) -> None:
    tokens = Tokens(KEY, FixedClock(START))
    words = jwt.decode(tokens.access(CLAIMS), options={"verify_signature": False}) | {name: value}
    assert tokens.read_access(jwt.encode(words, tokens._access_key, algorithm="HS256")) is None


def test_refresh_tokens_differ_and_name_their_session_to_us_alone() -> None:
    tokens = Tokens(KEY)
    first, second = tokens.refresh(CLAIMS.session_id), tokens.refresh(CLAIMS.session_id)
    assert hash_of(first) != hash_of(second)
    assert tokens.session_of(first) == tokens.session_of(second) == CLAIMS.session_id
    assert Tokens(b"another key, long enough for this").session_of(first) is None


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Tokens(b"short")
