"""Slow database commands are logged, fast ones are not."""

import logging

import pytest

from daraa.kernel.signals import command_done
from daraa.kernel.slow_commands import logged_slow_commands


def test_only_what_took_longer_is_logged_with_its_name_and_collection(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING), logged_slow_commands(0.1):
        command_done("find", "orders", 0.1, ok=True)
        command_done("aggregate", "journals", 0.25, ok=True)
    assert [record.getMessage() for record in caplog.records] == ["slow aggregate on journals: 250.0 ms"]


def test_nothing_is_logged_once_the_block_is_over(caplog: pytest.LogCaptureFixture) -> None:
    with logged_slow_commands(0.1):
        pass
    with caplog.at_level(logging.WARNING):
        command_done("find", "orders", 9, ok=True)
    assert not caplog.records


def test_blocks_inside_each_other_end_their_own_sink(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING), logged_slow_commands(0.1):
        with logged_slow_commands(0.2):
            pass
        command_done("update", "carts", 0.15, ok=False)
    assert [record.getMessage() for record in caplog.records] == ["slow update on carts: 150.0 ms"]
