"""A busy port is noticed before a server starts, and its holder is named."""

import os
import socket

import pytest

from daraa.kernel.errors import DaraaError
from daraa.stores.process import bind_listener, port_is_free, require_free_port, who_holds
from servers.ports import free_port

HOST = "127.0.0.1"


def test_a_port_is_busy_while_somebody_listens_and_free_afterwards() -> None:
    port = free_port()
    with bind_listener(HOST, port):
        assert not port_is_free(HOST, port)
    assert port_is_free(HOST, port)


def test_a_port_is_free_again_right_after_a_served_connection() -> None:
    port = free_port()
    with bind_listener(HOST, port) as listener:
        client = socket.create_connection((HOST, port))
        served, _ = listener.accept()
        served.close()  # the server closes first: TIME_WAIT stays on its side
        client.close()
    assert port_is_free(HOST, port)


def test_the_holder_is_named_with_its_process_and_the_setting_to_change() -> None:
    port = free_port()
    with bind_listener(HOST, port), pytest.raises(DaraaError) as busy:
        require_free_port(HOST, port, "The API", "DARAA_API_PORT")
    assert busy.value.code == "process.port.busy"
    assert f"(pid {os.getpid()})" in busy.value.message
    assert "DARAA_API_PORT" in busy.value.hint


def test_a_free_port_passes_and_nobody_holds_it() -> None:
    port = free_port()
    require_free_port(HOST, port, "The API", "DARAA_API_PORT")
    assert who_holds(port) is None


def test_two_listeners_cannot_have_the_same_port() -> None:
    port = free_port()
    with bind_listener(HOST, port), pytest.raises(DaraaError, match="cannot listen"):
        bind_listener(HOST, port)


def test_a_port_of_a_host_that_is_not_ours_is_an_error_not_busy() -> None:
    with pytest.raises(OSError, match="assign"):
        port_is_free("192.0.2.1", free_port())
