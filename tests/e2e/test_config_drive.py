"""What a user tells a server at its creation reaches the guest, on a config drive."""
import pytest

from harness.cloud import GUEST_IMAGE
from harness.guests import LOGIN

SCRIPT = "#!/bin/sh\necho \"user-data-marker on $(hostname)\"\n"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMtY4yGkM0lbH2yH3Yc0jJ4cGqkzZ0Lk3j0m0sS1mC9x test@example"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("told")
    (folder / "script").write_text(SCRIPT)
    (folder / "key.pub").write_text(KEY + "\n")
    return folder


@pytest.fixture(scope="module")
def server(cloud, api, files):
    cloud.openstack("image", "create", "--file", GUEST_IMAGE, "--disk-format", "qcow2", "--container-format", "bare",
                    "told-image")
    cloud.openstack("flavor", "create", "--ram", "128", "--disk", "1", "--vcpus", "1", "told-flavor")
    cloud.openstack("keypair", "create", "--public-key", files / "key.pub", "told-key")
    made = cloud.openstack("server", "create", "--flavor", "told-flavor", "--image", "told-image",
                           "--key-name", "told-key", "--user-data", files / "script", "--config-drive", "true",
                           "--wait", "Told Server")
    yield made["id"]
    api.delete_server(made["id"])
    api.wait_gone(lambda: api.show_server(made["id"]), "server")
    cloud.openstack("image", "delete", "told-image", parse=False)
    cloud.openstack("flavor", "delete", "told-flavor", parse=False)
    cloud.openstack("keypair", "delete", "told-key", parse=False)


def drive_of(cloud, server):
    return cloud.state / "host" / "instances" / server / "disk.config"


def test_guest_finds_its_metadata(cloud, api, server):
    assert api.show_server(server)["config_drive"] == "True"
    wanted = f"VIRGA-GUEST-METADATA source=config-drive uuid={server} hostname=told-server.novalocal keys=1"
    api.wait_console(server, wanted)


def test_guest_runs_its_user_data(api, server):
    api.wait_console(server, "VIRGA-GUEST-USERDATA rc=0")
    assert "user-data-marker on told-server" in api.console(server)


def test_drive_is_private_and_told_of_in_the_trace(cloud, api, server):
    assert drive_of(cloud, server).stat().st_mode & 0o777 == 0o400
    decisions = [task["decision"] for flow in api.flows(server) for task in flow["tasks"]
                 if task["task"] == "virt.libvirt.create_config_drive"]
    assert len(decisions) == 1 and decisions[0].startswith("config_drive = true: the request asks for it"), decisions


def test_log_does_not_tell_the_user_data(cloud):
    assert "user-data-marker" not in cloud.log_path.read_text(errors="replace")


@pytest.mark.parametrize("boot", [2, 3], ids=["hard reboot", "stop and start"])
def test_drive_stays_when_the_guest_starts_again(cloud, api, server, boot):
    api.wait_console(server, LOGIN)
    before = drive_of(cloud, server).read_bytes()
    if boot == 2:
        cloud.openstack("server", "reboot", "--hard", "--wait", server, parse=False)
    else:
        cloud.openstack("server", "stop", server, parse=False)
        api.wait_server(server, "SHUTOFF", 120)
        cloud.openstack("server", "start", server, parse=False)
    api.wait_server(server)
    api.wait_console(server, f"VIRGA-GUEST-BOOT {boot}")
    api.wait(lambda: "source=config-drive" in api.console(server).split(f"VIRGA-GUEST-BOOT {boot}", 1)[-1],
             "the guest reads its drive again", lambda: api.console(server)[-2000:], 120)
    assert drive_of(cloud, server).read_bytes() == before
    # The guest remembers that it ran its user data: that happens once per server.
    assert "USERDATA" not in api.console(server).split(f"VIRGA-GUEST-BOOT {boot}", 1)[-1]


def test_nothing_is_left_of_a_deleted_server(cloud, api, server):
    assert drive_of(cloud, server).exists()
    cloud.openstack("server", "delete", "--wait", server, parse=False)
    assert not drive_of(cloud, server).parent.exists()
    assert cloud.differences() == []
