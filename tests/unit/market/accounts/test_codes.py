"""The rules of one-time codes, and what is remembered of sessions and addresses, without a server."""

from datetime import UTC, datetime, timedelta

import pytest

from daraa.collections.otps import Otp, OtpPurpose
from daraa.declare.document import stamp
from daraa.market.accounts.address_limit import network_of
from daraa.market.accounts.codes import CodeHasher, may_send, message, new_code, sends_within
from daraa.market.accounts.seen_sessions import SeenSessions

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def sent(*minutes_ago: float) -> Otp:
    """What is known of a number to which codes were sent then."""
    times = tuple(NOW - timedelta(minutes=each) for each in minutes_ago)
    return Otp(
        id="x", purpose=OtpPurpose.LOGIN, code_hash="h", sent_at=times[-1], recent_sends=times,
        valid_until=NOW, ip="", expires_at=NOW, **stamp(NOW),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("minutes_ago", "may"),
    [
        ((0.5,), False),
        ((1,), True),
        ((50, 40, 30, 20), True),
        ((50, 40, 30, 20, 10), False),
        ((61, 40, 30, 20, 10), True),
        ((60, 40, 30, 20, 10), True),
    ],
)
def test_a_minute_apart_and_five_an_hour(minutes_ago: tuple[float, ...], may: bool) -> None:
    assert may_send(sent(*minutes_ago), NOW) is may
    assert len(sends_within(sent(*minutes_ago), NOW)) <= 5


def test_a_number_never_seen_may_get_a_code() -> None:
    assert may_send(None, NOW)
    assert sends_within(None, NOW) == ()


def test_codes_are_six_digits_leading_zeros_included() -> None:
    codes = {new_code() for _ in range(2000)}
    assert all(len(code) == 6 and code.isascii() and code.isdigit() for code in codes)
    assert len(codes) > 1950
    assert any(code.startswith("0") for code in codes)


def test_messages_name_the_code_and_fit_in_one_sms() -> None:
    assert "123456" in message("123456", "ar")
    assert len(message("123456", "ar")) <= 70
    assert len(message("123456", "en")) <= 160


def test_a_hash_depends_on_number_purpose_code_and_pepper() -> None:
    one, other = CodeHasher(b"p" * 32), CodeHasher(b"q" * 32)
    words = ("+963900000001", OtpPurpose.LOGIN, "123456")
    hashes = {
        one.hash_of(*words),
        other.hash_of(*words),
        one.hash_of("+963900000002", *words[1:]),
        one.hash_of(words[0], OtpPurpose.CHANGE_PHONE, words[2]),
        one.hash_of(*words[:2], "123457"),
        one.id_of(*words[:2]),
    }
    assert len(hashes) == 6
    assert one.hash_of(*words) == CodeHasher(b"p" * 32).hash_of(*words)


def test_a_session_is_remembered_for_five_seconds_and_only_as_it_was_seen() -> None:
    now = [100.0]
    seen = SeenSessions(monotonic=lambda: now[0])
    seen.keep("ses_1", "acc_1", 0, now[0])
    now[0] = 104.9
    assert seen.holds("ses_1", "acc_1", 0)
    assert not seen.holds("ses_1", "acc_2", 0)
    assert not seen.holds("ses_1", "acc_1", 1)
    now[0] = 105.0
    assert not seen.holds("ses_1", "acc_1", 0)


def test_sessions_are_forgotten_one_by_one_by_account_and_when_there_are_too_many() -> None:
    seen = SeenSessions(most=3, monotonic=lambda: 0.0)
    for number in range(4):
        seen.keep(f"ses_{number}", f"acc_{number % 2}", 0, 0.0)
    assert [seen.holds(f"ses_{n}", f"acc_{n % 2}", 0) for n in range(4)] == [False, True, True, True]
    seen.forget_account("acc_1")
    assert [seen.holds(f"ses_{n}", f"acc_{n % 2}", 0) for n in range(4)] == [False, False, True, False]
    seen.forget("ses_2")
    assert not seen.holds("ses_2", "acc_0", 0)


@pytest.mark.parametrize(
    ("ip", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("", "unknown"),
        ("a:b:c", "unknown"),
    ],
)
def test_an_ipv6_customer_is_one_address(ip: str, network: str) -> None:
    assert network_of(ip) == network
