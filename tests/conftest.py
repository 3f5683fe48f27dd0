"""Tests marked `long` are the groups storage (GlusterFS, and real guests that write for minutes) and storm (a cluster
that breaks at random) of tools/test.sh."""
import pytest


def pytest_configure(config):
    config.addinivalue_line("markers", "long: of the groups storage and storm")


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.parent.name == "storage":
            item.add_marker(pytest.mark.long)


def pytest_make_parametrize_id(val):
    """pytest puts a test's name into the environment, where one variable of 128 KiB lets no process be started: a
    worker whose first test has such a name has no cloud."""
    text = repr(val) if isinstance(val, bytes) else val
    return f"{text[:60]}...{len(val)}" if isinstance(text, str) and len(text) > 120 else None
