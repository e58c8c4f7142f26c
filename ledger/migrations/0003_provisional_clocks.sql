-- The clocks whose deadlines wait for a calendar to be published: few among all that ever ran.
-- `standing` is left out: an index that names it would cost every move of every clock a second write.
CREATE INDEX clock_provisional_idx ON clock (stream, clock, cycle) WHERE provisional;
