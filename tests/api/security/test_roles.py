"""Every route of the program with every kind of caller.

The routes come from the program itself (`virga policy --json`), and so do the policies by which it is known who must be
refused. What must hold whatever the tables say is written by hand: see the tests named test_*_never_*.
"""
import hashlib
import json
import re
import subprocess

import pytest
import requests

from harness.accounts import Accounts
from harness.cloud import PROGRAM, wait_for

NOWHERE = "11111111-2222-4333-8444-555555555555"
VERSIONS = {"OpenStack-API-Version": "compute 2.93, volume 3.70"}

# What each kind of caller is: the words of `for` in the program's table. Nobody here is the cloud's administrator.
READER = {"any token", "reader"}
MEMBER = READER | {"member"}
MANAGER = MEMBER | {"manager"}
CALLERS = {
    "nobody": None,
    "garbage": None,
    "expired": None,
    "revoked": None,
    "reader": READER,             # of the project that owns the objects
    "foreign reader": READER,
    "foreign member": MEMBER,
    "foreign manager": MANAGER,
    "foreign admin": MANAGER,     # an administrator of one project is not the cloud's
    "service elsewhere": {"any token"},
    "other role": {"any token"},
    "unscoped": {"any token"},
    "domain reader": {"any token", "domain reader"},
    "domain admin": {"any token", "domain reader", "domain manager", "domain admin"},
}
WITHOUT_TOKEN = [who for who, what in CALLERS.items() if what is None]

# Routes that need no token, by hand.
PUBLIC = {("GET", path) for path in ("/", "/identity", "/identity/v3", "/image", "/image/versions", "/image/v2", "/volume",
                                     "/volume/v3", "/compute", "/compute/v2.1", "/network", "/network/v2.0")}
PUBLIC |= {("POST", "/identity/v3/auth/tokens"), ("POST", "/identity/v3/users/{user_id}/password")}
# A machine shows the token of an invitation, a host a signature of its key.
PUBLIC |= {("POST", f"/virga/v1/host-keys/{what}") for what in ("join", "renewal")}
# For hosts, which have URLs that are signed.
PUBLIC |= {("GET", "/image/transfer/{image_id}"), ("PUT", "/image/transfer/{image_id}")}

# Parameters of paths that name what a project owns. Each of them gets the id of an object of the owners' project.
OWNED = {"server_id", "volume_id", "snapshot_id", "backup_id", "attachment_id", "transfer_id", "image_id"}
NETWORK_OWNED = {"networks": "network", "subnets": "subnet", "ports": "port", "security-groups": "security_group",
                 "security-group-rules": "security_group_rule"}
# Parameters that name nothing of a project, or what the tests don't make; a new one has to be put here or above.
OTHERS = {"action", "alias", "cluster", "domain_id", "endpoint_id", "flavor_id", "group_id", "group_snapshot_id",
          "group_type_id", "host", "hypervisor_id", "id", "key", "member_id", "message_id", "name", "network", "port_id",
          "project_id", "qos_id", "quota_class", "region_id", "request_id", "resource_id", "role_id", "service_id", "tag",
          "target_id", "target_project", "type_id", "user_id"}


def described():
    answer = subprocess.run([PROGRAM, "policy", "--json"], capture_output=True, text=True, timeout=120, check=True)
    return json.loads(answer.stdout)


TABLES = described()
RULES = {policy["name"]: set(policy["for"]) for policy in TABLES["policies"]}


def cases():
    """(method, pattern, action or None, name of the policy) of every route."""
    for route in TABLES["routes"]:
        if route["actions"]:
            yield from ((route["method"], route["pattern"], action, policy) for action, policy in route["actions"].items())
        else:
            yield route["method"], route["pattern"], None, route["policy"]


CASES = list(cases())


class Owned:
    """A project with one object of each kind, made by a member of it."""

    def __init__(self, cloud, accounts):
        self.cloud = cloud
        self.project = accounts.project()
        self.member, self.token = accounts.of_project(self.project, "member")
        self.flavor = self.call("POST", "/compute/v2.1/flavors", {"flavor": {"name": "roles", "ram": 64, "disk": 1, "vcpus": 1}},
                                token=cloud.token)["flavor"]["id"]
        self.ids = {}

    def call(self, method, path, body=None, token=None, **more):
        answer = self.cloud.http(method, path, json=body, token=token or self.token, headers={**VERSIONS, **more.pop("headers", {})},
                                 **more)
        assert answer.status_code < 300, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def volume(self):
        made = self.call("POST", "/volume/v3/volumes", {"volume": {"size": 1}})["volume"]["id"]
        self.wait("volume", made)
        return made

    def wait(self, kind, identifier, status="available"):
        wait_for(lambda: self.call("GET", f"/volume/v3/{kind}s/{identifier}")[kind]["status"] == status, 60, f"{kind} is made")

    def make(self):
        ids = self.ids
        ids["volume_id"] = self.volume()
        offered, reserved = self.volume(), self.volume()
        self.more = [offered, reserved]
        ids["snapshot_id"] = self.call("POST", "/volume/v3/snapshots", {"snapshot": {"volume_id": ids["volume_id"]}})["snapshot"]["id"]
        self.wait("snapshot", ids["snapshot_id"])
        ids["backup_id"] = self.call("POST", "/volume/v3/backups", {"backup": {"volume_id": ids["volume_id"]}})["backup"]["id"]
        self.wait("backup", ids["backup_id"])
        ids["transfer_id"] = self.call("POST", "/volume/v3/volume-transfers", {"transfer": {"volume_id": offered}})["transfer"]["id"]
        ids["attachment_id"] = self.call("POST", "/volume/v3/attachments", {"attachment": {
            "volume_uuid": reserved}})["attachment"]["id"]
        ids["image_id"] = self.call("POST", "/image/v2/images", {"name": "roles", "disk_format": "raw", "container_format": "bare",
                                                                 "visibility": "private"})["id"]
        self.call("PUT", f"/image/v2/images/{ids['image_id']}/file", data=bytes(65536),
                  headers={"Content-Type": "application/octet-stream"})
        ids["server_id"] = self.server()
        ids["network"] = self.call("POST", "/network/v2.0/networks", {"network": {"name": "roles"}})["network"]["id"]
        ids["subnet"] = self.call("POST", "/network/v2.0/subnets", {"subnet": {
            "network_id": ids["network"], "cidr": "10.77.0.0/24", "ip_version": 4}})["subnet"]["id"]
        ids["port"] = self.call("POST", "/network/v2.0/ports", {"port": {"network_id": ids["network"]}})["port"]["id"]
        group = self.call("POST", "/network/v2.0/security-groups", {"security_group": {"name": "roles"}})["security_group"]
        ids["security_group"] = group["id"]
        ids["security_group_rule"] = group["security_group_rules"][0]["id"]
        return self

    def server(self):
        made = self.call("POST", "/compute/v2.1/servers", {"server": {
            "name": "roles", "flavorRef": self.flavor, "networks": "none", "imageRef": self.ids["image_id"]}})["server"]["id"]
        wait_for(lambda: self.call("GET", f"/compute/v2.1/servers/{made}")["server"]["status"] == "ACTIVE", 60, "server runs")
        return made

    def close(self):
        ids = self.ids
        self.call("DELETE", f"/compute/v2.1/servers/{ids['server_id']}")
        wait_for(lambda: self.cloud.http("GET", f"/compute/v2.1/servers/{ids['server_id']}").status_code == 404, 60, "server is gone")
        self.call("DELETE", f"/volume/v3/volume-transfers/{ids['transfer_id']}")
        self.call("DELETE", f"/volume/v3/attachments/{ids['attachment_id']}")
        self.call("DELETE", f"/volume/v3/backups/{ids['backup_id']}")
        self.call("DELETE", f"/volume/v3/snapshots/{ids['snapshot_id']}")
        self.gone("backup", ids["backup_id"])
        self.gone("snapshot", ids["snapshot_id"])
        for volume in (ids["volume_id"], *self.more):
            self.call("DELETE", f"/volume/v3/volumes/{volume}")
            self.gone("volume", volume)
        self.call("DELETE", f"/image/v2/images/{ids['image_id']}")
        for collection, kind in (("ports", "port"), ("networks", "network"), ("security-groups", "security_group")):
            self.call("DELETE", f"/network/v2.0/{collection}/{ids[kind]}")
        self.call("DELETE", f"/compute/v2.1/flavors/{self.flavor}", token=self.cloud.token)

    def gone(self, kind, identifier):
        wait_for(lambda: self.cloud.http("GET", f"/volume/v3/{kind}s/{identifier}").status_code == 404, 60, f"{kind} is gone")

    def path(self, pattern, project):
        """The pattern with ids of this project's objects, and whether there is one in it."""
        owned = False

        def value(match):
            nonlocal owned
            name = match.group(1)
            collection = pattern.split("/")[3] if pattern.startswith("/network/v2.0/") else ""
            if name in OWNED:
                owned = True
                return self.ids[name]
            assert name in OTHERS, f"{pattern}: what is {name}?"
            if name == "project_id" and pattern.startswith("/volume/v3/{project_id}"):
                return project
            if name == "id" and collection in NETWORK_OWNED:
                owned = True
                return self.ids[NETWORK_OWNED[collection]]
            if name in ("target_project", "target_id", "project_id") or (name == "id" and collection == "quotas"):
                return self.project
            if name == "user_id":
                return self.member
            if name == "resource_id":
                owned = True
                return self.ids["server_id"]
            return NOWHERE
        return re.sub(r"\{(\w+)\}", value, pattern), owned


@pytest.fixture(scope="module")
def accounts(cloud):
    made = Accounts(cloud)
    yield made
    made.close()


@pytest.fixture(scope="module")
def owned(cloud, accounts):
    made = Owned(cloud, accounts).make()
    yield made
    made.close()


def expire(cloud, token):
    """As time would."""
    digest = hashlib.sha256(token.encode()).hexdigest()
    assert cloud.database.rows(f"UPDATE tokens SET expires_us = 1 WHERE digest = '{digest}' RETURNING expires_us") == [("1",)]


@pytest.fixture(scope="module")
def tokens(cloud, accounts, owned):
    """{kind of caller: (token, project)}"""
    other, domain = accounts.project(), accounts.domain()
    admin_user, _ = accounts.of_project(other, "admin")
    expired, revoked = (accounts.token(admin_user, {"project": {"id": other}}) for _ in range(2))
    expire(cloud, expired)
    answer = cloud.http("DELETE", "/identity/v3/auth/tokens", token=revoked, headers={"X-Subject-Token": revoked})
    assert answer.status_code == 204
    made = {"nobody": "", "garbage": "gAAAAABgarbage", "expired": expired, "revoked": revoked,
            "reader": accounts.of_project(owned.project, "reader")[1],
            "unscoped": accounts.token(admin_user, "unscoped"),
            "domain reader": accounts.of_domain(domain, "reader")[1],
            "domain admin": accounts.of_domain(domain, "admin")[1]}
    for who, role in (("foreign reader", "reader"), ("foreign member", "member"), ("foreign manager", "manager"),
                      ("foreign admin", "admin"), ("service elsewhere", "service"), ("other role", "auditor")):
        made[who] = accounts.of_project(other, role)[1]
    assert set(made) == set(CALLERS)
    return {who: (token, owned.project if who == "reader" else other) for who, token in made.items()}


class Answer:
    def __init__(self, who, method, pattern, action, policy, owned, response):
        self.who, self.method, self.pattern, self.action, self.policy = who, method, pattern, action, policy
        self.owned, self.status, self.text = owned, response.status_code, response.text[:300]

    def __repr__(self):
        return f"{self.who}: {self.method} {self.pattern} {self.action or ''} ({self.policy}): {self.status} {self.text}"

    @property
    def good(self):
        return self.status < 400


def body_of(method, action):
    if method not in ("POST", "PUT", "PATCH"):
        return None
    return {action: {}} if action else {}


@pytest.fixture(scope="module")
def answers(cloud, owned, tokens):
    """What each caller got for each route. The writes of what answers most harmlessly come first: deletions last."""
    got = []
    order = sorted(CASES, key=lambda case: case[0] == "DELETE")
    with requests.Session() as session:
        for who, (token, project) in tokens.items():
            headers = {**VERSIONS, **({"X-Auth-Token": token} if token else {})}
            for method, pattern, action, policy in order:
                path, is_owned = owned.path(pattern, project)
                response = session.request(method, cloud.url + path, json=body_of(method, action), headers=headers, timeout=60)
                got.append(Answer(who, method, pattern, action, policy, is_owned, response))
    return got


def test_every_route_has_a_policy():
    for method, pattern, action, policy in CASES:
        assert policy == "public" or policy in RULES, f"{method} {pattern} {action}: {policy}"
    assert {(method, pattern) for method, pattern, _, policy in CASES if policy == "public"} == PUBLIC
    names = [(policy["service"], policy["name"]) for policy in TABLES["policies"]]
    assert len(names) == len(set(names)) and all(policy["description"].endswith(".") for policy in TABLES["policies"])


def test_every_route_was_tried(answers):
    tried = {(answer.who, answer.method, answer.pattern, answer.action) for answer in answers}
    assert tried == {(who, method, pattern, action) for who in CALLERS for method, pattern, action, _ in CASES}
    assert [answer for answer in answers if answer.status >= 500] == []


def test_the_policies_decide(answers):
    """Who has none of a policy's standings gets 401 or 403, whatever the rest of the request is."""
    wrong = []
    for answer in answers:
        if answer.policy == "public":
            continue
        what, rule = CALLERS[answer.who], RULES[answer.policy]
        if what is None:
            if answer.status != 401:
                wrong.append(answer)
        elif not what & rule and "owner" not in rule and answer.status != 403:
            wrong.append(answer)
    assert wrong == []


def test_who_may_is_not_refused(answers):
    """The other side: a policy that admits a caller doesn't send him away by its name, unless the object does."""
    wrong = [answer for answer in answers
             if answer.policy != "public" and not answer.owned and not answer.pattern.startswith("/identity")
             and (CALLERS[answer.who] or set()) & (RULES[answer.policy] - {"any token"})
             and answer.status == 403 and f"allow {answer.policy} " in answer.text]
    assert [answer for answer in wrong if "quota" not in answer.pattern] == []


def test_without_a_token_nothing_but_versions_and_login(answers):
    for answer in answers:
        if answer.who in WITHOUT_TOKEN and (answer.method, answer.pattern) not in PUBLIC:
            assert answer.status == 401, answer


def test_a_reader_never_writes(answers):
    readers = ("reader", "foreign reader", "domain reader")
    reads = ("os-show_image_metadata",)  # an action that shows something
    assert [answer for answer in answers if answer.who in readers and answer.good and answer.method != "GET"
            and answer.action not in reads] == []


def test_nobody_reaches_another_project(answers):
    outside = set(CALLERS) - {"reader"}
    assert [answer for answer in answers if answer.who in outside and answer.owned and answer.good] == []


def test_without_a_default_role_one_sees_only_oneself(answers):
    allowed = ("/identity/v3/auth/", "/identity/v3/regions")
    for answer in answers:
        if answer.who in ("service elsewhere", "other role", "unscoped") and answer.good and answer.policy != "public":
            assert answer.method == "GET" and answer.pattern.startswith(allowed), answer


def test_a_domain_is_for_identity_only(answers):
    for answer in answers:
        if answer.who in ("domain admin", "domain reader") and answer.policy != "public" and answer.good:
            assert answer.pattern.startswith("/identity/v3/"), answer


# Not "/agents": Neutron shows others an empty list of them, which is what there is.
ADMINS_ONLY = ("/os-hypervisors", "/os-services", "/os-hosts", "/scheduler-stats", "/capabilities", "/os-aggregates", "/clusters",
               "/workers", "/qos-specs", "/os-quota-class-sets", "/default-types", "/virga/v1/check",
               "/virga/v1/host-keys",
               "/os-volume-manage", "/os-snapshot-manage", "/manageable_", "export_record", "import_record")
ADMINS_WRITE = ("/flavors", "/types", "/group_types", "/os-quota-sets", "/network/v2.0/quotas", "/identity/v3/")


def test_only_the_cloud_s_administrator_operates_it(answers):
    for answer in answers:
        if answer.who in WITHOUT_TOKEN or answer.policy == "public":
            continue
        if any(part in answer.pattern for part in ADMINS_ONLY):
            assert answer.status == 403, answer
        writes = answer.method != "GET" and any(part in answer.pattern for part in ADMINS_WRITE)
        if writes and answer.who not in ("domain admin",) and "/auth/" not in answer.pattern:
            assert answer.status == 403, answer


def test_the_page_names_every_policy():
    page = subprocess.run([PROGRAM, "policy", "--markdown"], capture_output=True, text=True, timeout=120, check=True).stdout
    assert [name for name in RULES if f"| `{name}` |" not in page] == []
