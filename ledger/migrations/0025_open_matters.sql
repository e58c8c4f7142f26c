-- The open matters of a procedure, in the order of lists: what enterprises may answer is few among
-- very many that are over.
CREATE INDEX matter_open_procedure_idx ON matter (zone, procedure, stream) WHERE open;
