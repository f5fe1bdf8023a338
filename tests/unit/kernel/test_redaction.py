"""A corpus of what must never be written down, and of what must stay readable."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daraa.kernel.redaction import HIDDEN, is_sensitive_key, redact_text, redact_value

SECRET = {
    "Syrian mobile": ("call 0933123456 now", "0933123456"),
    "with separators": ("call 0933-123-456", "0933-123"),
    "with spaces": ("+963 933 123 456", "933 123"),
    "in brackets": ("(0933) 123 456", "123 456"),
    "with 00": ("00963933123456.", "933123456"),
    "Arabic-Indic": ("اتصل بي على ٠٩٣٣١٢٣٤٥٦ مساء", "٠٩٣٣١٢٣٤٥٦"),
    "Arabic-Indic with 00": ("هاتف: ٠٠٩٦٣ ٩٣٣ ١٢٣ ٤٥٦", "٩٣٣"),
    "Persian digits": ("شماره ۰۹۱۲۳۴۵۶۷۸۹", "۰۹۱۲۳۴۵۶۷۸۹"),
    "joined to an Arabic word": ("اتصل ب٠٩٣٣١٢٣٤٥٦و انتظر", "٠٩٣٣١٢٣٤٥٦"),
    "like a date": ("0933-12-34567", "34567"),
    "after a direction mark": ("\u200f+963933123456\u200e", "963933123456"),
    "e-mail": ("mail ahmad.k+shop@example.com now", "ahmad"),
    "Arabic e-mail": ("راسل أحمد@موقع.سوريا", "أحمد@"),
    "bearer": ("sent Bearer abcDEF.123-456_x", "abcDEF"),
    "authorization": ("Authorization: Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
    "JWT": ("got eyJhbGciOiJI.eyJzdWIiOiIx.c2ln", "eyJzdWIiOiIx"),
    "query string": ("GET /x?access_token=abc123&page=2", "abc123"),
    "camel case": ("refreshToken='ab cd'", "ab cd"),
    "JSON": ('{"newPassword": "pass word"}', "pass word"),
    "environment": ("DARAA_API_KEY=k3y", "k3y"),
    "mongodb": ("mongodb://app:p@ss:word@db:27017/x", "p@ss"),
    "redis without user": ("rediss://:hunter2@cache/0", "hunter2"),
    "user only": ("https://deploy@git.example.org/x", "deploy"),
    "card": ("paid with 4111 1111 1111 1111", "1111 1111"),
    "card without gaps": ("paid with 4111111111111111.", "4111111111111111"),
    "code": ("your code is 123456", "123456"),
    "Arabic code": ("رمز التحقق هو ١٢٣٤٥٦", "١٢٣٤٥٦"),
    "OTP": ("otp: 4821", "4821"),
    "several": ("0933123456 and 0944123456", "0944123456"),
}

READABLE = [
    "order ord_0198c2f1-7abc-7def-8abc-012345678901 took 0.0123 s",
    "at 2026-11-23T01:50:00.123Z and 2026-11-23 01:50:00+03:00",
    "trace 4bf92f3577b34da6a3ce929d0e0e4736",
    "listening on 127.0.0.1:27117",
    "removed 1234567 rows, 3 tokens, shipping: 5",
    "status code 404, exit code 137, error code 11000",
    "spin=3 opinion=good",
    "الطلب رقم ١٢٣٤ جاهز",
    "https://example.org/a/b?page=2",
    "version 0.5.3-beta.196",
    "CPU 12.5 % of 1234567890.5",
]


@pytest.mark.parametrize(("text", "secret"), SECRET.values(), ids=SECRET)
def test_what_must_not_be_written_is_hidden(text: str, secret: str) -> None:
    redacted = redact_text(text)
    assert secret in text
    assert secret not in redacted
    assert HIDDEN in redacted


@pytest.mark.parametrize("text", READABLE)
def test_what_a_reader_needs_stays(text: str) -> None:
    assert redact_text(text) == text


def test_what_surrounds_a_secret_stays() -> None:
    assert redact_text("mongodb://app:pw@db:27017/x failed") == f"mongodb://{HIDDEN}@db:27017/x failed"
    assert redact_text("GET /x?token=abc&page=2") == f"GET /x?token={HIDDEN}&page=2"


@pytest.mark.parametrize(
    "key", ["password", "newPassword", "phone_number", "API_KEY", "api-key", "accessToken", "card.number"]
)
def test_sensitive_keys_are_known_in_every_spelling(key: str) -> None:
    assert is_sensitive_key(key)


@pytest.mark.parametrize("key", ["shippingMethod", "spinner", "tokens", "customerId", "keyboard", "monkey"])
def test_harmless_keys_are_left_alone(key: str) -> None:
    assert not is_sensitive_key(key)


def test_values_are_hidden_by_their_keys_at_every_depth() -> None:
    value = {"user": {"phone": 963933123456, "orders": [{"otp": 1234, "n": 7}]}, "note": "0933123456", "secret": None}
    assert redact_value(value) == {
        "user": {"phone": HIDDEN, "orders": [{"otp": HIDDEN, "n": 7}]}, "note": HIDDEN, "secret": None,
    }  # fmt: skip


def test_a_value_that_holds_itself_ends() -> None:
    loop: dict[str, object] = {}
    loop["self"] = loop
    assert HIDDEN in str(redact_value(loop))


@given(
    st.from_regex(r"[0٠]9[0-9٠-٩]{8}", fullmatch=True),
    st.text("ابتثج دذر.,;:!\n", max_size=12),
    st.text(" ،.ابت", max_size=9),
)
def test_no_local_mobile_number_survives_any_arabic_surroundings(number: str, before: str, after: str) -> None:
    redacted = redact_text(f"{before} {number}{after}")
    assert number not in redacted


@pytest.mark.parametrize("piece", ["a_", "x", "1 ", "-", "a.b-", "token ", "0933 ", '"', "a@", "رمز ", "http", "+"])
def test_no_text_makes_it_slow(piece: str) -> None:
    text = piece * (40_000 // len(piece))
    started = time.perf_counter()
    redact_text(text)
    assert time.perf_counter() - started < 5
