-- One command takes four round trips: BEGIN, ledger_lock, ledger_append, COMMIT.
-- Every statement of these functions sees what was committed before it began (READ COMMITTED).

-- The issue's row, locked to the end of the transaction, and the command already stored under the
-- id. Two statements on purpose: a repeat that waited for the lock must see the command of the
-- transaction it waited for, which the snapshot of a single statement would hide.
CREATE FUNCTION ledger_lock(
    p_stream text, p_command_id text, p_known_version integer,
    OUT head_version integer, OUT head_hash text, OUT head_snapshot text, OUT head_terms text,
    OUT head_armed_due_at timestamptz, OUT head_answered boolean, OUT head_notices_open integer,
    OUT id text, OUT stream text, OUT kind text, OUT at timestamptz, OUT actor text, OUT body text,
    OUT hash text, OUT terms text, OUT rules integer, OUT first_version integer,
    OUT count integer, OUT result text
) LANGUAGE plpgsql AS $$
BEGIN
    SELECT i.version, i.hash, CASE WHEN i.version = p_known_version THEN '' ELSE i.snapshot END,
           i.terms, i.armed_due_at, i.answered
    INTO head_version, head_hash, head_snapshot, head_terms, head_armed_due_at, head_answered
    FROM issue i WHERE i.stream = p_stream FOR UPDATE;
    IF FOUND THEN
        SELECT count(*) INTO head_notices_open
        FROM notice n WHERE n.stream = p_stream AND n.delivered_at IS NULL;
    END IF;
    SELECT c.id, c.stream, c.kind, c.at, c.actor, c.body, c.hash, c.terms, c.rules,
           c.first_version, c.count, c.result
    INTO id, stream, kind, at, actor, body, hash, terms, rules, first_version, count, result
    FROM command c WHERE c.id = p_command_id;
END
$$;

-- Writes all that one command changes. Returns false if the stream is not at p_expected_version
-- (0: not there) any more. Arrays that have nothing to say are NULL.
CREATE FUNCTION ledger_append(
    p_stream text, p_expected_version integer,
    p_id text, p_kind text, p_at timestamptz, p_actor text, p_body text, p_hash text, p_terms text,
    p_rules integer, p_first_version integer, p_count integer, p_result text,
    p_armed_due_at timestamptz, p_answered boolean, p_poke boolean,
    e_occurred_at timestamptz, e_version integer[], e_kind text[], e_at timestamptz[],
    e_text text[], e_previous text[], e_hash text[],
    i_zone text, i_key text, i_version integer, i_hash text, i_terms text, i_phase text,
    i_outcome text, i_number text, i_category text, i_enterprise text, i_owner text,
    i_handler text, i_tier integer, i_priority text, i_title text, i_reported_at timestamptz,
    i_closed_at timestamptz, i_next_due_at timestamptz, i_deadline_at timestamptz, i_open boolean,
    i_snapshot text,
    c_clock text[], c_cycle integer[], c_rule text[], c_standing text[], c_budget_ms bigint[],
    c_elapsed_ms bigint[], c_anchor_at timestamptz[], c_due_at timestamptz[],
    c_provisional boolean[], c_breached_at timestamptz[], c_verdict text[],
    f_clock text[], f_cycle integer[], f_rung text[], f_version integer[], f_due_at timestamptz[],
    f_fired_at timestamptz[], f_ring boolean[], f_effect_done_at timestamptz[],
    n_id text[], n_version integer[], n_kind text[], n_addressee text[], n_created_at timestamptz[]
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    standing_at bigint;
BEGIN
    IF i_version IS NULL THEN
        UPDATE issue SET armed_due_at = p_armed_due_at, answered = p_answered
        WHERE stream = p_stream AND version = p_expected_version;
    ELSIF p_expected_version = 0 THEN
        INSERT INTO issue (stream, zone, key, version, hash, terms, phase, outcome, number, category,
            enterprise, owner, handler, tier, priority, title, reported_at, closed_at, next_due_at,
            deadline_at, open, armed_due_at, answered, snapshot)
        VALUES (p_stream, i_zone, i_key, i_version, i_hash, i_terms, i_phase, i_outcome, i_number,
            i_category, i_enterprise, i_owner, i_handler, i_tier, i_priority, i_title,
            i_reported_at, i_closed_at, i_next_due_at, i_deadline_at, i_open, p_armed_due_at,
            p_answered, i_snapshot);
    ELSE
        UPDATE issue SET version = i_version, hash = i_hash, terms = i_terms, phase = i_phase,
            outcome = i_outcome, number = i_number, category = i_category,
            enterprise = i_enterprise, owner = i_owner, handler = i_handler, tier = i_tier,
            priority = i_priority, title = i_title, reported_at = i_reported_at,
            closed_at = i_closed_at, next_due_at = i_next_due_at, deadline_at = i_deadline_at,
            open = i_open, armed_due_at = p_armed_due_at, answered = p_answered,
            snapshot = i_snapshot
        WHERE stream = p_stream AND version = p_expected_version;
    END IF;
    IF NOT FOUND AND p_expected_version > 0 THEN
        RETURN false;
    END IF;

    INSERT INTO command (id, stream, kind, at, actor, body, hash, terms, rules, first_version,
        count, result)
    VALUES (p_id, p_stream, p_kind, p_at, p_actor, p_body, p_hash, p_terms, p_rules,
        p_first_version, p_count, p_result);

    IF e_version IS NOT NULL THEN
        -- Tells ledger_safe_position() that every position of ours lies above `standing_at`.
        SELECT CASE WHEN s.is_called THEN s.last_value ELSE 0 END INTO standing_at
        FROM event_position_seq s;
        PERFORM pg_advisory_xact_lock_shared((1131151360::bigint << 32) + standing_at);
        INSERT INTO event (stream, version, kind, at, occurred_at, command_id, command_hash, terms,
            rules, text, previous, hash)
        SELECT p_stream, e.version, e.kind, e.at, e_occurred_at, p_id, p_hash, p_terms, p_rules,
            e.text, e.previous, e.hash
        FROM unnest(e_version, e_kind, e_at, e_text, e_previous, e_hash)
            AS e (version, kind, at, text, previous, hash);
    END IF;

    IF c_clock IS NOT NULL THEN
        INSERT INTO clock (stream, clock, cycle, rule, standing, budget_ms, elapsed_ms, anchor_at,
            due_at, provisional, breached_at, verdict)
        SELECT p_stream, c.*
        FROM unnest(c_clock, c_cycle, c_rule, c_standing, c_budget_ms, c_elapsed_ms, c_anchor_at,
            c_due_at, c_provisional, c_breached_at, c_verdict) AS c
        ON CONFLICT ON CONSTRAINT clock_pkey DO UPDATE SET rule = excluded.rule,
            standing = excluded.standing, budget_ms = excluded.budget_ms,
            elapsed_ms = excluded.elapsed_ms, anchor_at = excluded.anchor_at,
            due_at = excluded.due_at, provisional = excluded.provisional,
            breached_at = excluded.breached_at, verdict = excluded.verdict;
    END IF;

    IF f_clock IS NOT NULL THEN
        INSERT INTO rung_firing (stream, clock, cycle, rung, version, due_at, fired_at, ring,
            effect_done_at)
        SELECT p_stream, f.*
        FROM unnest(f_clock, f_cycle, f_rung, f_version, f_due_at, f_fired_at, f_ring,
            f_effect_done_at) AS f;
    END IF;

    IF n_id IS NOT NULL THEN
        INSERT INTO notice (id, stream, version, kind, addressee, created_at)
        SELECT n.id, p_stream, n.version, n.kind, n.addressee, n.created_at
        FROM unnest(n_id, n_version, n_kind, n_addressee, n_created_at)
            AS n (id, version, kind, addressee, created_at);
    END IF;

    IF p_poke AND (i_version IS NOT NULL OR p_expected_version > 0) THEN
        INSERT INTO outbox (stream) VALUES (p_stream);
    END IF;
    RETURN true;
END
$$;

-- The greatest position at and below which no event can appear any more: a reader that follows
-- `position` up to here misses nothing. On the primary only (a standby shows no advisory locks).
--
-- pg_snapshot_xmin would not do. Transaction numbers are given at the first lock, positions at the
-- insert, so the older transaction may hold the higher position; any long transaction of any
-- database would hold readers up; and a restored database starts its numbers anew. Instead a
-- writer says, before it takes positions, from where on they will be. Whoever took a position up to
-- the sequence's value read first is either seen holding its lock after that, or has ended.
CREATE FUNCTION ledger_safe_position() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    newest bigint;
    lowest bigint;
BEGIN
    SELECT CASE WHEN s.is_called THEN s.last_value ELSE 0 END INTO newest FROM event_position_seq s;
    -- PostgreSQL shows the two halves of the key as classid and objid.
    SELECT min(((l.classid::bigint - 1131151360) << 32) | l.objid::bigint) INTO lowest
    FROM pg_locks l
    WHERE l.locktype = 'advisory' AND l.objsubid = 1
      AND l.classid::bigint BETWEEN 1131151360 AND 1131216895
      AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database());
    RETURN least(newest, lowest);
END
$$;

-- Records a delivery once; the rung whose last notice it was is done with its effect. The firing
-- is locked first, so that of two last deliveries at one moment the second sees the first.
CREATE FUNCTION ledger_mark_delivered(p_id text, p_at timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    of_stream text;
    of_version integer;
BEGIN
    SELECT n.stream, n.version INTO of_stream, of_version
    FROM notice n WHERE n.id = p_id AND n.delivered_at IS NULL;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    PERFORM 1 FROM rung_firing f
    WHERE f.stream = of_stream AND f.version = of_version FOR UPDATE;
    UPDATE notice SET delivered_at = p_at WHERE id = p_id AND delivered_at IS NULL;
    UPDATE rung_firing f SET effect_done_at = (
        SELECT max(n.delivered_at) FROM notice n WHERE n.stream = of_stream AND n.version = of_version)
    WHERE f.stream = of_stream AND f.version = of_version AND f.effect_done_at IS NULL
      AND NOT EXISTS (SELECT 1 FROM notice n
                      WHERE n.stream = of_stream AND n.version = of_version AND n.delivered_at IS NULL);
END
$$;

-- Locks the outbox rows of up to p_limit distinct issues, all rows of each, and passes over what
-- another relay holds. One issue at a time: it locks no row that it does not return.
CREATE FUNCTION ledger_take_pokes(p_limit integer)
RETURNS TABLE (taken_stream text, taken_ids bigint[]) LANGUAGE plpgsql
SET enable_seqscan = off AS $$
DECLARE
    last_id bigint := 0;
    seen text[] := '{}';
BEGIN
    WHILE cardinality(seen) < p_limit LOOP
        SELECT o.id, o.stream INTO last_id, taken_stream
        FROM outbox o WHERE o.id > last_id AND o.stream <> ALL (seen)
        ORDER BY o.id LIMIT 1 FOR UPDATE SKIP LOCKED;
        EXIT WHEN NOT FOUND;
        SELECT array_agg(r.id) INTO taken_ids
        FROM (SELECT o.id FROM outbox o WHERE o.stream = taken_stream FOR UPDATE SKIP LOCKED) r;
        seen := seen || taken_stream;
        RETURN NEXT;
    END LOOP;
END
$$;
