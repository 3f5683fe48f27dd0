--
-- PostgreSQL database dump
--


-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)
-- Dumped by pg_dump version 15.18 (Debian 15.18-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: block_devices; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.block_devices (
    id text NOT NULL,
    server_id text NOT NULL,
    "position" bigint NOT NULL,
    source_type text NOT NULL,
    destination_type text NOT NULL,
    guest_format text NOT NULL,
    device_type text NOT NULL,
    disk_bus text NOT NULL,
    device_name text NOT NULL,
    boot_index bigint,
    delete_on_termination bigint NOT NULL,
    no_device bigint NOT NULL,
    image_id text NOT NULL,
    snapshot_id text NOT NULL,
    volume_id text NOT NULL,
    volume_size bigint,
    volume_type text NOT NULL,
    attachment_id text NOT NULL,
    connection_info text NOT NULL,
    tag text NOT NULL
);


--
-- Name: catalog_endpoints; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.catalog_endpoints (
    id text NOT NULL,
    service_id text NOT NULL,
    interface text NOT NULL,
    url text NOT NULL,
    region text,
    enabled bigint NOT NULL,
    extra text DEFAULT '{}'::text NOT NULL
);


--
-- Name: catalog_regions; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.catalog_regions (
    id text NOT NULL,
    description text,
    parent_region_id text,
    extra text DEFAULT '{}'::text NOT NULL
);


--
-- Name: catalog_services; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.catalog_services (
    id text NOT NULL,
    type text NOT NULL,
    name text,
    description text,
    enabled bigint NOT NULL,
    extra text DEFAULT '{}'::text NOT NULL
);


--
-- Name: compute_quotas; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.compute_quotas (
    project_id text NOT NULL,
    resource text NOT NULL,
    hard_limit bigint NOT NULL
);


--
-- Name: deleted_servers; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.deleted_servers (
    id text,
    name text,
    description text,
    hostname text,
    project_id text,
    user_id text,
    vm_state text,
    task_state text,
    power_state bigint,
    image_id text,
    flavor_id text,
    flavor text,
    vcpus bigint,
    memory_mib bigint,
    disk_gib bigint,
    key_name text,
    host text,
    availability_zone text,
    root_device_name text,
    user_data text,
    admin_password text,
    reservation_id text,
    metadata text,
    tags text,
    security_groups text,
    config_drive bigint,
    locked bigint,
    locked_reason text,
    launch_index bigint,
    access_ip_v4 text,
    access_ip_v6 text,
    disk_config text,
    fault text,
    created_us bigint,
    updated_us bigint,
    launched_us bigint,
    terminated_us bigint,
    key_data text,
    has_config_drive bigint
);


--
-- Name: domains; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.domains (
    id text NOT NULL,
    name text NOT NULL,
    description text,
    enabled bigint NOT NULL,
    name_key text DEFAULT ''::text NOT NULL,
    extra text DEFAULT '{}'::text NOT NULL
);


--
-- Name: flavor_projects; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.flavor_projects (
    flavor_id text NOT NULL,
    project_id text NOT NULL
);


--
-- Name: flavors; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.flavors (
    id text NOT NULL,
    name text NOT NULL,
    vcpus bigint NOT NULL,
    memory_mib bigint NOT NULL,
    root_gib bigint NOT NULL,
    ephemeral_gib bigint NOT NULL,
    swap_mib bigint NOT NULL,
    is_public bigint NOT NULL,
    disabled bigint NOT NULL,
    description text NOT NULL,
    extra_specs text NOT NULL,
    created_us bigint NOT NULL
);


--
-- Name: flows; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.flows (
    id text NOT NULL,
    kind text NOT NULL,
    resource text NOT NULL,
    state text NOT NULL,
    tasks text NOT NULL,
    data text NOT NULL,
    "position" bigint NOT NULL,
    runs bigint NOT NULL,
    generation bigint NOT NULL,
    cancel_requested bigint NOT NULL,
    failure text,
    request_id text NOT NULL,
    project_id text NOT NULL,
    user_id text NOT NULL,
    parent text,
    started_us bigint NOT NULL,
    ended_us bigint NOT NULL
);


--
-- Name: free_addresses; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.free_addresses (
    subnet_id text NOT NULL,
    address_key text NOT NULL
);


--
-- Name: image_holds; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.image_holds (
    image_id text NOT NULL,
    holder text NOT NULL
);


--
-- Name: image_labels; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.image_labels (
    image_id text NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    value text NOT NULL
);


--
-- Name: image_members; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.image_members (
    image_id text NOT NULL,
    member_id text NOT NULL,
    status text NOT NULL,
    created_us bigint NOT NULL,
    updated_us bigint NOT NULL
);


--
-- Name: images; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.images (
    id text NOT NULL,
    name text,
    status text NOT NULL,
    visibility text NOT NULL,
    owner text NOT NULL,
    disk_format text,
    container_format text,
    tool_format text,
    size_bytes bigint,
    virtual_size_bytes bigint,
    min_disk_gib bigint NOT NULL,
    min_ram_mib bigint NOT NULL,
    protected bigint NOT NULL,
    hidden bigint NOT NULL,
    checksum_md5 text,
    sha512 text,
    tags text NOT NULL,
    properties text NOT NULL,
    upload_id text,
    upload_by_flow bigint DEFAULT 0 NOT NULL,
    created_us bigint NOT NULL,
    updated_us bigint NOT NULL,
    xxh3 text,
    charged_bytes bigint DEFAULT 0 NOT NULL
);


--
-- Name: instance_actions; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.instance_actions (
    id text NOT NULL,
    server_id text NOT NULL,
    action text NOT NULL,
    request_id text NOT NULL,
    user_id text NOT NULL,
    project_id text NOT NULL,
    flow_id text NOT NULL,
    server_name text NOT NULL,
    start_us bigint NOT NULL
);


--
-- Name: ip_allocations; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.ip_allocations (
    subnet_id text NOT NULL,
    address_key text NOT NULL,
    port_id text NOT NULL,
    address text NOT NULL,
    ip_version bigint NOT NULL
);


--
-- Name: keypairs; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.keypairs (
    user_id text NOT NULL,
    name text NOT NULL,
    type text NOT NULL,
    public_key text NOT NULL,
    fingerprint text NOT NULL,
    created_us bigint NOT NULL
);


--
-- Name: network_facts; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.network_facts (
    name text NOT NULL,
    value text NOT NULL
);


--
-- Name: network_quotas; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.network_quotas (
    project_id text NOT NULL,
    resource text NOT NULL,
    bound bigint NOT NULL
);


--
-- Name: networks; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.networks (
    id text NOT NULL,
    project_id text NOT NULL,
    name text NOT NULL,
    description text NOT NULL,
    created_us bigint NOT NULL,
    updated_us bigint NOT NULL,
    revision bigint NOT NULL,
    admin_state_up bigint NOT NULL,
    shared bigint NOT NULL,
    mtu bigint NOT NULL
);


--
-- Name: old_passwords; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.old_passwords (
    user_id text NOT NULL,
    changed_us bigint NOT NULL,
    password_hash text NOT NULL
);


--
-- Name: port_security_groups; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.port_security_groups (
    port_id text NOT NULL,
    security_group_id text NOT NULL
);


--
-- Name: ports; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.ports (
    id text NOT NULL,
    project_id text NOT NULL,
    name text NOT NULL,
    description text NOT NULL,
    created_us bigint NOT NULL,
    updated_us bigint NOT NULL,
    revision bigint NOT NULL,
    network_id text NOT NULL,
    mac text NOT NULL,
    admin_state_up bigint NOT NULL,
    status text NOT NULL,
    device_id text NOT NULL,
    device_owner text NOT NULL,
    host_id text NOT NULL,
    vnic_type text NOT NULL,
    allowed_address_pairs text NOT NULL,
    binding_profile text NOT NULL,
    created_for_server bigint NOT NULL,
    nic_index bigint NOT NULL,
    nic_tag text NOT NULL,
    leaving bigint DEFAULT 0 NOT NULL,
    server_id text DEFAULT ''::text NOT NULL
);


--
-- Name: projects; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.projects (
    id text NOT NULL,
    domain_id text NOT NULL,
    name text NOT NULL,
    description text,
    parent_id text NOT NULL,
    enabled bigint NOT NULL,
    tags text NOT NULL,
    name_key text DEFAULT ''::text NOT NULL,
    extra text DEFAULT '{}'::text NOT NULL
);


--
-- Name: role_assignments; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.role_assignments (
    user_id text NOT NULL,
    target text NOT NULL,
    target_id text NOT NULL,
    role_id text NOT NULL
);


--
-- Name: roles; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.roles (
    id text NOT NULL,
    name text NOT NULL,
    description text,
    name_key text DEFAULT ''::text NOT NULL,
    extra text DEFAULT '{}'::text NOT NULL
);


--
-- Name: schema_versions; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.schema_versions (
    service text NOT NULL,
    version bigint NOT NULL
);


--
-- Name: security_group_rules; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.security_group_rules (
    id text NOT NULL,
    project_id text NOT NULL,
    name text NOT NULL,
    description text NOT NULL,
    created_us bigint NOT NULL,
    updated_us bigint NOT NULL,
    revision bigint NOT NULL,
    security_group_id text NOT NULL,
    direction text NOT NULL,
    ethertype text NOT NULL,
    protocol text,
    port_range_min bigint,
    port_range_max bigint,
    remote_ip_prefix text,
    remote_group_id text
);


--
-- Name: security_groups; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.security_groups (
    id text NOT NULL,
    project_id text NOT NULL,
    name text NOT NULL,
    description text NOT NULL,
    created_us bigint NOT NULL,
    updated_us bigint NOT NULL,
    revision bigint NOT NULL,
    stateful bigint NOT NULL,
    is_default bigint NOT NULL
);


--
-- Name: servers; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.servers (
    id text NOT NULL,
    name text NOT NULL,
    description text NOT NULL,
    hostname text NOT NULL,
    project_id text NOT NULL,
    user_id text NOT NULL,
    vm_state text NOT NULL,
    task_state text NOT NULL,
    power_state bigint NOT NULL,
    image_id text NOT NULL,
    flavor_id text NOT NULL,
    flavor text NOT NULL,
    vcpus bigint NOT NULL,
    memory_mib bigint NOT NULL,
    disk_gib bigint NOT NULL,
    key_name text NOT NULL,
    host text NOT NULL,
    availability_zone text NOT NULL,
    root_device_name text NOT NULL,
    user_data text NOT NULL,
    admin_password text NOT NULL,
    reservation_id text NOT NULL,
    metadata text NOT NULL,
    tags text NOT NULL,
    security_groups text NOT NULL,
    config_drive bigint NOT NULL,
    locked bigint NOT NULL,
    locked_reason text NOT NULL,
    launch_index bigint NOT NULL,
    access_ip_v4 text NOT NULL,
    access_ip_v6 text NOT NULL,
    disk_config text NOT NULL,
    fault text NOT NULL,
    created_us bigint NOT NULL,
    updated_us bigint NOT NULL,
    launched_us bigint NOT NULL,
    terminated_us bigint NOT NULL,
    key_data text DEFAULT ''::text NOT NULL,
    has_config_drive bigint DEFAULT 0 NOT NULL
);


--
-- Name: subnets; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.subnets (
    id text NOT NULL,
    project_id text NOT NULL,
    name text NOT NULL,
    description text NOT NULL,
    created_us bigint NOT NULL,
    updated_us bigint NOT NULL,
    revision bigint NOT NULL,
    network_id text NOT NULL,
    ip_version bigint NOT NULL,
    cidr text NOT NULL,
    gateway_ip text,
    enable_dhcp bigint NOT NULL,
    pools text NOT NULL,
    dns_nameservers text NOT NULL,
    host_routes text NOT NULL,
    ipv6_ra_mode text,
    ipv6_address_mode text,
    next_key text NOT NULL
);


--
-- Name: task_runs; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.task_runs (
    flow_id text NOT NULL,
    seq bigint NOT NULL,
    task_index bigint NOT NULL,
    task text NOT NULL,
    phase text NOT NULL,
    attempt bigint NOT NULL,
    started_us bigint NOT NULL,
    ended_us bigint NOT NULL,
    outcome text NOT NULL,
    decision text NOT NULL,
    error text NOT NULL,
    done_bytes bigint DEFAULT 0 NOT NULL,
    total_bytes bigint DEFAULT 0 NOT NULL,
    told text DEFAULT ''::text NOT NULL
);


--
-- Name: tokens; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.tokens (
    digest text NOT NULL,
    user_id text NOT NULL,
    project_id text,
    domain_id text,
    methods text NOT NULL,
    audit_ids text NOT NULL,
    issued_us bigint NOT NULL,
    expires_us bigint NOT NULL,
    system bigint DEFAULT 0 NOT NULL,
    parent_digest text
);


--
-- Name: users; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.users (
    id text NOT NULL,
    domain_id text NOT NULL,
    name text NOT NULL,
    password_hash text,
    default_project_id text,
    email text,
    description text,
    enabled bigint NOT NULL,
    name_key text DEFAULT ''::text NOT NULL,
    extra text DEFAULT '{}'::text NOT NULL,
    options text DEFAULT '{}'::text NOT NULL,
    password_changed_us bigint DEFAULT 0 NOT NULL,
    password_expires_us bigint DEFAULT 0 NOT NULL,
    active_us bigint DEFAULT 0 NOT NULL,
    failed_logins bigint DEFAULT 0 NOT NULL,
    failed_us bigint DEFAULT 0 NOT NULL
);


--
-- Name: volume_attachments; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.volume_attachments (
    id text NOT NULL,
    volume_id text NOT NULL,
    project_id text NOT NULL,
    server_id text NOT NULL,
    attach_status text NOT NULL,
    mode text NOT NULL,
    device text NOT NULL,
    host text NOT NULL,
    connection_info text NOT NULL,
    created_us bigint NOT NULL,
    updated_us bigint NOT NULL,
    attached_us bigint NOT NULL,
    by_user bigint DEFAULT 0 NOT NULL
);


--
-- Name: volume_backups; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.volume_backups (
    id text NOT NULL,
    project_id text NOT NULL,
    user_id text NOT NULL,
    volume_id text NOT NULL,
    snapshot_id text NOT NULL,
    parent_id text NOT NULL,
    data_id text NOT NULL,
    name text NOT NULL,
    description text NOT NULL,
    container text NOT NULL,
    availability_zone text NOT NULL,
    host text NOT NULL,
    size_gib bigint NOT NULL,
    status text NOT NULL,
    fail_reason text NOT NULL,
    object_count bigint NOT NULL,
    stored_bytes bigint NOT NULL,
    metadata text NOT NULL,
    volume_facts text NOT NULL,
    flow_id text NOT NULL,
    data_timestamp_us bigint NOT NULL,
    created_us bigint NOT NULL,
    updated_us bigint NOT NULL,
    encryption_key_id text DEFAULT ''::text NOT NULL
);


--
-- Name: volume_claims; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.volume_claims (
    id text NOT NULL,
    server_id text NOT NULL,
    project_id text NOT NULL,
    volume_type_id text NOT NULL,
    size_gib bigint NOT NULL,
    snapshot_id text NOT NULL,
    made bigint NOT NULL
);


--
-- Name: volume_default_types; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.volume_default_types (
    project_id text NOT NULL,
    volume_type_id text NOT NULL
);


--
-- Name: volume_group_snapshots; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.volume_group_snapshots (
    id text NOT NULL,
    project_id text NOT NULL,
    user_id text NOT NULL,
    group_id text NOT NULL,
    group_type_id text NOT NULL,
    name text NOT NULL,
    description text NOT NULL,
    status text NOT NULL,
    created_us bigint NOT NULL,
    updated_us bigint NOT NULL
);


--
-- Name: volume_group_types; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.volume_group_types (
    id text NOT NULL,
    name text NOT NULL,
    description text NOT NULL,
    is_public bigint NOT NULL,
    specs text NOT NULL,
    created_us bigint NOT NULL
);


--
-- Name: volume_groups; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.volume_groups (
    id text NOT NULL,
    project_id text NOT NULL,
    user_id text NOT NULL,
    name text NOT NULL,
    description text NOT NULL,
    status text NOT NULL,
    group_type_id text NOT NULL,
    volume_types text NOT NULL,
    availability_zone text NOT NULL,
    host text NOT NULL,
    backend text NOT NULL,
    group_snapshot_id text NOT NULL,
    source_group_id text NOT NULL,
    created_us bigint NOT NULL,
    updated_us bigint NOT NULL
);


--
-- Name: volume_keys; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.volume_keys (
    id text NOT NULL,
    sealed text NOT NULL,
    created_us bigint NOT NULL
);


--
-- Name: volume_messages; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.volume_messages (
    id text NOT NULL,
    project_id text NOT NULL,
    request_id text NOT NULL,
    resource_type text NOT NULL,
    resource_id text NOT NULL,
    event_id text NOT NULL,
    message text NOT NULL,
    created_us bigint NOT NULL
);


--
-- Name: volume_qos_specs; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.volume_qos_specs (
    id text NOT NULL,
    name text NOT NULL,
    consumer text NOT NULL,
    specs text NOT NULL,
    created_us bigint NOT NULL
);


--
-- Name: volume_quota_classes; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.volume_quota_classes (
    class_name text NOT NULL,
    resource text NOT NULL,
    volume_type_id text NOT NULL,
    hard_limit bigint NOT NULL
);


--
-- Name: volume_quotas; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.volume_quotas (
    project_id text NOT NULL,
    resource text NOT NULL,
    volume_type_id text NOT NULL,
    hard_limit bigint NOT NULL
);


--
-- Name: volume_services; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.volume_services (
    binary_name text NOT NULL,
    host text NOT NULL,
    disabled bigint NOT NULL,
    disabled_reason text NOT NULL,
    frozen bigint NOT NULL,
    updated_us bigint NOT NULL
);


--
-- Name: volume_snapshots; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.volume_snapshots (
    id text NOT NULL,
    volume_id text NOT NULL,
    project_id text NOT NULL,
    user_id text NOT NULL,
    name text NOT NULL,
    description text NOT NULL,
    size_gib bigint NOT NULL,
    status text NOT NULL,
    metadata text NOT NULL,
    bootable bigint NOT NULL,
    image_metadata text NOT NULL,
    progress text NOT NULL,
    group_snapshot_id text DEFAULT ''::text NOT NULL,
    error text NOT NULL,
    flow_id text NOT NULL,
    created_us bigint NOT NULL,
    updated_us bigint NOT NULL
);


--
-- Name: volume_transfers; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.volume_transfers (
    id text NOT NULL,
    volume_id text NOT NULL,
    project_id text NOT NULL,
    name text NOT NULL,
    no_snapshots bigint NOT NULL,
    salt text NOT NULL,
    key_hash text NOT NULL,
    created_us bigint NOT NULL
);


--
-- Name: volume_type_access; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.volume_type_access (
    volume_type_id text NOT NULL,
    project_id text NOT NULL
);


--
-- Name: volume_type_encryption; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.volume_type_encryption (
    volume_type_id text NOT NULL,
    encryption_id text NOT NULL,
    provider text NOT NULL,
    cipher text,
    key_size bigint,
    control_location text NOT NULL,
    created_us bigint NOT NULL,
    updated_us bigint NOT NULL
);


--
-- Name: volume_types; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.volume_types (
    id text NOT NULL,
    name text NOT NULL,
    description text NOT NULL,
    is_public bigint NOT NULL,
    extra_specs text NOT NULL,
    qos_specs_id text NOT NULL,
    created_us bigint NOT NULL
);


--
-- Name: volumes; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.volumes (
    id text NOT NULL,
    project_id text NOT NULL,
    user_id text NOT NULL,
    name text NOT NULL,
    description text NOT NULL,
    size_gib bigint NOT NULL,
    status text NOT NULL,
    attach_status text NOT NULL,
    bootable bigint NOT NULL,
    multiattach bigint NOT NULL,
    volume_type_id text NOT NULL,
    availability_zone text NOT NULL,
    host text NOT NULL,
    backend text NOT NULL,
    host_local bigint NOT NULL,
    path text NOT NULL,
    format text NOT NULL,
    image_id text NOT NULL,
    snapshot_id text NOT NULL,
    source_volid text NOT NULL,
    metadata text NOT NULL,
    image_metadata text NOT NULL,
    created_for text NOT NULL,
    group_id text DEFAULT ''::text NOT NULL,
    error text NOT NULL,
    flow_id text NOT NULL,
    created_us bigint NOT NULL,
    updated_us bigint NOT NULL,
    launched_us bigint NOT NULL,
    migration_status text DEFAULT ''::text NOT NULL,
    other_host text DEFAULT ''::text NOT NULL,
    other_backend text DEFAULT ''::text NOT NULL,
    held_by text DEFAULT ''::text NOT NULL,
    encryption_key_id text DEFAULT ''::text NOT NULL,
    admin_metadata text DEFAULT '{}'::text NOT NULL
);


--
-- Data for Name: block_devices; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.block_devices VALUES
	('1519eb11-2e57-4112-84a6-8619f646a73b', 'b8d415c5-4f03-415e-acc8-d3fb7747f224', 0, 'image', 'local', '', 'disk', 'virtio', '/dev/vda', 0, 1, 0, '5dd4af42-6b30-4cf4-a65d-95966d2ccf25', '', '', NULL, '', '', '', ''),
	('75d30b30-6d4e-4e7a-a057-04a608245c8a', 'f8749c3f-9621-4057-9cc6-fb011b58c06b', 0, 'image', 'volume', '', 'disk', 'virtio', '/dev/vda', 0, 1, 0, '5dd4af42-6b30-4cf4-a65d-95966d2ccf25', '', '294952bd-8edc-53c3-a203-1267828e43b0', 1, '', '99708ef0-a0ed-591f-911a-59359d06691f', '{"driver_volume_type":"local","data":{"path":"/var/lib/kept/state/host/volumes/volume-294952bd-8edc-53c3-a203-1267828e43b0","format":"qcow2","size_gib":1,"encryption":"","access_mode":"rw","encrypted":false,"qos_specs":null},"serial":"294952bd-8edc-53c3-a203-1267828e43b0","volume_id":"294952bd-8edc-53c3-a203-1267828e43b0"}', ''),
	('73269db2-1e52-4de3-8ea7-03899e178dab', 'f8749c3f-9621-4057-9cc6-fb011b58c06b', 1, 'blank', 'volume', '', 'disk', 'virtio', '/dev/vdb', -1, 1, 0, '', '', 'cdbf59e7-fd12-58bb-bc7a-653e83c81ac4', 1, '', '3abd28a1-fa6d-590a-bc51-0c8617db2128', '{"driver_volume_type":"local","data":{"path":"/var/lib/kept/state/host/volumes/volume-cdbf59e7-fd12-58bb-bc7a-653e83c81ac4","format":"raw","size_gib":1,"encryption":"","access_mode":"rw","encrypted":false,"qos_specs":null},"serial":"cdbf59e7-fd12-58bb-bc7a-653e83c81ac4","volume_id":"cdbf59e7-fd12-58bb-bc7a-653e83c81ac4"}', ''),
	('a0555c8f-812d-47ef-b031-647c58adf960', 'f8749c3f-9621-4057-9cc6-fb011b58c06b', 2, 'volume', 'volume', '', 'disk', 'virtio', '/dev/vdc', NULL, 0, 0, '', '', '0b25a0c8-2bad-40c4-b966-dc13e5312f18', 1, '', '96437904-6c5b-559f-add1-1789ba7af8cb', '{"driver_volume_type":"local","data":{"path":"/var/lib/kept/state/host/volumes/volume-0b25a0c8-2bad-40c4-b966-dc13e5312f18","format":"raw","size_gib":1,"encryption":"","access_mode":"rw","encrypted":false,"qos_specs":null},"serial":"0b25a0c8-2bad-40c4-b966-dc13e5312f18","volume_id":"0b25a0c8-2bad-40c4-b966-dc13e5312f18"}', ''),
	('cc53e77b-dc74-4313-a8b6-17c403eb13ef', '036497b6-d273-4066-a3f5-77f1968f9bd9', 0, 'image', 'local', '', 'disk', 'virtio', '/dev/vda', 0, 1, 0, '5dd4af42-6b30-4cf4-a65d-95966d2ccf25', '', '', NULL, '', '', '', '');


--
-- Data for Name: catalog_endpoints; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: catalog_regions; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: catalog_services; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: compute_quotas; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.compute_quotas VALUES
	('d967ed64-4438-4c4f-962a-3adfe8f1e497', 'instances', 3);


--
-- Data for Name: deleted_servers; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: domains; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.domains VALUES
	('default', 'Default', 'The default domain', 1, 'default', '{}');


--
-- Data for Name: flavor_projects; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: flavors; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.flavors VALUES
	('1', 'm1.tiny', 1, 512, 1, 0, 0, 1, 0, '', '{}', 1795945856972026),
	('2', 'm1.small', 1, 2048, 20, 0, 0, 1, 0, '', '{}', 1795945856972168),
	('3', 'm1.medium', 2, 4096, 40, 0, 0, 1, 0, '', '{}', 1795945856972196),
	('4', 'm1.large', 4, 8192, 80, 0, 0, 1, 0, '', '{}', 1795945856972217),
	('5', 'm1.xlarge', 8, 16384, 160, 0, 0, 1, 0, '', '{}', 1795945856972238),
	('f749aed5-4d7a-4744-8fed-a4d436bd72a4', 'kept-flavor', 1, 64, 1, 0, 0, 1, 0, '', '{}', 1795945857359298);


--
-- Data for Name: flows; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.flows VALUES
	('6ab85dc2-13ba-432a-924f-2026e7b6226f', 'reconcile_host', 'host-1', 'succeeded', '[{"task":"compute.manager.init_host","arg":{},"label":""}]', '{"host":"host-1"}', 1, 1, 0, 0, NULL, 'req-37808c19-87ef-4778-9007-e6d174093f2f', '', '', NULL, 1795945857078552, 1795945857089509),
	('9eab4dd0-1559-41ef-a242-2490358e7452', 'boot_server', 'b8d415c5-4f03-415e-acc8-d3fb7747f224', 'succeeded', '[{"task":"compute.api.create","arg":{},"label":""},{"task":"conductor.schedule","arg":{},"label":""},{"task":"compute.manager.build_networks","arg":{},"label":""},{"task":"compute.manager.prep_block_device","arg":{},"label":""},{"task":"virt.libvirt.imagecache.fetch_image","arg":{"image":"5dd4af42-6b30-4cf4-a65d-95966d2ccf25"},"label":""},{"task":"virt.libvirt.imagebackend.create_image","arg":{"image":"5dd4af42-6b30-4cf4-a65d-95966d2ccf25"},"label":"virt.libvirt.imagebackend.Qcow2.create_image"},{"task":"virt.libvirt.create_config_drive","arg":{"reason":"compute.force_config_drive gives one to every server"},"label":""},{"task":"virt.libvirt.spawn","arg":{},"label":""},{"task":"compute.manager.active","arg":{},"label":""}]', '{"server":"b8d415c5-4f03-415e-acc8-d3fb7747f224","auth":{"user":"ac909b33-015c-4cf5-bf61-706399a7d4f2","user_name":"admin","project":"e276dc64-dcf4-4502-b9c6-1eb05d00c1c4","project_name":"admin","roles":["admin"],"standings":527,"request_id":"req-cbc45fb6-be64-4ba4-81cf-ead3d29e480e"},"host":"host-1","round":1,"nics":[{"network":"9db34356-e8c9-4df8-840b-ec4d82a9c61d","port":"","fixed_ip":"","tag":""}],"security_groups":["d628c4c4-3318-56cf-921a-d3e516ba1b04"],"decisions":["way: boot from image; booted_from_volume = false","block_device_mapping has 1 entry: source image, destination local: root disk comes from the image cache; no volume is created or attached"],"wanted_zone":"","wanted_host":"","same_host":[],"different_host":[],"volume_host":"host-1","volume_zone":"nova","alternates":[],"excluded":[],"last_error":""}', 9, 9, 0, 0, NULL, 'req-cbc45fb6-be64-4ba4-81cf-ead3d29e480e', 'e276dc64-dcf4-4502-b9c6-1eb05d00c1c4', 'ac909b33-015c-4cf5-bf61-706399a7d4f2', NULL, 1795945857409805, 1795945857449693),
	('64d9b219-d21d-5159-a39c-942a52781441', 'create_snapshot', '1da85480-673e-4d52-95d2-26cbc270cb0d', 'succeeded', '[{"task":"volume.manager.create_snapshot","arg":{},"label":""}]', '{"volume_id":"e3a3cc0e-6c98-47d8-b6ea-e4690538a7ed","snapshot_id":"1da85480-673e-4d52-95d2-26cbc270cb0d"}', 1, 1, 0, 0, NULL, 'req-182e123e-b45e-4bbf-bcad-bb2f5ed80ec5', 'e276dc64-dcf4-4502-b9c6-1eb05d00c1c4', 'ac909b33-015c-4cf5-bf61-706399a7d4f2', NULL, 1795945857696711, 1795945857712327),
	('381bbfce-472f-56fa-a25b-d4491c16eebc', 'create_volume', '0b25a0c8-2bad-40c4-b966-dc13e5312f18', 'succeeded', '[{"task":"volume.flows.create_volume.ExtractVolumeRequest","arg":{},"label":""},{"task":"volume.scheduler.create_volume","arg":{},"label":""},{"task":"volume.flows.create_volume.CreateVolumeFromSpec","arg":{},"label":""},{"task":"volume.flows.create_volume.handle_bootable_volume_glance_meta","arg":{},"label":""},{"task":"volume.flows.create_volume.CreateVolumeOnFinish","arg":{},"label":""}]', '{"volume_id":"0b25a0c8-2bad-40c4-b966-dc13e5312f18","size_gib":1,"source_type":"raw","image_id":"","snapshot_id":"","source_volid":"","backup_id":"","data_id":"","backup_key_id":"","type":"__DEFAULT__","backend_name":"","type_specs":{},"zone":"nova","wanted_host":"","wanted_backend":"","bootable":false,"image_metadata":{},"online_snapshot":"","host":"host-1","backend":"local","copied_bytes":0,"base_hit":false}', 5, 5, 0, 0, NULL, 'req-73d4839d-e845-4b93-8726-ef16493887ec', 'e276dc64-dcf4-4502-b9c6-1eb05d00c1c4', 'ac909b33-015c-4cf5-bf61-706399a7d4f2', NULL, 1795945857731850, 1795945857742006),
	('37139350-7e4f-5866-846b-a87671193be2', 'create_volume', 'e3a3cc0e-6c98-47d8-b6ea-e4690538a7ed', 'succeeded', '[{"task":"volume.flows.create_volume.ExtractVolumeRequest","arg":{},"label":""},{"task":"volume.scheduler.create_volume","arg":{},"label":""},{"task":"volume.flows.create_volume.CreateVolumeFromSpec","arg":{},"label":""},{"task":"volume.flows.create_volume.handle_bootable_volume_glance_meta","arg":{},"label":""},{"task":"volume.flows.create_volume.CreateVolumeOnFinish","arg":{},"label":""}]', '{"volume_id":"e3a3cc0e-6c98-47d8-b6ea-e4690538a7ed","size_gib":1,"source_type":"raw","image_id":"","snapshot_id":"","source_volid":"","backup_id":"","data_id":"","backup_key_id":"","type":"kept-type","backend_name":"","type_specs":{"k":"v"},"zone":"nova","wanted_host":"","wanted_backend":"","bootable":false,"image_metadata":{},"online_snapshot":"","host":"host-1","backend":"local","copied_bytes":0,"base_hit":false}', 5, 5, 0, 0, NULL, 'req-99091fa5-1dba-47e4-a0d1-a2b6752472cf', 'e276dc64-dcf4-4502-b9c6-1eb05d00c1c4', 'ac909b33-015c-4cf5-bf61-706399a7d4f2', NULL, 1795945857638026, 1795945857650418),
	('f5080e5b-f230-400b-b27a-f80dfc658b82', 'attach_volume', 'f8749c3f-9621-4057-9cc6-fb011b58c06b', 'succeeded', '[{"task":"compute.manager.attach_volume","arg":{"bdm":"a0555c8f-812d-47ef-b031-647c58adf960"},"label":""},{"task":"virt.block_device.attach","arg":{"bdm":"a0555c8f-812d-47ef-b031-647c58adf960","hot":true},"label":"virt.block_device.DriverVolumeBlockDevice.attach"},{"task":"virt.libvirt.attach_volume","arg":{"bdm":"a0555c8f-812d-47ef-b031-647c58adf960"},"label":""}]', '{"server":"f8749c3f-9621-4057-9cc6-fb011b58c06b","auth":{"user":"ac909b33-015c-4cf5-bf61-706399a7d4f2","user_name":"admin","project":"e276dc64-dcf4-4502-b9c6-1eb05d00c1c4","project_name":"admin","roles":["admin"],"standings":527,"request_id":"req-656132e5-a018-4a2c-a4b8-c406210fbc5c"},"host":"host-1","round":1}', 3, 3, 0, 0, NULL, 'req-656132e5-a018-4a2c-a4b8-c406210fbc5c', 'e276dc64-dcf4-4502-b9c6-1eb05d00c1c4', 'ac909b33-015c-4cf5-bf61-706399a7d4f2', NULL, 1795945857762473, 1795945857774408),
	('9063ae97-e5ff-550e-bf34-3cd6b537b946', 'create_backup', '52cdb643-cf3a-485c-af9b-ccb8120bf28b', 'succeeded', '[{"task":"backup.api.create","arg":{},"label":""},{"task":"backup.chunkeddriver.backup","arg":{},"label":""},{"task":"backup.manager.create_backup","arg":{},"label":""}]', '{"backup_id":"52cdb643-cf3a-485c-af9b-ccb8120bf28b","volume_id":"e3a3cc0e-6c98-47d8-b6ea-e4690538a7ed","snapshot_id":"","parent_id":"","host":"host-1","backend":"local","size_gib":1,"volume_facts":{"name":"kept-volume","description":"","bootable":false,"volume_type":"kept-type","metadata":{},"image_metadata":{}}}', 3, 3, 0, 0, NULL, 'req-f9c37b7a-f25d-40e7-a64a-e9a264fed38d', 'e276dc64-dcf4-4502-b9c6-1eb05d00c1c4', 'ac909b33-015c-4cf5-bf61-706399a7d4f2', NULL, 1795945857800675, 1795945857819275),
	('3ad5c37b-ebe4-5fac-956b-11a1cf7c37c6', 'create_volume', '294952bd-8edc-53c3-a203-1267828e43b0', 'succeeded', '[{"task":"volume.flows.create_volume.ExtractVolumeRequest","arg":{},"label":""},{"task":"volume.scheduler.create_volume","arg":{},"label":""},{"task":"volume.flows.create_volume.CreateVolumeFromSpec","arg":{},"label":""},{"task":"volume.flows.create_volume.handle_bootable_volume_glance_meta","arg":{},"label":""},{"task":"volume.flows.create_volume.CreateVolumeOnFinish","arg":{},"label":""}]', '{"volume_id":"294952bd-8edc-53c3-a203-1267828e43b0","size_gib":1,"source_type":"image","image_id":"5dd4af42-6b30-4cf4-a65d-95966d2ccf25","snapshot_id":"","source_volid":"","backup_id":"","data_id":"","backup_key_id":"","type":"__DEFAULT__","backend_name":"","type_specs":{},"zone":"nova","wanted_host":"host-1","wanted_backend":"","bootable":true,"image_metadata":{"image_id":"5dd4af42-6b30-4cf4-a65d-95966d2ccf25","image_name":"kept-image","checksum":"598bf98d5c865461aef3eaa8d95a0fd9","container_format":"bare","disk_format":"raw","min_disk":"0","min_ram":"0","size":"65536"},"online_snapshot":"","host":"host-1","backend":"local","copied_bytes":65536,"base_hit":false}', 5, 5, 0, 0, NULL, 'req-ecbbfefb-fe82-4e79-9a71-c319f944fca1', 'e276dc64-dcf4-4502-b9c6-1eb05d00c1c4', 'ac909b33-015c-4cf5-bf61-706399a7d4f2', 'b87892ab-2c98-4019-80ab-78366f566231', 1795945857511051, 1795945857564634),
	('b7ca379e-66c8-5abd-959f-1f4d504a90af', 'create_volume', 'cdbf59e7-fd12-58bb-bc7a-653e83c81ac4', 'succeeded', '[{"task":"volume.flows.create_volume.ExtractVolumeRequest","arg":{},"label":""},{"task":"volume.scheduler.create_volume","arg":{},"label":""},{"task":"volume.flows.create_volume.CreateVolumeFromSpec","arg":{},"label":""},{"task":"volume.flows.create_volume.handle_bootable_volume_glance_meta","arg":{},"label":""},{"task":"volume.flows.create_volume.CreateVolumeOnFinish","arg":{},"label":""}]', '{"volume_id":"cdbf59e7-fd12-58bb-bc7a-653e83c81ac4","size_gib":1,"source_type":"raw","image_id":"","snapshot_id":"","source_volid":"","backup_id":"","data_id":"","backup_key_id":"","type":"__DEFAULT__","backend_name":"","type_specs":{},"zone":"nova","wanted_host":"host-1","wanted_backend":"","bootable":false,"image_metadata":{},"online_snapshot":"","host":"host-1","backend":"local","copied_bytes":0,"base_hit":false}', 5, 5, 0, 0, NULL, 'req-ecbbfefb-fe82-4e79-9a71-c319f944fca1', 'e276dc64-dcf4-4502-b9c6-1eb05d00c1c4', 'ac909b33-015c-4cf5-bf61-706399a7d4f2', 'b87892ab-2c98-4019-80ab-78366f566231', 1795945857513302, 1795945857545584),
	('b87892ab-2c98-4019-80ab-78366f566231', 'boot_server', 'f8749c3f-9621-4057-9cc6-fb011b58c06b', 'succeeded', '[{"task":"compute.api.create","arg":{},"label":""},{"task":"conductor.schedule","arg":{},"label":""},{"task":"compute.manager.build_networks","arg":{},"label":""},{"task":"compute.manager.prep_block_device","arg":{},"label":""},{"task":"virt.block_device.create","arg":{"bdm":"75d30b30-6d4e-4e7a-a057-04a608245c8a"},"label":"virt.block_device.DriverVolImageBlockDevice.create"},{"task":"virt.block_device.create","arg":{"bdm":"73269db2-1e52-4de3-8ea7-03899e178dab"},"label":"virt.block_device.DriverVolBlankBlockDevice.create"},{"task":"virt.block_device.attach","arg":{"bdm":"75d30b30-6d4e-4e7a-a057-04a608245c8a"},"label":"virt.block_device.DriverVolImageBlockDevice.attach"},{"task":"virt.block_device.attach","arg":{"bdm":"73269db2-1e52-4de3-8ea7-03899e178dab"},"label":"virt.block_device.DriverVolBlankBlockDevice.attach"},{"task":"virt.libvirt.create_image","arg":{},"label":""},{"task":"virt.libvirt.create_config_drive","arg":{"reason":"compute.force_config_drive gives one to every server"},"label":""},{"task":"virt.libvirt.spawn","arg":{},"label":""},{"task":"compute.manager.active","arg":{},"label":""}]', '{"server":"f8749c3f-9621-4057-9cc6-fb011b58c06b","auth":{"user":"ac909b33-015c-4cf5-bf61-706399a7d4f2","user_name":"admin","project":"e276dc64-dcf4-4502-b9c6-1eb05d00c1c4","project_name":"admin","roles":["admin"],"standings":527,"request_id":"req-ecbbfefb-fe82-4e79-9a71-c319f944fca1"},"host":"host-1","round":1,"nics":[{"network":"9db34356-e8c9-4df8-840b-ec4d82a9c61d","port":"","fixed_ip":"","tag":""}],"security_groups":["d628c4c4-3318-56cf-921a-d3e516ba1b04"],"decisions":["way: boot from image (creates a new volume); booted_from_volume = true","block_device_mapping has 2 entries","/dev/vda: source image, destination volume: a volume of 1 GiB is created from image 5dd4af42-6b30-4cf4-a65d-95966d2ccf25, then attached","/dev/vdb: source blank, destination volume: an empty volume of 1 GiB is created, then attached"],"wanted_zone":"","wanted_host":"","same_host":[],"different_host":[],"volume_host":"host-1","volume_zone":"nova","alternates":[],"excluded":[],"last_error":""}', 12, 13, 0, 0, NULL, 'req-ecbbfefb-fe82-4e79-9a71-c319f944fca1', 'e276dc64-dcf4-4502-b9c6-1eb05d00c1c4', 'ac909b33-015c-4cf5-bf61-706399a7d4f2', NULL, 1795945857498499, 1795945857606109),
	('454a3b8c-d3a3-4194-816c-f068476d64ba', 'reconcile_host', 'host-1', 'succeeded', '[{"task":"compute.manager.init_host","arg":{},"label":""}]', '{"host":"host-1"}', 1, 1, 0, 0, NULL, 'req-792536f4-bd2e-4ffb-9009-e8135516bdef', '', '', NULL, 1795945858166115, 1795945858171202),
	('466478f0-9427-48ef-b7b6-2033c3c3a625', 'boot_server', '036497b6-d273-4066-a3f5-77f1968f9bd9', 'running', '[{"task":"compute.api.create","arg":{},"label":""},{"task":"conductor.schedule","arg":{},"label":""},{"task":"compute.manager.build_networks","arg":{},"label":""},{"task":"compute.manager.prep_block_device","arg":{},"label":""},{"task":"virt.libvirt.imagecache.fetch_image","arg":{"image":"5dd4af42-6b30-4cf4-a65d-95966d2ccf25"},"label":""},{"task":"virt.libvirt.imagebackend.create_image","arg":{"image":"5dd4af42-6b30-4cf4-a65d-95966d2ccf25"},"label":"virt.libvirt.imagebackend.Qcow2.create_image"},{"task":"virt.libvirt.create_config_drive","arg":{"reason":"compute.force_config_drive gives one to every server"},"label":""},{"task":"virt.libvirt.spawn","arg":{},"label":""},{"task":"compute.manager.active","arg":{},"label":""}]', '{"server":"036497b6-d273-4066-a3f5-77f1968f9bd9","auth":{"user":"ac909b33-015c-4cf5-bf61-706399a7d4f2","user_name":"admin","project":"e276dc64-dcf4-4502-b9c6-1eb05d00c1c4","project_name":"admin","roles":["admin"],"standings":527,"request_id":"req-bba1cc58-ca59-4ae6-aac8-45cb491ac1c0"},"host":"host-1","round":1,"nics":[{"network":"9db34356-e8c9-4df8-840b-ec4d82a9c61d","port":"","fixed_ip":"","tag":""}],"security_groups":["d628c4c4-3318-56cf-921a-d3e516ba1b04"],"decisions":["way: boot from image; booted_from_volume = false","block_device_mapping has 1 entry: source image, destination local: root disk comes from the image cache; no volume is created or attached"],"wanted_zone":"","wanted_host":"","same_host":[],"different_host":[],"volume_host":"host-1","volume_zone":"nova","alternates":[],"excluded":[],"last_error":""}', 7, 7, 0, 0, NULL, 'req-bba1cc58-ca59-4ae6-aac8-45cb491ac1c0', 'e276dc64-dcf4-4502-b9c6-1eb05d00c1c4', 'ac909b33-015c-4cf5-bf61-706399a7d4f2', NULL, 1795945858318939, 0);


--
-- Data for Name: free_addresses; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: image_holds; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.image_holds VALUES
	('5dd4af42-6b30-4cf4-a65d-95966d2ccf25', '036497b6-d273-4066-a3f5-77f1968f9bd9');


--
-- Data for Name: image_labels; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: image_members; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: images; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.images VALUES
	('5dd4af42-6b30-4cf4-a65d-95966d2ccf25', 'kept-image', 'active', 'public', 'e276dc64-dcf4-4502-b9c6-1eb05d00c1c4', 'raw', 'bare', 'raw', 65536, 65536, 0, 0, 0, 0, '598bf98d5c865461aef3eaa8d95a0fd9', 'b4885e27fb452980bee6ed67f36c8dead0f22f65b6e51b82abdb8a3000d70b63adeac2b1e7be8c0c75a342bd25e9a9f13ecd4b2e72bca634e020a5658b5effed', '{"tags":[]}', '{}', NULL, 0, 1795945857374337, 1795945857393940, '02da4b9c5a75caad3688558138047f8a', 0);


--
-- Data for Name: instance_actions; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.instance_actions VALUES
	('389dd690-4c63-4137-840b-a9d162b36165', 'b8d415c5-4f03-415e-acc8-d3fb7747f224', 'create', 'req-cbc45fb6-be64-4ba4-81cf-ead3d29e480e', 'ac909b33-015c-4cf5-bf61-706399a7d4f2', 'e276dc64-dcf4-4502-b9c6-1eb05d00c1c4', '9eab4dd0-1559-41ef-a242-2490358e7452', 'kept-local', 1795945857409458),
	('bb7f629d-6c0a-440e-b1d2-cc03abebe887', 'f8749c3f-9621-4057-9cc6-fb011b58c06b', 'create', 'req-ecbbfefb-fe82-4e79-9a71-c319f944fca1', 'ac909b33-015c-4cf5-bf61-706399a7d4f2', 'e276dc64-dcf4-4502-b9c6-1eb05d00c1c4', 'b87892ab-2c98-4019-80ab-78366f566231', 'kept-of-volume', 1795945857498394),
	('bcec65b7-10b1-47de-9b54-d07a04e889c6', 'f8749c3f-9621-4057-9cc6-fb011b58c06b', 'attach_volume', 'req-656132e5-a018-4a2c-a4b8-c406210fbc5c', 'ac909b33-015c-4cf5-bf61-706399a7d4f2', 'e276dc64-dcf4-4502-b9c6-1eb05d00c1c4', 'f5080e5b-f230-400b-b27a-f80dfc658b82', 'kept-of-volume', 1795945857762358),
	('34b95a55-7150-476a-bccf-0cc3c80ff6bc', '036497b6-d273-4066-a3f5-77f1968f9bd9', 'create', 'req-bba1cc58-ca59-4ae6-aac8-45cb491ac1c0', 'ac909b33-015c-4cf5-bf61-706399a7d4f2', 'e276dc64-dcf4-4502-b9c6-1eb05d00c1c4', '466478f0-9427-48ef-b7b6-2033c3c3a625', 'kept-building', 1795945858318706);


--
-- Data for Name: ip_allocations; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.ip_allocations VALUES
	('2e092384-e92e-489a-ac13-302c09f64960', '000000000000000000000000ac1d0002', 'd990757e-845c-50e6-b21a-4db1dc0325c2', '172.29.0.2', 4),
	('2e092384-e92e-489a-ac13-302c09f64960', '000000000000000000000000ac1d0003', '0f672f9d-7229-5b99-a113-07f6f805255a', '172.29.0.3', 4),
	('2e092384-e92e-489a-ac13-302c09f64960', '000000000000000000000000ac1d0004', '0094c072-a7cf-5590-8455-765d01748bbb', '172.29.0.4', 4);


--
-- Data for Name: keypairs; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.keypairs VALUES
	('ac909b33-015c-4cf5-bf61-706399a7d4f2', 'kept-key', 'ssh', 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB8Ht8Z3j6yDWPBHQtOp/R9rjWvfMYo3MSA/K6q8D86r a', '1d:7c:2a:1b:93:fa:40:77:b5:55:a6:e6:00:7f:7b:f0', 1795945857400169);


--
-- Data for Name: network_facts; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.network_facts VALUES
	('default_network', '9db34356-e8c9-4df8-840b-ec4d82a9c61d');


--
-- Data for Name: network_quotas; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: networks; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.networks VALUES
	('9db34356-e8c9-4df8-840b-ec4d82a9c61d', '', 'default', 'Network of all projects', 1795945856970785, 1795945856970785, 1, 1, 1, 1500);


--
-- Data for Name: old_passwords; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: port_security_groups; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.port_security_groups VALUES
	('d990757e-845c-50e6-b21a-4db1dc0325c2', 'd628c4c4-3318-56cf-921a-d3e516ba1b04'),
	('0f672f9d-7229-5b99-a113-07f6f805255a', 'd628c4c4-3318-56cf-921a-d3e516ba1b04'),
	('0094c072-a7cf-5590-8455-765d01748bbb', 'd628c4c4-3318-56cf-921a-d3e516ba1b04');


--
-- Data for Name: ports; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.ports VALUES
	('d990757e-845c-50e6-b21a-4db1dc0325c2', 'e276dc64-dcf4-4502-b9c6-1eb05d00c1c4', '', '', 1795945857407829, 1795945857448770, 3, '9db34356-e8c9-4df8-840b-ec4d82a9c61d', 'fa:16:3e:29:f7:cf', 1, 'ACTIVE', 'b8d415c5-4f03-415e-acc8-d3fb7747f224', 'compute:nova', 'host-1', 'normal', '[]', '{}', 1, 0, '', 0, 'b8d415c5-4f03-415e-acc8-d3fb7747f224'),
	('0f672f9d-7229-5b99-a113-07f6f805255a', 'e276dc64-dcf4-4502-b9c6-1eb05d00c1c4', '', '', 1795945857493970, 1795945857605793, 3, '9db34356-e8c9-4df8-840b-ec4d82a9c61d', 'fa:16:3e:4f:b5:75', 1, 'ACTIVE', 'f8749c3f-9621-4057-9cc6-fb011b58c06b', 'compute:nova', 'host-1', 'normal', '[]', '{}', 1, 0, '', 0, 'f8749c3f-9621-4057-9cc6-fb011b58c06b'),
	('0094c072-a7cf-5590-8455-765d01748bbb', 'e276dc64-dcf4-4502-b9c6-1eb05d00c1c4', '', '', 1795945858317382, 1795945858330846, 2, '9db34356-e8c9-4df8-840b-ec4d82a9c61d', 'fa:16:3e:2e:bc:3f', 1, 'DOWN', '036497b6-d273-4066-a3f5-77f1968f9bd9', 'compute:nova', 'host-1', 'normal', '[]', '{}', 1, 0, '', 0, '036497b6-d273-4066-a3f5-77f1968f9bd9');


--
-- Data for Name: projects; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.projects VALUES
	('2e9ee2ef-4d1d-485e-8389-0848253c88b8', 'default', 'service', 'Project of the services', 'default', 1, '{"tags":[]}', 'service', '{}'),
	('e276dc64-dcf4-4502-b9c6-1eb05d00c1c4', 'default', 'admin', 'Project of the administrator', 'default', 1, '{"tags":[]}', 'admin', '{}'),
	('d967ed64-4438-4c4f-962a-3adfe8f1e497', 'default', 'kept-project', '', 'default', 1, '{"tags":[]}', 'kept-project', '{}');


--
-- Data for Name: role_assignments; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.role_assignments VALUES
	('ac909b33-015c-4cf5-bf61-706399a7d4f2', 'project', 'e276dc64-dcf4-4502-b9c6-1eb05d00c1c4', '622a03e3-6f22-45c4-af03-151c0414627b'),
	('ac909b33-015c-4cf5-bf61-706399a7d4f2', 'system', 'all', '622a03e3-6f22-45c4-af03-151c0414627b'),
	('5ad76df5-687b-4472-82bc-7cdca16cecdd', 'project', 'd967ed64-4438-4c4f-962a-3adfe8f1e497', '9dcfaec7-fd6e-4308-a7e7-0ae9ea07139a');


--
-- Data for Name: roles; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.roles VALUES
	('622a03e3-6f22-45c4-af03-151c0414627b', 'admin', NULL, 'admin', '{}'),
	('2e8eb137-4c89-400b-b7fa-f3fe91c60513', 'manager', NULL, 'manager', '{}'),
	('9dcfaec7-fd6e-4308-a7e7-0ae9ea07139a', 'member', NULL, 'member', '{}'),
	('61d8aed1-665e-4c16-8934-4fb36d2b061a', 'reader', NULL, 'reader', '{}'),
	('9daa0844-4142-49bc-8aa1-0778dd90d4b4', 'service', NULL, 'service', '{}');


--
-- Data for Name: schema_versions; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.schema_versions VALUES
	('taskflow', 3),
	('identity', 3),
	('image', 4),
	('volume', 5),
	('network', 3),
	('compute', 4);


--
-- Data for Name: security_group_rules; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.security_group_rules VALUES
	('20afdc18-514d-4a93-913e-8a12b04ab751', 'e276dc64-dcf4-4502-b9c6-1eb05d00c1c4', '', '', 1795945857398217, 1795945857398217, 1, 'd628c4c4-3318-56cf-921a-d3e516ba1b04', 'egress', 'IPv4', NULL, NULL, NULL, NULL, NULL),
	('c93d5ef5-49b4-40ec-9917-ce47a474b43f', 'e276dc64-dcf4-4502-b9c6-1eb05d00c1c4', '', '', 1795945857398589, 1795945857398589, 1, 'd628c4c4-3318-56cf-921a-d3e516ba1b04', 'egress', 'IPv6', NULL, NULL, NULL, NULL, NULL),
	('2e4dc191-0ca5-4156-91e0-6dbfe47f4a78', 'e276dc64-dcf4-4502-b9c6-1eb05d00c1c4', '', '', 1795945857398645, 1795945857398645, 1, 'd628c4c4-3318-56cf-921a-d3e516ba1b04', 'ingress', 'IPv4', NULL, NULL, NULL, NULL, 'd628c4c4-3318-56cf-921a-d3e516ba1b04'),
	('0cce71a0-642b-45d4-8ec6-4220d7c65c79', 'e276dc64-dcf4-4502-b9c6-1eb05d00c1c4', '', '', 1795945857398682, 1795945857398682, 1, 'd628c4c4-3318-56cf-921a-d3e516ba1b04', 'ingress', 'IPv6', NULL, NULL, NULL, NULL, 'd628c4c4-3318-56cf-921a-d3e516ba1b04'),
	('744f7fc8-9c30-4ee9-9f60-5c3651cb0191', 'e276dc64-dcf4-4502-b9c6-1eb05d00c1c4', '', '', 1795945857398935, 1795945857398935, 1, '64340d60-13b4-4f2a-8b68-f7c4b97b4032', 'egress', 'IPv4', NULL, NULL, NULL, NULL, NULL),
	('8cb31b21-dd87-457e-83c6-ccf3da6e4c73', 'e276dc64-dcf4-4502-b9c6-1eb05d00c1c4', '', '', 1795945857398985, 1795945857398985, 1, '64340d60-13b4-4f2a-8b68-f7c4b97b4032', 'egress', 'IPv6', NULL, NULL, NULL, NULL, NULL);


--
-- Data for Name: security_groups; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.security_groups VALUES
	('d628c4c4-3318-56cf-921a-d3e516ba1b04', 'e276dc64-dcf4-4502-b9c6-1eb05d00c1c4', 'default', 'Default security group', 1795945857398032, 1795945857398032, 1, 1, 1),
	('64340d60-13b4-4f2a-8b68-f7c4b97b4032', 'e276dc64-dcf4-4502-b9c6-1eb05d00c1c4', 'kept-group', '', 1795945857398902, 1795945857398902, 1, 1, 0);


--
-- Data for Name: servers; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.servers VALUES
	('b8d415c5-4f03-415e-acc8-d3fb7747f224', 'kept-local', 'kept-local', 'kept-local', 'e276dc64-dcf4-4502-b9c6-1eb05d00c1c4', 'ac909b33-015c-4cf5-bf61-706399a7d4f2', 'active', '', 1, '5dd4af42-6b30-4cf4-a65d-95966d2ccf25', 'f749aed5-4d7a-4744-8fed-a4d436bd72a4', '{"id":"f749aed5-4d7a-4744-8fed-a4d436bd72a4","name":"kept-flavor","vcpus":1,"memory_mib":64,"root_gib":1,"ephemeral_gib":0,"swap_mib":0,"is_public":true,"disabled":false,"description":"","extra_specs":{}}', 1, 64, 1, 'kept-key', 'host-1', 'nova', '/dev/vda', '', '', 'r-1283d552', '{"k":"v"}', '[]', '["default"]', 0, 0, '', 0, '', '', 'MANUAL', '', 1795945857405442, 1795945857448717, 1795945857448664, 0, 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB8Ht8Z3j6yDWPBHQtOp/R9rjWvfMYo3MSA/K6q8D86r a', 1),
	('f8749c3f-9621-4057-9cc6-fb011b58c06b', 'kept-of-volume', 'kept-of-volume', 'kept-of-volume', 'e276dc64-dcf4-4502-b9c6-1eb05d00c1c4', 'ac909b33-015c-4cf5-bf61-706399a7d4f2', 'active', '', 1, '', 'f749aed5-4d7a-4744-8fed-a4d436bd72a4', '{"id":"f749aed5-4d7a-4744-8fed-a4d436bd72a4","name":"kept-flavor","vcpus":1,"memory_mib":64,"root_gib":1,"ephemeral_gib":0,"swap_mib":0,"is_public":true,"disabled":false,"description":"","extra_specs":{}}', 1, 64, 0, '', 'host-1', 'nova', '/dev/vda', '', '', 'r-11d9fb4f', '{}', '[]', '["default"]', 0, 0, '', 0, '', '', 'MANUAL', '', 1795945857487840, 1795945857605760, 1795945857605722, 0, '', 1),
	('036497b6-d273-4066-a3f5-77f1968f9bd9', 'kept-building', 'kept-building', 'kept-building', 'e276dc64-dcf4-4502-b9c6-1eb05d00c1c4', 'ac909b33-015c-4cf5-bf61-706399a7d4f2', 'building', 'spawning', 0, '5dd4af42-6b30-4cf4-a65d-95966d2ccf25', 'f749aed5-4d7a-4744-8fed-a4d436bd72a4', '{"id":"f749aed5-4d7a-4744-8fed-a4d436bd72a4","name":"kept-flavor","vcpus":1,"memory_mib":64,"root_gib":1,"ephemeral_gib":0,"swap_mib":0,"is_public":true,"disabled":false,"description":"","extra_specs":{}}', 1, 64, 1, '', 'host-1', 'nova', '/dev/vda', '', 'l38IA-Bnnj0P', 'r-0545b9b3', '{}', '[]', '["default"]', 0, 0, '', 0, '', '', 'MANUAL', '', 1795945858315735, 1795945858341465, 0, 0, '', 1);


--
-- Data for Name: subnets; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.subnets VALUES
	('2e092384-e92e-489a-ac13-302c09f64960', '', 'default-v4', '', 1795945856971122, 1795945856971122, 1, '9db34356-e8c9-4df8-840b-ec4d82a9c61d', 4, '172.29.0.0/16', '172.29.0.1', 1, '[{"start":"172.29.0.2","end":"172.29.255.254"}]', '[]', '[]', NULL, NULL, '000000000000000000000000ac1d0005');


--
-- Data for Name: task_runs; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.task_runs VALUES
	('6ab85dc2-13ba-432a-924f-2026e7b6226f', 0, 0, 'compute.manager.init_host', 'execute', 1, 1795945857079070, 1795945857088663, 'success', 'host host-1 is compared with the rows', '', 0, 0, ''),
	('9eab4dd0-1559-41ef-a242-2490358e7452', 0, 0, 'compute.api.create', 'execute', 1, 1795945857409977, 1795945857410017, 'success', 'way: boot from image; booted_from_volume = false; block_device_mapping has 1 entry: source image, destination local: root disk comes from the image cache; no volume is created or attached', '', 0, 0, 'way: boot from image; booted_from_volume = false; block_device_mapping has 1 entry: source image, destination local: root disk comes from the image cache; no volume is created or attached'),
	('9eab4dd0-1559-41ef-a242-2490358e7452', 1, 1, 'conductor.schedule', 'execute', 1, 1795945857410316, 1795945857412057, 'success', 'chose host host-1 of 1 that passed (RAM 64 <= free 6000000000 MiB, VCPUs 1 <= free 16000000, disk 1 <= free 100000000 GiB; weights: most free RAM, then fewest servers: 0)', '', 0, 0, ''),
	('9eab4dd0-1559-41ef-a242-2490358e7452', 2, 2, 'compute.manager.build_networks', 'execute', 1, 1795945857412758, 1795945857415670, 'success', 'allocated 1 port: default 172.29.0.2 (fa:16:3e:29:f7:cf, tapd990757e-84 on vbr9db34356-e8)', '', 0, 0, 'allocated 1 port: default 172.29.0.2 (fa:16:3e:29:f7:cf)'),
	('9eab4dd0-1559-41ef-a242-2490358e7452', 3, 3, 'compute.manager.prep_block_device', 'execute', 1, 1795945857415887, 1795945857416175, 'success', 'block_device_mapping has 1 entry: source image, destination local (root): no create and no attach, the root disk is made later by create_image; nothing to attach: attach_block_devices returns at once', '', 0, 0, 'block_device_mapping has 1 entry: source image, destination local (root): no create and no attach, the root disk is made later by create_image; nothing to attach: attach_block_devices returns at once'),
	('9eab4dd0-1559-41ef-a242-2490358e7452', 4, 4, 'virt.libvirt.imagecache.fetch_image', 'execute', 1, 1795945857416672, 1795945857420757, 'success', 'booted_from_volume = false: root disk is fetched from the image cache: base 0924ea0fdc3733e49bb94bc0d035503590538ef4, raw (cache miss, 65536 bytes copied)', '', 0, 0, ''),
	('9eab4dd0-1559-41ef-a242-2490358e7452', 5, 5, 'virt.libvirt.imagebackend.Qcow2.create_image', 'execute', 1, 1795945857421013, 1795945857424044, 'success', 'booted_from_volume = false: root disk is a qcow2 overlay on the cached base of image 5dd4af42-6b30-4cf4-a65d-95966d2ccf25, disk (qcow2); image backend Qcow2', '', 0, 0, ''),
	('9eab4dd0-1559-41ef-a242-2490358e7452', 6, 6, 'virt.libvirt.create_config_drive', 'execute', 1, 1795945857424263, 1795945857435948, 'success', 'config_drive = true: compute.force_config_drive gives one to every server; disk.config (raw, ISO 9660 "config-2", 0 bytes) has meta_data.json, network_data.json, vendor_data.json', '', 0, 0, ''),
	('9eab4dd0-1559-41ef-a242-2490358e7452', 7, 7, 'virt.libvirt.spawn', 'execute', 1, 1795945857436296, 1795945857447717, 'success', 'guest with 1 VCPUs, 64 MiB, 2 disks, 1 ports on host host-1: define 0.0 ms, create 4.0 ms', '', 0, 0, ''),
	('9eab4dd0-1559-41ef-a242-2490358e7452', 8, 8, 'compute.manager.active', 'execute', 1, 1795945857448227, 1795945857448240, 'success', 'vm_state active, task_state null, power_state running', '', 0, 0, 'vm_state active, task_state null, power_state running'),
	('b87892ab-2c98-4019-80ab-78366f566231', 0, 0, 'compute.api.create', 'execute', 1, 1795945857499953, 1795945857499986, 'success', 'way: boot from image (creates a new volume); booted_from_volume = true; block_device_mapping has 2 entries; /dev/vda: source image, destination volume: a volume of 1 GiB is created from image 5dd4af42-6b30-4cf4-a65d-95966d2ccf25, then attached; /dev/vdb: source blank, destination volume: an empty volume of 1 GiB is created, then attached', '', 0, 0, 'way: boot from image (creates a new volume); booted_from_volume = true; block_device_mapping has 2 entries; /dev/vda: source image, destination volume: a volume of 1 GiB is created from image 5dd4af42-6b30-4cf4-a65d-95966d2ccf25, then attached; /dev/vdb: source blank, destination volume: an empty volume of 1 GiB is created, then attached'),
	('b87892ab-2c98-4019-80ab-78366f566231', 1, 1, 'conductor.schedule', 'execute', 1, 1795945857500283, 1795945857500969, 'success', 'chose host host-1 of 1 that passed (RAM 64 <= free 5999999936 MiB, VCPUs 1 <= free 15999999, no local disk; weights: most free RAM, then fewest servers: 1)', '', 0, 0, ''),
	('b87892ab-2c98-4019-80ab-78366f566231', 2, 2, 'compute.manager.build_networks', 'execute', 1, 1795945857501381, 1795945857506434, 'success', 'allocated 1 port: default 172.29.0.3 (fa:16:3e:4f:b5:75, tap0f672f9d-72 on vbr9db34356-e8)', '', 0, 0, 'allocated 1 port: default 172.29.0.3 (fa:16:3e:4f:b5:75)'),
	('b87892ab-2c98-4019-80ab-78366f566231', 3, 3, 'compute.manager.prep_block_device', 'execute', 1, 1795945857506716, 1795945857507391, 'success', 'block_device_mapping has 2 entries: source image, destination volume (root): create then attach; source blank, destination volume: create then attach', '', 0, 0, 'block_device_mapping has 2 entries: source image, destination volume (root): create then attach; source blank, destination volume: create then attach'),
	('b87892ab-2c98-4019-80ab-78366f566231', 4, 4, 'virt.block_device.DriverVolImageBlockDevice.create', 'execute', 1, 1795945857508058, 1795945857508593, 'success', 'source image, destination volume: a volume from image 5dd4af42-6b30-4cf4-a65d-95966d2ccf25 is being created as 294952bd-8edc-53c3-a203-1267828e43b0 near the server, on host host-1', '', 0, 0, ''),
	('3ad5c37b-ebe4-5fac-956b-11a1cf7c37c6', 0, 0, 'volume.flows.create_volume.ExtractVolumeRequest', 'execute', 1, 1795945857511323, 1795945857511344, 'success', '1 GiB from image 5dd4af42-6b30-4cf4-a65d-95966d2ccf25, type __DEFAULT__, zone nova', '', 0, 0, ''),
	('b87892ab-2c98-4019-80ab-78366f566231', 5, 5, 'virt.block_device.DriverVolBlankBlockDevice.create', 'execute', 1, 1795945857511393, 1795945857511902, 'success', 'source blank, destination volume: an empty volume is being created as cdbf59e7-fd12-58bb-bc7a-653e83c81ac4 near the server, on host host-1', '', 0, 0, ''),
	('b7ca379e-66c8-5abd-959f-1f4d504a90af', 0, 0, 'volume.flows.create_volume.ExtractVolumeRequest', 'execute', 1, 1795945857514054, 1795945857514072, 'success', '1 GiB empty (raw), type __DEFAULT__, zone nova', '', 0, 0, ''),
	('b7ca379e-66c8-5abd-959f-1f4d504a90af', 1, 1, 'volume.scheduler.create_volume', 'execute', 1, 1795945857514474, 1795945857516777, 'success', 'host-1@local#local chosen: most free space (71 GiB) of 1 fitting of 1 backends', '', 0, 0, ''),
	('b87892ab-2c98-4019-80ab-78366f566231', 6, 6, 'virt.block_device.DriverVolImageBlockDevice.attach', 'execute', 1, 1795945857514084, 1795945857516900, 'parked', 'volume 294952bd-8edc-53c3-a203-1267828e43b0 is still being made ready: waiting for the end of its flow', '', 0, 0, ''),
	('3ad5c37b-ebe4-5fac-956b-11a1cf7c37c6', 1, 1, 'volume.scheduler.create_volume', 'execute', 1, 1795945857511520, 1795945857534225, 'success', 'host-1@local#local chosen: most free space (71 GiB) of 1 fitting of 1 backends', '', 0, 0, ''),
	('b7ca379e-66c8-5abd-959f-1f4d504a90af', 2, 2, 'volume.flows.create_volume.CreateVolumeFromSpec', 'execute', 1, 1795945857517350, 1795945857538430, 'success', 'raw: create an empty volume (format raw)', '', 0, 0, ''),
	('b7ca379e-66c8-5abd-959f-1f4d504a90af', 3, 3, 'volume.flows.create_volume.handle_bootable_volume_glance_meta', 'execute', 1, 1795945857538956, 1795945857538969, 'success', 'not bootable: the source carries no image', '', 0, 0, ''),
	('b7ca379e-66c8-5abd-959f-1f4d504a90af', 4, 4, 'volume.flows.create_volume.CreateVolumeOnFinish', 'execute', 1, 1795945857540337, 1795945857540344, 'success', 'volume is available', '', 0, 0, ''),
	('3ad5c37b-ebe4-5fac-956b-11a1cf7c37c6', 2, 2, 'volume.flows.create_volume.CreateVolumeFromSpec', 'execute', 1, 1795945857534670, 1795945857562629, 'success', 'create from image 5dd4af42-6b30-4cf4-a65d-95966d2ccf25: first use on this backend, image fetched and converted (copied 65536 bytes)', '', 65536, 65536, ''),
	('3ad5c37b-ebe4-5fac-956b-11a1cf7c37c6', 3, 3, 'volume.flows.create_volume.handle_bootable_volume_glance_meta', 'execute', 1, 1795945857563596, 1795945857563615, 'success', 'bootable, 8 image metadata items copied from the image', '', 0, 0, ''),
	('3ad5c37b-ebe4-5fac-956b-11a1cf7c37c6', 4, 4, 'volume.flows.create_volume.CreateVolumeOnFinish', 'execute', 1, 1795945857564354, 1795945857564362, 'success', 'volume is available', '', 0, 0, ''),
	('b87892ab-2c98-4019-80ab-78366f566231', 7, 6, 'virt.block_device.DriverVolImageBlockDevice.attach', 'execute', 2, 1795945857564772, 1795945857589587, 'success', 'volume 294952bd-8edc-53c3-a203-1267828e43b0 is connected to host host-1 (local) as vda, attachment 99708ef0-a0ed-591f-911a-59359d06691f', '', 0, 0, ''),
	('b87892ab-2c98-4019-80ab-78366f566231', 8, 7, 'virt.block_device.DriverVolBlankBlockDevice.attach', 'execute', 1, 1795945857591696, 1795945857595571, 'success', 'volume cdbf59e7-fd12-58bb-bc7a-653e83c81ac4 is connected to host host-1 (local) as vdb, attachment 3abd28a1-fa6d-590a-bc51-0c8617db2128', '', 0, 0, ''),
	('b87892ab-2c98-4019-80ab-78366f566231', 9, 8, 'virt.libvirt.create_image', 'execute', 1, 1795945857596632, 1795945857596647, 'success', 'booted_from_volume = true: no image is fetched and no local disk is made, the disks are the volumes that _prep_block_device attached', '', 0, 0, ''),
	('b87892ab-2c98-4019-80ab-78366f566231', 10, 9, 'virt.libvirt.create_config_drive', 'execute', 1, 1795945857596907, 1795945857601130, 'success', 'config_drive = true: compute.force_config_drive gives one to every server; disk.config (raw, ISO 9660 "config-2", 0 bytes) has meta_data.json, network_data.json, vendor_data.json', '', 0, 0, ''),
	('b87892ab-2c98-4019-80ab-78366f566231', 11, 10, 'virt.libvirt.spawn', 'execute', 1, 1795945857601375, 1795945857605187, 'success', 'guest with 1 VCPUs, 64 MiB, 3 disks, 1 ports on host host-1: define 0.0 ms, create 1.7 ms', '', 0, 0, ''),
	('b87892ab-2c98-4019-80ab-78366f566231', 12, 11, 'compute.manager.active', 'execute', 1, 1795945857605422, 1795945857605435, 'success', 'vm_state active, task_state null, power_state running', '', 0, 0, 'vm_state active, task_state null, power_state running'),
	('37139350-7e4f-5866-846b-a87671193be2', 0, 0, 'volume.flows.create_volume.ExtractVolumeRequest', 'execute', 1, 1795945857638334, 1795945857638365, 'success', '1 GiB empty (raw), type kept-type, zone nova', '', 0, 0, ''),
	('37139350-7e4f-5866-846b-a87671193be2', 1, 1, 'volume.scheduler.create_volume', 'execute', 1, 1795945857638670, 1795945857639298, 'success', 'host-1@local#local chosen: most free space (71 GiB) of 1 fitting of 1 backends', '', 0, 0, ''),
	('37139350-7e4f-5866-846b-a87671193be2', 2, 2, 'volume.flows.create_volume.CreateVolumeFromSpec', 'execute', 1, 1795945857639552, 1795945857649421, 'success', 'raw: create an empty volume (format raw)', '', 0, 0, ''),
	('37139350-7e4f-5866-846b-a87671193be2', 3, 3, 'volume.flows.create_volume.handle_bootable_volume_glance_meta', 'execute', 1, 1795945857650017, 1795945857650031, 'success', 'not bootable: the source carries no image', '', 0, 0, ''),
	('37139350-7e4f-5866-846b-a87671193be2', 4, 4, 'volume.flows.create_volume.CreateVolumeOnFinish', 'execute', 1, 1795945857650163, 1795945857650170, 'success', 'volume is available', '', 0, 0, ''),
	('64d9b219-d21d-5159-a39c-942a52781441', 0, 0, 'volume.manager.create_snapshot', 'execute', 1, 1795945857696983, 1795945857711729, 'success', 'offline snapshot on host-1@local', '', 0, 0, ''),
	('381bbfce-472f-56fa-a25b-d4491c16eebc', 0, 0, 'volume.flows.create_volume.ExtractVolumeRequest', 'execute', 1, 1795945857732102, 1795945857732131, 'success', '1 GiB empty (raw), type __DEFAULT__, zone nova', '', 0, 0, ''),
	('381bbfce-472f-56fa-a25b-d4491c16eebc', 1, 1, 'volume.scheduler.create_volume', 'execute', 1, 1795945857732461, 1795945857732651, 'success', 'host-1@local#local chosen: most free space (71 GiB) of 1 fitting of 1 backends', '', 0, 0, ''),
	('381bbfce-472f-56fa-a25b-d4491c16eebc', 2, 2, 'volume.flows.create_volume.CreateVolumeFromSpec', 'execute', 1, 1795945857732914, 1795945857740378, 'success', 'raw: create an empty volume (format raw)', '', 0, 0, ''),
	('381bbfce-472f-56fa-a25b-d4491c16eebc', 3, 3, 'volume.flows.create_volume.handle_bootable_volume_glance_meta', 'execute', 1, 1795945857740817, 1795945857740827, 'success', 'not bootable: the source carries no image', '', 0, 0, ''),
	('381bbfce-472f-56fa-a25b-d4491c16eebc', 4, 4, 'volume.flows.create_volume.CreateVolumeOnFinish', 'execute', 1, 1795945857741046, 1795945857741053, 'success', 'volume is available', '', 0, 0, ''),
	('f5080e5b-f230-400b-b27a-f80dfc658b82', 0, 0, 'compute.manager.attach_volume', 'execute', 1, 1795945857762637, 1795945857763293, 'success', 'volume 0b25a0c8-2bad-40c4-b966-dc13e5312f18 is reserved as /dev/vdc, attachment 96437904-6c5b-559f-add1-1789ba7af8cb', '', 0, 0, ''),
	('f5080e5b-f230-400b-b27a-f80dfc658b82', 1, 1, 'virt.block_device.DriverVolumeBlockDevice.attach', 'execute', 1, 1795945857763498, 1795945857770661, 'success', 'volume 0b25a0c8-2bad-40c4-b966-dc13e5312f18 is connected to host host-1 (local) as vdc, attachment 96437904-6c5b-559f-add1-1789ba7af8cb; completed once the guest has it', '', 0, 0, ''),
	('f5080e5b-f230-400b-b27a-f80dfc658b82', 2, 2, 'virt.libvirt.attach_volume', 'execute', 1, 1795945857771799, 1795945857773905, 'success', 'the guest has volume 0b25a0c8-2bad-40c4-b966-dc13e5312f18 as /dev/vdc; attachment completed, volume in-use', '', 0, 0, ''),
	('9063ae97-e5ff-550e-bf34-3cd6b537b946', 0, 0, 'backup.api.create', 'execute', 1, 1795945857801045, 1795945857801070, 'success', 'full backup of volume e3a3cc0e-6c98-47d8-b6ea-e4690538a7ed, 1 GiB, in the directory of host host-1', '', 0, 0, ''),
	('9063ae97-e5ff-550e-bf34-3cd6b537b946', 1, 1, 'backup.chunkeddriver.backup', 'execute', 1, 1795945857801296, 1795945857818107, 'success', 'read 0 bytes; of 0 chunks with data 0 are new, stored in 0 bytes', '', 1073741824, 1073741824, ''),
	('9063ae97-e5ff-550e-bf34-3cd6b537b946', 2, 2, 'backup.manager.create_backup', 'execute', 1, 1795945857818792, 1795945857818806, 'success', 'backup is available', '', 0, 0, ''),
	('454a3b8c-d3a3-4194-816c-f068476d64ba', 0, 0, 'compute.manager.init_host', 'execute', 1, 1795945858166491, 1795945858170925, 'success', 'host host-1 is compared with the rows', '', 0, 0, ''),
	('466478f0-9427-48ef-b7b6-2033c3c3a625', 0, 0, 'compute.api.create', 'execute', 1, 1795945858319187, 1795945858319284, 'success', 'way: boot from image; booted_from_volume = false; block_device_mapping has 1 entry: source image, destination local: root disk comes from the image cache; no volume is created or attached', '', 0, 0, 'way: boot from image; booted_from_volume = false; block_device_mapping has 1 entry: source image, destination local: root disk comes from the image cache; no volume is created or attached'),
	('466478f0-9427-48ef-b7b6-2033c3c3a625', 1, 1, 'conductor.schedule', 'execute', 1, 1795945858322354, 1795945858323467, 'success', 'chose host host-1 of 1 that passed (RAM 64 <= free 5999999872 MiB, VCPUs 1 <= free 15999998, disk 1 <= free 99999999 GiB; weights: most free RAM, then fewest servers: 2)', '', 0, 0, ''),
	('466478f0-9427-48ef-b7b6-2033c3c3a625', 2, 2, 'compute.manager.build_networks', 'execute', 1, 1795945858328170, 1795945858339267, 'success', 'allocated 1 port: default 172.29.0.4 (fa:16:3e:2e:bc:3f, tap0094c072-a7 on vbr9db34356-e8)', '', 0, 0, 'allocated 1 port: default 172.29.0.4 (fa:16:3e:2e:bc:3f)'),
	('466478f0-9427-48ef-b7b6-2033c3c3a625', 3, 3, 'compute.manager.prep_block_device', 'execute', 1, 1795945858339735, 1795945858340241, 'success', 'block_device_mapping has 1 entry: source image, destination local (root): no create and no attach, the root disk is made later by create_image; nothing to attach: attach_block_devices returns at once', '', 0, 0, 'block_device_mapping has 1 entry: source image, destination local (root): no create and no attach, the root disk is made later by create_image; nothing to attach: attach_block_devices returns at once'),
	('466478f0-9427-48ef-b7b6-2033c3c3a625', 4, 4, 'virt.libvirt.imagecache.fetch_image', 'execute', 1, 1795945858341271, 1795945858342098, 'success', 'booted_from_volume = false: root disk is fetched from the image cache: base 0924ea0fdc3733e49bb94bc0d035503590538ef4, raw (cache hit)', '', 0, 0, ''),
	('466478f0-9427-48ef-b7b6-2033c3c3a625', 5, 5, 'virt.libvirt.imagebackend.Qcow2.create_image', 'execute', 1, 1795945858342422, 1795945858345810, 'success', 'booted_from_volume = false: root disk is a qcow2 overlay on the cached base of image 5dd4af42-6b30-4cf4-a65d-95966d2ccf25, disk (qcow2); image backend Qcow2', '', 0, 0, ''),
	('466478f0-9427-48ef-b7b6-2033c3c3a625', 6, 6, 'virt.libvirt.create_config_drive', 'execute', 1, 1795945858354066, 1795945858357761, 'success', 'config_drive = true: compute.force_config_drive gives one to every server; disk.config (raw, ISO 9660 "config-2", 0 bytes) has meta_data.json, network_data.json, vendor_data.json', '', 0, 0, '');


--
-- Data for Name: tokens; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.tokens VALUES
	('e9f2d9f7644ad61ec4685c329862972acb32c4d406123fea658afc769b011e3c', 'ac909b33-015c-4cf5-bf61-706399a7d4f2', 'e276dc64-dcf4-4502-b9c6-1eb05d00c1c4', NULL, 'password', 'rplbbKUb_T7hq1oTX3PSsQ', 1795945857172981, 1795960257172981, 0, NULL);


--
-- Data for Name: users; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.users VALUES
	('ac909b33-015c-4cf5-bf61-706399a7d4f2', 'default', 'admin', '$argon2id$v=19$m=19456,t=2,p=1$/F5fm8swlsgJOPYnJ8yNIQ$rlL5gA8JaMqf04aOdjnVNGEY+b9+/G/rH99bZGLa6RM', 'e276dc64-dcf4-4502-b9c6-1eb05d00c1c4', NULL, NULL, 1, 'admin', '{}', '{}', 1795945856849446, 0, 1795945856849446, 0, 0),
	('5ad76df5-687b-4472-82bc-7cdca16cecdd', 'default', 'kept-user', '$argon2id$v=19$m=19456,t=2,p=1$ULKhB54VA0JWyr/GmORufg$g832ZWMDsvvvrRcm234bHf7ViNG+UFHWalV0lydg8oY', 'd967ed64-4438-4c4f-962a-3adfe8f1e497', NULL, NULL, 1, 'kept-user', '{}', '{}', 1795945857267789, 0, 1795945857267789, 0, 0);


--
-- Data for Name: volume_attachments; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.volume_attachments VALUES
	('96437904-6c5b-559f-add1-1789ba7af8cb', '0b25a0c8-2bad-40c4-b966-dc13e5312f18', 'e276dc64-dcf4-4502-b9c6-1eb05d00c1c4', 'f8749c3f-9621-4057-9cc6-fb011b58c06b', 'attached', 'rw', '/dev/vdc', 'host-1', '{"driver_volume_type":"local","data":{"path":"/var/lib/kept/state/host/volumes/volume-0b25a0c8-2bad-40c4-b966-dc13e5312f18","format":"raw","size_gib":1,"encryption":"","access_mode":"rw","encrypted":false,"qos_specs":null},"serial":"0b25a0c8-2bad-40c4-b966-dc13e5312f18","volume_id":"0b25a0c8-2bad-40c4-b966-dc13e5312f18"}', 1795945857762258, 1795945857774092, 1795945857774169, 0),
	('99708ef0-a0ed-591f-911a-59359d06691f', '294952bd-8edc-53c3-a203-1267828e43b0', 'e276dc64-dcf4-4502-b9c6-1eb05d00c1c4', 'f8749c3f-9621-4057-9cc6-fb011b58c06b', 'attached', 'rw', '/dev/vda', 'host-1', '{"driver_volume_type":"local","data":{"path":"/var/lib/kept/state/host/volumes/volume-294952bd-8edc-53c3-a203-1267828e43b0","format":"qcow2","size_gib":1,"encryption":"","access_mode":"rw","encrypted":false,"qos_specs":null},"serial":"294952bd-8edc-53c3-a203-1267828e43b0","volume_id":"294952bd-8edc-53c3-a203-1267828e43b0"}', 1795945857567509, 1795945857591126, 1795945857591161, 0),
	('3abd28a1-fa6d-590a-bc51-0c8617db2128', 'cdbf59e7-fd12-58bb-bc7a-653e83c81ac4', 'e276dc64-dcf4-4502-b9c6-1eb05d00c1c4', 'f8749c3f-9621-4057-9cc6-fb011b58c06b', 'attached', 'rw', '/dev/vdb', 'host-1', '{"driver_volume_type":"local","data":{"path":"/var/lib/kept/state/host/volumes/volume-cdbf59e7-fd12-58bb-bc7a-653e83c81ac4","format":"raw","size_gib":1,"encryption":"","access_mode":"rw","encrypted":false,"qos_specs":null},"serial":"cdbf59e7-fd12-58bb-bc7a-653e83c81ac4","volume_id":"cdbf59e7-fd12-58bb-bc7a-653e83c81ac4"}', 1795945857592438, 1795945857596249, 1795945857596281, 0);


--
-- Data for Name: volume_backups; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.volume_backups VALUES
	('52cdb643-cf3a-485c-af9b-ccb8120bf28b', 'e276dc64-dcf4-4502-b9c6-1eb05d00c1c4', 'ac909b33-015c-4cf5-bf61-706399a7d4f2', 'e3a3cc0e-6c98-47d8-b6ea-e4690538a7ed', '', '', '52cdb643-cf3a-485c-af9b-ccb8120bf28b', 'kept-backup', '', '', 'nova', 'host-1', 1, 'available', '', 0, 0, '{}', '{"name":"kept-volume","description":"","bootable":false,"volume_type":"kept-type","metadata":{},"image_metadata":{}}', '9063ae97-e5ff-550e-bf34-3cd6b537b946', 1795945857799445, 1795945857799445, 1795945857818862, '');


--
-- Data for Name: volume_claims; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: volume_default_types; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: volume_group_snapshots; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: volume_group_types; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: volume_groups; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: volume_keys; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: volume_messages; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: volume_qos_specs; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: volume_quota_classes; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: volume_quotas; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: volume_services; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: volume_snapshots; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.volume_snapshots VALUES
	('1da85480-673e-4d52-95d2-26cbc270cb0d', 'e3a3cc0e-6c98-47d8-b6ea-e4690538a7ed', 'e276dc64-dcf4-4502-b9c6-1eb05d00c1c4', 'ac909b33-015c-4cf5-bf61-706399a7d4f2', 'kept-snapshot', '', 1, 'available', '{}', 0, '{}', '', '', '', '64d9b219-d21d-5159-a39c-942a52781441', 1795945857696402, 1795945857712111);


--
-- Data for Name: volume_transfers; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: volume_type_access; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: volume_type_encryption; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: volume_types; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.volume_types VALUES
	('e00cca5c-f733-4276-8c25-e5b81df33ca7', '__DEFAULT__', 'Default Volume Type', 1, '{}', '', 1795945856918180),
	('b36e3694-da90-4764-82c9-34b0651bb17a', 'kept-type', '', 1, '{"k":"v"}', '', 1795945857396168);


--
-- Data for Name: volumes; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.volumes VALUES
	('cdbf59e7-fd12-58bb-bc7a-653e83c81ac4', 'e276dc64-dcf4-4502-b9c6-1eb05d00c1c4', 'ac909b33-015c-4cf5-bf61-706399a7d4f2', 'f8749c3f-9621-4057-9cc6-fb011b58c06b-blank-vol', '', 1, 'in-use', 'attached', 0, 0, 'e00cca5c-f733-4276-8c25-e5b81df33ca7', 'nova', 'host-1', 'local', 1, '/var/lib/kept/state/host/volumes/volume-cdbf59e7-fd12-58bb-bc7a-653e83c81ac4', 'raw', '', '', '', '{}', '{}', '', '', '', 'b7ca379e-66c8-5abd-959f-1f4d504a90af', 1795945857512322, 1795945857596444, 1795945857545488, '', '', '', '', '', '{}'),
	('294952bd-8edc-53c3-a203-1267828e43b0', 'e276dc64-dcf4-4502-b9c6-1eb05d00c1c4', 'ac909b33-015c-4cf5-bf61-706399a7d4f2', '', '', 1, 'in-use', 'attached', 1, 0, 'e00cca5c-f733-4276-8c25-e5b81df33ca7', 'nova', 'host-1', 'local', 1, '/var/lib/kept/state/host/volumes/volume-294952bd-8edc-53c3-a203-1267828e43b0', 'qcow2', '5dd4af42-6b30-4cf4-a65d-95966d2ccf25', '', '', '{}', '{"image_id":"5dd4af42-6b30-4cf4-a65d-95966d2ccf25","image_name":"kept-image","checksum":"598bf98d5c865461aef3eaa8d95a0fd9","container_format":"bare","disk_format":"raw","min_disk":"0","min_ram":"0","size":"65536"}', '', '', '', '3ad5c37b-ebe4-5fac-956b-11a1cf7c37c6', 1795945857509869, 1795945857591442, 1795945857564569, '', '', '', '', '', '{}'),
	('0b25a0c8-2bad-40c4-b966-dc13e5312f18', 'e276dc64-dcf4-4502-b9c6-1eb05d00c1c4', 'ac909b33-015c-4cf5-bf61-706399a7d4f2', 'kept-attached', '', 1, 'in-use', 'attached', 0, 0, 'e00cca5c-f733-4276-8c25-e5b81df33ca7', 'nova', 'host-1', 'local', 1, '/var/lib/kept/state/host/volumes/volume-0b25a0c8-2bad-40c4-b966-dc13e5312f18', 'raw', '', '', '', '{}', '{}', '', '', '', '381bbfce-472f-56fa-a25b-d4491c16eebc', 1795945857731300, 1795945857774344, 1795945857741871, '', '', '', '', '', '{}'),
	('e3a3cc0e-6c98-47d8-b6ea-e4690538a7ed', 'e276dc64-dcf4-4502-b9c6-1eb05d00c1c4', 'ac909b33-015c-4cf5-bf61-706399a7d4f2', 'kept-volume', '', 1, 'available', 'detached', 0, 0, 'b36e3694-da90-4764-82c9-34b0651bb17a', 'nova', 'host-1', 'local', 1, '/var/lib/kept/state/host/volumes/volume-e3a3cc0e-6c98-47d8-b6ea-e4690538a7ed.1da85480-673e-4d52-95d2-26cbc270cb0d', 'qcow2', '', '', '', '{}', '{}', '', '', '', '37139350-7e4f-5866-846b-a87671193be2', 1795945857636937, 1795945857818973, 1795945857650337, '', '', '', '', '', '{}');


--
-- Name: block_devices block_devices_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.block_devices
    ADD CONSTRAINT block_devices_pkey PRIMARY KEY (id);


--
-- Name: catalog_endpoints catalog_endpoints_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.catalog_endpoints
    ADD CONSTRAINT catalog_endpoints_pkey PRIMARY KEY (id);


--
-- Name: catalog_regions catalog_regions_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.catalog_regions
    ADD CONSTRAINT catalog_regions_pkey PRIMARY KEY (id);


--
-- Name: catalog_services catalog_services_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.catalog_services
    ADD CONSTRAINT catalog_services_pkey PRIMARY KEY (id);


--
-- Name: compute_quotas compute_quotas_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.compute_quotas
    ADD CONSTRAINT compute_quotas_pkey PRIMARY KEY (project_id, resource);


--
-- Name: domains domains_name_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.domains
    ADD CONSTRAINT domains_name_key UNIQUE (name);


--
-- Name: domains domains_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.domains
    ADD CONSTRAINT domains_pkey PRIMARY KEY (id);


--
-- Name: flavor_projects flavor_projects_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.flavor_projects
    ADD CONSTRAINT flavor_projects_pkey PRIMARY KEY (flavor_id, project_id);


--
-- Name: flavors flavors_name_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.flavors
    ADD CONSTRAINT flavors_name_key UNIQUE (name);


--
-- Name: flavors flavors_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.flavors
    ADD CONSTRAINT flavors_pkey PRIMARY KEY (id);


--
-- Name: flows flows_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.flows
    ADD CONSTRAINT flows_pkey PRIMARY KEY (id);


--
-- Name: free_addresses free_addresses_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.free_addresses
    ADD CONSTRAINT free_addresses_pkey PRIMARY KEY (subnet_id, address_key);


--
-- Name: image_holds image_holds_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.image_holds
    ADD CONSTRAINT image_holds_pkey PRIMARY KEY (image_id, holder);


--
-- Name: image_labels image_labels_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.image_labels
    ADD CONSTRAINT image_labels_pkey PRIMARY KEY (image_id, kind, name);


--
-- Name: image_members image_members_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.image_members
    ADD CONSTRAINT image_members_pkey PRIMARY KEY (image_id, member_id);


--
-- Name: images images_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.images
    ADD CONSTRAINT images_pkey PRIMARY KEY (id);


--
-- Name: instance_actions instance_actions_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.instance_actions
    ADD CONSTRAINT instance_actions_pkey PRIMARY KEY (id);


--
-- Name: ip_allocations ip_allocations_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.ip_allocations
    ADD CONSTRAINT ip_allocations_pkey PRIMARY KEY (subnet_id, address_key);


--
-- Name: keypairs keypairs_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.keypairs
    ADD CONSTRAINT keypairs_pkey PRIMARY KEY (user_id, name);


--
-- Name: network_facts network_facts_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.network_facts
    ADD CONSTRAINT network_facts_pkey PRIMARY KEY (name);


--
-- Name: network_quotas network_quotas_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.network_quotas
    ADD CONSTRAINT network_quotas_pkey PRIMARY KEY (project_id, resource);


--
-- Name: networks networks_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.networks
    ADD CONSTRAINT networks_pkey PRIMARY KEY (id);


--
-- Name: port_security_groups port_security_groups_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.port_security_groups
    ADD CONSTRAINT port_security_groups_pkey PRIMARY KEY (port_id, security_group_id);


--
-- Name: ports ports_mac_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.ports
    ADD CONSTRAINT ports_mac_key UNIQUE (mac);


--
-- Name: ports ports_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.ports
    ADD CONSTRAINT ports_pkey PRIMARY KEY (id);


--
-- Name: projects projects_domain_id_name_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.projects
    ADD CONSTRAINT projects_domain_id_name_key UNIQUE (domain_id, name);


--
-- Name: projects projects_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.projects
    ADD CONSTRAINT projects_pkey PRIMARY KEY (id);


--
-- Name: role_assignments role_assignments_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.role_assignments
    ADD CONSTRAINT role_assignments_pkey PRIMARY KEY (user_id, target, target_id, role_id);


--
-- Name: roles roles_name_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.roles
    ADD CONSTRAINT roles_name_key UNIQUE (name);


--
-- Name: roles roles_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.roles
    ADD CONSTRAINT roles_pkey PRIMARY KEY (id);


--
-- Name: schema_versions schema_versions_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.schema_versions
    ADD CONSTRAINT schema_versions_pkey PRIMARY KEY (service);


--
-- Name: security_group_rules security_group_rules_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.security_group_rules
    ADD CONSTRAINT security_group_rules_pkey PRIMARY KEY (id);


--
-- Name: security_groups security_groups_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.security_groups
    ADD CONSTRAINT security_groups_pkey PRIMARY KEY (id);


--
-- Name: servers servers_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.servers
    ADD CONSTRAINT servers_pkey PRIMARY KEY (id);


--
-- Name: subnets subnets_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.subnets
    ADD CONSTRAINT subnets_pkey PRIMARY KEY (id);


--
-- Name: task_runs task_runs_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.task_runs
    ADD CONSTRAINT task_runs_pkey PRIMARY KEY (flow_id, seq);


--
-- Name: tokens tokens_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.tokens
    ADD CONSTRAINT tokens_pkey PRIMARY KEY (digest);


--
-- Name: users users_domain_id_name_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_domain_id_name_key UNIQUE (domain_id, name);


--
-- Name: users users_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);


--
-- Name: volume_attachments volume_attachments_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.volume_attachments
    ADD CONSTRAINT volume_attachments_pkey PRIMARY KEY (id);


--
-- Name: volume_backups volume_backups_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.volume_backups
    ADD CONSTRAINT volume_backups_pkey PRIMARY KEY (id);


--
-- Name: volume_claims volume_claims_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.volume_claims
    ADD CONSTRAINT volume_claims_pkey PRIMARY KEY (id);


--
-- Name: volume_default_types volume_default_types_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.volume_default_types
    ADD CONSTRAINT volume_default_types_pkey PRIMARY KEY (project_id);


--
-- Name: volume_group_snapshots volume_group_snapshots_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.volume_group_snapshots
    ADD CONSTRAINT volume_group_snapshots_pkey PRIMARY KEY (id);


--
-- Name: volume_group_types volume_group_types_name_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.volume_group_types
    ADD CONSTRAINT volume_group_types_name_key UNIQUE (name);


--
-- Name: volume_group_types volume_group_types_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.volume_group_types
    ADD CONSTRAINT volume_group_types_pkey PRIMARY KEY (id);


--
-- Name: volume_groups volume_groups_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.volume_groups
    ADD CONSTRAINT volume_groups_pkey PRIMARY KEY (id);


--
-- Name: volume_keys volume_keys_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.volume_keys
    ADD CONSTRAINT volume_keys_pkey PRIMARY KEY (id);


--
-- Name: volume_messages volume_messages_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.volume_messages
    ADD CONSTRAINT volume_messages_pkey PRIMARY KEY (id);


--
-- Name: volume_qos_specs volume_qos_specs_name_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.volume_qos_specs
    ADD CONSTRAINT volume_qos_specs_name_key UNIQUE (name);


--
-- Name: volume_qos_specs volume_qos_specs_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.volume_qos_specs
    ADD CONSTRAINT volume_qos_specs_pkey PRIMARY KEY (id);


--
-- Name: volume_quota_classes volume_quota_classes_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.volume_quota_classes
    ADD CONSTRAINT volume_quota_classes_pkey PRIMARY KEY (class_name, resource, volume_type_id);


--
-- Name: volume_quotas volume_quotas_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.volume_quotas
    ADD CONSTRAINT volume_quotas_pkey PRIMARY KEY (project_id, resource, volume_type_id);


--
-- Name: volume_services volume_services_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.volume_services
    ADD CONSTRAINT volume_services_pkey PRIMARY KEY (binary_name, host);


--
-- Name: volume_snapshots volume_snapshots_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.volume_snapshots
    ADD CONSTRAINT volume_snapshots_pkey PRIMARY KEY (id);


--
-- Name: volume_transfers volume_transfers_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.volume_transfers
    ADD CONSTRAINT volume_transfers_pkey PRIMARY KEY (id);


--
-- Name: volume_transfers volume_transfers_volume_id_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.volume_transfers
    ADD CONSTRAINT volume_transfers_volume_id_key UNIQUE (volume_id);


--
-- Name: volume_type_access volume_type_access_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.volume_type_access
    ADD CONSTRAINT volume_type_access_pkey PRIMARY KEY (volume_type_id, project_id);


--
-- Name: volume_type_encryption volume_type_encryption_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.volume_type_encryption
    ADD CONSTRAINT volume_type_encryption_pkey PRIMARY KEY (volume_type_id);


--
-- Name: volume_types volume_types_name_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.volume_types
    ADD CONSTRAINT volume_types_name_key UNIQUE (name);


--
-- Name: volume_types volume_types_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.volume_types
    ADD CONSTRAINT volume_types_pkey PRIMARY KEY (id);


--
-- Name: volumes volumes_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.volumes
    ADD CONSTRAINT volumes_pkey PRIMARY KEY (id);


--
-- Name: block_devices_server; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX block_devices_server ON public.block_devices USING btree (server_id, "position");


--
-- Name: block_devices_volume; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX block_devices_volume ON public.block_devices USING btree (volume_id);


--
-- Name: default_security_groups; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX default_security_groups ON public.security_groups USING btree (project_id) WHERE (is_default = 1);


--
-- Name: deleted_servers_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX deleted_servers_id ON public.deleted_servers USING btree (id);


--
-- Name: deleted_servers_project; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX deleted_servers_project ON public.deleted_servers USING btree (project_id, updated_us);


--
-- Name: deleted_servers_updated; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX deleted_servers_updated ON public.deleted_servers USING btree (updated_us);


--
-- Name: domains_by_name_key; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX domains_by_name_key ON public.domains USING btree (name_key);


--
-- Name: flows_by_end; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX flows_by_end ON public.flows USING btree (ended_us);


--
-- Name: flows_by_parent; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX flows_by_parent ON public.flows USING btree (parent);


--
-- Name: flows_by_resource; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX flows_by_resource ON public.flows USING btree (resource, started_us);


--
-- Name: flows_unfinished; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX flows_unfinished ON public.flows USING btree (ended_us) WHERE (ended_us = 0);


--
-- Name: image_holds_by_holder; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX image_holds_by_holder ON public.image_holds USING btree (holder);


--
-- Name: image_members_by_member; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX image_members_by_member ON public.image_members USING btree (member_id);


--
-- Name: images_by_creation; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX images_by_creation ON public.images USING btree (created_us, id);


--
-- Name: images_by_owner; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX images_by_owner ON public.images USING btree (owner);


--
-- Name: images_of_owner; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX images_of_owner ON public.images USING btree (owner) WHERE (status <> 'deleted'::text);


--
-- Name: instance_actions_server; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX instance_actions_server ON public.instance_actions USING btree (server_id, start_us);


--
-- Name: ip_allocations_by_address; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ip_allocations_by_address ON public.ip_allocations USING btree (address);


--
-- Name: ip_allocations_by_port; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ip_allocations_by_port ON public.ip_allocations USING btree (port_id);


--
-- Name: networks_by_project; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX networks_by_project ON public.networks USING btree (project_id);


--
-- Name: old_passwords_by_user; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX old_passwords_by_user ON public.old_passwords USING btree (user_id, changed_us);


--
-- Name: port_security_groups_by_group; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX port_security_groups_by_group ON public.port_security_groups USING btree (security_group_id);


--
-- Name: ports_by_device; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ports_by_device ON public.ports USING btree (device_id);


--
-- Name: ports_by_host; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ports_by_host ON public.ports USING btree (host_id);


--
-- Name: ports_by_network; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ports_by_network ON public.ports USING btree (network_id);


--
-- Name: ports_by_project; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ports_by_project ON public.ports USING btree (project_id);


--
-- Name: ports_by_server; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ports_by_server ON public.ports USING btree (server_id);


--
-- Name: projects_by_name_key; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX projects_by_name_key ON public.projects USING btree (domain_id, name_key);


--
-- Name: role_assignments_by_target; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX role_assignments_by_target ON public.role_assignments USING btree (target, target_id);


--
-- Name: roles_by_name_key; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX roles_by_name_key ON public.roles USING btree (name_key);


--
-- Name: security_group_rules_by_group; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX security_group_rules_by_group ON public.security_group_rules USING btree (security_group_id);


--
-- Name: security_group_rules_by_project; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX security_group_rules_by_project ON public.security_group_rules USING btree (project_id);


--
-- Name: security_group_rules_by_remote; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX security_group_rules_by_remote ON public.security_group_rules USING btree (remote_group_id);


--
-- Name: security_groups_by_project; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX security_groups_by_project ON public.security_groups USING btree (project_id);


--
-- Name: servers_created; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX servers_created ON public.servers USING btree (created_us, id);


--
-- Name: servers_host; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX servers_host ON public.servers USING btree (host);


--
-- Name: servers_project; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX servers_project ON public.servers USING btree (project_id, created_us, id);


--
-- Name: servers_state; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX servers_state ON public.servers USING btree (vm_state, task_state);


--
-- Name: subnets_by_network; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX subnets_by_network ON public.subnets USING btree (network_id);


--
-- Name: subnets_by_project; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX subnets_by_project ON public.subnets USING btree (project_id);


--
-- Name: tokens_by_expiry; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX tokens_by_expiry ON public.tokens USING btree (expires_us);


--
-- Name: tokens_by_parent; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX tokens_by_parent ON public.tokens USING btree (parent_digest);


--
-- Name: tokens_by_project; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX tokens_by_project ON public.tokens USING btree (project_id);


--
-- Name: tokens_by_user; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX tokens_by_user ON public.tokens USING btree (user_id);


--
-- Name: users_by_name_key; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX users_by_name_key ON public.users USING btree (domain_id, name_key);


--
-- Name: volume_attachments_by_server; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX volume_attachments_by_server ON public.volume_attachments USING btree (server_id);


--
-- Name: volume_attachments_by_volume; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX volume_attachments_by_volume ON public.volume_attachments USING btree (volume_id);


--
-- Name: volume_backups_by_data; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX volume_backups_by_data ON public.volume_backups USING btree (data_id);


--
-- Name: volume_backups_by_key; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX volume_backups_by_key ON public.volume_backups USING btree (encryption_key_id);


--
-- Name: volume_backups_by_parent; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX volume_backups_by_parent ON public.volume_backups USING btree (parent_id);


--
-- Name: volume_backups_by_project; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX volume_backups_by_project ON public.volume_backups USING btree (project_id, created_us, id);


--
-- Name: volume_backups_by_volume; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX volume_backups_by_volume ON public.volume_backups USING btree (volume_id);


--
-- Name: volume_claims_by_project; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX volume_claims_by_project ON public.volume_claims USING btree (project_id);


--
-- Name: volume_claims_by_server; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX volume_claims_by_server ON public.volume_claims USING btree (server_id);


--
-- Name: volume_claims_by_snapshot; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX volume_claims_by_snapshot ON public.volume_claims USING btree (snapshot_id);


--
-- Name: volume_group_snapshots_by_group; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX volume_group_snapshots_by_group ON public.volume_group_snapshots USING btree (group_id);


--
-- Name: volume_group_snapshots_by_project; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX volume_group_snapshots_by_project ON public.volume_group_snapshots USING btree (project_id, created_us, id);


--
-- Name: volume_groups_by_project; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX volume_groups_by_project ON public.volume_groups USING btree (project_id, created_us, id);


--
-- Name: volume_messages_by_project; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX volume_messages_by_project ON public.volume_messages USING btree (project_id, created_us);


--
-- Name: volume_snapshots_by_group_snapshot; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX volume_snapshots_by_group_snapshot ON public.volume_snapshots USING btree (group_snapshot_id);


--
-- Name: volume_snapshots_by_project; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX volume_snapshots_by_project ON public.volume_snapshots USING btree (project_id, created_us, id);


--
-- Name: volume_snapshots_by_volume; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX volume_snapshots_by_volume ON public.volume_snapshots USING btree (volume_id);


--
-- Name: volume_transfers_by_project; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX volume_transfers_by_project ON public.volume_transfers USING btree (project_id, created_us, id);


--
-- Name: volumes_by_backend; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX volumes_by_backend ON public.volumes USING btree (host, backend);


--
-- Name: volumes_by_creator; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX volumes_by_creator ON public.volumes USING btree (created_for) WHERE (created_for <> ''::text);


--
-- Name: volumes_by_group; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX volumes_by_group ON public.volumes USING btree (group_id);


--
-- Name: volumes_by_key; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX volumes_by_key ON public.volumes USING btree (encryption_key_id);


--
-- Name: volumes_by_other_backend; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX volumes_by_other_backend ON public.volumes USING btree (other_host, other_backend);


--
-- Name: volumes_by_project; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX volumes_by_project ON public.volumes USING btree (project_id, created_us, id);


--
-- Name: volumes_by_snapshot; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX volumes_by_snapshot ON public.volumes USING btree (snapshot_id);


--
-- Name: volumes_by_source; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX volumes_by_source ON public.volumes USING btree (source_volid);


--
-- Name: volumes_by_status; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX volumes_by_status ON public.volumes USING btree (status);


--
-- Name: volumes_by_type; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX volumes_by_type ON public.volumes USING btree (volume_type_id);


--
-- Name: free_addresses free_addresses_subnet_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.free_addresses
    ADD CONSTRAINT free_addresses_subnet_id_fkey FOREIGN KEY (subnet_id) REFERENCES public.subnets(id);


--
-- Name: ip_allocations ip_allocations_port_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.ip_allocations
    ADD CONSTRAINT ip_allocations_port_id_fkey FOREIGN KEY (port_id) REFERENCES public.ports(id);


--
-- Name: ip_allocations ip_allocations_subnet_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.ip_allocations
    ADD CONSTRAINT ip_allocations_subnet_id_fkey FOREIGN KEY (subnet_id) REFERENCES public.subnets(id);


--
-- Name: port_security_groups port_security_groups_port_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.port_security_groups
    ADD CONSTRAINT port_security_groups_port_id_fkey FOREIGN KEY (port_id) REFERENCES public.ports(id);


--
-- Name: port_security_groups port_security_groups_security_group_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.port_security_groups
    ADD CONSTRAINT port_security_groups_security_group_id_fkey FOREIGN KEY (security_group_id) REFERENCES public.security_groups(id);


--
-- Name: ports ports_network_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.ports
    ADD CONSTRAINT ports_network_id_fkey FOREIGN KEY (network_id) REFERENCES public.networks(id);


--
-- Name: security_group_rules security_group_rules_security_group_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.security_group_rules
    ADD CONSTRAINT security_group_rules_security_group_id_fkey FOREIGN KEY (security_group_id) REFERENCES public.security_groups(id);


--
-- Name: subnets subnets_network_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.subnets
    ADD CONSTRAINT subnets_network_id_fkey FOREIGN KEY (network_id) REFERENCES public.networks(id);


--
-- PostgreSQL database dump complete
--


