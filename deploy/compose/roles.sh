#!/usr/bin/env bash
# The roles and databases that PostgreSQL begins with: docs/operations.md, "Servers of your own".
set -euo pipefail
psql --username postgres --no-psqlrc --set ON_ERROR_STOP=1 \
  --set owner="$OWNER_PASSWORD" --set app="$APP_PASSWORD" \
  --set reader="$READER_PASSWORD" --set temporal="$TEMPORAL_PASSWORD" <<'SQL'
CREATE ROLE closeout_owner LOGIN PASSWORD :'owner';
CREATE ROLE closeout_app LOGIN PASSWORD :'app';
CREATE ROLE closeout_reader LOGIN PASSWORD :'reader';
CREATE DATABASE closeout OWNER closeout_owner;
REVOKE ALL ON DATABASE closeout FROM PUBLIC;
GRANT CONNECT ON DATABASE closeout TO closeout_app, closeout_reader;
CREATE ROLE temporal LOGIN CREATEDB PASSWORD :'temporal';
SQL
