#!/usr/bin/python3
"""sum_tests.py RESULTS SECONDS GROUP...: adds the JUnit files of each group up.

RESULTS/GROUP holds *.xml (GoogleTest's and pytest's), `status` (exit status of the runner) and `seconds`. A runner that
failed although no test case did (a crash, a time-out, an empty folder) counts as one failure. Prints what failed and
why, of programs that ended without a result (RESULTS/ctest-GROUP.log) the end of what they said; a line for each group;
and, last, "N passed, N failed[, N skipped]". Exits 1 when anything failed.
"""
import pathlib
import sys
import xml.etree.ElementTree as xml


def outcome(case):
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    if case.find("skipped") is not None or case.get("status") == "notrun":
        return "skipped"
    return "passed"


MOST_SHOWN = 20
MOST_LINES = 15


def cases_of(path):
    """Of a JUnit file; nothing where there is none that can be read."""
    try:
        return list(xml.parse(path).getroot().iter("testcase"))
    except (OSError, xml.ParseError):
        return []


def reason(case):
    for found in (case.find("failure"), case.find("error")):
        if found is not None:
            return (found.get("message") or found.text or "").strip().splitlines()[:MOST_LINES]
    return []


def failures(results, group):
    """A title and some lines for each."""
    cases = [case for path in sorted((results / group).glob("*.xml")) for case in cases_of(path)]
    found = [(f"{case.get('classname')}.{case.get('name')}", reason(case)) for case in cases if outcome(case) == "failed"]
    for program in cases_of(results / f"ctest-{group}.log"):
        own = cases_of(results / group / f"{program.get('name')}.xml")
        if program.get("status") != "fail" or any(outcome(case) == "failed" for case in own):
            continue
        said = (program.findtext("system-out") or "").strip().splitlines()
        found.append((f"{program.get('name')} ended without a result", said[-MOST_LINES:]))
    return found


def print_failures(results, groups):
    found = [(group, *failure) for group in groups for failure in failures(results, group)]
    for group, title, lines in found[:MOST_SHOWN]:
        print(f"failed: {group}: {title}")
        for line in lines:
            print(f"    {line[:300]}")
    if len(found) > MOST_SHOWN:
        print(f"and {len(found) - MOST_SHOWN} more")
    if found:
        print()


def count_group(folder):
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    for path in sorted(folder.glob("*.xml")):
        try:
            cases = xml.parse(path).getroot().iter("testcase")
        except xml.ParseError:
            counts["failed"] += 1
            continue
        for case in cases:
            counts[outcome(case)] += 1
    broken = (folder / "status").read_text().strip() != "0" or counts["passed"] + counts["skipped"] == 0
    if broken and counts["failed"] == 0:
        counts["failed"] = 1
    return counts


def sentence(counts):
    text = f"{counts['passed']} passed, {counts['failed']} failed"
    return text + (f", {counts['skipped']} skipped" if counts["skipped"] else "")


def main():
    results, seconds, groups = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
    total = {"passed": 0, "failed": 0, "skipped": 0}
    print_failures(results, groups)
    for group in groups:
        counts = count_group(results / group)
        for key, value in counts.items():
            total[key] += value
        took = (results / group / "seconds").read_text().strip()
        print(f"{group:12} {took:>4} s  {sentence(counts)}")
    print(f"{'all':12} {seconds:>4} s")
    (results / "summary").write_text(sentence(total) + "\n")
    print(sentence(total), flush=True)
    return 1 if total["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
