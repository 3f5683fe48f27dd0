"""Requests that several control processes of one database get at the same moment."""
import threading
import uuid

import requests

SECONDS = 300
# What only who administers the cloud may do; the rest is done as a user of the project.
ADMINISTRATION = ("/identity/", "/compute/v2.1/flavors", "/compute/v2.1/os-quota-sets", "/volume/v3/os-quota-sets",
                  "/volume/v3/types", "/volume/v3/qos-specs", "/volume/v3/group_types", "/network/v2.0/quotas")


class Field:
    """A project of several control processes, and what is needed to make things in it."""

    def __init__(self, clouds, accounts):
        self.clouds = clouds
        self.admin = clouds[0]
        self.accounts = accounts
        self.project = accounts.project()
        self.user, self.token = accounts.of_project(self.project, "admin")
        self.at = clouds

    def of_host(self, host):
        """The process that a host is connected to; the first for one that there isn't."""
        return next((cloud for cloud in self.clouds if cloud.settings["host.name"] == (host or "").split("@")[0]), self.admin)

    def name(self, what):
        return f"{what}-{uuid.uuid4().hex[:10]}"

    def call(self, method, path, body=None, expect=(200, 201, 202, 204), version=None, cloud=None):
        answer = self.send(cloud or self.admin, method, path, body, version)
        assert answer.status_code in expect, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content and "json" in answer.headers.get("Content-Type", "") else None

    def send(self, cloud, method, path, body=None, version=None, headers=None, data=None):
        token = cloud.token if path.startswith(ADMINISTRATION) and not path.endswith("/password") else self.token
        headers = {"X-Auth-Token": token, **(headers or {})}
        if version:
            headers["OpenStack-API-Version"] = version
        return requests.request(method, cloud.url + path, json=body, data=data, headers=headers, timeout=SECONDS)

    def race(self, count, request):
        """The answers to `count` requests, sent at once, one after the other process in turn. `request(n)` gives what
        send() takes behind the cloud, as a tuple or, with names, as a dict."""
        start = threading.Barrier(count)
        answers = [None] * count

        def run(number):
            wanted = request(number)
            cloud = self.at[number % len(self.at)]
            start.wait(SECONDS)
            answers[number] = self.send(cloud, **wanted) if isinstance(wanted, dict) else self.send(cloud, *wanted)
        threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for answer in answers:
            assert answer is not None, "a request was not answered"
            assert answer.status_code < 500, f"{answer.request.method} {answer.url}: {answer.status_code} {answer.text}"
        return answers


def won(answers):
    return [answer for answer in answers if answer.status_code < 300]


def lost(answers):
    return [answer for answer in answers if answer.status_code >= 400]


def only_one(answers, refusals):
    """One was first; the others were told so."""
    codes = sorted(answer.status_code for answer in answers)
    assert len(won(answers)) == 1, codes
    assert {answer.status_code for answer in lost(answers)} <= set(refusals), codes
    return won(answers)[0]


def exactly(answers, count, refusals):
    codes = sorted(answer.status_code for answer in answers)
    assert len(won(answers)) == count, codes
    assert {answer.status_code for answer in lost(answers)} <= set(refusals), codes
    return won(answers)
