"""How many requests are under way at once, on servers that are only computed."""

from evalkit_backends._api.pace import FIRST, Pace


def drive(pace: Pace, rounds: int, capacity: float, now: float = 0.0) -> float:
    """Rounds of answers from a server that works on so many at once, each for a second;
    what is more has to wait. The time afterwards."""
    for _ in range(rounds):
        limit = pace.limit
        latency = max(1.0, limit / capacity)
        for _ in range(limit):
            pace.answered(now, now + latency)
        now += latency
        pace.answered(now - latency, now + 1e-6)
    return now


def test_it_never_exceeds_what_is_allowed() -> None:
    assert Pace(5, 0.0).limit == 5
    pace = Pace(100, 0.0)
    drive(pace, 100, capacity=10_000)
    assert pace.limit == 100


def test_it_grows_quickly_where_that_helps() -> None:
    pace = Pace(4096, 0.0)
    assert pace.limit == FIRST
    drive(pace, 24, capacity=100_000)
    assert pace.limit == 4096


def test_it_takes_a_round_for_each_doubling() -> None:
    pace = Pace(256, 0.0)
    limits = [pace.limit]
    now = 0.0
    while pace.limit < 256:
        now = drive(pace, 1, capacity=100_000, now=now)
        limits.append(pace.limit)
    assert limits == [32, 64, 128, 256]


def test_answers_to_what_was_sent_under_a_lower_limit_do_not_raise_it() -> None:
    pace = Pace(256, 0.0)
    drive(pace, 1, capacity=100_000)
    assert pace.limit == 64
    for _ in range(500):
        pace.answered(0.0, 1.5)
    assert pace.limit == 64


def test_it_stays_where_more_would_only_wait() -> None:
    pace = Pace(4096, 0.0)
    drive(pace, 400, capacity=100)
    assert 80 <= pace.limit <= 220


def test_a_refusal_halves_it_once_for_all_that_were_under_way() -> None:
    pace = Pace(FIRST, 0.0)
    for _ in range(FIRST):
        pace.refused(sent=1.0, now=2.0)
    assert pace.limit == FIRST // 2
    pace.refused(sent=2.5, now=3.0)
    assert pace.limit == FIRST // 4


def test_it_never_comes_to_nothing() -> None:
    pace = Pace(64, 0.0)
    for moment in range(100):
        pace.refused(sent=float(moment), now=moment + 0.5)
    assert pace.limit == 1


def test_it_recovers_from_a_refusal() -> None:
    pace = Pace(64, 0.0)
    now = drive(pace, 20, capacity=1000)
    for moment in range(5):
        pace.refused(sent=now + moment, now=now + moment + 0.5)
    assert pace.limit == 2
    drive(pace, 400, capacity=1000, now=now + 10)
    assert pace.limit == 64


def test_a_server_that_chokes_gets_less() -> None:
    pace = Pace(64, 0.0)
    now = drive(pace, 30, capacity=1000)
    assert pace.limit == 64
    drive(pace, 40, capacity=4, now=now)
    assert pace.limit < 64
