"""What is compared, as processes: started when it is first asked for, stopped at the end, its CPU time counted.

Everything listens on 127.0.0.1 and keeps its files in one temporary folder, so that all of them sync to the same
disk.
"""

import glob
import os
import pwd
import re
import shutil
import signal
import socket
import ssl
import subprocess
import time
import urllib.request

VALUE = "postgresql://db.internal/app-1"
START_SECONDS = 30
STOP_SECONDS = 20
TICK_US = 1_000_000 / os.sysconf("SC_CLK_TCK")


def name_path(number):
    return f"/v1/config/app%2Fservice-{number % 100:03d}%2Fsetting-{number:06d}"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def fields(pid):
    """What the kernel says of a process; its name is in brackets and may hold anything."""
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
        return stat.read().rsplit(") ", 1)[1].split()


def family(root):
    """A process and all that come from it."""
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                parents[int(entry)] = int(fields(entry)[1])
            except OSError:
                continue  # It has ended.
    found = [root]
    for pid in found:
        found.extend(child for child, parent in parents.items() if parent == pid)
    return found


def cpu_us(root):
    """CPU time of a process and its children, those that have ended included."""
    total = 0
    for pid in family(root):
        try:
            total += sum(int(field) for field in fields(pid)[11:15 if pid == root else 13])
        except OSError:
            continue
    return total * TICK_US


def resident_bytes(pid):
    with open(f"/proc/{pid}/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def trusting():
    """The client's side of TLS, without a look at the certificate: it is one of this run."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class Peer:
    """A running server: where it is, and the process that everything of it comes from."""

    def __init__(self, process, port, scheme="http"):
        self.process = process
        self.port = port
        self.scheme = scheme

    @property
    def pid(self):
        return self.process.pid

    def url(self, path=""):
        return f"{self.scheme}://127.0.0.1:{self.port}{path}"

    def connect(self):
        """A connection that trusts whatever certificate it gets."""
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        return plain if self.scheme == "http" else trusting().wrap_socket(plain)


class Machine:
    """All peers of one run."""

    def __init__(self, folder, options):
        self.folder = folder
        self.options = options
        self.peers = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # Servers before the database that they hang on.
        for peer in reversed(list(self.peers.values())):
            peer.process.send_signal(signal.SIGINT)
        for peer in reversed(list(self.peers.values())):
            try:
                peer.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                peer.process.kill()
                peer.process.wait()

    def get(self, name):
        """The running peer of a name."""
        if name not in self.peers:
            # Whatever it starts in turn comes before it.
            peer = getattr(self, "start_" + name)()
            self.peers[name] = peer
        return self.peers[name]

    def spawn(self, name, command, **how):
        log = open(os.path.join(self.folder, name + ".log"), "ab")
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=log,
                                stdout=how.pop("stdout", log), **how)

    def announced(self, name, command, **how):
        """A server that prints where it listens."""
        process = self.spawn(name, command, stdout=subprocess.PIPE, **how)
        line = process.stdout.readline().decode()
        found = re.fullmatch(r"listening on (https?)://127\.0\.0\.1:(\d+)\n", line)
        if not found:
            process.kill()
            raise SystemExit(f"{name} did not start: {line!r}\n{self.log(name)}")
        return Peer(process, int(found[2]), found[1])

    def log(self, name):
        with open(os.path.join(self.folder, name + ".log"), encoding="utf-8", errors="replace") as log:
            return log.read()[-4000:]

    def ready(self, name, process, probe):
        deadline = time.monotonic() + START_SECONDS
        while not probe():
            if process.poll() is not None or time.monotonic() > deadline:
                process.kill()
                raise SystemExit(f"{name} did not start:\n{self.log(name)}")
            time.sleep(0.02)

    def start_configapi(self):
        environment = {key: value for key, value in os.environ.items() if not key.startswith("CONFIGAPI_")}
        environment["DATABASE_URL"] = self.get("postgres").address + "configapi"
        command = [self.options.configapi, "serve", "--listen", "127.0.0.1:0", "--log-level", "warning"]
        peer = self.announced("configapi", command, env=environment)
        self.fill(peer)
        return peer

    def fill(self, peer):
        """Sets every name once, over one connection and some at a time."""
        with peer.connect() as connection:
            answers = connection.makefile("rb")
            for first in range(0, self.options.names, 32):
                numbers = range(first, min(first + 32, self.options.names))
                connection.sendall(b"".join(
                    f"PUT {name_path(number)} HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n"
                    f"Content-Length: {len(VALUE)}\r\n\r\n{VALUE}".encode() for number in numbers))
                for _ in numbers:
                    status = answers.readline()
                    if b" 200 " not in status:
                        raise SystemExit(f"a PUT was answered with {status!r}\n{self.log('configapi')}")
                    length = 0
                    while (line := answers.readline()) != b"\r\n":
                        if line.lower().startswith(b"content-length:"):
                            length = int(line.split(b":")[1])
                    answers.read(length)

    def certificate(self):
        """The files of a certificate and its key: ECDSA on P-256, the same for all peers."""
        made = [os.path.join(self.folder, name) for name in ("tls.crt", "tls.key")]
        if not os.path.exists(made[0]):
            subprocess.run([
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-out", made[0], "-keyout", made[1],
            ], check=True, capture_output=True)
        return made

    def start_configapi_tls(self):
        environment = {key: value for key, value in os.environ.items() if not key.startswith("CONFIGAPI_")}
        environment.pop("DATABASE_URL", None)
        certificate, key = self.certificate()
        command = [self.options.configapi, "serve", "--listen", "127.0.0.1:0", "--log-level", "warning",
                   "--file", os.path.join(self.folder, "tls.db"), "--tls-cert", certificate, "--tls-key", key]
        peer = self.announced("configapi_tls", command, env=environment)
        self.fill(peer)
        return peer

    def start_axum(self):
        return self.announced("axum", [self.options.hello, "axum"])

    def start_rouille(self):
        return self.announced("rouille", [self.options.hello, "rouille"])

    def start_nginx(self):
        return self.nginx("nginx", "")

    def start_nginx_tls(self):
        certificate, key = self.certificate()
        # Tickets, as by default; no session is resumed by what measures handshakes.
        peer = self.nginx("nginx_tls", f" ssl; ssl_protocols TLSv1.2 TLSv1.3; ssl_certificate {certificate};"
                                       f" ssl_certificate_key {key}")
        peer.scheme = "https"
        return peer

    def nginx(self, name, protocol):
        port = free_port()
        settings = os.path.join(self.folder, name + ".conf")
        with open(settings, "w", encoding="utf-8") as file:
            file.write(
                f"daemon off; worker_processes 2; pid {self.folder}/{name}.pid; error_log stderr warn;\n"
                "events { worker_connections 16384; }\n"
                "http { access_log off; keepalive_requests 1000000000; default_type text/plain;\n"
                + "".join(f" {kind}_temp_path {self.folder}/{kind};" for kind in
                          ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
                + f"\n server {{ listen 127.0.0.1:{port}{protocol}; location / {{ return 200 '{VALUE}'; }} }}\n}}\n")
        process = self.spawn(name, ["nginx", "-c", settings])
        self.ready(name, process, lambda: listens(port))
        return Peer(process, port)

    def start_etcd(self):
        port, peer_port = free_port(), free_port()
        client, peer = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{peer_port}"
        process = self.spawn("etcd", [
            "etcd", "--data-dir", os.path.join(self.folder, "etcd"), "--logger", "zap", "--log-level", "error",
            "--listen-client-urls", client, "--advertise-client-urls", client, "--listen-peer-urls", peer,
            "--initial-advertise-peer-urls", peer, "--initial-cluster", "default=" + peer,
            "--quota-backend-bytes", str(8 << 30)])

        def healthy():
            try:
                with urllib.request.urlopen(client + "/health", timeout=1) as answer:
                    return b"true" in answer.read()
            except OSError:
                return False

        self.ready("etcd", process, healthy)
        return Peer(process, port)

    def start_postgres(self):
        return Postgres(self)

    def versions(self):
        """What was compared, each in its own words."""
        asked = {
            "nginx": ["nginx", "-v"], "etcd": ["etcd", "--version"], "wrk": ["wrk", "-v"],
            "postgres": [os.path.join(postgres_folder(), "postgres"), "--version"],
        }
        found = {}
        for name, command in asked.items():
            said = subprocess.run(command, capture_output=True, text=True, check=False)
            found[name] = (re.search(r"\d+\.\d+(\.\d+)?", said.stdout + said.stderr) or ["?"])[0]
        lock = os.path.join(os.path.dirname(__file__), "hello", "Cargo.lock")
        with open(lock, encoding="utf-8") as file:
            text = file.read()
        for name in ("axum", "rouille"):
            found[name] = re.search(rf'name = "{name}"\nversion = "([^"]+)"', text)[1]
        return found


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def postgres_folder():
    folders = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(path.split("/")[4]))
    if folders:
        return folders[-1]
    return os.path.dirname(shutil.which("postgres"))


class Postgres(Peer):
    """A cluster as `initdb` makes it: fsync on; no checkpoint falls into a measurement."""

    def __init__(self, machine):
        data = os.path.join(machine.folder, "postgres")
        os.mkdir(data, 0o700)
        how = {"cwd": "/"}
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(data, user.pw_uid, user.pw_gid)
            how |= {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        folder = postgres_folder()
        subprocess.run([os.path.join(folder, "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8",
                        "--locale=C", "--no-instructions"], check=True, stdout=subprocess.DEVNULL, **how)
        port = free_port()
        settings = ["listen_addresses=127.0.0.1", "unix_socket_directories=", f"port={port}", "jit=off",
                    "shared_buffers=512MB", "max_wal_size=8GB", "checkpoint_timeout=30min"]
        command = [os.path.join(folder, "postgres"), "-D", data]
        for setting in settings:
            command += ["-c", setting]
        super().__init__(machine.spawn("postgres", command, **how), port)
        self.address = f"postgres://postgres@127.0.0.1:{port}/"
        self.machine = machine
        machine.ready("postgres", self.process, lambda: self.sql("postgres", "SELECT 1") is not None)
        for database in ("configapi", "bare"):
            self.sql("postgres", f"CREATE DATABASE {database}")
        self.sql("bare", "CREATE TABLE bare (id bigserial PRIMARY KEY, name text, value text)")

    def sql(self, database, text):
        done = subprocess.run(["psql", "-qAtX", self.address + database, "-c", text], capture_output=True, text=True,
                              check=False)
        return done.stdout if done.returncode == 0 else None
