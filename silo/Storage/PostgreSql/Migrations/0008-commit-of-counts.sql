-- What a signature under a grant changes is the count of its uses, which has no name, no links, and is not deleted by a commit
-- such as this: the statements about these are left out.
CREATE OR REPLACE FUNCTION commit_batch(
    p_stream text,
    p_number bigint, p_hash bytea, p_batch uuid,
    p_next_number bigint, p_next_hash bytea, p_next_batch uuid,
    p_at_ms bigint, p_tolerance_ms bigint, p_until_ms bigint, p_answers_kept_ms bigint,
    p_lock_types text[], p_lock_ids text[],
    p_basis_types text[], p_basis_ids text[], p_basis_versions bigint[],
    p_use_grants text[], p_use_counts bigint[],
    p_counter_ids text[], p_counter_increments bigint[], p_counter_max bigint[],
    p_write_types text[], p_write_ids text[], p_write_versions bigint[], p_write_contents text[], p_write_seals bytea[],
    p_write_names text[], p_write_parents text[], p_write_statuses text[], p_write_untils bigint[],
    p_link_types text[], p_link_ids text[], p_links text[], p_link_parents text[], p_link_statuses text[],
    p_answer_callers text[], p_answer_scopes text[], p_answer_keys text[], p_answer_hashes bytea[], p_answers bytea[],
    p_entry_operations text[], p_entry_kinds text[], p_entry_outcomes text[], p_entry_signers text[], p_entry_actors text[],
    p_entry_grants text[], p_entry_uses bigint[], p_entry_json text[],
    p_head text,
    OUT status integer, OUT at_ms bigint, OUT is_time_off boolean,
    OUT stale jsonb, OUT uses jsonb, OUT counters_full jsonb, OUT names jsonb, OUT answered jsonb)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = codesigning, pg_temp
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS
$$
DECLARE
    committed CONSTANT integer := 0;
    already_committed CONSTANT integer := 1;
    refused CONSTANT integer := 2;
    head_moved CONSTANT integer := 3;
    v_stream ledger_streams%ROWTYPE;
    v_count bigint;
    v_is_counts_alone boolean := p_write_types <@ ARRAY['use-count'] AND 0 <> ALL (p_write_versions);
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'commit_batch must run at READ COMMITTED';
    END IF;

    is_time_off := false;
    SELECT * INTO v_stream FROM ledger_streams s WHERE s.id = p_stream FOR UPDATE;
    IF FOUND AND v_stream.batch = p_next_batch THEN
        status := already_committed;
        at_ms := now_ms();
        RETURN;
    END IF;

    IF NOT FOUND OR v_stream.closed_ms IS NOT NULL
        OR v_stream.number <> p_number OR v_stream.hash <> p_hash OR v_stream.batch <> p_batch THEN
        status := head_moved;
        at_ms := now_ms();
        RETURN;
    END IF;

    IF p_lock_types IS NOT NULL THEN
        PERFORM 1 FROM states s JOIN unnest(p_lock_types, p_lock_ids) AS l (type, id) ON s.type = l.type AND s.id = l.id
            ORDER BY s.type, s.id FOR UPDATE OF s;
    END IF;

    at_ms := now_ms();
    IF p_entry_json IS NOT NULL AND abs(at_ms - p_at_ms) > p_tolerance_ms THEN
        is_time_off := true;
    END IF;

    IF p_basis_types IS NOT NULL THEN
        SELECT jsonb_agg(jsonb_build_array(b.type, b.id, coalesce(s.version, 0))) INTO stale
            FROM unnest(p_basis_types, p_basis_ids, p_basis_versions) AS b (type, id, version)
            LEFT JOIN states s ON s.type = b.type AND s.id = b.id
            WHERE coalesce(s.version, 0) <> b.version;
    END IF;

    IF p_use_grants IS NOT NULL THEN
        SELECT jsonb_agg(jsonb_build_array(u.id, c.count)) INTO uses
            FROM unnest(p_use_grants, p_use_counts) AS u (id, count)
            CROSS JOIN LATERAL (SELECT coalesce(
                (SELECT e.use FROM ledger_entries e WHERE e.grant_id = u.id AND e.use IS NOT NULL ORDER BY e.use DESC LIMIT 1), 0)
                AS count) c
            WHERE c.count <> u.count;
    END IF;

    IF p_counter_ids IS NOT NULL THEN
        SELECT jsonb_agg(jsonb_build_array(c.id, c.count)) INTO counters_full
            FROM unnest(p_counter_ids, p_counter_max) AS p (id, max) JOIN counters c ON c.id = p.id
            WHERE c.count > p.max;
        -- A counter that is not there stands at 0, and a limit may be 0.
        IF counters_full IS NULL THEN
            SELECT jsonb_agg(jsonb_build_array(p.id, 0)) INTO counters_full
                FROM unnest(p_counter_ids, p_counter_max) AS p (id, max)
                WHERE p.max < 0 AND NOT EXISTS (SELECT 1 FROM counters c WHERE c.id = p.id);
        END IF;
    END IF;

    IF NOT v_is_counts_alone THEN
        SELECT jsonb_agg(jsonb_build_array(w.type, w.name)) INTO names
            FROM unnest(p_write_types, p_write_names, p_write_versions) AS w (type, name, version)
            JOIN states s ON s.type = w.type AND s.name = w.name
            WHERE w.version > 0 AND NOT EXISTS (
                SELECT 1 FROM unnest(p_write_types, p_write_ids) AS o (type, id) WHERE o.type = s.type AND o.id = s.id);
    END IF;

    IF p_answer_keys IS NOT NULL THEN
        SELECT jsonb_agg(jsonb_build_array(a.caller, a.scope, a.key)) INTO answered
            FROM unnest(p_answer_callers, p_answer_scopes, p_answer_keys) AS p (caller, scope, key)
            JOIN answers a ON a.caller = p.caller AND a.scope = p.scope AND a.key = p.key
            WHERE a.made_ms > at_ms - p_answers_kept_ms;
    END IF;

    IF is_time_off OR p_until_ms <= at_ms OR stale IS NOT NULL OR uses IS NOT NULL OR counters_full IS NOT NULL
        OR names IS NOT NULL OR answered IS NOT NULL THEN
        status := refused;
        RETURN;
    END IF;

    -- From here on, whatever another transaction did since the comparisons above shows as a violated unique index or a
    -- missing row; either ends the transaction, and the caller proposes the batch again.
    IF NOT v_is_counts_alone THEN
        DELETE FROM state_links l USING unnest(p_write_types, p_write_ids) AS w (type, id) WHERE l.type = w.type AND l.id = w.id;
        DELETE FROM states s USING unnest(p_write_types, p_write_ids, p_write_versions) AS w (type, id, version)
            WHERE s.type = w.type AND s.id = w.id AND w.version = 0;
        -- Names move within a batch: they are given up before they are taken.
        UPDATE states s SET name = NULL FROM unnest(p_write_types, p_write_ids, p_write_names) AS w (type, id, name)
            WHERE s.type = w.type AND s.id = w.id AND s.name IS NOT NULL AND s.name IS DISTINCT FROM w.name;
    END IF;

    IF p_write_types IS NOT NULL THEN
        INSERT INTO states AS s (type, id, version, content, seal, name, parent, status, until_ms)
            SELECT w.* FROM unnest(
                p_write_types, p_write_ids, p_write_versions, p_write_contents, p_write_seals,
                p_write_names, p_write_parents, p_write_statuses, p_write_untils)
                AS w (type, id, version, content, seal, name, parent, status, until_ms)
            WHERE w.version > 0
            ORDER BY w.type, w.id
            ON CONFLICT (type, id) DO UPDATE SET version = excluded.version, content = excluded.content, seal = excluded.seal,
                name = excluded.name, parent = excluded.parent, status = excluded.status, until_ms = excluded.until_ms
                WHERE s.version = excluded.version - 1;
        GET DIAGNOSTICS v_count = ROW_COUNT;
        IF v_count <> (SELECT count(*) FROM unnest(p_write_versions) AS w (version) WHERE w.version > 0) THEN
            RAISE EXCEPTION 'a state was made meanwhile' USING ERRCODE = 'serialization_failure';
        END IF;
    END IF;

    IF p_link_types IS NOT NULL THEN
        INSERT INTO state_links (type, link, id, parent, status)
            SELECT l.type, l.link, l.id, l.parent, l.status
            FROM unnest(p_link_types, p_links, p_link_ids, p_link_parents, p_link_statuses) AS l (type, link, id, parent, status)
            ON CONFLICT DO NOTHING;
    END IF;

    IF p_counter_ids IS NOT NULL THEN
        WITH counted AS (
            INSERT INTO counters AS c (id, count)
                SELECT p.id, p.increment FROM unnest(p_counter_ids, p_counter_increments) AS p (id, increment) ORDER BY p.id
                ON CONFLICT (id) DO UPDATE SET count = c.count + excluded.count
                RETURNING c.id, c.count)
        SELECT count(*) INTO v_count
            FROM counted JOIN unnest(p_counter_ids, p_counter_increments, p_counter_max) AS p (id, increment, max) ON p.id = counted.id
            WHERE counted.count - p.increment > p.max;
        IF v_count > 0 THEN
            RAISE EXCEPTION 'a counter grew meanwhile' USING ERRCODE = 'serialization_failure';
        END IF;
    END IF;

    IF p_answer_keys IS NOT NULL THEN
        INSERT INTO answers AS a (caller, scope, key, request_hash, answer, made_ms)
            SELECT p.caller, p.scope, p.key, p.hash, p.answer, at_ms
            FROM unnest(p_answer_callers, p_answer_scopes, p_answer_keys, p_answer_hashes, p_answers)
                AS p (caller, scope, key, hash, answer)
            ORDER BY p.caller, p.scope, p.key
            ON CONFLICT (caller, scope, key) DO UPDATE
                SET request_hash = excluded.request_hash, answer = excluded.answer, made_ms = excluded.made_ms
                WHERE a.made_ms <= excluded.made_ms - p_answers_kept_ms;
        GET DIAGNOSTICS v_count = ROW_COUNT;
        IF v_count <> cardinality(p_answer_keys) THEN
            RAISE EXCEPTION 'an answer was given meanwhile' USING ERRCODE = 'serialization_failure';
        END IF;
    END IF;

    IF p_entry_json IS NOT NULL THEN
        INSERT INTO ledger_entries
            (stream, number, operation_id, at_ms, kind, outcome, signer_id, actor_id, grant_id, use, json)
            SELECT p_stream, p_number + e.ordinal, e.operation_id, p_at_ms, e.kind, e.outcome, e.signer_id, e.actor_id, e.grant_id,
                e.use, e.json
            FROM unnest(
                p_entry_operations, p_entry_kinds, p_entry_outcomes, p_entry_signers, p_entry_actors, p_entry_grants,
                p_entry_uses, p_entry_json)
                WITH ORDINALITY AS e (operation_id, kind, outcome, signer_id, actor_id, grant_id, use, json, ordinal);
        INSERT INTO ledger_heads (stream, number, closing, json) VALUES (p_stream, p_next_number, 0, p_head);
    END IF;

    UPDATE ledger_streams SET number = p_next_number, hash = p_next_hash, batch = p_next_batch WHERE id = p_stream;
    status := committed;
END
$$;
