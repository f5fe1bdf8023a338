"""A port that somebody else holds is named with its holder and its setting before anything is started."""

import os
import socket
from pathlib import Path

import pytest

from servers.platform import free_ports, platform, processes_of

PORTS = sorted(free_ports())


@pytest.mark.parametrize("variable", PORTS)
def test_a_busy_port_is_told_with_its_setting_and_its_holder_and_nothing_starts(tmp_path: Path, variable: str) -> None:
    settings = free_ports()
    home = tmp_path / "state"
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", int(settings[variable])))
        holder.listen()
        with platform(home, settings, "--once") as started:
            assert started.ended(30) == 1
    assert f"the port is held by {Path('/proc/self/comm').read_text().strip()} (pid {os.getpid()})" in started.text
    assert f":{settings[variable]}:" in started.text
    assert f"choose another port with {variable}" in started.text
    assert "Starting" not in started.text
    assert not list((home / "mongo").iterdir())
    assert not list((home / "secrets").iterdir())
    assert not processes_of(home)


def test_two_parts_on_one_port_are_refused_by_the_names_of_their_settings(tmp_path: Path) -> None:
    settings = free_ports()
    settings["DARAA_EMBEDDED_MONGO_PORT"] = settings["DARAA_API_PORT"]
    with platform(tmp_path / "state", settings, "--once") as started:
        assert started.ended(30) == 1
    assert f"DARAA_API_PORT and DARAA_EMBEDDED_MONGO_PORT are both {settings['DARAA_API_PORT']}" in started.text
