"""What tools/test.sh says at its end."""
import pathlib
import subprocess
import sys

TOOL = pathlib.Path(__file__).resolve().parents[2] / "tools" / "sum_tests.py"
PASSED = '<testsuite><testcase classname="S" name="good"/></testsuite>'
FAILED = """<testsuite><testcase classname="S" name="good"/><testcase classname="S" name="bad">
<failure message="file.cpp:7&#10;Expected: 1"/></testcase></testsuite>"""
CRASHED = """<testsuite><testcase name="unit_a" status="run"/><testcase name="unit_b" status="fail">
<system-out>[ RUN      ] S.first\nterminate called</system-out></testcase></testsuite>"""


def result(folder, group, status, ctest=None, **files):
    (folder / group).mkdir()
    for name, text in files.items():
        (folder / group / f"{name}.xml").write_text(text)
    (folder / group / "status").write_text(status)
    (folder / group / "seconds").write_text("1")
    if ctest:
        (folder / f"ctest-{group}.log").write_text(ctest)


def sum_up(folder, *groups):
    done = subprocess.run([sys.executable, TOOL, folder, "3", *groups], text=True, capture_output=True, check=False)
    assert not done.stderr, done.stderr
    return done.returncode, done.stdout.splitlines()


def test_what_passed_is_counted(tmp_path):
    result(tmp_path, "unit", "0", unit_a=PASSED)
    status, lines = sum_up(tmp_path, "unit")
    assert status == 0 and lines[-1] == "1 passed, 0 failed" and not any("failed:" in line for line in lines)


def test_what_failed_is_named_with_its_reason(tmp_path):
    result(tmp_path, "unit", "1", unit_a=FAILED, ctest=CRASHED.replace("unit_b", "unit_a"))
    status, lines = sum_up(tmp_path, "unit")
    assert status == 1 and lines[:3] == ["failed: unit: S.bad", "    file.cpp:7", "    Expected: 1"]
    assert sum("failed: " in line for line in lines) == 1 and lines[-1] == "1 passed, 1 failed"


def test_a_crash_is_named_with_its_last_words(tmp_path):
    result(tmp_path, "unit", "8", ctest=CRASHED, unit_a=PASSED)
    status, lines = sum_up(tmp_path, "unit")
    assert status == 1 and lines[0] == "failed: unit: unit_b ended without a result"
    assert lines[1:3] == ["    [ RUN      ] S.first", "    terminate called"] and lines[-1] == "1 passed, 1 failed"


def test_a_result_that_cannot_be_read_is_a_failure(tmp_path):
    result(tmp_path, "unit", "1", unit_a="<testsuite>")
    status, lines = sum_up(tmp_path, "unit")
    assert status == 1 and lines[-1] == "0 passed, 1 failed"
