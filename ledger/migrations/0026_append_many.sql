-- What ledger_append does for one command, for many at once: one statement a table instead of one a
-- command and table. Each command is judged on its own: whose stream does not stand exactly where it
-- is known to stand, or is locked by another, is answered false and leaves no trace. Every stream is
-- there already and comes once. Arrays that begin with p_ or i_ have one place a command; of the
-- others `of` says by its place whose row it is, and they are NULL where there is nothing to say.
--
-- It never waits for a stream (SKIP LOCKED). It may wait for another transaction that holds the
-- same command id: ids are taken in one order, so that two of these never wait for each other.
-- The settings keep it to look-ups by key, whatever was known of the tables when it was planned.
CREATE FUNCTION ledger_append_many(
    p_stream text[], p_known_hash text[], p_known_answered boolean[],
    p_known_armed_due_at timestamptz[],
    p_id text[], p_kind text[], p_at timestamptz[], p_actor text[], p_body text[], p_hash text[],
    p_terms text[], p_rules integer[], p_first_version integer[], p_count integer[],
    p_result text[], p_armed_due_at timestamptz[], p_answered boolean[], p_poke boolean[],
    i_version integer[], i_hash text[], i_terms text[], i_phase text[], i_outcome text[],
    i_number text[], i_category text[], i_enterprise text[], i_owner text[], i_handler text[],
    i_tier integer[], i_priority text[], i_title text[], i_reported_at timestamptz[],
    i_closed_at timestamptz[], i_next_due_at timestamptz[], i_deadline_at timestamptz[],
    i_open boolean[], i_snapshot text[],
    e_of integer[], e_occurred_at timestamptz[], e_version integer[], e_kind text[],
    e_at timestamptz[], e_text text[], e_previous text[], e_hash text[],
    c_of integer[], c_clock text[], c_cycle integer[], c_rule text[], c_standing text[],
    c_budget_ms bigint[], c_elapsed_ms bigint[], c_anchor_at timestamptz[], c_due_at timestamptz[],
    c_provisional boolean[], c_breached_at timestamptz[], c_verdict text[],
    n_of integer[], n_id text[], n_version integer[], n_kind text[], n_addressee text[],
    n_created_at timestamptz[],
    b_of integer[], b_zone text[], b_version integer[], b_number text[], b_title text[],
    b_enterprise text[], b_category text[], b_priority text[], b_phase text[], b_tier integer[],
    b_owner text[], b_handler text[], b_holder_kind text[], b_holder text[], b_grid text[],
    b_reported_at timestamptz[], b_yellow_at timestamptz[], b_red_at timestamptz[],
    h_of integer[], h_part text[]
) RETURNS boolean[] LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    is_standing boolean[] := array_fill(false, ARRAY[cardinality(p_stream)]);
    places integer[];
    place integer;
    standing_at bigint;
BEGIN
    SELECT array_agg(s.place) INTO places FROM (
        SELECT k.place
        FROM unnest(p_stream, p_known_hash, p_known_answered, p_known_armed_due_at)
            WITH ORDINALITY AS k (stream, hash, answered, armed_due_at, place)
        JOIN issue i ON i.stream = k.stream
        WHERE i.hash = k.hash AND i.answered = k.answered
          AND i.armed_due_at IS NOT DISTINCT FROM k.armed_due_at
        FOR UPDATE OF i SKIP LOCKED) s;
    IF places IS NULL THEN
        RETURN is_standing;
    END IF;
    FOREACH place IN ARRAY places LOOP
        is_standing[place] := true;
    END LOOP;

    UPDATE issue i SET version = u.version, hash = u.hash, terms = u.terms, phase = u.phase,
        outcome = u.outcome, number = u.number, category = u.category, enterprise = u.enterprise,
        owner = u.owner, handler = u.handler, tier = u.tier, priority = u.priority,
        title = u.title, reported_at = u.reported_at, closed_at = u.closed_at,
        next_due_at = u.next_due_at, deadline_at = u.deadline_at, open = u.open,
        armed_due_at = u.armed_due_at, answered = u.answered, snapshot = u.snapshot
    FROM unnest(p_stream, p_armed_due_at, p_answered, i_version, i_hash, i_terms, i_phase,
        i_outcome, i_number, i_category, i_enterprise, i_owner, i_handler, i_tier, i_priority,
        i_title, i_reported_at, i_closed_at, i_next_due_at, i_deadline_at, i_open, i_snapshot)
        WITH ORDINALITY AS u (stream, armed_due_at, answered, version, hash, terms, phase, outcome,
            number, category, enterprise, owner, handler, tier, priority, title, reported_at,
            closed_at, next_due_at, deadline_at, open, snapshot, place)
    WHERE i.stream = u.stream AND is_standing[u.place];

    INSERT INTO command (id, stream, kind, at, actor, body, hash, terms, rules, first_version,
        count, result)
    SELECT c.id, c.stream, c.kind, c.at, c.actor, c.body, c.hash, c.terms, c.rules,
        c.first_version, c.count, c.result
    FROM unnest(p_id, p_stream, p_kind, p_at, p_actor, p_body, p_hash, p_terms, p_rules,
        p_first_version, p_count, p_result)
        WITH ORDINALITY AS c (id, stream, kind, at, actor, body, hash, terms, rules, first_version,
            count, result, place)
    WHERE is_standing[c.place]
    ORDER BY c.id COLLATE "C";

    -- Tells ledger_safe_position() that every position of ours lies above `standing_at`.
    SELECT CASE WHEN s.is_called THEN s.last_value ELSE 0 END INTO standing_at
    FROM event_position_seq s;
    PERFORM pg_advisory_xact_lock_shared((1131151360::bigint << 32) + standing_at);
    INSERT INTO event (stream, version, kind, at, occurred_at, command_id, command_hash, terms,
        rules, text, previous, hash)
    SELECT p_stream[e.of], e.version, e.kind, e.at, e.occurred_at, p_id[e.of], p_hash[e.of],
        p_terms[e.of], p_rules[e.of], e.text, e.previous, e.hash
    FROM unnest(e_of, e_occurred_at, e_version, e_kind, e_at, e_text, e_previous, e_hash)
        WITH ORDINALITY AS e (of, occurred_at, version, kind, at, text, previous, hash, row)
    WHERE is_standing[e.of]
    ORDER BY e.row;

    IF c_of IS NOT NULL THEN
        INSERT INTO clock (stream, clock, cycle, rule, standing, budget_ms, elapsed_ms, anchor_at,
            due_at, provisional, breached_at, verdict)
        SELECT p_stream[c.of], c.clock, c.cycle, c.rule, c.standing, c.budget_ms, c.elapsed_ms,
            c.anchor_at, c.due_at, c.provisional, c.breached_at, c.verdict
        FROM unnest(c_of, c_clock, c_cycle, c_rule, c_standing, c_budget_ms, c_elapsed_ms,
            c_anchor_at, c_due_at, c_provisional, c_breached_at, c_verdict)
            AS c (of, clock, cycle, rule, standing, budget_ms, elapsed_ms, anchor_at, due_at,
                provisional, breached_at, verdict)
        WHERE is_standing[c.of]
        ON CONFLICT ON CONSTRAINT clock_pkey DO UPDATE SET rule = excluded.rule,
            standing = excluded.standing, budget_ms = excluded.budget_ms,
            elapsed_ms = excluded.elapsed_ms, anchor_at = excluded.anchor_at,
            due_at = excluded.due_at, provisional = excluded.provisional,
            breached_at = excluded.breached_at, verdict = excluded.verdict;
    END IF;

    IF n_of IS NOT NULL THEN
        INSERT INTO notice (id, stream, version, kind, addressee, created_at)
        SELECT n.id, p_stream[n.of], n.version, n.kind, n.addressee, n.created_at
        FROM unnest(n_of, n_id, n_version, n_kind, n_addressee, n_created_at)
            AS n (of, id, version, kind, addressee, created_at)
        WHERE is_standing[n.of];
    END IF;

    IF true = ANY (p_poke) THEN
        INSERT INTO outbox (stream)
        SELECT o.stream FROM unnest(p_stream, p_poke) WITH ORDINALITY AS o (stream, poke, place)
        WHERE o.poke AND is_standing[o.place];
    END IF;

    -- As ledger_put_board: without a version no row stands any more.
    INSERT INTO issue_board AS b (stream, zone, version, number, title, enterprise, category,
        priority, phase, tier, owner, handler, holder_kind, holder, grid, reported_at, yellow_at,
        red_at, parts)
    SELECT p_stream[r.of], r.zone, r.version, r.number, r.title, r.enterprise, r.category,
        r.priority, r.phase, r.tier, r.owner, r.handler, r.holder_kind, r.holder, r.grid,
        r.reported_at, r.yellow_at, r.red_at,
        ARRAY(SELECT h.part FROM unnest(h_of, h_part) WITH ORDINALITY AS h (of, part, row)
              WHERE h.of = r.of ORDER BY h.row)
    FROM unnest(b_of, b_zone, b_version, b_number, b_title, b_enterprise, b_category, b_priority,
        b_phase, b_tier, b_owner, b_handler, b_holder_kind, b_holder, b_grid, b_reported_at,
        b_yellow_at, b_red_at)
        AS r (of, zone, version, number, title, enterprise, category, priority, phase, tier, owner,
            handler, holder_kind, holder, grid, reported_at, yellow_at, red_at)
    WHERE is_standing[r.of]
    ON CONFLICT ON CONSTRAINT issue_board_pkey DO UPDATE SET zone = excluded.zone,
        version = excluded.version, number = excluded.number, title = excluded.title,
        enterprise = excluded.enterprise, category = excluded.category,
        priority = excluded.priority, phase = excluded.phase, tier = excluded.tier,
        owner = excluded.owner, handler = excluded.handler, holder_kind = excluded.holder_kind,
        holder = excluded.holder, grid = excluded.grid, reported_at = excluded.reported_at,
        yellow_at = excluded.yellow_at, red_at = excluded.red_at, parts = excluded.parts;
    DELETE FROM issue_board b USING unnest(p_stream) WITH ORDINALITY AS g (stream, place)
    WHERE b.stream = g.stream AND is_standing[g.place] AND g.place <> ALL (coalesce(b_of, '{}'));
    RETURN is_standing;
END
$$;
