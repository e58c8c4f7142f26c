-- Which emergency an issue belongs to, computed from its snapshot. An index on the snapshot itself
-- would name what every command changes, and have each of them write all indexes of the row anew.
-- Quotes within a text are escaped in JSON, so that no title can pass for the field.
ALTER TABLE issue ADD COLUMN incident text COLLATE "C" GENERATED ALWAYS AS (
    CASE WHEN strpos(snapshot, '"incident":{') > 0
         THEN substring(snapshot FROM '"incident":\{"id":"([^"]+)"') END
) STORED;
COMMENT ON COLUMN issue.incident IS 'the id of its emergency, ended ones included';
CREATE INDEX issue_incident_idx ON issue (incident, stream) WHERE incident IS NOT NULL;
