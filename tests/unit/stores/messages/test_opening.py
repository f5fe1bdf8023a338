"""Which sender stands where: development ones only where nobody else takes part, and nothing half configured."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from daraa.kernel.errors import DaraaError
from daraa.kernel.settings import ApiSettings, MessagesSettings, MongoSettings, Settings
from daraa.stores.messages import open_email, open_push, open_sms
from daraa.stores.messages.development import FILE
from daraa.stores.messages.interface import MESSAGES_UNCONFIGURED, MESSAGES_UNSAFE
from daraa.stores.messages.sms import HttpSms

pytestmark = pytest.mark.anyio
HERE = MessagesSettings(mode="development")


def live(home: Path, **words: Any) -> Settings:
    return Settings(home=home, messages=MessagesSettings(**words))


async def test_development_writes_to_a_file_that_only_the_developer_can_read(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, messages=HERE)
    email, push = open_email(settings), open_push(settings)
    assert email is not None
    assert push is not None
    await open_sms(settings).send("+963933123456", "رمز الدخول: 482913", reference="otp-1")
    await email.send("a@b.org", "عنوان", "نص", reference="ntf-1:email")
    await push.send("token", "عنوان", "نص", reference="ntf-1:push", path="/orders")
    path = tmp_path / "logs" / FILE
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert [line["channel"] for line in lines] == ["sms", "email", "push"]
    assert lines[0]["text"] == "رمز الدخول: 482913"
    assert lines[0]["to"] == "+963933123456"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_the_text_of_a_message_is_in_no_ordinary_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    await open_sms(Settings(home=tmp_path, messages=HERE)).send("+963933123456", "482913", reference="otp-1")
    assert "482913" not in caplog.text
    assert "933123456" not in caplog.text


@pytest.mark.parametrize(
    "others",
    [
        {"api": ApiSettings(host="0.0.0.0")},
        {"api": ApiSettings(host="10.0.0.7")},
        {"mongo": MongoSettings(url="mongodb://db.example.org/?replicaSet=rs0")},
    ],
)
@pytest.mark.parametrize("opened", [open_sms, open_email, open_push])
def test_production_refuses_to_start_in_development_mode(tmp_path: Path, others: Any, opened: Any) -> None:
    with pytest.raises(DaraaError) as caught:
        opened(Settings(home=tmp_path, messages=HERE, **others))
    assert caught.value.code == MESSAGES_UNSAFE


async def test_without_a_gateway_every_sms_says_what_is_missing(tmp_path: Path) -> None:
    sender = open_sms(live(tmp_path))
    with pytest.raises(DaraaError, match="DARAA_MESSAGES_SMS_URL") as caught:
        await sender.send("+963933123456", "482913", reference="otp-1")
    assert caught.value.code == MESSAGES_UNCONFIGURED


def test_mails_and_push_messages_may_be_left_out(tmp_path: Path) -> None:
    assert open_email(live(tmp_path)) is None
    assert open_push(live(tmp_path)) is None


def test_a_gateway_without_its_key_is_told_at_start(tmp_path: Path) -> None:
    with pytest.raises(DaraaError, match="sms_key"):
        open_sms(live(tmp_path, sms_url="https://sms.example.org/send"))


def test_a_gateway_with_its_key_opens(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "sms_key").write_text("key")
    (tmp_path / "secrets" / "sms_key").chmod(0o600)
    assert isinstance(open_sms(live(tmp_path, sms_url="https://sms.example.org/send")), HttpSms)


@pytest.mark.parametrize(
    "words", [{"smtp_tls": "none", "smtp_from": "a@b.org"}, {"smtp_from": ""}], ids=["unencrypted", "without a sender"]
)
def test_a_mail_server_that_is_half_configured_is_told_at_start(tmp_path: Path, words: Any) -> None:
    with pytest.raises(DaraaError):
        open_email(live(tmp_path, smtp_host="mail.example.org", **words))
