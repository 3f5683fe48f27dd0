"""Who includes whom, and where SQL stands: the layers of docs/architecture.md, read off the source text."""
import pathlib
import re

import pytest

SOURCE = pathlib.Path(__file__).resolve().parents[2] / "src"
SERVICES = ("identity", "image", "volume", "network", "compute", "hostkeys")

# What each module that isn't a service may include besides itself: base < config, db, http < rpc, disk, lifecycle, taskflow.
# Each declares its settings, in a header of its own.
GROUND = {
    "base": set(),
    "config": {"base"},
    "db": {"base"},
    "http": {"base"},
    "rpc": {"base", "config"},
    "lifecycle": {"base", "db"},
    "taskflow": {"base", "db"},
    "disk": {"base", "http"},
}
# Headers of a service that others may include besides its service.hpp: plain data and contracts, each by itself.
PUBLISHED = {
    "identity/auth.hpp",
    "identity/policy/table.hpp",
    "image/image.hpp",
    "image/image_source.hpp",
    "image/image_target.hpp",
    "network/guest_subnet.hpp",
    "network/nic.hpp",
    "network/server_nics.hpp",
    "volume/volume.hpp",
}
# What images look like: a module at the ground, which knows nothing of the service in whose folder it lies.
FORMATS = "image/format/"
# Between the host sides, which have no service.hpp.
PUBLISHED_TO_HOSTS = {"network/host/taps.hpp"}

INCLUDE = re.compile(r'^#include "([^"]+)"', re.MULTILINE)
STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"')
SQL_TEXT = re.compile(
    r"\b(SELECT [\w*(.?']|INSERT INTO \w|UPDATE \w+ SET |DELETE FROM \w|(CREATE|ALTER|DROP) (TABLE|INDEX)\b)")
SQL_CALL = re.compile(r"\btx\.(exec|query|query_one|scalar|each)\(")


def sources():
    found = {path.relative_to(SOURCE).as_posix(): path.read_text() for path in SOURCE.rglob("*.[ch]pp")}
    assert len(found) > 100
    return found


def includes(files):
    return [(name, header) for name, text in files.items() for header in INCLUDE.findall(text)]


def module(name):
    return name.split("/")[0]


def is_published(header):
    return header in PUBLISHED or header.startswith(FORMATS)


def is_in(name, folder):
    return folder in name.split("/")[1:-1]


def is_host_side(name):
    return is_in(name, "host") or is_in(name, "virt")


def without_comments(text):
    return re.sub(r"//[^\n]*", "", text)


def has_sql(text):
    code = without_comments(text)
    return bool(SQL_CALL.search(code)) or any(SQL_TEXT.search(literal) for literal in STRING.findall(code))


def upward(files):
    """The ground knows nothing of what stands on it."""
    return {(name, header) for name, header in includes(files)
            if module(name) in GROUND and module(header) != module(name)
            and module(header) not in GROUND[module(name)] and not is_published(header)
            and not (name.endswith("/settings.hpp") and header == "config/config.hpp")
            or name.startswith(FORMATS) and module(header) != "base" and not header.startswith(FORMATS)}


def past_the_service(files):
    """A service sees another one through its service.hpp, and through what that one publishes."""
    facades = {f"{service}/service.hpp" for service in SERVICES}
    return {(name, header) for name, header in includes(files)
            if module(name) in SERVICES and module(header) in SERVICES and module(name) != module(header)
            and header not in facades and not is_published(header)
            and not (is_host_side(name) and header in PUBLISHED_TO_HOSTS)}


def facades_in_models(files):
    """A model is data and rules: it includes no façade, no endpoint, nothing that writes."""
    return {(name, header) for name, header in includes(files)
            if is_in(name, "model")
            and (header.endswith("/service.hpp")
                 or any(is_in(header, part) for part in ("repo", "flows", "api", "host")))}


def database_on_hosts(files):
    """What runs on a host knows no database and no service."""
    return {(name, header) for name, header in includes(files)
            if is_host_side(name) and module(name) in SERVICES
            and (module(header) in ("db", "taskflow", "lifecycle") or header.endswith("/service.hpp")
                 or is_in(header, "repo"))}


def sql_outside_repo(files):
    """lifecycle writes states, db is the database itself; else SQL stands in repo/."""
    return {name for name, text in files.items()
            if module(name) not in ("db", "lifecycle") and not is_in(name, "repo") and has_sql(text)}


def test_the_ground_includes_nothing_above_it():
    assert upward(sources()) == set()


def test_services_see_each_other_through_their_service_headers():
    assert past_the_service(sources()) == set()


def test_models_include_no_facade():
    assert facades_in_models(sources()) == set()


def test_host_sides_know_no_database():
    assert database_on_hosts(sources()) == set()


def test_sql_stands_in_repo():
    assert sql_outside_repo(sources()) == set()


def test_what_is_published_is_there():
    files = sources()
    assert {header for header in PUBLISHED | PUBLISHED_TO_HOSTS if header not in files} == set()


@pytest.mark.parametrize("rule, name, text", [
    (upward, "disk/a.cpp", '#include "volume/service.hpp"\n'),
    (upward, "image/format/a.cpp", '#include "image/service.hpp"\n'),
    (upward, "base/a.cpp", '#include "db/database.hpp"\n'),
    (past_the_service, "compute/flows/a.cpp", '#include "volume/repo/volume_repo.hpp"\n'),
    (past_the_service, "compute/flows/a.cpp", '#include "network/host/taps.hpp"\n'),
    (facades_in_models, "volume/model/a.hpp", '#include "volume/service.hpp"\n'),
    (facades_in_models, "volume/model/a.hpp", '#include "volume/repo/volume_repo.hpp"\n'),
    (database_on_hosts, "volume/host/a.cpp", '#include "db/database.hpp"\n'),
    (database_on_hosts, "compute/virt/fake/a.cpp", '#include "compute/service.hpp"\n'),
    (sql_outside_repo, "image/api/a.cpp", 'auto rows = tx.query(text);\n'),
    (sql_outside_repo, "image/api/a.cpp", 'query.add("id IN (SELECT id FROM images)");\n'),
    (sql_outside_repo, "image/api/a.cpp", 'run("UPDATE images SET name = ?");\n'),
])
def test_a_violation_is_found(rule, name, text):
    assert rule({name: text})


@pytest.mark.parametrize("rule, name, text", [
    (upward, "disk/a.cpp", '#include "image/format/tables.hpp"\n'),
    (upward, "db/a.cpp", '#include "base/error.hpp"\n'),
    (past_the_service, "compute/flows/a.cpp", '#include "volume/service.hpp"\n#include "network/nic.hpp"\n'),
    (facades_in_models, "volume/model/a.hpp", '#include "volume/model/b.hpp"\n'),
    (database_on_hosts, "volume/flows/a.cpp", '#include "db/database.hpp"\n'),
    (sql_outside_repo, "image/repo/a.cpp", 'tx.exec("UPDATE images SET name = ?");\n'),
    (sql_outside_repo, "image/api/a.cpp", '// SELECT of a row\nmessage("Select one");\n'),
])
def test_what_is_allowed_is_left_alone(rule, name, text):
    assert not rule({name: text})
