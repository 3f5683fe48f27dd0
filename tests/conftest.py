"""Tests marked `long` are the group storage of tools/test.sh: GlusterFS, and real guests that write for minutes."""
import pytest


def pytest_configure(config):
    config.addinivalue_line("markers", "long: of the group storage")


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.parent.name == "storage":
            item.add_marker(pytest.mark.long)
