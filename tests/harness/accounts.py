"""Domains, projects, users and their roles for tests of who may do what."""
import uuid

import requests

PASSWORD = "a long secret 7"


class Accounts:
    """What it makes is gone after close()."""

    def __init__(self, cloud):
        self.cloud = cloud
        self.made = []
        self.role_ids = {role["name"]: role["id"] for role in self.call("GET", "/roles")["roles"]}

    def call(self, method, path, body=None, expect=(200, 201, 204)):
        answer = self.cloud.http(method, "/identity/v3" + path, json=body)
        assert answer.status_code in expect, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def make(self, plural, one, **fields):
        fields = {"name": f"{one}-{uuid.uuid4().hex[:8]}", **fields}
        made = self.call("POST", f"/{plural}", {one: fields})[one]
        self.made.append((plural, one, made["id"]))
        return made

    def domain(self):
        return self.make("domains", "domain")["id"]

    def project(self, domain="default", **fields):
        return self.make("projects", "project", domain_id=domain, **fields)["id"]

    def role(self, name):
        """A role that isn't one of the default ones."""
        if name not in self.role_ids:
            self.role_ids[name] = self.make("roles", "role", name=name)["id"]
        return self.role_ids[name]

    def user(self, domain="default"):
        return self.make("users", "user", domain_id=domain, password=PASSWORD)["id"]

    def grant(self, user, target, *roles):
        """`target`: "projects/ID", "domains/ID" or "system"."""
        for role in roles:
            self.call("PUT", f"/{target}/users/{user}/roles/{self.role(role)}")

    def token(self, user, scope):
        """`scope`: as POST /auth/tokens takes it; "unscoped" for none."""
        body = {"auth": {"identity": {"methods": ["password"], "password": {"user": {"id": user, "password": PASSWORD}}},
                         "scope": scope}}
        answer = requests.post(f"{self.cloud.url}/identity/v3/auth/tokens", json=body, timeout=30)
        assert answer.status_code == 201, answer.text
        return answer.headers["X-Subject-Token"]

    def of_project(self, project, *roles, domain="default"):
        """A new user with these roles in the project: his id and his token."""
        user = self.user(domain)
        self.grant(user, f"projects/{project}", *roles)
        return user, self.token(user, {"project": {"id": project}})

    def of_domain(self, domain, *roles, home=None):
        user = self.user(home or domain)
        self.grant(user, f"domains/{domain}", *roles)
        return user, self.token(user, {"domain": {"id": domain}})

    def of_system(self, *roles):
        user = self.user()
        self.grant(user, "system", *roles)
        return user, self.token(user, {"system": {"all": True}})

    def close(self):
        for plural, one, identifier in reversed(self.made):
            if plural == "domains":
                self.call("PATCH", f"/domains/{identifier}", {one: {"enabled": False}}, expect=(200, 404))
            self.call("DELETE", f"/{plural}/{identifier}", expect=(204, 404))
