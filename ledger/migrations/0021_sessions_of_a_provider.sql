-- Sessions of those whom a provider of identities knows: no admission says who they are, the session
-- does, for as long as it lasts.

ALTER TABLE session ADD COLUMN given text;
COMMENT ON COLUMN session.given IS 'the principal as the provider said it; NULL: its admission says who it is';
