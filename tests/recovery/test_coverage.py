"""Every kind of flow is interrupted somewhere."""
import subprocess

import test_every_point
from harness.cloud import PROGRAM

LISTS = ("ALL", "SHORT", "SHORTEST", "ONLINE", "MOVES")
# Kinds without a scenario here, and why. Whoever adds one says why nothing can be lost.
WITHOUT = {
    "sync_power_state": "the fake hypervisor never tells of a change by itself",
}


def interrupted():
    found = set()
    for name in LISTS:
        for item in getattr(test_every_point, name):
            scenario = item if isinstance(item, type) else item.values[0]
            found |= scenario.kinds
    return found


def test_each_kind_of_flow_has_a_scenario():
    kinds = set(subprocess.check_output([PROGRAM, "config", "flows"], text=True).split())
    assert kinds, "no kinds of flow are known"
    missing = kinds - interrupted() - WITHOUT.keys()
    assert not missing, f"kinds of flow that no scenario interrupts: {sorted(missing)}"
    assert WITHOUT.keys() <= kinds - interrupted(), "kinds that have a scenario by now, or are no kinds"
    assert interrupted() <= kinds, f"no kinds of flow: {sorted(interrupted() - kinds)}"
