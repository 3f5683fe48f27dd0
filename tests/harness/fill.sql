-- Rows of :servers servers beside :templates, an array of ids of servers that were booted with one port each: all that a
-- boot leaves but its trace, on each of :hosts hosts as many. Ids as tests/bench/simulate/guests.cpp knows them.
BEGIN;

CREATE TEMPORARY TABLE filled ON COMMIT DROP AS
SELECT number,
       digits,
       digits || '-5e17-4000-8000-000000000000' AS id,
       digits || '-9017-4000-8000-000000000000' AS port,
       'sim-' || lpad((number % :hosts)::text, 5, '0') AS host,
       (extract(epoch FROM now()) * 1000000)::bigint - (:servers - number) * 1000 AS made_us,
       template,
       (SELECT id FROM ports WHERE server_id = template) AS template_port
FROM (SELECT number, lpad(to_hex(number), 8, '0') AS digits,
             (:templates)[1 + number % cardinality(:templates)] AS template
      FROM generate_series(0, :servers - 1) AS number) AS numbers;
ANALYZE filled;

-- What is not as in the row that is copied.
CREATE TEMPORARY TABLE differs (in_table text, in_column text, value text) ON COMMIT DROP;
INSERT INTO differs VALUES
    ('servers', 'id', 'f.id'),
    ('servers', 'name', $$'filled-' || f.number$$),
    ('servers', 'hostname', $$'filled-' || f.number$$),
    ('servers', 'host', 'f.host'),
    ('servers', 'created_us', 'f.made_us'),
    ('servers', 'updated_us', 'f.made_us'),
    ('servers', 'launched_us', 'f.made_us'),
    ('allocations', 'server_id', 'f.id'),
    ('allocations', 'host', 'f.host'),
    ('block_devices', 'id', $$f.digits || '-b10c-4000-8000-' || lpad(t.position::text, 12, '0')$$),
    ('block_devices', 'server_id', 'f.id'),
    ('instance_actions', 'id', $$f.digits || '-ac71-4000-8000-000000000000'$$),
    ('instance_actions', 'server_id', 'f.id'),
    ('instance_actions', 'server_name', $$'filled-' || f.number$$),
    ('instance_actions', 'start_us', 'f.made_us'),
    ('ports', 'id', 'f.port'),
    ('ports', 'device_id', 'f.id'),
    ('ports', 'server_id', 'f.id'),
    ('ports', 'host_id', 'f.host'),
    ('ports', 'mac', $$'0e:5e' || regexp_replace(f.digits, '(..)', ':\1', 'g')$$),
    ('ip_allocations', 'port_id', 'f.port'),
    ('ip_allocations', 'address', $$host('10.64.0.0'::inet + f.number)$$),
    ('ip_allocations', 'address_key', $$lpad(to_hex(x'0a400000'::bigint + f.number), 32, '0')$$),
    ('port_security_groups', 'port_id', 'f.port');

CREATE TEMPORARY TABLE copied (place int, of_table text, template_row text) ON COMMIT DROP;
INSERT INTO copied VALUES
    (1, 'servers', 't.id = f.template'),
    (2, 'allocations', 't.server_id = f.template'),
    (3, 'block_devices', 't.server_id = f.template'),
    (4, 'instance_actions', 't.server_id = f.template'),
    (5, 'ports', 't.server_id = f.template'),
    (6, 'ip_allocations', 't.port_id = f.template_port'),
    (7, 'port_security_groups', 't.port_id = f.template_port');

-- One INSERT for each table, of all its columns.
SELECT format('INSERT INTO %s (%s) SELECT %s FROM filled f JOIN %s t ON %s ORDER BY f.number', of_table,
              string_agg(column_name, ', ' ORDER BY ordinal_position),
              string_agg(coalesce(value, 't.' || column_name), ', ' ORDER BY ordinal_position), of_table, template_row)
FROM copied
JOIN information_schema.columns ON table_name = of_table AND table_schema = current_schema
LEFT JOIN differs ON in_table = of_table AND in_column = column_name
GROUP BY place, of_table, template_row ORDER BY place
\gexec

UPDATE hosts SET servers = hosts.servers + more.servers, used_vcpus = used_vcpus + more.vcpus,
                 used_memory_mib = used_memory_mib + more.memory_mib, used_disk_gib = used_disk_gib + more.disk_gib
FROM (SELECT a.host, count(*) AS servers, sum(a.vcpus)::bigint AS vcpus, sum(a.memory_mib)::bigint AS memory_mib,
             sum(a.disk_gib)::bigint AS disk_gib
      FROM allocations a JOIN filled f ON f.id = a.server_id GROUP BY a.host) AS more
WHERE more.host = hosts.name;

INSERT INTO project_usage (project_id, servers, vcpus, memory_mib)
SELECT project_id, count(*), sum(vcpus), sum(memory_mib) FROM servers JOIN filled ON filled.id = servers.id GROUP BY project_id
ON CONFLICT (project_id) DO UPDATE SET servers = project_usage.servers + excluded.servers,
    vcpus = project_usage.vcpus + excluded.vcpus, memory_mib = project_usage.memory_mib + excluded.memory_mib;

INSERT INTO port_usage (project_id, ports)
SELECT project_id, count(*) FROM ports JOIN filled ON filled.port = ports.id GROUP BY project_id
ON CONFLICT (project_id) DO UPDATE SET ports = port_usage.ports + excluded.ports;

COMMIT;
ANALYZE;
