#!/usr/bin/python3
"""make_seeds.py - writes the inputs that fuzzing starts from to tests/fuzz/corpus: tiny valid ones of each kind.

Images are made by qemu-img where it knows the format. The requests in corpus/api were recorded from the API tests, with
the ids of resources replaced by their names.
"""
import json
import pathlib
import struct
import subprocess
import tempfile
import zlib

CORPUS = pathlib.Path(__file__).with_name("corpus")
QEMU_FORMATS = {"qcow2": [], "qcow2-v2": ["-o", "compat=0.10"], "vmdk": [], "vmdk-stream": ["-o", "subformat=streamOptimized"],
                "vdi": [], "vpc": [], "vpc-fixed": ["-o", "subformat=fixed"], "vhdx": [], "qed": []}
IMAGE_BYTES = 16 * 1024  # the inspectors' headers stand before that; what follows is zero


def write(target, name, data):
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data.encode() if isinstance(data, str) else data)


def partition_table():
    sector = bytearray(512)
    sector[446:462] = struct.pack("<BBBBBBBBII", 0x80, 0, 2, 0, 0x83, 0, 2, 0, 1, 100)
    sector[510:512] = b"\x55\xaa"
    protective = bytearray(sector)
    protective[446:462] = struct.pack("<BBBBBBBBII", 0, 0, 2, 0, 0xee, 0xff, 0xff, 0xff, 1, 0xffffffff)
    header = struct.pack("<8sIIIIQQQQ16sQIII", b"EFI PART", 0x10000, 92, 0, 0, 1, 63, 34, 30, b"g" * 16, 2, 128, 128, 0)
    header = header[:16] + struct.pack("<I", zlib.crc32(header)) + header[20:]
    return bytes(sector) + b"\0" * 512, bytes(protective) + header.ljust(512, b"\0")


def images():
    with tempfile.TemporaryDirectory() as folder:
        for name, options in QEMU_FORMATS.items():
            path = pathlib.Path(folder, name)
            made = subprocess.run(["qemu-img", "create", "-q", "-f", name.split("-")[0], *options, path, "64k"], check=False)
            if made.returncode == 0:
                data = path.read_bytes()
                write("image", name, b"\xff" + data[:IMAGE_BYTES].rstrip(b"\0") + b"\0" * 512 + data[-512:])
    mbr, gpt = partition_table()
    write("image", "mbr", b"\xff" + mbr)
    write("image", "gpt", b"\xff" + gpt)
    write("image", "iso", b"\xff" + b"\0" * 32768 + b"\x01CD001\x01" + b"\0" * 2048)
    write("image", "luks1", b"\xff" + b"LUKS\xba\xbe\x00\x01" + b"aes".ljust(32, b"\0") + b"\0" * 552)
    write("image", "luks2", b"\xff" + b"LUKS\xba\xbe\x00\x02" + b"\0" * 4088)
    descriptor = ('# Disk DescriptorFile\nversion=1\nCID=fffffffe\nparentCID=ffffffff\ncreateType="monolithicFlat"\n'
                  'RW 128 FLAT "a.vmdk" 0\nddb.adapterType = "ide"\n')
    write("image", "vmdk-descriptor", b"\xff" + descriptor.encode())
    write("image", "raw", b"\xffjust some data")


def requests():
    write("http", "get", "GET /items/1?a=b HTTP/1.1\r\nHost: h\r\n\r\n")
    write("http", "head", "HEAD /items/%41 HTTP/1.0\r\n\r\n")
    write("http", "post", 'POST /json HTTP/1.1\r\nHost: h\r\nContent-Length: 7\r\n\r\n{"a":1}')
    write("http", "chunked", "POST /json HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n")
    write("http", "upload", "PUT /data HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\ndata")
    write("http", "upload-chunked", "PUT /data HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n4;x=y\r\ndata\r\n0\r\n\r\n")
    write("http", "upload-in-part", "PUT /first HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nda\r\n2\r\nta\r\n0\r\n\r\n")
    write("http", "upload-refused", "PUT /refused HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ndata\r\n0\r\n\r\n")
    write("http", "two", "GET /data HTTP/1.1\r\nHost: h\r\n\r\nGET /nothing HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")


def queries():
    texts = ["limit=1&marker={volume_id}", "sort=name:asc,size:desc", "sort_key=created_at&sort_dir=desc",
             "name=a%2A&status=active&all_tenants=1", "created_at=gte:2026-01-01T00:00:00Z", "size_min=1&size_max=2&tag=a",
             "metadata=%7B%27a%27%3A%27b%27%7D", "ip=10.%5C..%2A&name=%5Ea.%2Bb%24", "fields=id&fields=name&tags=a,b&not-tags=c",
             "changes-since=2026-01-01T00:00:00&deleted=true", "name=in:a,b&os_hidden=true&visibility=all", "user={user_id}&effective"]
    for number, text in enumerate(texts):
        for route in range(0, 250, 25):
            write("query", f"{number}-{route}", bytes([route + number]) + text.encode())


def tokens():
    for number, text in enumerate(["{token}", "", "gAAAAABinvalid", "a" * 300, "{token}x"]):
        write("token", str(number), text)


def frames():
    def frame(message):
        text = json.dumps(message).encode()
        return struct.pack(">I", len(text)) + text
    hello = frame({"type": "hello", "host": "h1", "report": {"vcpus": 1, "backends": []}})
    write("rpc", "hello", b"\0" + hello + frame({"type": "report", "report": {}}))
    write("rpc", "event", b"\0" + hello + frame({"type": "event", "event": "guest.changed", "params": {"server_id": "a"}}))
    write("rpc", "reply", b"\0" + frame({"type": "reply", "id": "a", "result": {}}) + frame({"type": "progress", "id": "a", "done": 1, "total": 2}))
    for method in ("echo", "read", "none"):
        message = {"type": "call", "id": "a", "method": method, "request_id": "r", "params": {"size_gib": 1, "id": "x"}}
        write("rpc", method, b"\1" + frame(message) + frame(message) + frame({"type": "cancel", "id": "a"}) + frame({"type": "welcome"}))
    write("rpc", "wrong-types-to-host", b"\1" + frame({"type": 1}))
    write("rpc", "wrong-params-to-host", b"\1" + frame({"type": "call", "id": "a", "method": "echo", "params": 7}))
    write("rpc", "wrong-types-to-control", b"\0" + frame({"type": ["hello"]}) + hello)


def nats_messages():
    def records(*all_of_them):
        return "\x1e".join(f"{kind}{name} {text if isinstance(text, str) else json.dumps(text)}" for kind, name, text in all_of_them)

    def parts(text, count, order=None):
        size = -(-len(text) // count)
        return [f"#id {n} {count}\n{text[n * size:(n + 1) * size]}" for n in (order or range(count))]
    hello = {"type": "hello", "session": "s", "report": {"vcpus": 1, "backends": []}}
    beat = {"type": "beat", "session": "s"}
    write("nats", "presence", records(("e", "h", hello), ("e", "h", beat), ("e", "h", {"type": "report", "report": {}}),
                                      ("r", "h", {"type": "reply", "id": "a", "result": {}}), ("e", "h", {"type": "bye", "session": "s"})))
    write("nats", "asked", records(("r", "h", hello), ("e", "h", {**beat, "session": "other"}), ("e", "g", beat)))
    write("nats", "progress", records(("e", "h", hello), ("r", "h", {"type": "progress", "id": "a", "done": 1, "total": 2})))
    write("nats", "event", records(("w", "h", {"type": "event", "event": "host.up", "params": {"server_id": "a"}})))
    write("nats", "event-of-wrong-types", records(("w", "h", {"event": 1, "params": []})))
    write("nats", "other-cloud", records(("k", "", {"cloud": "another", "control": "c"})))
    write("nats", "names", records(("e", "a%2Eb", hello), ("e", "%", hello), ("e", "%2", hello), ("e", "%00%ff", hello)))
    for method in ("echo", "read", "none"):
        call = {"type": "call", "id": "a", "call": "1", "method": method, "request_id": "r", "params": {"size_gib": 1, "id": "x"}}
        write("nats", method, records(("h", "c", call), ("h", "d", call), ("a", "c", call), ("h", "c", {"type": "cancel", "id": "a"})))
    write("nats", "who", records(("a", "c", {"type": "who"}), ("h", "c", {"type": "who"}), ("h", "c", {"type": "welcome"})))
    write("nats", "barred", records(("h", "c", {"type": "barred"}), ("h", "c", {"type": "who"})))
    write("nats", "older-namesake", records(("n", "", {"process": "p", "started_us": 1})))
    write("nats", "younger-namesake", records(("n", "", {"process": "p", "started_us": 2 ** 62})))
    write("nats", "wrong-types", records(*((kind, "h", text) for kind in "rewkhan" for text in (
        {"type": 1}, {"type": ["hello"]}, {"type": "hello", "session": 1, "report": 2}, {"process": 1, "started_us": "x"}, [], "x", ""))))
    text = json.dumps(hello)
    write("nats", "parts", records(*(("e", "h", part) for part in parts(text, 3))))
    write("nats", "parts-with-a-hole", records(*(("e", "h", part) for part in parts(text, 3, [0, 2])), ("e", "h", hello)))
    write("nats", "parts-that-are-none", records(*(("e", "h", text) for text in (
        "#", "#\n", "#a\n", "#a 0\n", "#a 0 0\n", "#a 1 2\nx", "#a 0 99999999999999999999\nx", "#a -1 2\n", "# 0 1\n{}"))))


ID, OTHER = "11111111-2222-4333-8444-555555555555", "22222222-2222-4333-8444-555555555555"


def commands():
    on = {"backend": "local", "volume_id": ID}
    image = {"image_id": ID, "path": "{images}/image", "disk_format": "raw", "container_format": "bare", "size_bytes": 65536}
    target = {"image_id": ID, "upload_id": OTHER, "folder": "{images}", "disk_format": "raw", "max_bytes": 1 << 30}
    disk = {"kind": "volume", "device_name": "vda", "volume_id": ID, "connection_info": {
        "driver_volume_type": "local", "serial": ID, "data": {"path": "{volumes}/volume-" + ID, "format": "raw"}}}
    nic = {"port_id": OTHER, "network_id": ID, "mac": "fa:16:3e:00:00:01", "tap": "tap22222222-22", "bridge": "vbr11111111-22"}
    guest = {"server_id": ID, "name": "g", "vcpus": 1, "memory_mib": 64, "disks": [disk], "nics": [nic], "image_properties": {}}
    make, end = ("volume.create", {**on, "size_gib": 1}), ("volume.delete", on)
    runs = {
        "boot": [make, ("volume.initialize_connection", {**on, "connector": {"host": "h1"}}), ("compute.spawn", {"guest": guest}),
                 ("compute.console_output", {"server_id": ID, "max_bytes": 10}), ("compute.reboot", {"guest": guest, "type": "HARD"}),
                 ("compute.detach_disk", {"server_id": ID, "volume_id": ID}), ("compute.destroy_guest", {"server_id": ID, "nics": [nic]}),
                 ("compute.remove_server_files", {"server_id": ID}), end],
        "disks": [("compute.fetch_image", {"image": image, "max_virtual_size_bytes": 1 << 30}),
                  ("compute.create_disks", {"server_id": ID, "image_id": ID, "root_size_mib": 1, "disks": [
                      {"kind": "root", "device_name": "vda", "file": "disk", "size_mib": 1}]}),
                  ("compute.create_config_drive", {"server_id": ID, "label": "config-2", "files": [{"paths": ["a"], "content": "eA=="}]})],
        "volumes": [("volume.create_from_image", {**on, "size_gib": 1, "image": image}), ("volume.create_snapshot", {**on, "snapshot_id": OTHER}),
                    ("volume.extend", {**on, "size_gib": 2}), ("volume.revert", {**on, "snapshot_id": OTHER}),
                    ("volume.delete_snapshot", {**on, "snapshot_id": OTHER}), end],
        "copies": [make, ("volume.clone", {**on, "volume_id": OTHER, "source_volume_id": ID, "size_gib": 1}),
                   ("volume.upload", {**on, "target": target}), ("volume.discard_upload", {**on, "target": target}),
                   ("volume.delete", {**on, "volume_id": OTHER}), end],
        "managed": [make, ("volume.unmanage", on), ("volume.manageable", {"backend": "local"}),
                    ("volume.manage", {**on, "source_name": "volume-" + ID, "format": "raw"}), end],
        "taps": [("network.plug", {"nics": [nic]}), ("network.inventory", {}), ("network.unplug", {"nics": [nic]})],
        "outside": [("compute.fetch_image", {"image": {**image, "path": "{secret}"}}), ("compute.destroy_guest", {"server_id": "../.."}),
                    ("volume.create_from_image", {**on, "size_gib": 1, "image": {**image, "path": "{images}/link"}}),
                    ("volume.manage", {**on, "source_name": "../../secret"}), ("volume.delete", {**on, "volume_id": "../../secret"})],
        "types": [("compute.spawn", {"guest": {"disks": [1], "nics": "x"}}), ("volume.create", {"backend": 1}), ("none", {})],
    }
    for name, run in runs.items():
        write("host", name, "".join(f"{method} {json.dumps(params)}\n" for method, params in run))


def two_files(top, below):
    return struct.pack(">H", len(top)) + top + below


def disks():
    kinds = {"plain": [], "v2": ["-o", "compat=0.10"], "on-raw": ["-b", "below", "-F", "raw"], "zstd": ["-o", "compression_type=zstd"],
             "on-qcow2": ["-b", "below", "-F", "qcow2"], "preallocated": ["-o", "preallocation=metadata"]}
    with tempfile.TemporaryDirectory() as folder:
        for name, options in kinds.items():
            subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2" if name == "on-qcow2" else "raw", "below", "8k"], check=True, cwd=folder)
            make = ["qemu-img", "create", "-q", "-f", "qcow2", "-o", "cluster_size=512", *options, "top", "8k"]
            subprocess.run(make, check=True, cwd=folder)
            subprocess.run(["qemu-io", "-f", "qcow2", "-c", "write -P 1 1k 1k", "top"], check=True, cwd=folder, capture_output=True)
            data = two_files(pathlib.Path(folder, "top").read_bytes(), pathlib.Path(folder, "below").read_bytes()[:4096])
            write("qcow2", name, data)
            write("layers", name, data)


def backups():
    header = {"id": ID, "parent": OTHER, "volume_id": ID, "size_bytes": 1 << 30, "chunk_bytes": 1 << 20, "owners": [OTHER, ID],
              "encrypted": False, "volume": {"bootable": True}}
    chunks = [f"0 0 raw 0 1048576 {'a' * 64}", f"7 1 zstd 0 4096 {'b' * 64}", f"1023 1 raw 4096 1048576 {'0' * 64}"]
    end = {"chunks": 3, "own_chunks": 2, "stored_bytes": 1 << 20}

    def manifest(lines):
        return f"virga-backup 1\n{json.dumps(header)}\n" + "".join(line + "\n" for line in lines) + f"end {json.dumps(end)} x\n"

    write("backup", "full", manifest(chunks))
    write("backup", "empty", manifest([]))
    write("backup", "out-of-order", manifest(chunks[::-1]))
    write("backup", "far-away", manifest([f"0 1 raw {(1 << 63) - 1} 4096 {'a' * 64}"]))
    header["size_bytes"] = (1 << 63) - 1
    write("backup", "huge", manifest([f"{(1 << 43) - 1} 1 raw 0 4096 {'a' * 64}"]))


def sidecars():
    volume = "volume-" + ID
    base = {"file": "_base/" + OTHER, "format": "raw", "backing": "", "kind": "base"}
    layer = {"file": volume + "." + OTHER, "format": "qcow2", "backing": base["file"], "kind": "layer"}
    top = {"file": volume, "format": "qcow2", "backing": layer["file"], "kind": "active"}
    record = {"id": ID, "size_gib": 1, "created_us": 1, "image_virtual_bytes": 65536, "active": volume, "encryption": "", "deleting": False,
              "layers": [top, layer, base], "snapshots": {OTHER: {"file": layer["file"], "size_gib": 1}}, "unmanaged": {}, "connections": ["h1"]}
    write("sidecar", "chain", json.dumps(record))
    write("sidecar", "huge", json.dumps({**record, "size_gib": (1 << 63) - 1}))
    write("sidecar", "circle", json.dumps({**record, "layers": [top, {**layer, "backing": volume}]}))
    write("sidecar", "lost-snapshot", json.dumps({**record, "unmanaged": {"s": {"file": "volume-x", "size_gib": 1}}}))
    write("sidecar", "outside", json.dumps({**record, "active": "../" + volume}))


def callers():
    for caller in range(9):
        for route in range(0, 500, 45):
            write("policy", f"{caller}-{route}", bytes([caller, *divmod(route + 4 * caller, 256)]) + b'x,y\n{"reboot": {"type": "SOFT"}}')


def settings():
    write("config", "plain", '[http]\nlisten = "127.0.0.1:1"\nthreads = 4\n[log]\nlevel = "debug"\n')
    write("config", "backends", '[volume.backends.local]\ndriver = "local"\npath = "/x"\n[volume.backends.b-2]\ndriver = "nfs"\n')
    write("config", "lines", "http.threads=2\nvolume.backends.a.shares=[\"h:/x\", \"y\"]\nlog.level=info\ncompute.driver=fake\n")
    write("config", "wrong", '[http]\nthreads = "four"\nnothing = 1\n[[a]]\n')


def main():
    for make in (images, requests, queries, tokens, frames, nats_messages, commands, disks, backups, sidecars, callers, settings):
        make()


if __name__ == "__main__":
    main()
