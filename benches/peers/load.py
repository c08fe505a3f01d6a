"""Load on one peer, for a time, and what it took: requests, latency, CPU time.

wrk makes the HTTP load and pgbench that of bare PostgreSQL. What has to hold thousands of connections open, or send
large values, is done here.
"""

import contextlib
import glob
import json
import os
import re
import resource
import socket
import ssl
import subprocess
import threading
import time

from processes import VALUE, cpu_us, name_path, resident_bytes, trusting

HERE = os.path.dirname(__file__)


def wrk(machine, name, kind, connections):
    """Load on a peer by wrk; `kind` is get, put or mix."""
    peer = machine.get(name)
    protocol = "etcd" if name == "etcd" else "http"
    path = name_path(machine.options.names // 2)
    command = ["wrk", f"-t{min(2, connections)}", f"-c{connections}", "-s", os.path.join(HERE, "load.lua")]
    tail = [peer.url(path), "--", kind, protocol, str(machine.options.names)]

    def run(seconds):
        duration = f"{max(1, round(seconds))}s"
        done = subprocess.run(command + ["-d" + duration] + tail, capture_output=True, text=True,
                              timeout=seconds + 60, check=False)
        line = next((line for line in done.stdout.splitlines() if line.startswith("{")), None)
        if line is None:
            raise SystemExit(f"wrk on {name} failed: {done.stdout}{done.stderr}\n{machine.log(name)}")
        return json.loads(line)

    if machine.options.warm_up > 0:
        run(machine.options.warm_up)
    database = machine.peers.get("postgres") if name == "configapi" and kind != "get" else None
    before, before_database = cpu_us(peer.pid), database and cpu_us(database.pid)
    found = run(machine.options.seconds)
    spent = cpu_us(peer.pid) - before
    requests = max(1, found["requests"])
    sample = {
        "per_second": found["requests"] / (found["duration_us"] / 1e6),
        "cpu_us": spent / requests,
        "p50_us": found["p50_us"],
        "p99_us": found["p99_us"],
        "mean_us": found["duration_us"] * connections / requests,
        "refused": found["status"],
        "broken": found["broken"],
    }
    if database:
        sample["database_cpu_us"] = (cpu_us(database.pid) - before_database) / requests
    if found["status"] + found["broken"] > requests / 1000:
        raise SystemExit(f"{name}: {found['status']} refused and {found['broken']} broken of {requests}")
    return sample


def pgbench(machine, clients):
    """One INSERT a commit, prepared, from so many clients."""
    postgres = machine.get("postgres")
    script = os.path.join(machine.folder, "insert.sql")
    with open(script, "w", encoding="utf-8") as file:
        file.write("\\set name random(1, 10000)\n"
                   f"INSERT INTO bare (name, value) VALUES ('app/service/setting-' || :name, '{VALUE}');\n")
    command = ["pgbench", "-n", "-M", "prepared", "-c", str(clients), "-j", str(min(2, clients)),
               "-T", str(max(1, round(machine.options.seconds))), "-f", script, postgres.address + "bare"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=machine.options.seconds + 60, check=False)
    found = re.search(r"tps = ([0-9.]+)", done.stdout)
    if not found:
        raise SystemExit(f"pgbench failed: {done.stdout}{done.stderr}")
    per_second = float(found[1])
    return {"per_second": per_second, "mean_us": 1e6 * clients / per_second}


def open_files_max():
    """Both ends of thousands of connections are on this machine; each process has a limit of its own."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


@contextlib.contextmanager
def idle_connections(peer, count):
    """Connections that have had one answer and ask for nothing more."""
    request = f"GET {name_path(0)} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    held = []
    try:
        for _ in range(count):
            connection = socket.create_connection(("127.0.0.1", peer.port), timeout=20)
            held.append(connection)
            connection.sendall(request)
            if not connection.recv(4096).startswith(b"HTTP/1.1 200"):
                raise SystemExit("an idle connection was refused")
        yield held
    finally:
        for connection in held:
            connection.close()


def idle(machine, name, count):
    """What idle connections cost: memory, and the throughput of others."""
    peer = machine.get(name)
    alone = wrk(machine, name, "get", 64)["per_second"]
    before = resident_bytes(peer.pid)
    with idle_connections(peer, count) as held:
        memory = resident_bytes(peer.pid) - before
        beside = wrk(machine, name, "get", 64)["per_second"]
        for connection in held:
            connection.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                if connection.recv(1) == b"":
                    raise SystemExit("an idle connection was closed")
    return {"memory_mb": memory / 1e6, "lost_percent": 100 * (1 - beside / alone), "per_second": beside}


def handshakes(machine, name, clients):
    """Full handshakes, each on a connection of its own, by so many clients at a time; none resumes a session."""
    peer = machine.get(name)
    seconds = max(1, round(machine.options.seconds))
    command = ["openssl", "s_time", "-connect", f"127.0.0.1:{peer.port}", "-new", "-time", str(seconds)]
    before, begin = cpu_us(peer.pid), time.monotonic()
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
               for _ in range(clients)]
    said = [client.communicate(timeout=seconds + 60)[0] for client in running]
    took, spent = time.monotonic() - begin, cpu_us(peer.pid) - before
    counts = [re.search(r"(\d+) connections in \d+ real seconds", text) for text in said]
    if not all(counts):
        raise SystemExit(f"openssl s_time on {name} failed: {said}\n{machine.log(name)}")
    made = sum(int(count[1]) for count in counts)
    return {"per_second": made / took, "cpu_us": spent / max(1, made)}


def secure_connection(peer, context, request):
    """A connection with TLS that has had one answer. Of the client's side only the socket remains: memory."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    session = context.wrap_bio(incoming, outgoing)
    connection = socket.create_connection(("127.0.0.1", peer.port), timeout=20)

    def until_done(act):
        while True:
            try:
                result = act()
            except ssl.SSLWantReadError:
                result = None
            connection.sendall(outgoing.read())
            if result is not None:
                return result
            received = connection.recv(16 << 10)
            if not received:
                raise SystemExit("an idle connection was closed in its handshake")
            incoming.write(received)

    until_done(lambda: session.do_handshake() or True)
    until_done(lambda: session.write(request))
    if not until_done(lambda: session.read(4096)).startswith(b"HTTP/1.1 200"):
        raise SystemExit("an idle connection was refused")
    return connection


def idle_tls(machine, name, count):
    """The memory of idle connections with TLS, after their handshake and one request."""
    peer, context = machine.get(name), trusting()
    request = f"GET {name_path(0)} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    wrk(machine, name, "get", 64)
    before, held = resident_bytes(peer.pid), []
    try:
        for _ in range(count):
            held.append(secure_connection(peer, context, request))
        resident = resident_bytes(peer.pid)
    finally:
        for connection in held:
            connection.close()
    return {"memory_mb": resident / 1e6, "connection_kb": (resident - before) / count / 1e3}


def watchers(machine, name, count):
    """How long until the last of many watchers has a change, the write included. None if there is no stream."""
    peer = machine.get(name)
    process = subprocess.Popen([machine.options.hello, "watchers", f"127.0.0.1:{peer.port}", str(count)],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        if process.stdout.readline() != "ready\n":
            return process.stderr.read().strip()
        times = []
        for _ in range(5):
            begin = time.monotonic()
            revision = put(peer, name_path(1), VALUE.encode())
            process.stdin.write(f"{revision}\n")
            process.stdin.flush()
            told = process.stdout.readline().split()
            if told != [str(revision), str(count)]:
                raise SystemExit(f"of {count} watchers were told: {told}")
            times.append(1e3 * (time.monotonic() - begin))
            time.sleep(0.2)
        return {"last_ms": sorted(times)[len(times) // 2]}
    finally:
        process.kill()
        process.wait()


def exchange(connection, request):
    """One request and its whole answer: its status, its fields and its body."""
    connection.sendall(request)
    answer = connection.makefile("rb")
    status = int(answer.readline().split()[1])
    fields = {}
    while (line := answer.readline().strip()):
        key, _, value = line.decode().partition(":")
        fields[key.lower()] = value.strip()
    return status, fields, answer.read(int(fields.get("content-length", 0)))


def put(peer, path, value):
    """Sets a value; its revision."""
    head = f"PUT {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: {len(value)}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", peer.port), timeout=30) as connection:
        status, fields, _ = exchange(connection, head.encode() + value)
    if status != 200:
        raise SystemExit(f"a PUT of {len(value)} bytes was answered with {status}")
    return int(fields["config-revision"])


def large_values(machine, name):
    """Values of 1 MiB put and got over 4 connections, while 16 others read small ones."""
    peer = machine.get(name)
    value = (VALUE * (1 + (1 << 20) // len(VALUE)))[: 1 << 20].encode()
    path = "/v1/config/large%2Fvalue-"
    for number in range(4):
        put(peer, path + str(number), value)
    alone = wrk(machine, name, "get", 16)
    before, over, made = resident_bytes(peer.pid), threading.Event(), []

    def loop(number):
        while not over.is_set():
            put(peer, path + str(number), value)
            with socket.create_connection(("127.0.0.1", peer.port), timeout=30) as connection:
                request = f"GET {path}{number} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
                status, _, body = exchange(connection, request)
            if status != 200 or body != value:
                raise SystemExit("a value of 1 MiB came back changed")
            made.append(number)

    threads = [threading.Thread(target=loop, args=(number,), daemon=True) for number in range(4)]
    for thread in threads:
        thread.start()
    begin = time.monotonic()
    beside = wrk(machine, name, "get", 16)
    over.set()
    for thread in threads:
        thread.join()
    return {
        "mib_per_second": 2 * len(made) / (time.monotonic() - begin),
        "small_p99_ms": beside["p99_us"] / 1e3,
        "small_p99_alone_ms": alone["p99_us"] / 1e3,
        "memory_mb": (resident_bytes(peer.pid) - before) / 1e6,
        "threads": len(glob.glob(f"/proc/{peer.pid}/task/*")),
    }
