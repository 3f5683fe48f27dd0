"""States change by their machines (src/lifecycle/machine.hpp) only: no SQL elsewhere sets the column of one."""
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from harness.cloud import ROOT  # noqa: E402

STATES = r"(?:status|attach_status|migration_status|vm_state|task_state)"
#: Text of a literal that sets such a column, and a helper's call that names one.
WRITES = re.compile(rf'\bSET\s(?:[^";]|"\s*")*?(?<![\w.]){STATES}\s*=|\bset\([^;()]*"{STATES}"')
#: What has no machine: ports follow their server, a member says what it likes, and a deleted server's copy is closed.
OTHERS = {
    "compute/repo/server_repo.cpp": 1,
    "image/repo/member_repo.cpp": 1,
    "network/repo/port_repo.cpp": 3,
}


def writes(text):
    """Conditions may name a state: what stands behind WHERE is no write."""
    found = 0
    for match in WRITES.finditer(text):
        found += "WHERE" not in match.group(0)
    return found


def test_what_counts_as_a_write():
    assert writes('tx.exec("UPDATE volumes SET status = ? WHERE id = ?")') == 1
    assert writes('"UPDATE volumes SET name = ?, "\n    "attach_status = ? WHERE id = ?"') == 1
    assert writes('set(tx, id, "status", word)') == 1
    assert writes('"UPDATE images SET bytes = ? WHERE id = ? AND status = 1"') == 0
    assert writes('query.equals("status", filter.status)') == 0


def test_only_machines_write_states():
    found = {}
    for path in sorted((ROOT / "src").rglob("*.cpp")):
        count = writes(path.read_text())
        if count:
            found[str(path.relative_to(ROOT / "src"))] = count
    assert found == OTHERS
