"""What the benchmarks work out of what they read: percentiles, CPU of processes, answers."""

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import count, repeat

import pytest

from benchmarks import cost, doors, windows
from benchmarks.figures import Figure, percentile
from benchmarks.footprint import PROC
from benchmarks.lives_cost import Cost, Way, requests_each
from benchmarks.script import MIX, MIX_ROUNDS_MAX, mix_for_desk

STAT = "4711 (post (gres) 7) S 1 4711 4711 0 -1 4194560 900 80 0 0 150 50 30 20 20 0 1 0 99 1 2"
METRICS = """\
# TYPE service_requests counter
service_requests{operation="StartWorkflowExecution",service_name="frontend"} 40
service_requests{operation="PollWorkflowTaskQueue",service_name="frontend"} 1.5e+02
service_requests{operation="RecordWorkflowTaskStarted",service_name="history"} 1000
service_requests_other{service_name="frontend"} 7
"""


class _Readings(cost.Meter):
    """CPU seconds that were read beforehand."""

    def __init__(self, *read: float) -> None:
        super().__init__({})
        self._left = list(read)

    def read(self) -> dict[str, float]:
        return {cost.SENDER: self._left.pop(0)}


async def _heard(_: object) -> None:
    await asyncio.sleep(0.001)


def test_half_of_all_do_not_exceed_the_median_and_the_last_percent_is_the_largest() -> None:
    values = [float(number) for number in range(100, 0, -1)]
    assert percentile(values, 50) == 51
    assert percentile(values, 95) == 96
    assert percentile(values, 99) == 100
    assert percentile([3.0], 99) == 3


def test_the_cpu_of_a_process_is_its_own_and_that_of_its_children_which_have_ended() -> None:
    assert cost.seconds_of_stat(STAT) * cost.TICKS_A_SECOND == pytest.approx(250)


def test_what_a_child_that_has_ended_took_is_not_lost() -> None:
    burning = "import time\nwhile time.process_time() < 0.2: pass"
    before = cost.seconds_of_stat((PROC / "self" / "stat").read_text())
    subprocess.run([sys.executable, "-c", burning], check=True)
    after = cost.seconds_of_stat((PROC / "self" / "stat").read_text())
    assert after - before >= 0.15  # it counts in hundredths


def test_the_cpu_of_a_process_is_told_for_each_piece_of_work() -> None:
    before, after = {"a": 1.0, "b": 5.0}, {"a": 1.5, "b": 5.0}
    assert cost.ms_each(before, after, 250) == {"a": 2.0, "b": 0.0}
    assert cost.told({"a": 2.0, "b": 0.5}) == "2.50 (a 2.00, b 0.50)"


def test_a_process_that_is_not_there_is_not_read() -> None:
    assert set(cost.Meter({"gone": None}).read()) == {cost.SENDER}
    assert cost.seconds_of_tree(2**31 - 1) == 0


def test_only_what_the_front_of_temporal_took_is_counted() -> None:
    assert cost.requests_in(METRICS) == 190
    assert cost.requests_in("") == 0


def test_the_ports_on_which_a_process_listens_are_found() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert port in cost.listening_ports(os.getpid())
    assert port not in cost.listening_ports(os.getpid())


def test_the_length_of_an_answer_is_read_whatever_its_case_and_required() -> None:
    head = b"HTTP/1.1 409 Conflict\r\nDate: x\r\nContent-Length: 12\r\n\r\n"
    assert (doors.status_in(head), doors.length_in(head)) == (409, 12)
    with pytest.raises(doors.AnswerError):
        doors.length_in(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")


def test_a_request_says_its_own_length_and_bears_the_id_of_the_command() -> None:
    submission = next(mix_for_desk("gate-1"))
    head, _, body = doors.request_of(submission, "ck_1").partition(b"\r\n\r\n")
    assert doors.length_in(head + b"\r\n") == len(body)
    assert f"Idempotency-Key: {submission.id}\r\n".encode() in head + b"\r\n"


async def test_a_window_counts_what_was_acknowledged_and_waits_for_what_follows() -> None:
    async def rest() -> float:
        await asyncio.sleep(0.05)
        return 0.05

    side = windows.Side("desk", _heard, _Readings(1.0, 3.0), 1000)
    side.take([repeat(1, 1000), repeat(2, 1000)])
    began = time.perf_counter()
    made = await windows.window(side, 2, 0.1, rest=rest)
    all_of_it = time.perf_counter() - began
    sent = 2000 - side.left
    assert 0 < sent <= 210
    assert made.cpu == {cost.SENDER: pytest.approx(2000 / sent)}
    assert 0.9 <= made.p50 <= made.p95 <= made.p99
    # What follows is no part of the time in which commands were sent.
    assert sent / (all_of_it - 0.05) <= made.per_second <= sent / 0.1
    assert made.rest_s == 0.05


async def test_each_sender_sends_the_commands_of_an_issue_in_their_order() -> None:
    sent: list[tuple[str, int]] = []

    async def hear(command: tuple[str, int]) -> None:
        await asyncio.sleep(0.001)
        sent.append(command)

    side = windows.Side("desk", hear, cost.Meter({}), 0)
    side.take([zip(repeat(name), count()) for name in "abc"])
    for _ in range(2):
        await windows.window(side, 3, 0.02)
    for name in "abc":
        numbers = [number for whose, number in sent if whose == name]
        assert numbers == list(range(len(numbers)))


async def test_a_window_whose_commands_run_out_is_an_error_and_no_figure() -> None:
    side = windows.Side("desk", _heard, cost.Meter({}), 3)
    side.take([iter(range(3))])
    with pytest.raises(ExceptionGroup) as found:
        await windows.window(side, 1, 5.0)
    assert found.group_contains(windows.OutOfCommandsError)
    assert not side.windows


@pytest.mark.parametrize(("left", "lacks"), [(299, True), (300, False)])
def test_a_stock_is_filled_up_before_it_is_too_small_for_three_windows(
    left: int, lacks: bool
) -> None:
    side = windows.Side("desk", _heard, cost.Meter({}), 100, left=left, fastest=50.0)
    assert side.lacks(2.0) is lacks


def test_an_issue_of_the_mix_has_as_many_commands_as_its_stock_counts() -> None:
    assert len(list(mix_for_desk("gate-1"))) == len(MIX) * MIX_ROUNDS_MAX


def test_requests_are_told_for_each_life_and_not_made_up() -> None:
    assert requests_each(10.0, 70.0, 60) == 1
    assert requests_each(None, 70.0, 60) is None
    assert requests_each(10.0, None, 60) is None


def test_a_cost_is_the_median_of_the_rounds_and_none_where_a_round_has_none() -> None:
    async def play(_name: str, _lives: int) -> float:
        return 0.0

    way = Way("ours", play, {})
    for cpu, wal in ((1.0, 10.0), (9.0, 30.0), (2.0, 20.0)):
        way.costs.append(Cost({"a": cpu}, wal, None, None, None, None))
    assert way.cpu() == {"a": 2.0}
    assert way.median_of("wal") == 20
    assert way.median_of("tables") is None


@pytest.mark.parametrize(
    ("figure", "met"),
    [
        (Figure("s", "p50", "ms", 0.8, 1.0, at_most=0.8), True),
        (Figure("s", "p50", "ms", 0.81, 1.0, at_most=0.8), False),
        (Figure("s", "rate", "/s", 2.0, 1.0, at_least=2.0), True),
        (Figure("s", "rate", "/s", 1.9, 1.0, at_least=2.0), False),
        (Figure("s", "rate", "/s", 1.9), None),
    ],
)
def test_an_aim_bounds_ours_divided_by_what_stands_beside(figure: Figure, met: bool | None) -> None:
    assert figure.is_met is met


def test_time_spent_here_is_read_as_the_senders() -> None:
    meter: Callable[[], dict[str, float]] = cost.Meter({}).read
    before = meter()
    until = time.process_time() + 0.03
    while time.process_time() < until:
        pass
    assert meter()[cost.SENDER] - before[cost.SENDER] >= 0.03
