"""Runs a scenario unharmed, learns every failpoint that it passes, and repeats it with a kill at each of them."""
import requests

from census import census, leftovers
from failing_cloud import HALVES
from harness.resources import ApiError, Resources

LEAST_POINTS = 10
MOST_PROBLEMS = 5
BOTH = (".after", ".committed")  # where both halves are killed at once: a task is done, its record is or isn't


class Drill:
    """All runs of a scenario happen in the same cloud, one after the other."""

    def __init__(self, cloud):
        self.cloud = cloud
        self.api = Resources(cloud)
        self.runs = 0

    def kill_at_every_point(self, scenario, least=LEAST_POINTS):
        """The scenario must end alike wherever one half or both die in it."""
        empty, healthy, points = self.learn(scenario)
        assert len(points) >= least, f"only {len(points)} points are passed: {points}"
        passed = {point.split(".")[0] for half, point in points if half == "control"}
        assert scenario.kinds <= passed, f"no point of {scenario.kinds - passed} is passed"
        kills = [((half,), point) for half, point in points]
        kills += [(("control", "host"), point) for half, point in points if half == "control" and point.endswith(BOTH)]
        missed, problems = [], []
        for halves, point in kills:
            try:
                if not self.run(scenario, empty, healthy, halves, point):
                    missed.append(f"{halves[0]} {point}")
            except (AssertionError, ApiError) as problem:
                problems.append(f"killed {' and '.join(halves)} at {point}: {str(problem)[:3000]}")
                if len(problems) == MOST_PROBLEMS or not self.start_over(scenario, empty):
                    break
        assert not problems, f"{len(problems)} of {len(kills)} kills did harm:\n" + "\n----\n".join(problems)
        # Whether a flow has to wait for another one, say, is a matter of speed.
        assert len(missed) * 5 <= len(kills), f"points that never came again: {missed}"

    def learn(self, scenario):
        """State without the scenario, its healthy end, and the points of [(half, point)] in the order of time."""
        scenario.prepare()
        self.settle_cloud()
        empty = census(self.api)
        name = self.next_name(scenario)
        scenario.begin(name)
        self.settle_cloud()
        mark = self.cloud.mark()
        self.arm(scenario)
        scenario.act(name)
        mark = scenario.mark or mark
        scenario.settle(name)
        healthy = census(self.api)
        points = [(half, point) for half in HALVES for point in dict.fromkeys(self.cloud.passed(half, mark))
                  if scenario.is_part(point)]
        self.check_whole(scenario, name)
        self.clean(scenario, name, empty)
        return empty, healthy, points

    def run(self, scenario, empty, healthy, halves, point):
        """The first of the halves dies at the point, a second one with it. False: the point was not passed this time."""
        half = halves[0]
        name = self.next_name(scenario)
        scenario.begin(name)
        self.arm(scenario, half, f"{point}:exit")
        accepted = self.act(scenario, name)
        died = self.cloud.died(half, 30)
        if died:
            for other in halves[1:]:
                self.cloud.kill(other)
            self.cloud.revive(*halves)
        else:
            self.cloud.disarm(half)
        self.repeat_lost(scenario, name, accepted)
        scenario.settle(name)
        found = census(self.api)
        assert found == healthy, f"ended as {found}, unharmed it is {healthy}\n{self.cloud.log_tail()}"
        self.check_whole(scenario, name)
        self.clean(scenario, name, empty)
        return died

    def arm(self, scenario, half=None, *entries):
        for each in HALVES:
            wanted = scenario.armed(each) + (list(entries) if each == half else [])
            if wanted:
                self.cloud.arm(each, *wanted)

    def act(self, scenario, name):
        """False: the reply was lost, so that the request may be accepted or not."""
        try:
            scenario.act(name)
            return True
        except requests.RequestException:
            return False

    def repeat_lost(self, scenario, name, accepted):
        """A user whose connection broke looks, and asks again if nothing came of it."""
        if not accepted and not scenario.was_accepted(name):
            scenario.act(name)

    def check_whole(self, scenario, name):
        scenario.check(name)
        assert self.cloud.differences() == []
        assert leftovers(self.cloud) == []

    def clean(self, scenario, name, empty):
        scenario.clean(name)
        self.settle_cloud()
        found = census(self.api)
        assert found == empty, f"after deletion {found} is left, before there was {empty}"
        assert self.cloud.differences() == []

    def settle_cloud(self):
        self.api.wait(lambda: self.cloud.differences() == [], "cloud is healthy", self.cloud.differences, 20)

    def start_over(self, scenario, empty):
        """After harm was found: away with everything, so that the next point starts clean. False: that failed, too."""
        for half in HALVES:
            self.cloud.arm_file(half).unlink(missing_ok=True)
            process = self.cloud.processes.get(half)
            if process is None or process.poll() is not None:
                self.cloud.processes.pop(half, None)
                self.cloud.start_half(half)
        self.cloud.wait_ready()
        try:
            self.clean(scenario, "start over", empty)
        except (AssertionError, ApiError):
            return False
        return True

    def next_name(self, scenario):
        self.runs += 1
        return f"{scenario.name}-{self.runs}"
