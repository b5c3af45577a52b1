-- Who is in a cluster on Orleans, and the statements by which Orleans' AdoNet provider reads and changes that. The provider
-- chooses the names of OrleansQuery, of the keys in it, and of what its statements take and give; all else is ours. As with
-- every other table, the service's role selects here and changes by functions.

-- Each change of the members makes a new version, and is made only by who has read the latest one; all else is false.
CREATE TABLE cluster_versions (
    cluster text PRIMARY KEY,
    version integer NOT NULL
);

CREATE TABLE cluster_members (
    cluster text NOT NULL REFERENCES cluster_versions,
    address text NOT NULL,
    port integer NOT NULL,
    generation integer NOT NULL,
    name text NOT NULL,
    host text NOT NULL,
    proxy_port integer NOT NULL,
    status integer NOT NULL,
    suspicions text,
    started_at timestamptz NOT NULL,
    alive_at timestamptz NOT NULL,
    PRIMARY KEY (cluster, address, port, generation)
);

CREATE FUNCTION found_cluster(p_cluster text) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = codesigning, pg_temp AS
$$
BEGIN
    INSERT INTO cluster_versions (cluster, version) VALUES (p_cluster, 0) ON CONFLICT DO NOTHING;
    RETURN FOUND;
END
$$;

CREATE FUNCTION add_cluster_member(
    p_cluster text, p_version integer, p_address text, p_port integer, p_generation integer, p_name text, p_host text,
    p_proxy_port integer, p_status integer, p_started_at timestamptz, p_alive_at timestamptz)
RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = codesigning, pg_temp AS
$$
BEGIN
    UPDATE cluster_versions SET version = version + 1 WHERE cluster = p_cluster AND version = p_version;
    IF NOT FOUND THEN
        RETURN false;
    END IF;

    INSERT INTO cluster_members (cluster, address, port, generation, name, host, proxy_port, status, started_at, alive_at)
        VALUES (p_cluster, p_address, p_port, p_generation, p_name, p_host, p_proxy_port, p_status, p_started_at, p_alive_at);
    RETURN true;
END
$$;

CREATE FUNCTION change_cluster_member(
    p_cluster text, p_version integer, p_address text, p_port integer, p_generation integer, p_status integer,
    p_suspicions text, p_alive_at timestamptz)
RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = codesigning, pg_temp AS
$$
BEGIN
    UPDATE cluster_versions SET version = version + 1 WHERE cluster = p_cluster AND version = p_version;
    IF NOT FOUND THEN
        RETURN false;
    END IF;

    UPDATE cluster_members SET status = p_status, suspicions = p_suspicions, alive_at = p_alive_at
        WHERE cluster = p_cluster AND address = p_address AND port = p_port AND generation = p_generation;
    IF NOT FOUND THEN
        -- The error takes the version back too.
        RAISE EXCEPTION 'The cluster % has no member %:%@%.', p_cluster, p_address, p_port, p_generation USING ERRCODE = 'no_data_found';
    END IF;

    RETURN true;
END
$$;

-- A sign of life is no change of the members.
CREATE FUNCTION note_cluster_member_alive(
    p_cluster text, p_address text, p_port integer, p_generation integer, p_alive_at timestamptz)
RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = codesigning, pg_temp AS
$$
    UPDATE cluster_members SET alive_at = p_alive_at
        WHERE cluster = p_cluster AND address = p_address AND port = p_port AND generation = p_generation
$$;

-- 3 is Orleans' number of a member that is active.
CREATE FUNCTION forget_cluster_members(p_cluster text, p_silent_since timestamptz) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = codesigning, pg_temp AS
$$
    DELETE FROM cluster_members WHERE cluster = p_cluster AND alive_at < p_silent_since AND status <> 3
$$;

-- What the provider reads: a version, with each of its members where there are any.
CREATE VIEW cluster_membership AS
    SELECT
        v.cluster, v.version AS "Version", m.address AS "Address", m.port AS "Port", m.generation AS "Generation",
        m.name AS "SiloName", m.host AS "HostName", m.proxy_port AS "ProxyPort", m.status AS "Status",
        m.suspicions AS "SuspectTimes", m.started_at AS "StartTime", m.alive_at AS "IAmAliveTime"
    FROM cluster_versions v LEFT JOIN cluster_members m USING (cluster);

CREATE TABLE OrleansQuery (
    QueryKey text PRIMARY KEY,
    QueryText text NOT NULL
);

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES
    ('InsertMembershipVersionKey', 'SELECT codesigning.found_cluster(@DeploymentId)'),
    ('InsertMembershipKey',
        'SELECT codesigning.add_cluster_member(@DeploymentId, @Version, @Address, @Port, @Generation, @SiloName, @HostName, '
        '@ProxyPort, @Status, @StartTime, @IAmAliveTime)'),
    ('UpdateMembershipKey',
        'SELECT codesigning.change_cluster_member(@DeploymentId, @Version, @Address, @Port, @Generation, @Status, @SuspectTimes, '
        '@IAmAliveTime)'),
    ('UpdateIAmAlivetimeKey',
        'SELECT codesigning.note_cluster_member_alive(@DeploymentId, @Address, @Port, @Generation, @IAmAliveTime)'),
    ('CleanupDefunctSiloEntriesKey', 'SELECT codesigning.forget_cluster_members(@DeploymentId, @IAmAliveTime)'),
    -- The provider demands that it is there. Nodes never dissolve a cluster, and their role may not.
    ('DeleteMembershipTableEntriesKey', 'DELETE FROM codesigning.cluster_versions WHERE cluster = @DeploymentId'),
    ('MembershipReadAllKey', 'SELECT * FROM codesigning.cluster_membership WHERE cluster = @DeploymentId'),
    -- The version comes without a member where there is none of that address.
    ('MembershipReadRowKey',
        'SELECT m.*, v.version AS "Version" FROM codesigning.cluster_versions v LEFT JOIN codesigning.cluster_membership m '
        'ON m.cluster = v.cluster AND m."Address" = @Address AND m."Port" = @Port AND m."Generation" = @Generation '
        'WHERE v.cluster = @DeploymentId'),
    ('GatewaysQueryKey',
        'SELECT "Address", "ProxyPort", "Generation" FROM codesigning.cluster_membership '
        'WHERE cluster = @DeploymentId AND "Status" = @Status AND "ProxyPort" > 0');
