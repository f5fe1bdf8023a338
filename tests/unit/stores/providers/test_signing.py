"""Signatures: Standard Webhooks' own example holds, every change of anything signed is noticed, keys rotate."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from daraa.kernel.errors import DaraaError
from daraa.stores.providers import HttpCardProvider, Keys, keys_from

NOW = 1_795_000_000.0
KEYS = Keys((b"the newer key of both", b"the older key of both"))
TEXT = st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=1, max_size=20)


def code(headers: dict[str, str], *content: bytes, now: float = NOW, keys: Keys = KEYS) -> str:
    """Empty when it is taken."""
    try:
        keys.verify(headers, now, *content)
    except DaraaError as error:
        return error.code
    return ""


def test_the_example_of_the_standard_is_signed_as_it_says() -> None:
    # https://github.com/standard-webhooks/standard-webhooks, the test vector of the reference libraries.
    keys = keys_from(SecretStr("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
    headers = keys.headers("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, b'{"test": 2432232314}')
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@given(st.binary(max_size=200), st.sampled_from(["POST", "GET"]), st.sampled_from([b"/v1/a", b"/v1/b"]))
def test_what_one_side_signs_the_other_takes(body: bytes, method: str, path: bytes) -> None:
    headers = KEYS.headers("req_1", NOW, method.encode(), path, body)
    assert code(headers, method.encode(), path, body) == ""
    assert code(headers, method.encode(), path, body + b"x") == "stores.signature.invalid"
    assert code(headers, method.encode(), path + b"x", body) == "stores.signature.invalid"
    assert code(headers, b"PUT", path, body) == "stores.signature.invalid"


@given(TEXT, st.binary(max_size=30), st.binary(max_size=30))
def test_nothing_can_be_moved_from_one_signed_piece_into_the_next(path: str, one: bytes, two: bytes) -> None:
    headers = KEYS.headers("req_1", NOW, b"POST", path.encode(), one + b"\n" + two)
    assert code(headers, b"POST", path.encode() + b"." + one, two) == "stores.signature.invalid"
    assert code(headers | {"webhook-id": "req_1.1"}, b"POST", path.encode(), one) == "stores.signature.invalid"


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_five_minutes_either_way_are_allowed(seconds: int) -> None:
    assert code(KEYS.headers("evt_1", NOW, b"{}"), b"{}", now=NOW + seconds) == ""


@pytest.mark.parametrize("seconds", [-301, 301, 10**9])
def test_a_message_of_another_time_is_stale(seconds: int) -> None:
    assert code(KEYS.headers("evt_1", NOW, b"{}"), b"{}", now=NOW + seconds) == "stores.signature.stale"


def test_every_key_in_force_is_taken_and_the_newest_signs() -> None:
    newest, oldest = Keys(KEYS.keys[:1]), Keys(KEYS.keys[1:])
    signed = KEYS.headers("evt_1", NOW, b"{}")
    assert code(signed, b"{}", keys=newest) == ""
    assert code(signed, b"{}", keys=oldest) == "stores.signature.invalid"
    assert code(oldest.headers("evt_1", NOW, b"{}"), b"{}") == ""
    both = signed["webhook-signature"] + " " + oldest.headers("evt_1", NOW, b"{}")["webhook-signature"]
    assert code(signed | {"webhook-signature": f"v2,abc {both}"}, b"{}", keys=oldest) == ""


@pytest.mark.parametrize("missing", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_every_header_is_needed(missing: str) -> None:
    headers = {name: text for name, text in KEYS.headers("evt_1", NOW, b"{}").items() if name != missing}
    assert code(headers, b"{}") == "stores.signature.invalid"


@pytest.mark.parametrize(
    "wrong",
    [
        {"webhook-timestamp": "soon"}, {"webhook-timestamp": "-5"}, {"webhook-timestamp": "9" * 30},
        {"webhook-timestamp": "١٧٩٥"}, {"webhook-signature": "v1,"}, {"webhook-signature": "v1,é"},
        {"webhook-signature": " " * 50}, {"webhook-id": ""}, {"webhook-id": "x" * 121}, {"webhook-id": "a.b"},
    ],
)  # fmt: skip
def test_headers_that_make_no_sense_are_refused_and_not_stumbled_over(wrong: dict[str, str]) -> None:
    assert code(KEYS.headers("evt_1", NOW, b"{}") | wrong, b"{}") == "stores.signature.invalid"


def test_keys_are_read_one_a_line_and_never_shown() -> None:
    keys = keys_from(SecretStr("first key\n\n whsec_" + base64.b64encode(b"second").decode() + "\n"))
    assert keys.keys == (b"first key", b"second")
    assert "first" not in repr(keys)
    assert "second" not in f"{keys}"


@pytest.mark.parametrize("url", ["http://pay.example.org", "http://10.0.0.7:80", "ftp://127.0.0.2", ""])
def test_a_providers_address_without_tls_is_for_this_machine_only(url: str) -> None:
    with pytest.raises(DaraaError) as refused:
        HttpCardProvider("local", url, lambda: KEYS, seconds=1)
    assert refused.value.code == "stores.provider.unsafe"
