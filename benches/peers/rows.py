"""The rows: what is measured on whom, and what is to be reached.

A target is a ratio of ours to a peer's in the same round, or a figure of ours by itself; medians of all rounds are
compared. `floor` targets are to be at least so much, `ceiling` targets at most.
"""

import statistics
from dataclasses import dataclass, field
from typing import Callable

import load


class Skipped(Exception):
    """Why a row can't be measured."""


@dataclass(frozen=True)
class Target:
    figure: str
    what: str
    #  None: a figure of ours by itself.
    against: str | None
    required: float
    goal: float
    higher_is_better: bool
    unit: str = "×"
    # Of the rounds: the middle one; for memory the highest, since what was taken once is used again.
    of_rounds: Callable = statistics.median

    def reached(self, value, bound):
        return value >= bound if self.higher_is_better else value <= bound


def floor(figure, what, against, required, goal):
    return Target(figure, what, against, required, goal, True)


def ceiling(figure, what, against, required, goal, unit="×", of_rounds=statistics.median):
    return Target(figure, what, against, required, goal, False, unit, of_rounds)


@dataclass(frozen=True)
class Row:
    name: str
    title: str
    peers: list
    measure: Callable
    targets: list = field(default_factory=list)

    def judge(self, samples):
        """A line a target: ours, the peer's, the ratio, and whether it is reached."""
        return [line for target in self.targets if (line := self.judge_one(samples, target))]

    def judge_one(self, samples, target):
        if not samples:
            return None
        ours = target.of_rounds(sample["configapi"][target.figure] for sample in samples)
        theirs, value = None, ours
        if target.against:
            theirs = target.of_rounds(sample[target.against][target.figure] for sample in samples)
            value = ours / theirs if theirs else 0.0
        mark = "missed"
        if target.reached(value, target.required):
            mark = "ok"
        if target.reached(value, target.goal):
            mark = "goal"
        return {
            "row": self.name, "title": self.title, "what": target.what, "figure": target.figure,
            "against": target.against, "ours": ours, "theirs": theirs, "value": value, "unit": target.unit,
            "required": target.required, "goal": target.goal, "higher_is_better": target.higher_is_better,
            "mark": mark,
        }


def by_wrk(kind, connections):
    def measure(machine, peer):
        if peer.startswith("pgbench"):
            return load.pgbench(machine, int(peer.removeprefix("pgbench")))
        return load.wrk(machine, peer, kind, connections)

    return measure


def watched(machine, peer):
    found = load.watchers(machine, peer, 10_000)
    if isinstance(found, str):
        raise Skipped(f"this server has no stream of changes yet ({found})")
    return found


def idle(machine, peer):
    if load.open_files_max() < 10_500:
        raise Skipped("10,000 connections need a higher limit on open files")
    return load.idle(machine, peer, 10_000)


def over_tls(measure):
    """The same on the peer with a certificate."""
    return lambda machine, peer: measure(machine, peer + "_tls")


def idle_tls(machine, peer):
    if load.open_files_max() < 10_500:
        raise Skipped("10,000 connections need a higher limit on open files")
    return load.idle_tls(machine, peer, 10_000)


def get_row(connections):
    return Row(
        f"get-{connections}", f"GET, {connections} connections", ["configapi", "nginx", "axum", "rouille"],
        by_wrk("get", connections), [
            floor("per_second", "requests/s", "nginx", 0.85, 1.1),
            ceiling("cpu_us", "CPU µs a request", "nginx", 0.9, 0.7),
            floor("per_second", "requests/s", "axum", 1.6, 2.0),
            floor("per_second", "requests/s", "rouille", 2.5, 4.0),
        ])


def put_row(connections, against_etcd, against_pgbench):
    return Row(
        f"put-{connections}", f"PUT on PostgreSQL, {connections} connections", ["configapi", "etcd", "pgbench64"],
        by_wrk("put", connections), [
            floor("per_second", "requests/s", "etcd", against_etcd, 6.0),
            floor("per_second", "requests/s", "pgbench64", against_pgbench, 5.0),
        ])


ROWS = [
    get_row(64),
    get_row(256),
    Row("get-1", "GET, one connection", ["configapi", "axum"], by_wrk("get", 1),
        [ceiling("p50_us", "latency, median µs", "axum", 1.0, 0.8)]),
    put_row(64, 4.0, 2.5),
    put_row(256, 3.5, 3.5),
    Row("put-1", "PUT on PostgreSQL, one connection", ["configapi", "pgbench1"], by_wrk("put", 1),
        [ceiling("mean_us", "latency, mean µs", "pgbench1", 1.4, 1.2)]),
    Row("mix-64", "90 % GET, 10 % PUT, 64 connections", ["configapi", "etcd"], by_wrk("mix", 64),
        [floor("per_second", "requests/s", "etcd", 5.0, 8.0)]),
    Row("idle", "10,000 idle connections", ["configapi"], idle, [
        ceiling("memory_mb", "memory", None, 100.0, 30.0, "MB", max),
        # What two measurements of the same differ by counts as nothing.
        ceiling("lost_percent", "throughput lost", None, 10.0, 2.0, "%"),
    ]),
    Row("tls-get-64", "GET over TLS 1.3, 64 connections", ["configapi", "nginx"], over_tls(by_wrk("get", 64)), [
        floor("per_second", "requests/s", "nginx", 0.9, 1.1),
        ceiling("cpu_us", "CPU µs a request", "nginx", 1.1, 0.8),
    ]),
    Row("tls-handshake", "full TLS 1.3 handshakes, ECDSA P-256, 4 clients", ["configapi", "nginx"],
        over_tls(lambda machine, peer: load.handshakes(machine, peer, 4)), [
            floor("per_second", "handshakes/s", "nginx", 0.8, 1.0),
            ceiling("cpu_us", "CPU µs a handshake", "nginx", 1.25, 1.0),
        ]),
    Row("tls-idle", "10,000 idle connections with TLS", ["configapi"], over_tls(idle_tls), [
        ceiling("memory_mb", "memory", None, 250.0, 100.0, "MB", max),
    ]),
    Row("watchers", "10,000 watchers, a change reaches the last", ["configapi"], watched,
        [ceiling("last_ms", "the write included", None, 250.0, 50.0, "ms")]),
    Row("large", "1 MiB values beside small GETs", ["configapi"],
        lambda machine, peer: load.large_values(machine, peer)),
]
