"""Which backup duties a machine has, and when."""

from pathlib import Path

import pytest

from daraa.jobs.backup_duties import backup_duties
from daraa.jobs.registry import Registry
from daraa.jobs.schedule import register_operator_jobs
from daraa.kernel.errors import SETTING_INVALID, DaraaError
from daraa.kernel.settings import BackupSettings, Settings, load_settings
from daraa.ops.backup.keys import create_key

DUTIES = ["backup.take", "backup.verify", "backup.prune", "backup.check"]


def names(settings: Settings) -> list[str]:
    return [each.name for each in backup_duties(settings)]


def test_a_machine_without_a_key_has_none_so_that_a_developers_start_takes_no_backups(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    assert names(settings) == []
    registry = Registry()
    register_operator_jobs(registry, settings)
    assert [each.name for each in registry] == ["schema.drift"]


def test_a_machine_with_a_key_has_them_unless_they_are_switched_off(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    create_key(settings)
    assert names(settings) == DUTIES
    assert names(settings.model_copy(update={"backup": BackupSettings(duties="off")})) == []


def test_switched_on_they_are_there_without_a_key_and_will_say_that_it_is_missing(tmp_path: Path) -> None:
    assert names(Settings(home=tmp_path, backup=BackupSettings(duties="on"))) == DUTIES


def test_the_plans_time_is_the_default_and_another_may_be_set(tmp_path: Path) -> None:
    on = {"DARAA_HOME": str(tmp_path), "DARAA_BACKUP_DUTIES": "on"}
    assert backup_duties(load_settings(on))[0].when.text == "0 2 * * *"
    take = backup_duties(
        load_settings(on | {"DARAA_BACKUP_CRON": "30 1 * * *", "DARAA_BACKUP_TIMEZONE": "Asia/Damascus"})
    )[0]
    assert (take.when.text, take.when.timezone) == ("30 1 * * *", "Asia/Damascus")


@pytest.mark.parametrize("wrong", [{"cron": "at two"}, {"cron": "61 2 * * *"}, {"timezone": "Mars/Base"}])
def test_a_time_that_is_none_is_an_error_that_names_the_setting(tmp_path: Path, wrong: dict[str, str]) -> None:
    with pytest.raises(DaraaError) as refused:
        backup_duties(Settings(home=tmp_path, backup=BackupSettings(duties="on", **wrong)))
    assert refused.value.code == SETTING_INVALID
    assert "DARAA_BACKUP_CRON" in refused.value.message
