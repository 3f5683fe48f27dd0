"""Whatever can break in a cluster breaks, at random, while clients work."""
import contextlib
import os
import random
import signal
import threading
import time

import requests

ANSWER_SECONDS = 120
HOW_OFTEN = (0.5, 2.0)
HOW_LONG = (0.5, 6.0)
ACCEPTED_LOSSES = (requests.ConnectionError, requests.Timeout)


class Refused(Exception):
    """The cloud said no."""

    def __init__(self, status, text):
        super().__init__(f"{status} {text}")
        self.status = status


class Weather:
    """One fault after another, each of which is over after some seconds. `report` counts them by kind."""

    def __init__(self, cluster, seed):
        self.cluster = cluster
        self.random = random.Random(seed)
        self.report = {}
        self.ending = threading.Event()
        self.failure = None
        self.thread = threading.Thread(target=self.run, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        self.thread.join()
        self.clear_up()
        if self.failure:
            raise self.failure

    def run(self):
        faults = [self.crash_of_a_control, self.crash_of_a_host, self.crash_of_nats, self.crash_of_postgres,
                  self.crash_of_an_export, self.freeze, self.cut]
        weights = [3, 3, 2, 1, 2, 3, 4]
        try:
            while not self.ending.wait(self.random.uniform(*HOW_OFTEN)):
                fault = self.random.choices(faults, weights)[0]
                self.report[fault.__name__] = self.report.get(fault.__name__, 0) + 1
                fault()
        except Exception as failure:  # for the test's own thread
            self.failure = failure

    def last(self):
        self.ending.wait(self.random.uniform(*HOW_LONG))

    def crash(self, node):
        node.crash()
        self.last()
        node.launch()
        node.wait_ready()

    def crash_of_a_control(self):
        self.crash(self.random.choice(self.cluster.controls))

    def crash_of_a_host(self):
        self.crash(self.random.choice(self.cluster.hosts))

    def crash_of_nats(self):
        member = self.random.choice(self.cluster.nats)
        member.kill()
        self.last()
        member.start(self.cluster.nats)

    def crash_of_postgres(self):
        self.cluster.postgres.kill()
        self.last()
        self.cluster.postgres.start()

    def crash_of_an_export(self):
        """A process by which a host gives a volume to another one; the host starts it anew."""
        exports = self.exports()
        if exports:
            self.signal_each([self.random.choice(exports)], signal.SIGKILL)

    def exports(self):
        return [pid for host in self.cluster.hosts for pid in host.machine.processes_named("qemu-storage-da")]

    def freeze(self):
        """All of a machine stands still. Who owned what others have taken over meanwhile goes on with it."""
        frozen = self.random.choice(self.cluster.network.machines).processes()
        try:
            self.signal_each(frozen, signal.SIGSTOP)
            self.last()
        finally:
            self.signal_each(frozen, signal.SIGCONT)

    @staticmethod
    def signal_each(processes, which):
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, which)

    def cut(self):
        """Between two machines, whoever they are."""
        one, other = self.random.sample(self.cluster.network.machines, 2)
        one.cut(other)
        self.last()
        one.heal()

    def clear_up(self):
        for machine in self.cluster.network.machines:
            machine.heal()


class Client:
    """Asks any control, and another one when that has gone. Knows what it must not be answered."""

    def __init__(self, cluster, token, seed):
        self.controls = cluster.controls
        self.token = token
        self.random = random.Random(seed)
        self.faults = []  # answers that nobody may get
        self.waits = 0  # answers that mean: later, or somebody else
        self.answers = 0

    def once(self, method, path, body, data=None):
        """None: nothing is known. `data`: the bytes of an image, instead of a body."""
        control = self.random.choice(self.controls)
        service = path.split("/")[1]
        headers = {"X-Auth-Token": self.token,
                   "OpenStack-API-Version": {"compute": "compute 2.1", "volume": "volume 3.27"}.get(service, "")}
        if data is not None:
            headers["Content-Type"] = "application/octet-stream"
        try:
            answer = requests.request(method, control.url + path, json=body, data=data, headers=headers,
                                      timeout=ANSWER_SECONDS)
        except ACCEPTED_LOSSES:
            self.waits += 1
            return None
        self.answers += 1
        if answer.status_code == 503:
            self.waits += 1
            if "Retry-After" not in answer.headers:
                self.faults.append(f"{method} {path}: 503 without Retry-After: {answer.text}")
            return None
        if answer.status_code >= 500:
            self.faults.append(f"{method} {path} of {control.machine.name}: {answer.status_code} {answer.text}")
        return answer

    def call(self, method, path, body=None, gone_is_fine=False, seconds=300):
        """Until somebody answers. Repeats what may have been done: 404 and 409 then mean that it was."""
        until = time.monotonic() + seconds
        repeated = False
        while True:
            answer = self.once(method, path, body)
            if answer is not None and answer.status_code < 500:
                if answer.status_code < 400:
                    return answer.json() if answer.content else None
                if repeated and method != "GET" and answer.status_code in (400, 404, 409):
                    return None
                if gone_is_fine and answer.status_code == 404:
                    return None
                raise Refused(answer.status_code, answer.text)
            assert time.monotonic() < until, f"{method} {path}: nobody answered within {seconds} s"
            repeated = True
            time.sleep(0.2)

    def make(self, path, kind, body):
        """The id of what has the name of the body: a lost answer is looked for before it is asked for again."""
        name = body["name"]
        until = time.monotonic() + 300
        while time.monotonic() < until:
            answer = self.once("POST", path, {kind: body})
            if answer is not None and answer.status_code < 400:
                return answer.json()[kind]["id"]
            if answer is not None and answer.status_code < 500:
                raise Refused(answer.status_code, answer.text)
            found = self.call("GET", f"{path}?name={name}")[kind + "s"]
            if found:
                return found[0]["id"]
        raise AssertionError(f"POST {path}: nobody took it")

    def settled(self, path, kind, ends, seconds=300):
        """Its status, once it is one of `ends` and nothing is being done; "gone" when it isn't there."""
        until = time.monotonic() + seconds
        while True:
            try:
                item = self.call("GET", path)[kind]
            except Refused as refused:
                if refused.status != 404:
                    raise
                return "gone"
            status = item["status"].lower()
            doing = item.get("OS-EXT-STS:task_state")
            if status in ends and doing is None:
                return status
            assert time.monotonic() < until, f"{path} is still {status} ({doing}) after {seconds} s"
            time.sleep(0.1)
