"""A cloud whose halves can be made to die at any failpoint."""
import contextlib
import os
import time

from harness.cloud import Cloud

HALVES = ("control", "host")


class FailingCloud(Cloud):
    """Both halves log every failpoint that they pass, and take what is armed while they run."""

    def __init__(self, driver="fake", settings=None):
        super().__init__(driver, settings)
        self.points = self.folder / "points"
        self.points.mkdir()
        self.points.chmod(0o777)  # the control process runs as another user
        for half in HALVES:
            self.point_log(half).touch()
            self.point_log(half).chmod(0o666)

    def point_log(self, half):
        return self.points / f"{half}.log"

    def arm_file(self, half):
        return self.points / f"{half}.armed"

    def start_half(self, half, env=None):
        points = {"VIRGA_FAILPOINT_LOG": str(self.point_log(half)), "VIRGA_FAILPOINT_FILE": str(self.arm_file(half))}
        super().start_half(half, {**points, **(env or {})})

    def arm(self, half, *entries):
        """Entries are "point:exit", "point:delay=MS", "point:hold=PATH"; they are in force from the next point on."""
        written = self.points / f"{half}.new"
        written.write_text(",".join(entries))
        os.replace(written, self.arm_file(half))

    @contextlib.contextmanager
    def held(self, half, point):
        """Within the block a half stands at a point, once it has come there; it goes on afterwards."""
        self.arm(half, self.holding(half, point))
        try:
            yield
        finally:
            self.let_go(half)

    def holding(self, half, point):
        """An entry for arm(): the half stands at the point from when it comes there until let_go()."""
        self.gate(half).touch()
        return f"{point}:hold={self.gate(half)}"

    def let_go(self, half):
        self.gate(half).unlink(missing_ok=True)

    def gate(self, half):
        return self.points / f"{half}.gate"

    def disarm(self, half):
        """Takes back what was armed and did not fire: also what the process has read already."""
        self.arm_file(half).unlink(missing_ok=True)
        self.kill(half)
        self.start_half(half)
        self.wait_ready()

    def mark(self):
        """Place in the logs of now."""
        return {half: self.point_log(half).stat().st_size for half in HALVES}

    def passed(self, half, mark):
        """Points that were passed since a mark, in order."""
        with open(self.point_log(half), "rb") as log:
            log.seek(mark[half])
            return log.read().decode().split()

    def wait_point(self, half, point, mark, seconds=300):
        until = time.monotonic() + seconds
        while point not in self.passed(half, mark):
            assert time.monotonic() < until, f"{half} did not pass {point} within {seconds} s\n{self.log_tail()}"
            time.sleep(0.003)

    def died(self, half, seconds=120):
        """Waits for the end of a half that a failpoint kills; False when it lives on."""
        until = time.monotonic() + seconds
        while self.processes[half].poll() is None:
            if time.monotonic() > until:
                return False
            time.sleep(0.003)
        self.processes.pop(half)
        return True

    def revive(self, *halves):
        for half in halves:
            self.start_half(half)
        self.wait_ready()
