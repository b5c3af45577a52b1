-- Writes of what decides nothing.

CREATE FUNCTION add_observations(p_subjects text[], p_whats text[], p_lasts bigint[], p_counts bigint[]) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = codesigning, pg_temp AS
$$
    INSERT INTO observations AS o (subject, what, last_ms, count)
        SELECT p.subject, p.what, p.last_ms, p.count FROM unnest(p_subjects, p_whats, p_lasts, p_counts) AS p (subject, what, last_ms, count)
        ORDER BY p.subject, p.what
        ON CONFLICT (subject, what) DO UPDATE
            SET last_ms = greatest(o.last_ms, excluded.last_ms), count = o.count + excluded.count
$$;

CREATE FUNCTION purge_answers(p_made_before_ms bigint, p_limit integer) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = codesigning, pg_temp AS
$$
DECLARE
    v_count integer;
BEGIN
    DELETE FROM answers WHERE (caller, scope, key) IN (
        SELECT a.caller, a.scope, a.key FROM answers a WHERE a.made_ms < p_made_before_ms ORDER BY a.made_ms LIMIT p_limit
        FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS v_count = ROW_COUNT;
    RETURN v_count;
END
$$;

CREATE FUNCTION upsert_reminder(
    p_grain_id text, p_name text, p_grain_hash bigint, p_start_ms bigint, p_period_ms bigint, p_version bigint, p_expected bigint)
RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = codesigning, pg_temp AS
$$
BEGIN
    IF p_expected IS NULL THEN
        INSERT INTO reminders (grain_id, name, grain_hash, start_ms, period_ms, version)
            VALUES (p_grain_id, p_name, p_grain_hash, p_start_ms, p_period_ms, p_version)
            ON CONFLICT (grain_id, name) DO UPDATE SET grain_hash = excluded.grain_hash, start_ms = excluded.start_ms,
                period_ms = excluded.period_ms, version = excluded.version;
    ELSE
        UPDATE reminders SET grain_hash = p_grain_hash, start_ms = p_start_ms, period_ms = p_period_ms, version = p_version
            WHERE grain_id = p_grain_id AND name = p_name AND version = p_expected;
    END IF;

    RETURN FOUND;
END
$$;

CREATE FUNCTION remove_reminder(p_grain_id text, p_name text, p_version bigint) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = codesigning, pg_temp AS
$$
BEGIN
    DELETE FROM reminders WHERE grain_id = p_grain_id AND name = p_name AND version = p_version;
    RETURN FOUND;
END
$$;
