"""A part that dies is started again three times a minute, not more."""

from daraa.ops.stack.restarts import restart_delay


def test_three_deaths_in_a_minute_are_followed_by_restarts_with_growing_delay() -> None:
    delays = [restart_delay([100.0 + i for i in range(n)], 103.0) for n in (1, 2, 3)]
    assert all(delays)
    assert delays == sorted(delays)  # type: ignore[type-var]


def test_the_fourth_death_in_a_minute_ends_the_run() -> None:
    assert restart_delay([100.0, 101.0, 102.0, 103.0], 103.0) is None


def test_deaths_longer_ago_than_a_minute_are_forgotten() -> None:
    assert restart_delay([1.0, 2.0, 3.0, 103.0], 103.0) == restart_delay([103.0], 103.0)
