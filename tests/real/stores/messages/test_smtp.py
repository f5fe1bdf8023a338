"""Mails through a real SMTP server: both scripts intact, headers unbreakable, encryption not negotiable."""

import ssl
from pathlib import Path

import pytest
from pydantic import SecretStr

from daraa.kernel.errors import DaraaError
from daraa.stores.messages.interface import MESSAGE_REFUSED, MESSAGE_UNSENT
from daraa.stores.messages.smtp import MailServer, SmtpEmail, compose
from servers.mail import HOST, MailBox, certificate, mail_server
from servers.ports import free_port

pytestmark = pytest.mark.anyio
SUBJECT = "وصل طلبك رقم A7K2"
TEXT = "سُلّم طلبك من متجر «خبز حوران».\nبالهناء والشفاء!\n" + "سطر طويل " * 60


def plain(port: int, seconds: float = 5) -> SmtpEmail:
    return SmtpEmail(MailServer(HOST, port, "none", "shop@daraa.example"), seconds=seconds)


@pytest.fixture(scope="module")
def certified(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, str]:
    folder: Path = tmp_path_factory.mktemp("certificate")
    return certificate(folder)


async def test_an_arabic_mail_arrives_letter_for_letter() -> None:
    with mail_server() as box:
        told = await plain(box.port).send("huda@example.org", SUBJECT, TEXT, reference="ntf_1:email")
    (mail,) = box.mails
    assert mail["Subject"] == SUBJECT
    assert mail["To"] == "huda@example.org"
    assert mail["From"] == "shop@daraa.example"
    assert mail.get_content().replace("\r\n", "\n").rstrip("\n") == TEXT.rstrip("\n")
    assert told == mail["Message-ID"] == "<ntf_1.email@daraa.example>"


async def test_a_second_try_is_known_by_its_message_id() -> None:
    with mail_server() as box:
        for _ in range(2):
            await plain(box.port).send("huda@example.org", SUBJECT, TEXT, reference="ntf_1:email")
    assert len({mail["Message-ID"] for mail in box.mails}) == 1


async def test_a_line_break_in_the_subject_makes_no_header() -> None:
    wicked = "Hello\r\nBcc: everybody@example.org\r\n\r\nBuy!\u2028X-More: 1"
    with mail_server() as box:
        await plain(box.port).send("huda@example.org", wicked, TEXT, reference="r\r\nX-Evil: 1")
    (mail,) = box.mails
    assert mail["Bcc"] is None
    assert mail["X-Evil"] is None
    assert mail["X-More"] is None
    assert mail["Subject"] == "Hello Bcc: everybody@example.org Buy! X-More: 1"


@pytest.mark.parametrize(
    "address",
    ["a@b.org\r\nBcc: c@d.org", "a@b.org, c@d.org", "<a@b.org>", "هدى@example.org", "a b@c.org", "", "a@", "x" * 300],
)
def test_what_is_not_one_address_is_refused_and_not_shown(address: str) -> None:
    with pytest.raises(DaraaError) as caught:
        compose("shop@daraa.example", address, SUBJECT, TEXT, "r")
    assert caught.value.code == MESSAGE_REFUSED
    assert "b.org" not in str(caught.value)


@pytest.mark.parametrize(
    ("recipient", "answer", "code"),
    [
        ("550 no such mailbox", "250 OK", MESSAGE_REFUSED),
        ("450 busy", "250 OK", MESSAGE_UNSENT),
        ("250 OK", "554 spam", MESSAGE_REFUSED),
        ("250 OK", "452 disk full", MESSAGE_UNSENT),
    ],
)
async def test_a_5xx_is_final_and_a_4xx_is_not(recipient: str, answer: str, code: str) -> None:
    with mail_server(recipient=recipient, answer=answer) as box, pytest.raises(DaraaError) as caught:
        await plain(box.port).send("huda@example.org", SUBJECT, TEXT, reference="r")
    assert caught.value.code == code
    assert "huda" not in str(caught.value)


async def test_nobody_at_the_address_may_be_tried_again() -> None:
    with pytest.raises(DaraaError, match="cannot be reached") as caught:
        await plain(free_port(), seconds=1).send("huda@example.org", SUBJECT, TEXT, reference="r")
    assert caught.value.retryable


async def test_starttls_with_a_login_delivers(certified: tuple[ssl.SSLContext, str]) -> None:
    context, trusted = certified
    with mail_server(starttls=context) as box:
        await secure(box, trusted, "right").send("huda@example.org", SUBJECT, TEXT, reference="r")
    assert box.logins == [("shop", "right")]
    assert len(box.mails) == 1


async def test_tls_from_the_first_byte_delivers(certified: tuple[ssl.SSLContext, str]) -> None:
    context, trusted = certified
    with mail_server(tls=context) as box:
        server = MailServer(HOST, box.port, "tls", "shop@daraa.example", ca_file=trusted)
        await SmtpEmail(server, seconds=5).send("huda@example.org", SUBJECT, TEXT, reference="r")
    assert len(box.mails) == 1


async def test_a_wrong_password_is_told_without_being_shown(certified: tuple[ssl.SSLContext, str]) -> None:
    context, trusted = certified
    with mail_server(starttls=context) as box, pytest.raises(DaraaError, match="refused the login") as caught:
        await secure(box, trusted, "hunter2").send("huda@example.org", SUBJECT, TEXT, reference="r")
    assert "hunter2" not in str(caught.value)
    assert not box.mails


async def test_a_certificate_that_nobody_vouches_for_ends_it(certified: tuple[ssl.SSLContext, str]) -> None:
    with mail_server(starttls=certified[0]) as box, pytest.raises(DaraaError):
        await secure(box, "", "right").send("huda@example.org", SUBJECT, TEXT, reference="r")
    assert (box.mails, box.logins) == ([], [])


async def test_a_server_without_starttls_gets_nothing_in_the_open(certified: tuple[ssl.SSLContext, str]) -> None:
    with mail_server() as box, pytest.raises(DaraaError, match="does not offer") as caught:
        await secure(box, certified[1], "right").send("huda@example.org", SUBJECT, TEXT, reference="r")
    assert caught.value.code == MESSAGE_UNSENT
    assert box.mails == []


def secure(box: MailBox, trusted: str, password: str) -> SmtpEmail:
    server = MailServer(
        HOST, box.port, "starttls", "shop@daraa.example", username="shop", password=SecretStr(password), ca_file=trusted
    )
    return SmtpEmail(server, seconds=5)
