"""The volume API by plain HTTP."""
from harness.cloud import wait_for

NOWHERE = "11111111-2222-4333-8444-555555555555"


def call(cloud, method, path, body=None, version="3.70", token=None, expect=None):
    answer = cloud.http(method, "/volume/v3" + path, json=body, token=token,
                        headers={"OpenStack-API-Version": f"volume {version}"})
    if expect is not None:
        assert answer.status_code == expect, f"{method} {path}: {answer.status_code} {answer.text}"
    return answer


def show(cloud, volume, version="3.70"):
    return call(cloud, "GET", f"/volumes/{volume}", version=version, expect=200).json()["volume"]


def settled(cloud, kind, identifier):
    """The resource after its flow has ended."""
    def look():
        found = call(cloud, "GET", f"/{kind}s/{identifier}", expect=200).json()[kind]
        return found if found["status"] not in ("creating", "downloading", "extending") else None
    return wait_for(look, 60, f"{kind} {identifier} settles")


def gone(cloud, kind, identifier):
    wait_for(lambda: call(cloud, "GET", f"/{kind}s/{identifier}").status_code == 404, 60, f"{kind} is gone")
